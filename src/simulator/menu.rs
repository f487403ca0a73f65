//! The account's menu, conditional menus, and which of them a follower sees.

use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, bare, get, has_unicode_escape, ok, post, text};
use super::errcode::{Refusal, refuse};
use super::people::Person;
use crate::wechat::menu::Menu;

pub const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/menu/create", Some(1_000), create),
    get("/cgi-bin/menu/get", Some(10_000), show),
    get("/cgi-bin/menu/delete", Some(1_000), delete),
    get("/cgi-bin/get_current_selfmenu_info", None, show_current),
    post("/cgi-bin/menu/addconditional", Some(2_000), add_conditional),
    post("/cgi-bin/menu/delconditional", Some(2_000), delete_conditional),
    post("/cgi-bin/menu/trymatch", Some(20_000), try_match),
];

/// External domains that all conditional menus together may lead to.
const MAX_DOMAINS: usize = 3;

/// The menus in force.
#[derive(Default)]
pub struct Menus {
    main: Option<Published>,
    /// Oldest first; the last that matches is shown.
    conditional: Vec<Conditional>,
}

struct Published {
    id: i64,
    buttons: Value,
}

struct Conditional {
    id: i64,
    buttons: Value,
    rule: Value,
    tag: Option<i64>,
    platform: Option<i64>,
}

impl Menus {
    /// The buttons that a follower sees, as in `menu/get`.
    pub fn seen_by(&self, person: &Person) -> Option<&Value> {
        let matches = |menu: &&Conditional| {
            menu.tag.is_none_or(|tag| person.tags.last() == Some(&tag))
                && menu.platform.is_none_or(|platform| person.platform == platform)
        };
        let conditional = self.conditional.iter().rev().find(matches).map(|menu| &menu.buttons);
        conditional.or(self.main.as_ref().map(|menu| &menu.buttons))
    }

    /// The main menu's buttons.
    pub fn main(&self) -> Option<&Value> {
        self.main.as_ref().map(|menu| &menu.buttons)
    }

    /// The type of the button with this key, wherever it is.
    pub fn kind_of(&self, key: &str) -> Option<String> {
        let all = self.main.iter().map(|menu| &menu.buttons);
        let all = all.chain(self.conditional.iter().map(|menu| &menu.buttons));
        let mut leaves = all.flat_map(leaves);
        leaves.find(|leaf| leaf["key"] == key).and_then(|leaf| leaf["type"].as_str().map(str::to_string))
    }
}

/// The buttons that act.
fn leaves(buttons: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for button in buttons.as_array().into_iter().flatten() {
        match button["sub_button"].as_array() {
            Some(subs) if !subs.is_empty() => found.extend(subs),
            _ => found.push(button),
        }
    }
    found
}

/// Reads and checks the `button` of a request, by the platform's rules.
fn read(call: &Call<'_>) -> Result<(Value, Value), Refusal> {
    if has_unicode_escape(call.body) {
        return Err(refuse(40033));
    }
    let asked = call.json()?;
    let mut buttons = asked.get("button").cloned().ok_or_else(|| refuse(40016))?;
    let menu: Menu = serde_json::from_value(json!({"button": buttons})).map_err(|_| refuse(47001))?;
    menu.check().map_err(|error| refuse(error.code))?;
    for leaf in leaves(&buttons) {
        if let Some(id) = text(leaf, "media_id")
            && call.world.library.file(id, call.unix()).is_none()
        {
            return Err(refuse(40007));
        }
    }
    complete(&mut buttons);
    Ok((buttons, asked))
}

/// `menu/get` shows an empty `sub_button` on every button that acts.
fn complete(buttons: &mut Value) {
    for button in buttons.as_array_mut().into_iter().flatten() {
        match button.get_mut("sub_button") {
            Some(subs) => complete(subs),
            None => button["sub_button"] = json!([]),
        }
    }
}

fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (buttons, _) = read(call)?;
    let id = call.world.next_number();
    call.world.menus.main = Some(Published { id, buttons });
    ok()
}

