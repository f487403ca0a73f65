//! What the page of a round shows.

use askama::Template;
use uuid::Uuid;

use super::{page_of, tone};
use crate::ballot::board::{self, Running};
use crate::ballot::model::{RevisionState, State, ballot_elector, ballot_round};
use crate::ballot::open::{Readiness, quorum_at_open, readiness};
use crate::ballot::publish::lost_quorum;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::report::{self, Form};
use crate::ballot::result::{self, Face, Shown, visible};
use crate::ballot::rules::{Kind, Rules, TooFew};
use crate::ballot::verdict::Outcome;
use crate::ballot::{confirm, count, digest, notice, recuse, round};
use crate::base::Base;
use crate::base::clock;
use crate::base::error::describe;
use crate::meeting::attendance::presence;
use crate::meeting::desk::{Actors, Head};
use crate::notify::batch::Counts;
use crate::web::{Error, Layout};

#[derive(Template)]
#[template(path = "ballot/desk_round.html")]
pub(super) struct RoundPage {
    page: Layout,
    head: Head,
    path: String,
    problem: Option<String>,
    round: ballot_round::Model,
    state: &'static str,
    tone: &'static str,
    labels: Vec<&'static str>,
    rule: Vec<(&'static str, String)>,
    items: Vec<(String, String)>,
    seats: Option<i64>,
    /// The round that this one repeats or continues, and those that do so with it: words and address.
    links: Vec<(String, String)>,
    /// Of the meeting's board: what this page shows is not older.
    version: i64,
    running: Option<Running>,
    /// What became of the notice that it has begun.
    told: Option<Counts>,
    /// While it is ready.
    readiness: Option<Readiness>,
    blocked: Option<String>,
    result: Option<Shown>,
    notes: Vec<String>,
    has_scan: bool,
    scrutineers: Vec<Scrutineer>,
    scrutineers_asked: i64,
    /// Selects of scrutineers, each with who is chosen.
    places: Vec<Option<Uuid>>,
    people: Vec<Person>,
    recused: Vec<Recused>,
    revisions: Vec<Revision>,
    makes_pdf: bool,
    can: Can,
    times: Vec<(&'static str, String)>,
    electors: Vec<(String, String, &'static str)>,
}

/// Buttons that are there.
#[derive(Default)]
struct Can {
    edit: bool,
    ready: bool,
    open: bool,
    close: bool,
    withdraw: bool,
    void: bool,
    appoint: bool,
    recuse: bool,
    cast: bool,
    confirm: bool,
    publish: bool,
    revise: bool,
    repeat: bool,
    runoff: bool,
}

struct Scrutineer {
    name: String,
    confirmed: Option<String>,
}

struct Person {
    id: Uuid,
    label: String,
    votes: bool,
}

struct Recused {
    id: Uuid,
    name: String,
    reason: String,
}

struct Revision {
    number: i32,
    valid: bool,
    at: String,
    reason: String,
    digest: String,
    /// Address and name.
    files: Vec<(String, &'static str)>,
}

/// With whose eyes a member of staff looks: who may run rounds sees a result at once.
pub(super) fn face(head: &Head) -> Face {
    if head.may_change { Face::Chair } else { Face::Hall }
}

/// The page of `round`; `problem` is what was just refused.
pub(super) async fn view(
    base: &Base,
    round: ballot_round::Model,
    head: Head,
    page: Layout,
    problem: Option<String>,
) -> Result<RoundPage, Error> {
    let db = base.db.read();
    let (rules, paper, state) = (round.rules()?, round.paper()?, round.state());
    let members = presence::members(db, round.meeting_id).await?;
    let name = |person: Uuid| {
        members.iter().find(|member| member.person == person).map_or("", |member| member.name.as_str())
    };
    let recused = recuse::of_round(db, round.id).await?;
    let named = confirm::scrutineers(db, round.id).await?;
    let readiness = if state == State::Ready { Some(readiness(base, round.id).await?) } else { None };
    let blocked = readiness.as_ref().and_then(|it| it.blocked.as_ref()).map(|refusal| describe(refusal).1);
    let result = if visible(&round, face(&head))? { Some(result::of(&round)?) } else { None };
    // First, so that nothing on the page is older.
    let board = board::read(base, round.meeting_id, &mut None).await?;
    let now = base.clock.now();
    let asked = rules.scrutineers.max(1).max(named.len() as i64 + i64::from(named.len() < 9));
    let mut places: Vec<Option<Uuid>> = named.iter().map(|row| Some(row.person_id)).collect();
    places.resize(usize::try_from(asked).unwrap_or(1), None);
    let electors = count::electors(db, round.id).await?;
    // A motion's one item has no label, unless it is about a person.
    let labelled = paper.items.iter().filter(|item| !item.label.is_empty());
    Ok(RoundPage {
        path: page_of(round.meeting_id, round.id),
        problem,
        state: state.zh(),
        tone: tone(state),
        labels: labels(&round, &rules),
        rule: rules.lines(),
        items: labelled.map(|item| (item.label.clone(), item.note.clone())).collect(),
        seats: paper.seats,
        links: links(base, &round).await?,
        version: board.as_ref().map_or(0, |board| board.version),
        running: board.and_then(|board| board.open).filter(|open| open.id == round.id),
        told: notice::told(base, round.id).await?,
        readiness,
        blocked,
        notes: result.as_ref().map(|shown| notes(&round, shown)).transpose()?.unwrap_or_default(),
        has_scan: round.by_hand()?.is_some_and(|by_hand| by_hand.scan.is_some()),
        result,
        scrutineers: named
            .iter()
            .map(|row| Scrutineer {
                name: row.name.clone(),
                confirmed: row.confirmed_at.map(clock::zh_second),
            })
            .collect(),
        scrutineers_asked: rules.scrutineers,
        places,
        people: members
            .iter()
            .map(|member| Person {
                id: member.person,
                label: format!("{}（{}）", member.name, member.unit),
                votes: member.votes,
            })
            .collect(),
        recused: recused
            .iter()
            .map(|row| Recused {
                id: row.person_id,
                name: name(row.person_id).to_string(),
                reason: row.reason.clone(),
            })
            .collect(),
        revisions: revisions(base, &round).await?,
        makes_pdf: state == State::Published && report::makes_pdf().await,
        can: if head.may_change { can(&round, &rules, named.is_empty())? } else { Can::default() },
        times: times(base, &round, now).await?,
        electors: electors.iter().map(listed).collect(),
        page: page.at("meetings"),
        head,
        round,
    })
}

fn listed(elector: &ballot_elector::Model) -> (String, String, &'static str) {
    (elector.name.clone(), elector.unit.clone(), elector.standing().zh())
}

fn labels(round: &ballot_round::Model, rules: &Rules) -> Vec<&'static str> {
    let mut labels = vec![if round.secret { "无记名" } else { "记名" }, rules.kind.zh()];
    if round.manual.is_some() {
        labels.push("人工计票");
    }
    if rules.advisory {
        labels.push("供决策参考");
    }
    labels
}

fn can(round: &ballot_round::Model, rules: &Rules, no_scrutineer: bool) -> Result<Can, BallotRefusal> {
    let state = round.state();
    let outcome = round.count()?.map(|count| count.verdict.outcome);
    let tied = outcome == Some(Outcome::Tied);
    let is = |wanted| state == wanted;
    let unsettled = |outcome| !matches!(outcome, Outcome::Passed | Outcome::Elected | Outcome::RunOff);
    Ok(Can {
        edit: is(State::Draft),
        ready: is(State::Draft),
        open: is(State::Ready),
        close: is(State::Open),
        withdraw: state.is_ahead(),
        void: matches!(state, State::Open | State::Closed | State::Confirmed),
        appoint: state.is_ahead() || matches!(state, State::Open | State::Closed),
        recuse: rules.recusal && (state.is_ahead() || is(State::Open)),
        cast: is(State::Closed) && tied,
        confirm: is(State::Closed) && !tied && no_scrutineer && rules.scrutineers == 0,
        publish: is(State::Confirmed) && !lost_quorum(round)?,
        revise: is(State::Published),
        repeat: matches!(state, State::Void | State::Withdrawn)
            || state.is_counted() && !tied && outcome.is_some_and(unsettled),
        runoff: state.is_counted()
            && (outcome == Some(Outcome::RunOff)
                || outcome == Some(Outcome::SeatsLeft) && rules.too_few == TooFew::NewRound),
    })
}

/// What the chair should know of a result.
fn notes(round: &ballot_round::Model, shown: &Shown) -> Result<Vec<String>, BallotRefusal> {
    let mut notes = Vec::new();
    if shown.unanimous && shown.secret {
        notes.push("全体选择一致，无记名的结果等于公开了每个人的选择。".to_string());
    }
    if let Some(check) = shown.quorum_close.as_ref().filter(|check| !check.met) {
        let end = if shown.quorum_lost {
            "不能公布，可以作废后重新表决"
        } else {
            "请主持人注意"
        };
        notes.push(format!("结束时到会 {} 人，不足法定人数（{}），{end}。", check.present, check.inequality));
    }
    if let Some(by_hand) = round.by_hand()? {
        notes.push(format!(
            "人工计票（{}）：收回 {} 票，无效 {} 票；见证人 {}。",
            by_hand.method.zh(),
            by_hand.papers,
            by_hand.invalid,
            by_hand.witnesses.join("、")
        ));
    }
    Ok(notes)
}

async fn links(base: &Base, round: &ballot_round::Model) -> Result<Vec<(String, String)>, BallotRefusal> {
    let all = round::of_meeting(base, round.meeting_id).await?;
    let mut links = Vec::new();
    for other in &all {
        let words = match () {
            () if round.repeats == Some(other.id) => "再次提交自",
            () if round.runoff_of == Some(other.id) => "再次投票，接",
            () if other.repeats == Some(round.id) => "已再次提交为",
            () if other.runoff_of == Some(round.id) => "再次投票见",
            () => continue,
        };
        links.push((format!("{words}第 {} 项", other.number), page_of(other.meeting_id, other.id)));
    }
    Ok(links)
}

async fn revisions(base: &Base, round: &ballot_round::Model) -> Result<Vec<Revision>, BallotRefusal> {
    let now = base.clock.now();
    let path = page_of(round.meeting_id, round.id);
    let listed = report::list(base, round.id).await?;
    Ok(listed
        .into_iter()
        .map(|listed| Revision {
            number: listed.revision.number,
            valid: listed.revision.state == RevisionState::Valid.word(),
            at: clock::zh_moment(listed.revision.at, now),
            digest: digest::printed(&listed.revision),
            files: listed
                .files
                .iter()
                .map(|file| {
                    let name = Form::parse(&file.form).map_or("文件", Form::zh);
                    (format!("{path}/reports/{}", file.hash), name)
                })
                .collect(),
            reason: listed.revision.reason,
        })
        .collect())
}

async fn times(
    base: &Base,
    round: &ballot_round::Model,
    now: clock::Instant,
) -> Result<Vec<(&'static str, String)>, Error> {
    let actors = Actors::read(base).await?;
    let by = match round.closed_by.as_deref() {
        Some("clock") => "，时间到".to_string(),
        Some("all_voted") => "，全部表决完毕".to_string(),
        Some(actor) => format!("，{}", actors.name(actor)),
        None => String::new(),
    };
    let mut times =
        vec![("新建", format!("{}，{}", clock::zh_moment(round.made_at, now), actors.name(&round.made_by)))];
    let opened = quorum_at_open(round)?;
    for (name, at, more) in [
        (
            "开始",
            round.opened_at,
            opened.map(|check| format!("，到会 {} 人", check.present)).unwrap_or_default(),
        ),
        ("结束", round.closed_at, by),
        ("确认计票", round.confirmed_at, String::new()),
        ("公布", round.published_at, String::new()),
    ] {
        times.extend(at.map(|at| (name, format!("{}{more}", clock::zh_second(at)))));
    }
    Ok(times)
}

impl RoundPage {
    fn is(&self, state: &str) -> bool {
        self.round.state == state
    }

    /// Whether one of the people of the roster is chosen in a place.
    fn chosen(&self, place: &Option<Uuid>, person: &Uuid) -> bool {
        place.as_ref() == Some(person)
    }

    fn is_motion(&self, shown: &Shown) -> bool {
        shown.kind == Kind::Motion
    }

    fn is_election(&self, shown: &Shown) -> bool {
        shown.kind == Kind::Election
    }

    fn outcome_tone(&self, shown: &Shown) -> &'static str {
        match shown.outcome {
            Outcome::Passed | Outcome::Elected | Outcome::Recorded => "tag-good",
            Outcome::Failed | Outcome::NoVote => "tag-bad",
            Outcome::Tied | Outcome::RunOff | Outcome::SeatsLeft => "tag-wait",
        }
    }

    fn is_motion_page(&self) -> bool {
        self.round.rules().is_ok_and(|rules| rules.kind == Kind::Motion)
    }

    /// When the clock ends it, in milliseconds since 1970.
    fn ends(&self, running: &Running) -> i64 {
        running.ends_at.map_or(0, |at| at.timestamp_millis())
    }

    /// By option, of a motion whose counts are shown at once.
    fn live_counts(&self, running: &Running) -> Vec<(String, i64)> {
        let counts = running.counts.iter().flatten().next().cloned().unwrap_or_default();
        running.options.iter().map(|option| option.label.clone()).zip(counts).collect()
    }

    fn left(&self, running: &Running) -> i64 {
        running.expected - running.voted
    }
}
