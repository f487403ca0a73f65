//! Notices: template messages and subscribe notices, and the templates that both fill in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, bare, get, ok, ok_with, owned, post, text};
use super::errcode::{Refusal, refuse, refuse_saying};
use super::ids;
use super::inbox::{Content, Field, Source};
use super::notice_value;
use super::people::Notices;
use super::push::Push;
use super::xml;

pub const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/template/send", Some(100_000), send),
    post("/cgi-bin/message/subscribe/bizsend", Some(100_000), biz_send),
    get("/cgi-bin/template/get_all_private_template", None, list),
    post("/cgi-bin/template/api_add_template", None, add),
    post("/cgi-bin/template/del_private_template", None, delete),
    get("/cgi-bin/template/get_industry", None, industry),
    get("/wxaapi/newtmpl/gettemplate", None, list_subscribe),
    post("/wxaapi/newtmpl/deltemplate", None, delete_subscribe),
];

const MAX_TEMPLATES: usize = 25;
/// How long a `client_msg_id` guards against sending twice, in seconds.
const GUARD: i64 = 600;

/// A template of the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub title: String,
    /// Lines such as `会议名称:{{thing1.DATA}}`.
    pub content: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 模板消息
    Template,
    /// 一次性订阅
    OneTime,
    /// 长期订阅
    LongTerm,
}

/// The account's templates and the notices sent moments ago.
pub struct Templates {
    all: Vec<Template>,
    sent: HashMap<(String, String), (i64, i64)>,
}

impl Default for Templates {
    /// Some that a public office has, so that notices can be tried at once.
    fn default() -> Templates {
        let template = |id: &str, kind, title: &str, lines: &[(&str, &str)]| Template {
            id: format!("{id:-<43}"),
            kind,
            title: title.to_string(),
            content: lines.iter().map(|(label, key)| format!("{label}:{{{{{key}.DATA}}}}\n")).collect(),
        };
        let meeting = [("会议名称", "thing1"), ("会议时间", "time2"), ("会议地点", "thing3")];
        let case = [("办件编号", "character_string1"), ("事项", "thing2"), ("办理状态", "phrase3")];
        let car = [("车牌号", "car_number1"), ("停车地点", "thing2"), ("时间", "time3")];
        Templates {
            all: vec![
                template("sim-template-meeting", Kind::Template, "会议通知", &meeting),
                template("sim-template-case", Kind::Template, "办件进度通知", &case),
                template("sim-template-movecar", Kind::Template, "挪车通知", &car),
                template("sim-once-meeting", Kind::OneTime, "会议提醒", &meeting),
                template("sim-long-case", Kind::LongTerm, "办件进度提醒", &case),
            ],
            sent: HashMap::new(),
        }
    }
}

impl Template {
    /// Label and key of each line.
    fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.content.lines().filter_map(|line| {
            let (label, rest) = line.split_once("{{")?;
            Some((label.trim_end_matches([':', '：']), rest.split_once(".DATA}}")?.0))
        })
    }

    /// The lines filled in; 47003 names the key that is missing or does not fit.
    fn fill(&self, data: &Value) -> Result<Vec<Field>, Refusal> {
        let wrong = |key: &str, what: &str| {
            refuse_saying(47003, format!("argument invalid! data.{key}.value {what}"))
        };
        let line = |(label, key): (&str, &str)| {
            let value = data.pointer(&format!("/{key}/value")).unwrap_or(&Value::Null);
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            if value.is_empty() || value == "null" {
                return Err(wrong(key, "is empty"));
            }
            if !notice_value::fits(key, &value) {
                return Err(wrong(key, "invalid"));
            }
            Ok(Field { key: key.to_string(), label: label.to_string(), value })
        };
        self.lines().map(line).collect()
    }
}

impl Templates {
    /// Adds or replaces a template.
    pub fn put(&mut self, template: Template) {
        self.all.retain(|old| old.id != template.id);
        self.all.push(template);
    }

    pub fn all(&self) -> &[Template] {
        &self.all
    }

    pub fn find(&self, id: &str, wanted: fn(Kind) -> bool) -> Option<&Template> {
        self.all.iter().find(|template| template.id == id && wanted(template.kind))
    }

    fn delete(&mut self, id: &str, wanted: fn(Kind) -> bool) -> bool {
        let before = self.all.len();
        self.all.retain(|template| template.id != id || !wanted(template.kind));
        self.all.len() < before
    }

    /// The notice that was sent under the same `client_msg_id` within its guard time.
    fn sent_before(&mut self, guard: &(String, String), now: i64) -> Option<i64> {
        self.sent.retain(|_, (at, _)| now - *at < GUARD);
        self.sent.get(guard).map(|(_, id)| *id)
    }
}

fn is_template(kind: Kind) -> bool {
    kind == Kind::Template
}

fn is_subscribe(kind: Kind) -> bool {
    kind != Kind::Template
}

/// A checked notice on its way to the phone.
struct Notice {
    openid: String,
    content: Content,
    guard: Option<(String, String)>,
}

fn read(call: &Call<'_>, asked: &Value, wanted: fn(Kind) -> bool) -> Result<Notice, Refusal> {
    let openid = text(asked, "touser").ok_or_else(|| refuse(40003))?;
    let id = text(asked, "template_id").ok_or_else(|| refuse(40037))?;
    let template = call.world.templates.find(id, wanted).ok_or_else(|| refuse(40037))?;
    if call.world.people.get(openid).is_none() {
        return Err(refuse(40003));
    }
    let fields = template.fill(asked.get("data").unwrap_or(&Value::Null))?;
    let url = text(asked, "url").or_else(|| text(asked, "page")).unwrap_or_default();
    let content = Content::Notice {
        template_id: id.to_string(),
        title: template.title.clone(),
        url: url.to_string(),
        fields,
    };
    let guard = text(asked, "client_msg_id").map(|id| (openid.to_string(), id.to_string()));
    Ok(Notice { openid: openid.to_string(), content, guard })
}

