//! An event stream as a page hears it.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde_json::Value;

pub struct Events {
    response: Response,
    unread: String,
}

impl Events {
    pub(super) fn of(response: Response) -> Events {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        Events { response, unread: String::new() }
    }

    /// The data of the next event called `name`; others, heartbeats too, are passed over.
    pub async fn next(&mut self, name: &str) -> Value {
        loop {
            let (heard, data) = self.any().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
            if heard == name {
                return data;
            }
        }
    }

    /// Listens until `wanted` is true of an event called `name`.
    pub async fn until(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let data = self.next(name).await;
            if wanted(&data) {
                return data;
            }
        }
    }

    /// The next event, whatever it is called: name and data.
    pub async fn first(&mut self) -> (String, Value) {
        self.any().await.unwrap_or_else(|| panic!("the stream ended at once"))
    }

    /// Waits until the server ends the stream.
    pub async fn end(&mut self) {
        while self.any().await.is_some() {}
    }

    async fn any(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.unread.find("\n\n") {
                let event: String = self.unread.drain(..end + 2).collect();
                let part = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let (name, data) = (part("event: ").unwrap(), part("data: ").unwrap());
                return Some((name.to_string(), serde_json::from_str(data).unwrap()));
            }
            let chunk = self.response.chunk().await.ok()??;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
