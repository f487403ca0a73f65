//! The board of a meeting: its rounds, the one that is open, and the last result. One is read for everybody; what it
//! shows depends on who looks.

use sea_orm::ConnectionTrait;
use serde::Serialize;
use uuid::Uuid;

use super::count;
use super::model::{State, ballot_recusal, ballot_round};
use super::open;
use super::paper::Item;
use super::recuse;
use super::refusal::BallotRefusal;
use super::result::{self, Face, Shown};
use super::round;
use super::rules::{Display, Kind, OptionRule, Presence, Rules};
use super::verdict::QuorumCheck;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::privacy::digest;
use crate::meeting::attendance::presence::{self, Member, Standing};

/// Everything that the pages of a meeting show of its votes, at one version. Not for sending: see [`Board::seen_by`].
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Grows with every change of votes or presence; receivers drop what is older than they have.
    pub version: i64,
    /// All rounds, in their order.
    pub rounds: Vec<Line>,
    pub open: Option<Running>,
    /// The result that was closed last, for the chair; others see it when [`result::visible`] says so.
    pub last: Option<Shown>,
}

/// A round in the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub id: Uuid,
    pub number: i32,
    pub question: String,
    pub kind: Kind,
    pub secret: bool,
    pub advisory: bool,
    pub manual: bool,
    pub state: State,
    pub state_zh: &'static str,
    /// What it came to; only for those who may see it.
    pub sentence: Option<String>,
    #[serde(skip)]
    display: Display,
}

/// The round that is open.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Running {
    pub id: Uuid,
    pub number: i32,
    pub question: String,
    pub text: String,
    pub kind: Kind,
    pub secret: bool,
    pub advisory: bool,
    pub items: Vec<Item>,
    pub seats: Option<i64>,
    pub options: Vec<OptionRule>,
    /// What passes, in words.
    pub pass: String,
    pub opened_at: Option<Instant>,
    pub ends_at: Option<Instant>,
    /// With the right to vote.
    pub entitled: i64,
    /// May vote now, or have voted: 已表决 x / y counts against this.
    pub expected: i64,
    pub voted: i64,
    pub away: i64,
    pub recused: i64,
    pub quorum: Option<QuorumCheck>,
    /// Who may vote and has not, the first of them; the chair's, and of named rounds only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Vec<Name>>,
    /// By item and option, while the vote runs; where the rules show it at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Vec<Vec<i64>>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Name {
    pub person: Uuid,
    pub name: String,
    pub unit: String,
}

/// What one kind of page is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    pub version: i64,
    /// The chair's queue; empty for others.
    pub rounds: Vec<Line>,
    pub open: Option<Running>,
    /// The newest result that these eyes may see; never while a round is open.
    pub last: Option<Shown>,
}

/// Names of those who have not voted at most: how many there are, the figures tell.
const WAITING: usize = 200;

/// Who was in the room when it was last read.
pub(super) struct Room {
    version: i64,
    members: Vec<Member>,
}

impl Board {
    /// Changes when what the hall may see of a round does; a vote alone does not change it.
    pub fn stage(&self, round: Uuid) -> Option<String> {
        let line = self.rounds.iter().find(|line| line.id == round)?;
        Some(stage(line.state, line.display, line.sentence.as_deref()))
    }

    /// Whether a round may open at any moment, or is open.
    pub fn is_near(&self) -> bool {
        self.rounds.iter().any(|line| matches!(line.state, State::Ready | State::Open))
    }

    /// Whether anything was put to the vote yet.
    pub fn has_begun(&self) -> bool {
        self.rounds
            .iter()
            .any(|line| line.state.is_counted() || matches!(line.state, State::Open | State::Void))
    }

    /// What `face` is sent.
    pub fn seen_by(&self, face: Face) -> View {
        let chair = face == Face::Chair;
        let visible = |line: &&Line| result::shows(line.state, line.display, face);
        let last = self.last.as_ref().filter(|shown| {
            self.open.is_none() && self.rounds.iter().filter(visible).any(|line| line.id == shown.id)
        });
        let mut open = self.open.clone();
        if let Some(open) = &mut open
            && !chair
        {
            open.waiting = None;
        }
        View {
            version: self.version,
            rounds: if chair { self.rounds.clone() } else { Vec::new() },
            open,
            last: last.cloned(),
        }
    }
}