fn send(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.literal_json()?;
    let notice = read(call, &asked, is_template)?;
    let now = call.unix();
    let person = call.world.people.get(&notice.openid).ok_or_else(|| refuse(40003))?;
    let notices = person.notices;
    if !person.follows() {
        return Err(refuse(43004));
    }
    if notices == Notices::Off {
        return Err(refuse(43101));
    }
    if let Some(id) = sent_before(call, &notice) {
        return ok_with(json!({"msgid": id}));
    }
    let id = accept(call, notice.guard.clone());
    let status = if notices == Notices::Blocked { "failed:user block" } else { "success" };
    call.pushes.push(Push::template_done(&notice.openid, id, status, now));
    if notices == Notices::On {
        show(call, notice);
    }
    ok_with(json!({"msgid": id}))
}

fn biz_send(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.literal_json()?;
    let notice = read(call, &asked, is_subscribe)?;
    let now = call.unix();
    if text(&asked, "page").is_some_and(|page| page.len() > 1024) {
        return Err(refuse(41030));
    }
    if let Some(id) = sent_before(call, &notice) {
        return ok_with(json!({"msgid": id}));
    }
    let template_id = owned(&asked, "template_id");
    let person = call.world.people.get_mut(&notice.openid).ok_or_else(|| refuse(40003))?;
    match person.accepted.get_mut(&template_id) {
        _ if person.notices == Notices::Off => return Err(refuse(43101)),
        None | Some(Some(0)) => return Err(refuse(43101)),
        Some(Some(left)) => *left -= 1,
        Some(None) => {}
    }
    let blocked = person.notices == Notices::Blocked;
    let id = accept(call, notice.guard.clone());
    let (code, status) = if blocked { ("43101", "user block") } else { ("0", "success") };
    let list = vec![
        xml::text("TemplateId", template_id),
        xml::number("MsgID", id),
        xml::text("ErrorCode", code),
        xml::text("ErrorStatus", status),
    ];
    let push =
        Push::subscribe(&notice.openid, "subscribe_msg_sent_event", "SubscribeMsgSentEvent", vec![list], now);
    call.pushes.push(push);
    if !blocked {
        show(call, notice);
    }
    ok_with(json!({"msgid": id}))
}

fn sent_before(call: &mut Call<'_>, notice: &Notice) -> Option<i64> {
    let now = call.unix();
    notice.guard.as_ref().and_then(|guard| call.world.templates.sent_before(guard, now))
}

fn accept(call: &mut Call<'_>, guard: Option<(String, String)>) -> i64 {
    let (id, now) = (call.world.next_number(), call.unix());
    if let Some(guard) = guard {
        call.world.templates.sent.insert(guard, (now, id));
    }
    id
}

fn show(call: &mut Call<'_>, notice: Notice) {
    let now = call.unix();
    if let Some(person) = call.world.people.get_mut(&notice.openid) {
        person.inbox.add(now, Source::Notice, notice.content);
    }
}

fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let own = call.world.templates.all().iter().filter(|template| is_template(template.kind));
    let shown = |template: &Template| {
        json!({
            "template_id": template.id, "title": template.title, "content": template.content,
            "primary_industry": "政府与公共事业", "deputy_industry": "政务", "example": "",
        })
    };
    bare(json!({"template_list": own.map(shown).collect::<Vec<_>>()}))
}

/// Every short id exists here; the keywords become lines of its template.
fn add(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let short = text(&asked, "template_id_short").ok_or_else(|| refuse(40037))?;
    if call.world.templates.all.iter().filter(|template| is_template(template.kind)).count() >= MAX_TEMPLATES
    {
        return Err(refuse(200012));
    }
    let names = asked.get("keyword_name_list").and_then(Value::as_array).cloned().unwrap_or_default();
    let line = |(index, name): (usize, &Value)| {
        let label = name.as_str().unwrap_or_default();
        format!("{label}:{{{{thing{}.DATA}}}}\n", index + 1)
    };
    let template = Template {
        id: ids::random(43),
        title: short.to_string(),
        content: names.iter().enumerate().map(line).collect(),
        kind: Kind::Template,
    };
    let id = template.id.clone();
    call.world.templates.put(template);
    ok_with(json!({"template_id": id}))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let id = text(&asked, "template_id").ok_or_else(|| refuse(40037))?;
    if call.world.templates.delete(id, is_template) { ok() } else { Err(refuse(40037)) }
}

fn industry(_: &mut Call<'_>) -> Result<Answer, Refusal> {
    let government = json!({"first_class": "政府与公共事业", "second_class": "政务"});
    bare(json!({"primary_industry": government, "secondary_industry": government}))
}

fn list_subscribe(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let own = call.world.templates.all().iter().filter(|template| is_subscribe(template.kind));
    let shown = |template: &Template| {
        let kind = if template.kind == Kind::LongTerm { 3 } else { 2 };
        json!({
            "priTmplId": template.id, "title": template.title, "content": template.content,
            "example": "", "type": kind,
        })
    };
    ok_with(json!({"data": own.map(shown).collect::<Vec<_>>()}))
}

fn delete_subscribe(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let id = text(&asked, "priTmplId").ok_or_else(|| refuse(200011))?;
    if call.world.templates.delete(id, is_subscribe) { ok() } else { Err(refuse(200011)) }
}
