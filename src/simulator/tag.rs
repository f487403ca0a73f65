//! Tags of followers.

use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, bare, get, ok, post, text};
use super::errcode::{Refusal, refuse};

pub const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/tags/create", None, create),
    get("/cgi-bin/tags/get", None, list),
    post("/cgi-bin/tags/update", None, rename),
    post("/cgi-bin/tags/delete", None, delete),
    post("/cgi-bin/tags/members/batchtagging", None, tag_many),
    post("/cgi-bin/tags/members/batchuntagging", None, untag_many),
    post("/cgi-bin/tags/getidlist", None, of_user),
    post("/cgi-bin/user/tag/get", None, members),
];

const MAX_TAGS: usize = 100;
/// Tags of one follower, and openids in one call.
const MAX_OF_ONE: usize = 20;
const BATCH: usize = 50;
/// The longest name, in bytes: ten characters.
const MAX_NAME: usize = 30;
/// A tag with more followers cannot be deleted at once.
const MAX_DELETABLE: usize = 100_000;
/// Numbers below are WeChat's own tags; 2 is 星标组.
const FIRST_ID: i64 = 100;

/// The account's own tags by number.
#[derive(Default)]
pub struct Tags {
    tags: Vec<(i64, String)>,
    created: i64,
}

impl Tags {
    fn exists(&self, id: i64) -> bool {
        self.tags.iter().any(|(known, _)| *known == id)
    }

    fn check_name(&self, name: &str, of: Option<i64>) -> Result<(), Refusal> {
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(refuse(45158));
        }
        let taken = self.tags.iter().any(|(id, known)| known == name && Some(*id) != of);
        if taken { Err(refuse(45157)) } else { Ok(()) }
    }
}

fn name_of(asked: &Value) -> Result<&str, Refusal> {
    asked.pointer("/tag/name").and_then(Value::as_str).ok_or_else(|| refuse(47001))
}

/// The tag that a call is about; WeChat's own may not be touched.
fn id_of(call: &Call<'_>, id: Option<&Value>) -> Result<i64, Refusal> {
    let id = id.and_then(Value::as_i64).ok_or_else(|| refuse(45159))?;
    match id {
        0..FIRST_ID => Err(refuse(45058)),
        _ if call.world.tags.exists(id) => Ok(id),
        _ => Err(refuse(45159)),
    }
}

fn count(call: &Call<'_>, id: i64) -> usize {
    call.world.people.iter().filter(|person| person.follows() && person.tags.contains(&id)).count()
}

fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let name = name_of(&asked)?;
    let tags = &mut call.world.tags;
    tags.check_name(name, None)?;
    if tags.tags.len() == MAX_TAGS {
        return Err(refuse(45056));
    }
    let id = FIRST_ID + tags.created;
    tags.created += 1;
    tags.tags.push((id, name.to_string()));
    bare(json!({"tag": {"id": id, "name": name}}))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let tag = |(id, name): &(i64, String)| json!({"id": id, "name": name, "count": count(call, *id)});
    let tags: Vec<Value> = call.world.tags.tags.iter().map(tag).collect();
    bare(json!({"tags": tags}))
}

fn rename(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let name = name_of(&asked)?;
    let id = id_of(call, asked.pointer("/tag/id"))?;
    call.world.tags.check_name(name, Some(id))?;
    if let Some((_, known)) = call.world.tags.tags.iter_mut().find(|(known, _)| *known == id) {
        *known = name.to_string();
    }
    ok()
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let id = id_of(call, asked.pointer("/tag/id"))?;
    if count(call, id) > MAX_DELETABLE {
        return Err(refuse(45057));
    }
    call.world.tags.tags.retain(|(known, _)| *known != id);
    call.world.people.untag_all(id);
    ok()
}

fn tag_many(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (id, openids) = members_of(call)?;
    let full = |openid: &String| {
        let person = call.world.people.get(openid);
        person.is_some_and(|person| !person.tags.contains(&id) && person.tags.len() >= MAX_OF_ONE)
    };
    if openids.iter().any(full) {
        return Err(refuse(45059));
    }
    for openid in &openids {
        if let Some(person) = call.world.people.get_mut(openid)
            && !person.tags.contains(&id)
        {
            person.tags.push(id);
        }
    }
    ok()
}

fn untag_many(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (id, openids) = members_of(call)?;
    for openid in &openids {
        if let Some(person) = call.world.people.get_mut(openid) {
            person.tags.retain(|tag| *tag != id);
        }
    }
    ok()
}

fn members_of(call: &Call<'_>) -> Result<(i64, Vec<String>), Refusal> {
    let asked = call.json()?;
    let id = id_of(call, asked.get("tagid"))?;
    let list = asked.get("openid_list").and_then(Value::as_array).ok_or_else(|| refuse(47001))?;
    if list.is_empty() || list.len() > BATCH {
        return Err(refuse(40035));
    }
    let follower = |item: &Value| {
        let openid = item.as_str().ok_or_else(|| refuse(40003))?;
        let person = call.world.people.get(openid).filter(|person| person.follows());
        person.map(|person| person.openid.clone()).ok_or_else(|| refuse(40003))
    };
    Ok((id, list.iter().map(follower).collect::<Result<_, _>>()?))
}

fn of_user(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let openid = text(&asked, "openid").ok_or_else(|| refuse(40003))?;
    let person = call.world.people.get(openid).filter(|person| person.follows());
    bare(json!({"tagid_list": person.ok_or_else(|| refuse(40003))?.tags}))
}

fn members(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let id = id_of(call, asked.get("tagid"))?;
    let from = text(&asked, "next_openid").unwrap_or_default();
    let tagged = call.world.people.followers_after(from).filter(|person| person.tags.contains(&id));
    let openids: Vec<&str> = tagged.take(10_000).map(|person| person.openid.as_str()).collect();
    bare(json!({
        "count": openids.len(),
        "data": {"openid": openids},
        "next_openid": openids.last().copied().unwrap_or_default(),
    }))
}
