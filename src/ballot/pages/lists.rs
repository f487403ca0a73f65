//! The list of a meeting's votes, and the page of those who watch the count.

use askama::Template;
use uuid::Uuid;

use super::words::{heading, labels, stage, to_hall};
use crate::ballot::model::State;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::result;
use crate::ballot::told::Told;
use crate::ballot::visit::{Listed, Visit};
use crate::meeting::attendance::address::Meeting;
use crate::web::Layout;

#[derive(Template)]
#[template(path = "ballot/phone_confirm.html")]
pub struct ConfirmPage {
    page: Layout,
    code: String,
    id: Uuid,
    stage: String,
    heading: String,
    question: String,
    labels: Vec<String>,
    shown: Option<Told>,
    digest: String,
    confirmed: bool,
    /// Only while the count waits for it.
    asks: bool,
}

pub fn scrutiny(page: Layout, code: String, seen: Visit) -> Result<ConfirmPage, BallotRefusal> {
    let Visit { round, rules, scrutineer, .. } = seen;
    let confirmed = scrutineer.unwrap_or_default();
    let opened = round.opened_at.is_some() || round.closed_at.is_some();
    Ok(ConfirmPage {
        page,
        code,
        id: round.id,
        stage: stage(&round, &rules)?,
        heading: if opened { heading(&round, &rules) } else { String::new() },
        labels: if opened { labels(&round, &rules)? } else { Vec::new() },
        shown: if round.state().is_counted() { Some(Told::of(&result::of(&round)?)) } else { None },
        digest: round.digest.as_deref().and_then(|digest| digest.get(..16)).unwrap_or_default().to_string(),
        confirmed,
        asks: !confirmed && round.state() == State::Closed,
        question: if opened { round.question } else { String::new() },
    })
}

#[derive(Template)]
#[template(path = "ballot/phone_list.html")]
pub struct ListPage {
    page: Layout,
    code: String,
    title: String,
    rows: Vec<Row>,
}

struct Row {
    link: String,
    question: String,
    heading: String,
    word: String,
    tone: &'static str,
}

pub fn list(page: Layout, meeting: &Meeting, rounds: Vec<Listed>) -> Result<ListPage, BallotRefusal> {
    let row = |Listed { round, voted }: Listed| {
        let rules = round.rules()?;
        let shown = to_hall(&round)?;
        let open = round.state() == State::Open;
        let (word, tone) = match (shown, round.state()) {
            (Some(shown), _) => (
                shown.outcome.to_string(),
                match shown.tone {
                    "good" => "word-good",
                    "bad" => "word-bad",
                    _ => "",
                },
            ),
            (None, State::Open) if voted => ("已表决".to_string(), "word-good"),
            (None, State::Open) => ("表决中".to_string(), "word-wait"),
            (None, State::Void) => ("已作废".to_string(), "word-bad"),
            (None, _) => ("待公布".to_string(), ""),
        };
        let mine = if voted && !open { "，您已表决" } else { "" };
        Ok(Row {
            link: format!("/m/{}/ballots/{}", meeting.code, round.id),
            heading: format!("{}{mine}", heading(&round, &rules)),
            question: round.question,
            word,
            tone,
        })
    };
    Ok(ListPage {
        code: meeting.code.clone(),
        title: meeting.title.clone(),
        rows: rounds.into_iter().map(row).collect::<Result<_, BallotRefusal>>()?,
        page,
    })
}
