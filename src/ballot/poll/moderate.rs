//! What organisers do with questions: open the floor for them, decide what others see, put one on the screen.

use sea_orm::{EntityTrait, QuerySelect};
use uuid::Uuid;

use super::model::{QuestionState, poll_question};
use super::refusal::PollRefusal;
use super::stage::{self, hold};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::words::words;

words! {
    /// An act on a question.
    Decision {
        Publish = "publish", "已公开，其他参会人看得到了";
        Reject = "reject", "已标为不公开，提问人的手机上会看到";
        Answered = "answered", "已标为已回答";
        Show = "show", "已放上大屏";
        Hide = "hide", "已从大屏移开";
    }
}

/// How a meeting handles questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// People may ask.
    pub asking: bool,
    /// Others see a question once it was made public. The screen shows only what an organiser puts there, always.
    pub moderated: bool,
}

pub async fn settings(base: &Base, meeting: Uuid) -> Result<Settings, PollRefusal> {
    let stage = stage::of(base.db.read(), meeting).await?;
    Ok(Settings { asking: stage.asking, moderated: stage.moderated })
}

pub async fn set(base: &Base, meeting: Uuid, settings: Settings, actor: &str) -> Result<(), PollRefusal> {
    let mut held = hold(base, meeting).await?;
    if held.over && settings.asking && !held.stage.asking {
        return Err(PollRefusal::MeetingOver);
    }
    held.stage.asking = settings.asking;
    held.stage.moderated = settings.moderated;
    let detail = match (settings.asking, settings.moderated) {
        (false, _) => "off",
        (true, true) => "moderated",
        (true, false) => "open",
    };
    held.save(base, actor, "question.settings", detail).await
}

/// Does `decision`; what is done already stays done.
pub async fn decide(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    decision: Decision,
    actor: &str,
) -> Result<poll_question::Model, PollRefusal> {
    use QuestionState::{Answered, Public, Rejected, Waiting};
    let mut held = hold(base, meeting).await?;
    let row = poll_question::Entity::find_by_id(id).lock_exclusive().one(&held.tx).await?;
    let mut row = row.filter(|row| row.meeting_id == meeting).ok_or(PollRefusal::NoQuestion)?;
    let state = row.state();
    let shown = held.stage.shown_question == Some(id);
    let next = match (decision, state) {
        (Decision::Publish, Waiting | Rejected) => Public,
        (Decision::Reject, Waiting | Public | Answered) => Rejected,
        (Decision::Answered, Public) => Answered,
        (Decision::Show, Public | Answered) if !shown => {
            held.stage.shown_question = Some(id);
            held.stage.shown_poll = None;
            state
        }
        (Decision::Hide, _) if shown => {
            held.stage.shown_question = None;
            state
        }
        (Decision::Publish, Public)
        | (Decision::Reject, Rejected)
        | (Decision::Answered, Answered)
        | (Decision::Show, Public | Answered)
        | (Decision::Hide, _) => return Ok(row),
        _ => return Err(PollRefusal::WrongQuestion(state)),
    };
    if next != state {
        row.state = next.word().to_string();
        row.decided_at = Some(base.clock.now());
        row.decided_by = Some(actor.to_string());
        if shown && next != Public {
            held.stage.shown_question = None;
        }
    }
    row.version += 1;
    poll_question::Entity::update(whole::<poll_question::ActiveModel>(row.clone())).exec(&held.tx).await?;
    held.save(base, actor, &format!("question.{}", decision.word()), "").await?;
    Ok(row)
}