/// Reads the board; `room` is kept from one reading to the next, so that votes alone read no roster.
pub(super) async fn read(
    base: &Base,
    meeting: Uuid,
    room: &mut Option<Room>,
) -> Result<Option<Board>, BallotRefusal> {
    let db = base.db.read();
    // The version is read first: rows may be newer than it says, never older.
    let Some(presence) = presence::version(db, meeting).await? else { return Ok(None) };
    let rounds = round::of_meeting(base, meeting).await?;
    let version = presence + rounds.iter().map(|round| round.version).sum::<i64>();
    let mut open = None;
    if let Some(round) = rounds.iter().find(|round| round.state() == State::Open) {
        let known = room.take().filter(|room| room.version == presence);
        let known = match known {
            Some(known) => known,
            None => Room { version: presence, members: presence::members(db, meeting).await? },
        };
        open = Some(running(db, round, &known.members).await?);
        *room = Some(known);
    } else {
        *room = None;
    }
    let counted = rounds.iter().filter(|round| round.state().is_counted());
    let last = counted.max_by_key(|round| (round.closed_at, round.number)).map(result::of).transpose()?;
    let rounds = rounds.iter().map(line).collect::<Result<_, _>>()?;
    Ok(Some(Board { version, rounds, open, last }))
}

/// See [`Board::stage`]; nothing of a result that the hall may not see is in it.
pub fn stage(state: State, display: Display, sentence: Option<&str>) -> String {
    let told = sentence.filter(|_| result::shows(state, display, Face::Hall));
    let told = told.map(|told| digest(told.as_bytes())).unwrap_or_default();
    format!("{}-{}", state.word(), told.get(..8).unwrap_or_default())
}

fn line(round: &ballot_round::Model) -> Result<Line, BallotRefusal> {
    let rules = round.rules()?;
    let state = round.state();
    let count = if state.is_counted() { round.count()? } else { None };
    Ok(Line {
        id: round.id,
        number: round.number,
        question: round.question.clone(),
        kind: rules.kind,
        secret: rules.secret,
        advisory: rules.advisory,
        manual: round.manual.is_some(),
        state,
        state_zh: state.zh(),
        sentence: count.map(|count| count.verdict.sentence),
        display: rules.display,
    })
}

async fn running(
    db: &impl ConnectionTrait,
    round: &ballot_round::Model,
    members: &[Member],
) -> Result<Running, BallotRefusal> {
    let (rules, paper) = (round.rules()?, round.paper()?);
    let recused = recuse::of_round(db, round.id).await?;
    let voted = count::voters(db, round.id).await?;
    let (turnout, _, quorum) = open::quorum(&rules, members, &recused);
    let entitled = || members.iter().filter(|member| member.votes);
    let waiting: Vec<&Member> = entitled()
        .filter(|member| !voted.contains(&member.person) && may_vote(member, &rules, &recused))
        .collect();
    let counts = match rules.display {
        Display::Immediate if !rules.secret => Some(count::tallies(db, round.id, &paper, &rules).await?),
        _ => None,
    };
    let name = |member: &&Member| Name {
        person: member.person,
        name: member.name.clone(),
        unit: member.unit.clone(),
    };
    Ok(Running {
        id: round.id,
        number: round.number,
        question: round.question.clone(),
        text: round.text.clone(),
        kind: rules.kind,
        secret: rules.secret,
        advisory: rules.advisory,
        items: paper.items,
        seats: paper.seats,
        pass: rules.pass_zh(),
        opened_at: round.opened_at,
        ends_at: round.ends_at,
        entitled: turnout.entitled,
        expected: (voted.len() + waiting.len()) as i64,
        voted: voted.len() as i64,
        away: entitled().filter(|member| member.standing == Standing::Away).count() as i64,
        recused: turnout.recused,
        quorum,
        waiting: (!rules.secret).then(|| waiting.iter().take(WAITING).map(name).collect()),
        counts,
        options: rules.options,
    })
}

/// Whether this member could vote at this moment.
pub(super) fn may_vote(member: &Member, rules: &Rules, recused: &[ballot_recusal::Model]) -> bool {
    let there = rules.presence == Presence::Roster || member.standing == Standing::In;
    member.votes && there && !recused.iter().any(|row| row.person_id == member.person)
}
