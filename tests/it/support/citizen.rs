//! Somebody with WeChat on their phone: they act through the simulated platform, and browse like its web view.

use serde_json::{Value, json};

use super::client::{Answer, Client};

pub struct Citizen {
    pub name: String,
    pub openid: String,
    /// WeChat's browser on this phone.
    pub phone: Client,
    platform: Client,
}

impl Citizen {
    /// A new follower of the account that `simulator` plays, with the phone to open `site`.
    pub async fn follow(name: &str, site: String, simulator: &str) -> Citizen {
        let platform = Client::browser(simulator.to_string());
        let made = platform.post_json("/_sim/followers", &json!({"count": 1})).await.json();
        let openid = made["openids"][0].as_str().unwrap().to_string();
        Citizen { name: name.to_string(), phone: Client::phone(site, &openid), openid, platform }
    }

    /// Says something to the account; the text of its reply.
    pub async fn says(&self, content: &str) -> String {
        self.acts("text", json!({"content": content})).await
    }

    /// Scans a code that WeChat made, by its scene; the text of the reply.
    pub async fn scans(&self, scene: &str) -> String {
        self.acts("scan", json!({"scene": scene})).await
    }

    /// Taps an entry of the menu, by its key.
    pub async fn taps(&self, key: &str) -> String {
        self.acts("click", json!({"key": key})).await
    }

    async fn acts(&self, act: &str, body: Value) -> String {
        let done = self.platform.post_json(&format!("/_sim/users/{}/{act}", self.openid), &body).await.json();
        let content = &done["reply"]["Content"];
        content.as_str().or(done["reply"]["content"].as_str()).unwrap_or_else(|| panic!("{done}")).to_string()
    }

    /// Opens a page of the site and gives its answer, by way of WeChat where it must be.
    pub async fn opens(&self, path: &str) -> Answer {
        self.phone.open(path).await
    }
}
