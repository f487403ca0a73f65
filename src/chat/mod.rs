//! Floor 3: one conversation with one WeChat user. Features hand in [`Skill`]s; this module knows none by name.
//!
//! ```text
//! callback.rs   POST /wechat/callback: checked and opened by wechat::callback
//!   mod.rs      needs no work? answered at once · a repeat? the stored reply · else the work, within the budget
//!   answer.rs   which answer: keywords, skills, welcome, default
//!   late.rs     the budget is over: `success` now, the answer later as a customer-service message
//! ```

mod answer;
mod callback;
mod late;
mod repeats;
mod replies;
mod skill;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::base::Base;
use crate::base::privacy::mask_openid;
use crate::wechat::api::Api;
use crate::wechat::callback::Account;
use crate::wechat::message::Inbound;
use crate::wechat::reply::Reply;
use crate::wechat::rights::Rights;

use late::Work;
use repeats::{Delivery, Repeats};
pub use replies::Replies;
pub use skill::{Said, Skill, SkillError, Turn};

/// How long a delivery waits for its answer. The platform waits 5 s; the rest is for the way.
pub const BUDGET: Duration = Duration::from_secs(4);
/// Between two looks whether another delivery of the same push is answered.
const PAUSE: Duration = Duration::from_millis(50);

/// The account's side of every chat.
pub struct Chat {
    base: Base,
    account: Account,
    api: Api,
    rights: Rights,
    skills: Vec<Arc<dyn Skill>>,
    replies: Replies,
    repeats: Repeats,
    budget: Duration,
    refusals: callback::Refusals,
    /// Where work goes on that outlives its request: not on the request's own thread, which ends with the server.
    runtime: Handle,
}

impl Chat {
    /// Must be called inside the program's main runtime. `skills` are asked in this order.
    pub fn new(
        base: Base,
        account: Account,
        api: Api,
        skills: Vec<Arc<dyn Skill>>,
        replies: Replies,
    ) -> Chat {
        Chat {
            rights: Rights::new(base.cache.clone(), base.clock.clone(), account.app_id()),
            account,
            api,
            skills,
            replies,
            repeats: Repeats::new(base.cache.clone(), BUDGET),
            budget: BUDGET,
            refusals: callback::Refusals::default(),
            runtime: Handle::current(),
            base,
        }
    }

    /// Another budget than [`BUDGET`], for tests that wait for its end.
    pub fn with_budget(mut self, budget: Duration) -> Chat {
        self.budget = budget;
        self.repeats = Repeats::new(self.base.cache.clone(), budget);
        self
    }

    /// The reply to `push`, which came in before `deadline - budget`.
    async fn reply(self: &Arc<Self>, push: &Arc<Inbound>, deadline: Instant) -> Reply {
        let key = push.repeat_key();
        let ((), mut delivery) = join(self.rights.record(push), self.repeats.deliver(&key)).await;
        loop {
            match delivery {
                Delivery::First => return self.work(push, key, deadline).await,
                Delivery::Answered(reply) => return reply,
                Delivery::Working if Instant::now() + PAUSE < deadline => tokio::time::sleep(PAUSE).await,
                Delivery::Working => return Reply::Success,
            }
            delivery = self.repeats.deliver(&key).await;
        }
    }

    async fn work(self: &Arc<Self>, push: &Arc<Inbound>, key: String, deadline: Instant) -> Reply {
        let turn = Turn::new(self.base.clone(), push.clone(), &key);
        let mut work =
            Work::new(self.clone(), key, push.from.clone(), self.clone().answer_safely(turn).boxed());
        match tokio::time::timeout_at(deadline, work.reply()).await {
            Ok(reply) => reply,
            Err(_over) => work.deliver_late().await,
        }
    }

    /// Never fails: an error becomes a calm text, a panic nothing.
    async fn answer_safely(self: Arc<Self>, turn: Turn) -> Reply {
        match AssertUnwindSafe(self.answer(&turn)).catch_unwind().await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => {
                let user = mask_openid(&turn.openid);
                let error: &dyn std::error::Error = &error;
                tracing::error!(user, op = %turn.op_id, error, "a push could not be answered");
                self.replies.busy.clone()
            }
            Err(_panic) => {
                // The panic itself was logged by the process's hook.
                tracing::error!(user = mask_openid(&turn.openid), op = %turn.op_id, "a skill panicked");
                Reply::Success
            }
        }
    }
}
