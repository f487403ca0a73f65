//! Tags on followers: up to 100 per account and 20 per person.

use super::Api;
use super::call::{ApiError, Nothing, Request};
use super::user::{FollowerPage, OpenidsAnswer};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most people in one call.
pub const BATCH: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tag {
    pub id: i64,
    pub name: String,
    /// How many people have it.
    #[serde(default)]
    pub count: i64,
}

#[derive(Deserialize)]
struct One {
    tag: Tag,
}

#[derive(Deserialize)]
struct All {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Ids {
    #[serde(rename = "tagid_list")]
    ids: Vec<i64>,
}

impl Api {
    /// Makes a tag; fails when the name exists.
    pub async fn create_tag(&self, name: &str) -> Result<Tag, ApiError> {
        let request = Request::post("/cgi-bin/tags/create", &json!({ "tag": { "name": name } }))?;
        Ok(self.call::<One>(request).await?.tag)
    }

    pub async fn tags(&self) -> Result<Vec<Tag>, ApiError> {
        Ok(self.call::<All>(Request::get("/cgi-bin/tags/get")).await?.tags)
    }

    pub async fn rename_tag(&self, id: i64, name: &str) -> Result<(), ApiError> {
        self.tag_call("/cgi-bin/tags/update", json!({ "tag": { "id": id, "name": name } })).await
    }

    pub async fn delete_tag(&self, id: i64) -> Result<(), ApiError> {
        self.tag_call("/cgi-bin/tags/delete", json!({ "tag": { "id": id } })).await
    }

    /// Gives the tag to any number of people, fifty at a time.
    pub async fn tag_people(&self, id: i64, openids: &[String]) -> Result<(), ApiError> {
        for batch in openids.chunks(BATCH) {
            self.tag_call("/cgi-bin/tags/members/batchtagging", json!({ "openid_list": batch, "tagid": id }))
                .await?;
        }
        Ok(())
    }

    /// Takes the tag from any number of people, fifty at a time.
    pub async fn untag_people(&self, id: i64, openids: &[String]) -> Result<(), ApiError> {
        for batch in openids.chunks(BATCH) {
            self.tag_call(
                "/cgi-bin/tags/members/batchuntagging",
                json!({ "openid_list": batch, "tagid": id }),
            )
            .await?;
        }
        Ok(())
    }

    /// The ids of a person's tags.
    pub async fn tags_of(&self, openid: &str) -> Result<Vec<i64>, ApiError> {
        let request = Request::post("/cgi-bin/tags/getidlist", &json!({ "openid": openid }))?;
        Ok(self.call::<Ids>(request.repeatable()).await?.ids)
    }

    /// One page of the people with a tag.
    pub async fn tagged_page(&self, id: i64, after: Option<&str>) -> Result<FollowerPage, ApiError> {
        let body = json!({ "tagid": id, "next_openid": after.unwrap_or_default() });
        let request = Request::post("/cgi-bin/user/tag/get", &body)?.repeatable();
        self.call::<OpenidsAnswer>(request).await.map(FollowerPage::from)
    }

    async fn tag_call(&self, path: &'static str, body: Value) -> Result<(), ApiError> {
        self.call::<Nothing>(Request::post(path, &body)?.repeatable()).await.map(|_| ())
    }
}
