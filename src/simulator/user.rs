//! Followers: details, lists, remarks.

use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, bare, get, ok, post, text};
use super::errcode::{Refusal, refuse};
use super::people::Person;

pub const ENDPOINTS: &[Endpoint] = &[
    get("/cgi-bin/user/info", Some(5_000_000), info),
    post("/cgi-bin/user/info/batchget", Some(5_000_000), infos),
    get("/cgi-bin/user/get", Some(500), list),
    post("/cgi-bin/user/info/updateremark", Some(10_000), remark),
];

/// Followers on one page of `user/get`, and openids in one `batchget`.
const PAGE: usize = 10_000;
const BATCH: usize = 100;
/// The longest remark, in characters.
const MAX_REMARK: usize = 30;

fn info(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let openid = call.param("openid").ok_or_else(|| refuse(40003))?;
    bare(describe(call, openid, call.param("lang"))?)
}

fn infos(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let list = asked.get("user_list").and_then(Value::as_array).ok_or_else(|| refuse(47001))?;
    if list.is_empty() || list.len() > BATCH {
        return Err(refuse(40035));
    }
    let one = |item: &Value| {
        let openid = text(item, "openid").ok_or_else(|| refuse(40003))?;
        describe(call, openid, text(item, "lang"))
    };
    let list = list.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    bare(json!({"user_info_list": list}))
}

fn describe(call: &Call<'_>, openid: &str, language: Option<&str>) -> Result<Value, Refusal> {
    let person = call.world.people.get(openid).ok_or_else(|| refuse(40003))?;
    Ok(match person.followed_at {
        Some(since) => follower(person, since, language.unwrap_or("zh_CN")),
        None => json!({"subscribe": 0, "openid": openid}),
    })
}

/// Name, picture, sex and region are empty for everybody since 2021-12-27.
fn follower(person: &Person, since: i64, language: &str) -> Value {
    json!({
        "subscribe": 1,
        "openid": person.openid,
        "nickname": "",
        "sex": 0,
        "language": language,
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": since,
        "remark": person.remark,
        "groupid": person.tags.first().copied().unwrap_or_default(),
        "tagid_list": person.tags,
        "subscribe_scene": person.follow_scene,
        "qr_scene": person.qr_scene.parse::<u32>().unwrap_or_default(),
        "qr_scene_str": if person.qr_scene.parse::<u32>().is_ok() { "" } else { &person.qr_scene },
    })
}

fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let from = call.param("next_openid").unwrap_or_default();
    if !from.is_empty() && call.world.people.get(from).is_none() {
        return Err(refuse(40003));
    }
    let total = call.world.people.followers_after("").count();
    let openids: Vec<&str> =
        call.world.people.followers_after(from).take(PAGE).map(|person| person.openid.as_str()).collect();
    let mut answer = json!({
        "total": total,
        "count": openids.len(),
        "next_openid": openids.last().copied().unwrap_or_default(),
    });
    if !openids.is_empty() {
        answer["data"] = json!({"openid": openids});
    }
    bare(answer)
}

fn remark(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let openid = text(&asked, "openid").ok_or_else(|| refuse(40003))?;
    let remark = asked.get("remark").and_then(Value::as_str).ok_or_else(|| refuse(40035))?;
    if remark.chars().count() >= MAX_REMARK {
        return Err(refuse(40035));
    }
    let person = call.world.people.get_mut(openid).filter(|person| person.follows());
    person.ok_or_else(|| refuse(40003))?.remark = remark.to_string();
    ok()
}
