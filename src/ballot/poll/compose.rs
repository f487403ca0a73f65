//! What organisers do with a poll: write it, open it, close it, put it on the screen.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::{State, poll, poll_count, written};
use super::refusal::PollRefusal;
use super::stage::hold;
use crate::base::Base;
use crate::base::db::whole;
use crate::base::words::words;
use crate::people::name::one_line;

/// What an organiser writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub question: String,
    pub options: Vec<String>,
    /// More than one option may be chosen.
    pub multiple: bool,
    /// Organisers see who chose what; otherwise nobody does.
    pub named: bool,
}

/// Characters of a question and of an option at most: both must be read from the back of a hall.
pub const QUESTION: usize = 100;
pub const OPTION: usize = 40;
/// How many options there are.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=10;
/// Polls of one meeting at most.
const POLLS: i32 = 100;

words! {
    /// An act on a poll. Nobody answers by one of these: answers come from people's own phones.
    Verb {
        Open = "open", "小调查已开始，参会人的会议页面上有入口";
        Close = "close", "小调查已结束";
        Show = "show", "已放上大屏";
        Hide = "hide", "已从大屏移开";
        /// A draft only.
        Remove = "remove", "已删除";
    }
}

/// Makes a draft. `id` names this act: the same again gives the poll that was made, unchanged.
pub async fn create(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    draft: Draft,
    actor: &str,
) -> Result<poll::Model, PollRefusal> {
    let held = hold(base, meeting).await?;
    if held.over {
        return Err(PollRefusal::MeetingOver);
    }
    if let Some(made) = poll::Entity::find_by_id(id).one(&held.tx).await? {
        return if made.meeting_id == meeting { Ok(made) } else { Err(PollRefusal::NoPoll) };
    }
    let number = newest(&held.tx, meeting).await? + 1;
    if number > POLLS {
        return Err(PollRefusal::Invalid(format!("一次会议最多 {POLLS} 个小调查")));
    }
    let (question, options) = checked(&draft)?;
    let made = poll::Model {
        id,
        meeting_id: meeting,
        number,
        state: State::Draft.word().to_string(),
        question,
        options: written(&options)?,
        multiple: draft.multiple,
        named: draft.named,
        answered: 0,
        opened_at: None,
        closed_at: None,
        shown_at: None,
        version: 1,
        made_by: actor.to_string(),
        made_at: base.clock.now(),
    };
    poll::Entity::insert(whole::<poll::ActiveModel>(made.clone())).exec_without_returning(&held.tx).await?;
    held.save(base, actor, "poll.create", &number.to_string()).await?;
    Ok(made)
}

/// Writes a draft anew. What was opened stays as people saw it.
pub async fn edit(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    draft: Draft,
    actor: &str,
) -> Result<poll::Model, PollRefusal> {
    let held = hold(base, meeting).await?;
    let mut row = lock(&held.tx, meeting, id).await?;
    if row.state() != State::Draft {
        return Err(PollRefusal::WrongState(row.state()));
    }
    let (question, options) = checked(&draft)?;
    row.question = question;
    row.options = written(&options)?;
    row.multiple = draft.multiple;
    row.named = draft.named;
    put(&held.tx, &mut row).await?;
    held.save(base, actor, "poll.edit", &row.number.to_string()).await?;
    Ok(row)
}

/// Does `verb`; what is done already stays done.
pub async fn perform(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    verb: Verb,
    actor: &str,
) -> Result<poll::Model, PollRefusal> {
    let mut held = hold(base, meeting).await?;
    let mut row = lock(&held.tx, meeting, id).await?;
    let state = row.state();
    let shown = held.stage.shown_poll == Some(id);
    let action = match (verb, state) {
        (Verb::Open, State::Draft) if held.over => return Err(PollRefusal::MeetingOver),
        (Verb::Open, State::Draft) => {
            become_state(&mut row, State::Open);
            row.opened_at = Some(base.clock.now());
            let rows = (0..row.labels()?.len() as i32).map(|option| {
                whole::<poll_count::ActiveModel>(poll_count::Model { poll_id: id, option, count: 0 })
            });
            poll_count::Entity::insert_many(rows).exec_without_returning(&held.tx).await?;
            "poll.open"
        }
        (Verb::Close, State::Open) => {
            become_state(&mut row, State::Closed);
            row.closed_at = Some(base.clock.now());
            "poll.close"
        }
        (Verb::Show, State::Open | State::Closed) if !shown => {
            held.stage.shown_poll = Some(id);
            held.stage.shown_question = None;
            row.shown_at = row.shown_at.or(Some(base.clock.now()));
            "poll.show"
        }
        (Verb::Hide, _) if shown => {
            held.stage.shown_poll = None;
            "poll.hide"
        }
        (Verb::Remove, State::Draft) => {
            become_state(&mut row, State::Removed);
            "poll.remove"
        }
        (Verb::Open, State::Open)
        | (Verb::Close, State::Closed)
        | (Verb::Show, State::Open | State::Closed)
        | (Verb::Hide, State::Open | State::Closed) => return Ok(row),
        _ => return Err(PollRefusal::WrongState(state)),
    };
    put(&held.tx, &mut row).await?;
    held.save(base, actor, action, &row.number.to_string()).await?;
    Ok(row)
}

