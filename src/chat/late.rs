//! An answer that took longer than the platform waits.

use crate::base::privacy::mask_openid;
use crate::wechat::message::Inbound;
use crate::wechat::reply::Reply;

use super::Chat;

impl Chat {
    pub(super) async fn send_late(&self, push: &Inbound, reply: Reply) {
        let user = mask_openid(&push.from);
        tracing::warn!(user, ?reply, "an answer came too late and was dropped");
    }
}
