//! Work on one push that may take longer than its request: longer than the platform waits, or than the
//! connection lasts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::timeout;

use crate::base::privacy::mask_openid;
use crate::wechat::api::CustomMessage;
use crate::wechat::errcode::Reaction;
use crate::wechat::reply::Reply;

use super::Chat;

/// How long work may go on after its request. The right to answer a scan or a click lasts a minute.
const LATE: Duration = Duration::from_secs(60);

/// When its request goes away before the end, the work goes on: half of it may be done already.
pub(super) struct Work {
    chat: Arc<Chat>,
    key: String,
    openid: String,
    future: Option<BoxFuture<'static, Reply>>,
}

impl Work {
    /// `future` makes the reply to a push of `openid`, whose repeat key is `key`.
    pub fn new(chat: Arc<Chat>, key: String, openid: String, future: BoxFuture<'static, Reply>) -> Work {
        Work { chat, key, openid, future: Some(future) }
    }

    /// Waits for the reply and keeps it for repeats. May be given up: then the work goes on by itself.
    pub async fn reply(&mut self) -> Reply {
        let Some(future) = &mut self.future else { return Reply::Success };
        let reply = future.await;
        self.future = None;
        self.chat.repeats.answered(&self.key, &reply).await;
        reply
    }

    /// Goes on in the background and sends the reply as a customer-service message. From here on a repeat must
    /// not carry it too, so it is answered as this delivery is.
    pub async fn deliver_late(mut self) -> Reply {
        if let Some(future) = self.future.take() {
            let (chat, openid) = (self.chat.clone(), self.openid.clone());
            self.go_on(async move { chat.send(&openid, future.await).await });
            self.chat.repeats.answered(&self.key, &Reply::Success).await;
        }
        Reply::Success
    }

    fn go_on(&self, rest: impl Future<Output = ()> + Send + 'static) {
        let user = mask_openid(&self.openid);
        let bounded = async move {
            if timeout(LATE, rest).await.is_err() {
                tracing::error!(user, "work on a push took over a minute and was given up");
            }
        };
        self.chat.base.tasks.spawn_on(bounded, &self.chat.runtime);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            let (chat, key) = (self.chat.clone(), self.key.clone());
            self.go_on(async move { chat.repeats.answered(&key, &future.await).await });
        }
    }
}

impl Chat {
    /// Sends what could not be said in time, when the platform's rules still let us.
    async fn send(&self, openid: &str, reply: Reply) {
        let user = mask_openid(openid);
        let Some(message) = CustomMessage::from_reply(&reply) else {
            if reply != Reply::Success {
                tracing::warn!(user, "a late answer cannot be sent as a message of its own");
            }
            return;
        };
        if !self.rights.take(openid).await {
            tracing::warn!(user, "a late answer was dropped: no right to send is left");
            return;
        }
        match self.api.send_custom(openid, &message).await {
            Ok(()) => tracing::info!(user, "a late answer was sent as a message"),
            Err(error) => {
                if error.reaction() == Reaction::WindowClosed {
                    self.rights.close(openid).await;
                }
                tracing::warn!(user, %error, "a late answer was dropped");
            }
        }
    }
}