fn show(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let menus = &call.world.menus;
    let main = menus.main.as_ref().ok_or_else(|| refuse(46003))?;
    let mut answer = json!({"menu": {"button": main.buttons}});
    if !menus.conditional.is_empty() {
        answer["menu"]["menuid"] = json!(main.id);
        let shown =
            |menu: &Conditional| json!({"button": menu.buttons, "matchrule": menu.rule, "menuid": menu.id});
        answer["conditionalmenu"] = menus.conditional.iter().map(shown).collect();
    }
    bare(answer)
}

/// Deletes the conditional menus too.
fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.world.menus = Menus::default();
    ok()
}

/// The console's shape: sub-buttons in a `list`, no empty ones.
fn show_current(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let shape = |button: &Value| {
        let mut button = button.clone();
        match button["sub_button"].as_array().cloned() {
            Some(mut subs) if !subs.is_empty() => {
                for sub in subs.iter_mut().filter_map(Value::as_object_mut) {
                    sub.remove("sub_button");
                }
                button["sub_button"] = json!({"list": subs});
            }
            _ => {
                if let Some(fields) = button.as_object_mut() {
                    fields.remove("sub_button");
                }
            }
        }
        button
    };
    let main = call.world.menus.main.as_ref();
    let buttons = main.and_then(|menu| menu.buttons.as_array()).into_iter().flatten().map(shape);
    bare(json!({
        "is_menu_open": i32::from(main.is_some()),
        "selfmenu_info": {"button": buttons.collect::<Vec<_>>()},
    }))
}

fn add_conditional(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (buttons, asked) = read(call)?;
    if call.world.menus.main.is_none() {
        return Err(refuse(65303));
    }
    let rule = asked.get("matchrule").cloned().unwrap_or(Value::Null);
    if ["sex", "country", "province", "city", "language"].iter().any(|name| text(&rule, name).is_some()) {
        return Err(refuse(65320));
    }
    let number = |name: &str| match rule.get(name) {
        None => Ok(None),
        Some(Value::String(empty)) if empty.is_empty() => Ok(None),
        Some(Value::String(digits)) => digits.parse::<i64>().map(Some).map_err(|_| refuse(40035)),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| refuse(40035)),
    };
    let (tag, platform) = (number("tag_id")?, number("client_platform_type")?);
    if tag.is_none() && platform.is_none() {
        return Err(refuse(65304));
    }
    if platform.is_some_and(|platform| !(1..=3).contains(&platform)) {
        return Err(refuse(40035));
    }
    let menu = Conditional { id: call.world.next_number(), buttons, rule, tag, platform };
    let menus = call.world.menus.conditional.iter().chain([&menu]);
    let mut domains: Vec<String> = menus.flat_map(|menu| domains(&menu.buttons)).collect();
    domains.sort_unstable();
    domains.dedup();
    if domains.len() > MAX_DOMAINS {
        return Err(refuse(65316));
    }
    let id = menu.id;
    call.world.menus.conditional.push(menu);
    bare(json!({"menuid": id.to_string()}))
}

fn domains(buttons: &Value) -> Vec<String> {
    let urls = leaves(buttons).into_iter().filter_map(|leaf| text(leaf, "url"));
    urls.filter_map(|url| url::Url::parse(url).ok()?.host_str().map(str::to_string)).collect()
}

fn delete_conditional(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let id = asked.get("menuid").ok_or_else(|| refuse(65301))?;
    let id = id.as_i64().or_else(|| id.as_str()?.parse().ok()).ok_or_else(|| refuse(65301))?;
    let menus = &mut call.world.menus.conditional;
    let before = menus.len();
    menus.retain(|menu| menu.id != id);
    if menus.len() < before { ok() } else { Err(refuse(65301)) }
}

fn try_match(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let openid = text(&asked, "user_id").ok_or_else(|| refuse(65302))?;
    let person = call.world.people.get(openid).filter(|person| person.follows());
    let person = person.ok_or_else(|| refuse(65302))?;
    let buttons = call.world.menus.seen_by(person).ok_or_else(|| refuse(46003))?;
    bare(json!({"button": buttons}))
}
