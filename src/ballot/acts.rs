//! What staff may do with a round, by one name each, for pages and programs alike.

use uuid::Uuid;

use super::close::By;
use super::model::ballot_round;
use super::refusal::BallotRefusal;
use super::{again, close, confirm, open, prepare, publish, recuse};
use crate::base::Base;
use crate::base::words::words;

words! {
    /// An act on a round that is there. Nobody votes by one of these: votes come from their voters' phones.
    Verb {
        Ready = "ready", "已定稿，题目、选项和规则不能再改";
        Open = "open", "表决已开始";
        Close = "close", "表决已结束";
        Confirm = "confirm", "计票已确认";
        Publish = "publish", "结果已公布";
        /// With a reason.
        Revise = "revise", "已更正公布，旧版保留";
        /// With a reason.
        Withdraw = "withdraw", "已撤回";
        /// With a reason.
        Void = "void", "已作废，记录保留";
        Repeat = "repeat", "已生成新的一项，核对后定稿";
        Runoff = "runoff", "已生成再次投票";
        /// For or against.
        Cast = "cast", "已记录主持人的决定";
        /// One person, with a reason.
        Recuse = "recuse", "已登记回避";
        /// One person.
        Rejoin = "rejoin", "已取消回避";
        /// All of them.
        Scrutineers = "scrutineers", "监票人已指定";
    }
}

/// What an act needs besides its name; what it does not ask for is not looked at.
#[derive(Clone, Debug, Default)]
pub struct With {
    pub reason: String,
    pub people: Vec<Uuid>,
    /// For; `Some(false)` is against.
    pub yes: Option<bool>,
}

/// Does it. The round that it leads to: the same, or the one that was made.
pub async fn perform(
    base: &Base,
    id: Uuid,
    verb: Verb,
    with: &With,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let person =
        || with.people.first().copied().ok_or_else(|| BallotRefusal::Invalid("请选择人员".to_string()));
    match verb {
        Verb::Ready => prepare::ready(base, id, actor).await,
        Verb::Open => Ok(open::open(base, id, actor).await?.0),
        Verb::Close => close::close(base, id, By::Chair(actor)).await,
        Verb::Confirm => confirm::confirm_at_desk(base, id, actor).await,
        Verb::Publish => publish::publish(base, id, actor).await,
        Verb::Revise => publish::revise(base, id, &with.reason, actor).await,
        Verb::Withdraw => prepare::withdraw(base, id, &with.reason, actor).await,
        Verb::Void => close::void(base, id, &with.reason, actor).await,
        Verb::Repeat => again::repeat(base, id, actor).await,
        Verb::Runoff => again::runoff(base, id, actor).await,
        Verb::Cast => {
            let yes = with.yes.ok_or_else(|| BallotRefusal::Invalid("请选择赞成或反对".to_string()))?;
            confirm::cast(base, id, yes, actor).await
        }
        Verb::Recuse => recuse::recuse(base, id, person()?, &with.reason, actor).await,
        Verb::Rejoin => recuse::rejoin(base, id, person()?, actor).await,
        Verb::Scrutineers => confirm::appoint(base, id, &with.people, actor).await,
    }
}