fn become_state(row: &mut poll::Model, state: State) {
    row.state = state.word().to_string();
}

async fn newest(tx: &DatabaseTransaction, meeting: Uuid) -> Result<i32, PollRefusal> {
    let newest: Option<i32> = poll::Entity::find()
        .select_only()
        .column(poll::Column::Number)
        .filter(poll::Column::MeetingId.eq(meeting))
        .order_by_desc(poll::Column::Number)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(newest.unwrap_or(0))
}

/// The poll under its lock; one of another meeting, or one thrown away, is not found.
async fn lock(tx: &DatabaseTransaction, meeting: Uuid, id: Uuid) -> Result<poll::Model, PollRefusal> {
    let row = poll::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let row = row.filter(|row| row.meeting_id == meeting && row.state() != State::Removed);
    row.ok_or(PollRefusal::NoPoll)
}

async fn put(tx: &DatabaseTransaction, row: &mut poll::Model) -> Result<(), PollRefusal> {
    row.version += 1;
    poll::Entity::update(whole::<poll::ActiveModel>(row.clone())).exec(tx).await?;
    Ok(())
}

/// Question and options as they are stored.
fn checked(draft: &Draft) -> Result<(String, Vec<String>), PollRefusal> {
    let question = one_line(&draft.question);
    let options: Vec<String> =
        draft.options.iter().map(|option| one_line(option)).filter(|option| !option.is_empty()).collect();
    let long = options.iter().find(|option| option.chars().count() > OPTION);
    let again = options.iter().enumerate().find(|(at, option)| options[..*at].contains(option));
    let (least, most) = (OPTIONS.start(), OPTIONS.end());
    let problem = match () {
        () if question.is_empty() => Some("请填写题目".to_string()),
        () if question.chars().count() > QUESTION => Some(format!("题目最多 {QUESTION} 个字")),
        () if options.len() < *least => Some(format!("至少写 {least} 个选项")),
        () if options.len() > *most => Some(format!("最多 {most} 个选项")),
        () if long.is_some() => Some(format!("一个选项最多 {OPTION} 个字")),
        () => again.map(|(_, option)| format!("选项「{option}」写了两次")),
    };
    match problem {
        Some(problem) => Err(PollRefusal::Invalid(problem)),
        None => Ok((question, options)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(question: &str, options: &[&str]) -> Draft {
        let options = options.iter().map(|option| (*option).to_string()).collect();
        Draft { question: question.to_string(), options, ..Draft::default() }
    }

    #[track_caller]
    fn problem(draft: &Draft) -> String {
        match checked(draft) {
            Err(PollRefusal::Invalid(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_poll_has_a_question_and_two_to_ten_different_options() {
        let good = draft(" 下午的\n课 讲得太快吗？😀 ", &["正好", " ", "太快\u{202E}"]);
        let (question, options) = checked(&good).unwrap();
        assert_eq!(
            (question.as_str(), options),
            ("下午的 课 讲得太快吗？😀", vec!["正好".into(), "太快".into()])
        );
        assert_eq!(problem(&draft("\u{200B}", &["甲", "乙"])), "请填写题目");
        assert_eq!(problem(&draft(&"长".repeat(101), &["甲", "乙"])), "题目最多 100 个字");
        assert_eq!(problem(&draft("题", &["甲", ""])), "至少写 2 个选项");
        let many: Vec<String> = (0..11).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(problem(&draft("题", &many)), "最多 10 个选项");
        assert!(checked(&draft("题", &many[..10])).is_ok());
        assert_eq!(problem(&draft("题", &["甲", &"长".repeat(41)])), "一个选项最多 40 个字");
        assert_eq!(problem(&draft("题", &["甲", "乙", "甲 "])), "选项「甲」写了两次");
    }
}
