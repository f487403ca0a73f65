//! The board of a meeting: its polls and what is on its screen. One is read for everybody; nothing of a person is in it.

use uuid::Uuid;

use super::lookup::{Bar, bars, counts, list};
use super::model::{State, poll, poll_question};
use super::refusal::PollRefusal;
use super::{questions, stage};
use crate::base::Base;
use crate::base::privacy::{digest, mask_name};
use crate::meeting::attendance::presence;

/// Polls and questions of a meeting, at one version.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Grows with every change; receivers drop what is older than they have.
    pub version: i64,
    /// People may ask questions.
    pub asking: bool,
    /// Without drafts, in order.
    pub polls: Vec<Line>,
    /// There are questions that everybody may see.
    pub asked: bool,
    /// Grows with every change of questions and settings.
    questions: i64,
    pub shown: Shown,
    /// The question on the screen.
    pub question: Option<OnScreen>,
}

/// What an organiser put on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    #[default]
    Nothing,
    Poll(Uuid),
    Question(Uuid),
}

/// A question as the screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnScreen {
    pub text: String,
    pub asker: String,
    pub upvotes: i64,
}

/// A poll that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub id: Uuid,
    pub number: i32,
    pub question: String,
    pub multiple: bool,
    pub named: bool,
    pub state: State,
    pub answered: i64,
    pub bars: Vec<Bar>,
    /// Everybody may see the counts.
    pub public: bool,
}

impl Board {
    /// Polls that people may answer now.
    pub fn open(&self) -> impl Iterator<Item = &Line> {
        self.polls.iter().filter(|line| line.state == State::Open)
    }

    /// Whether there are polls to look at.
    pub fn has_begun(&self) -> bool {
        self.polls.iter().any(|line| line.public || line.state == State::Open)
    }

    /// Changes when the entries of a meeting's page do; an answer alone does not change it.
    pub fn entries(&self) -> String {
        let open: Vec<String> = self.open().map(|line| line.id.to_string()).collect();
        let all = format!("{} {} {} {}", open.join(" "), self.asking, self.asked, self.has_begun());
        digest(all.as_bytes())[..16].to_string()
    }

    /// Changes when the page of questions may.
    pub fn questions_stage(&self) -> String {
        format!("q{}", self.questions)
    }

    /// Changes when the page of a poll would.
    pub fn stage(&self, poll: Uuid) -> Option<String> {
        self.polls
            .iter()
            .find(|line| line.id == poll)
            .map(|line| stage_of(line.state, line.public, line.answered))
    }
}

/// See [`Board::stage`]: how many answered matters to those who see the counts.
pub fn stage_of(state: State, public: bool, answered: i64) -> String {
    match public {
        true => format!("{}-{answered}", state.word()),
        false => state.word().to_string(),
    }
}

/// Reads the board.
pub(super) async fn read(base: &Base, meeting: Uuid) -> Result<Board, PollRefusal> {
    let db = base.db.read();
    // The versions are read first: counts may be newer than they say, never older.
    let stage = stage::of(db, meeting).await?;
    let polls = list(db, meeting).await?;
    let all = questions::list(db, meeting).await?;
    let questions = stage.version + all.iter().map(|row| row.version).sum::<i64>();
    let version = questions + polls.iter().map(|poll| poll.version).sum::<i64>();
    let counts = counts(db, &polls).await?;
    let lines: Result<Vec<Line>, PollRefusal> = polls
        .iter()
        .filter(|poll| poll.state() != State::Draft)
        .map(|poll| line(poll, counts.get(&poll.id).map_or(&[], Vec::as_slice)))
        .collect();
    let shown = match (stage.shown_poll, stage.shown_question) {
        (Some(poll), _) => Shown::Poll(poll),
        (None, Some(question)) => Shown::Question(question),
        (None, None) => Shown::Nothing,
    };
    let question = match all.iter().find(|row| shown == Shown::Question(row.id)) {
        Some(row) => Some(on_screen(base, row).await?),
        None => None,
    };
    let asked = all.iter().any(|row| row.state().is_visible());
    Ok(Board { version, asking: stage.asking, polls: lines?, asked, questions, shown, question })
}

/// With the middle of names hidden where the meeting hides it on its screen.
async fn on_screen(base: &Base, row: &poll_question::Model) -> Result<OnScreen, PollRefusal> {
    let meeting = presence::find(base.db.read(), row.meeting_id).await?;
    let masked = meeting.is_some_and(|meeting| meeting.mask_names);
    let name = if masked { mask_name(&row.name) } else { row.name.clone() };
    let asker = questions::asker(&poll_question::Model { name, ..row.clone() });
    Ok(OnScreen { text: row.text.clone(), asker, upvotes: row.upvotes })
}

fn line(poll: &poll::Model, counts: &[i64]) -> Result<Line, PollRefusal> {
    Ok(Line {
        id: poll.id,
        number: poll.number,
        question: poll.question.clone(),
        multiple: poll.multiple,
        named: poll.named,
        state: poll.state(),
        answered: poll.answered,
        bars: bars(&poll.labels()?, counts, poll.answered),
        public: poll.is_public(),
    })
}
