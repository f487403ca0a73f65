//! Cases of an old system: each line of a table becomes a case with its own number, brought to where it was by the
//! same acts as any other, at the times when they happened. A line that is in already is left alone, so an import that
//! was stopped is begun again.

use chrono::{NaiveDateTime, TimeDelta};
use encoding_rs::{GB18030, UTF_8};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Cases;
use super::act::Act;
use super::counter::{self, Numbers};
use super::decide::{Actor, Command};
use super::model::{Kind, Part, Track, case_event, case_file};
use super::submit::{self, Filing};
use super::table::Line;
use super::write::{self, Call};
use crate::base::clock::{Clock, Instant, from_shanghai};
use crate::base::error::describe;

/// What unrated answers wait before the case ends (limit S1): the old system had no such clock.
const UNRATED: TimeDelta = TimeDelta::days(16);

/// How far an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub added: usize,
    /// In already.
    pub known: usize,
    /// Line of the file, and what is wrong with it.
    pub bad: Vec<(usize, String)>,
}

/// A line that was understood.
struct Parsed {
    number: i64,
    created: Instant,
    kind: Kind,
    category: String,
    unit: String,
    forwarded: Option<Instant>,
    replied: Option<Instant>,
    answered: Option<Instant>,
    rated: Option<(Instant, [i32; 2])>,
    line: Line,
}

/// Reads `bytes` (CSV in UTF-8 or GB18030) and files what is right in it; with `dry_run` only says what would be. `tell`
/// hears the report after each line.
pub async fn import(
    cases: &Cases,
    bytes: &[u8],
    dry_run: bool,
    mut tell: impl FnMut(&Report),
) -> Result<Report, DbErr> {
    let text = match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8.decode(bytes).0,
        Err(_) => GB18030.decode(bytes).0,
    };
    let mut report = Report::default();
    let mut highest = 0;
    let mut seen = std::collections::HashSet::new();
    let mut reader =
        csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(text.as_bytes());
    for row in reader.deserialize::<Line>() {
        let at = report.added + report.known + report.bad.len() + 2;
        let line = match row {
            Ok(line) => line,
            Err(error) => {
                report.bad.push((at, format!("列数不对，或编码不是 UTF-8、GB18030（{error}）")));
                tell(&report);
                continue;
            }
        };
        let outcome = match parse(cases, line) {
            Ok(parsed) if !seen.insert(parsed.number) => {
                Err(format!("编号 {} 在文件里出现了两次", parsed.number))
            }
            Ok(parsed) => {
                highest = highest.max(parsed.number);
                take(cases, parsed, dry_run).await?
            }
            Err(why) => Err(why),
        };
        match outcome {
            Ok(true) => report.added += 1,
            Ok(false) => report.known += 1,
            Err(why) => report.bad.push((at, why)),
        }
        tell(&report);
    }
    if !dry_run && highest > 0 {
        // New cases go on after the old ones.
        counter::at_least(&cases.store, counter::PUBLIC, highest).await?;
    }
    Ok(report)
}

fn moment(name: &str, text: &str) -> Result<Option<Instant>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    read.map(from_shanghai).map(Some).ok_or_else(|| format!("{name}「{text}」应写成 2014-09-13 08:30"))
}

fn score(text: &str) -> Result<i32, String> {
    let read = text.parse().ok().filter(|score| (1..=5).contains(score));
    read.ok_or_else(|| format!("评分「{text}」应为 1 到 5"))
}

/// What is wrong with a line, or what it says.
fn parse(cases: &Cases, line: Line) -> Result<Parsed, String> {
    let number: i64 = line
        .number
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("编号「{}」应为正整数", line.number))?;
    let created = moment("提交时间", &line.created)?.ok_or("没有提交时间")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.zh() == line.kind || kind.word() == line.kind);
    let kind = kind.ok_or_else(|| format!("性质「{}」不认识", line.kind))?;
    let named =
        |category: &&super::units::Category| category.code == line.category || category.name == line.category;
    let category = cases.units.categories().iter().find(named);
    let category =
        category.ok_or_else(|| format!("类别「{}」不在 units.toml 里", line.category))?.code.clone();
    let forwarded = moment("转办时间", &line.forwarded)?;
    let unit = cases.units.all().iter().find(|unit| unit.code == line.unit || unit.name == line.unit);
    let unit = match (unit, forwarded) {
        (Some(unit), _) => unit.code.clone(),
        (None, None) => String::new(),
        (None, Some(_)) => return Err(format!("承办单位「{}」不在 units.toml 里", line.unit)),
    };
    let answered = moment("答复时间", &line.answered)?;
    // Who answered at once, replied with it.
    let replied = moment("首次回复时间", &line.replied)?.or(answered);
    let rated = match moment("评价时间", &line.rated)? {
        None => None,
        Some(at) => Some((at, [score(&line.office_score)?, score(&line.unit_score)?])),
    };
    let times = [Some(created), forwarded, replied, answered, rated.map(|(at, _)| at)];
    let mut missing = false;
    let mut last = created;
    for time in times {
        match time {
            Some(_) if missing => return Err("前一步还没有时间，后一步却有了".to_string()),
            Some(at) if at < last => return Err("时间先后不对".to_string()),
            Some(at) => last = at,
            None => missing = true,
        }
    }
    if last > cases.store.clock.now() {
        return Err("时间在以后".to_string());
    }
    if answered.is_some() && line.answer.is_empty() {
        return Err("有答复时间，没有答复".to_string());
    }
    Ok(Parsed { number, created, kind, category, unit, forwarded, replied, answered, rated, line })
}

/// Files one line: whether it is new. The inner error is the line's.
async fn take(cases: &Cases, parsed: Parsed, dry_run: bool) -> Result<Result<bool, String>, DbErr> {
    let db = cases.store.db.read();
    let there =
        case_file::Entity::find().filter(case_file::Column::PublicNo.eq(parsed.number)).one(db).await?;
    if let Some(file) = &there {
        if file.source != "import" {
            return Ok(Err(format!("编号 {} 已经是另一件诉求", parsed.number)));
        }
        let begun = case_event::Entity::find()
            .filter(case_event::Column::Op.eq(mark(parsed.number, "done")))
            .one(db)
            .await?;
        if begun.is_some() {
            return Ok(Ok(false));
        }
    }
    if let Err(error) = submit::check(cases, &filing(&parsed)) {
        return Ok(Err(describe(&error).1));
    }
    if dry_run {
        return Ok(Ok(there.is_none()));
    }
    Ok(file(cases, &parsed).await.map(|()| true))
}

fn mark(number: i64, act: &str) -> String {
    format!("import:{number}:{act}")
}

fn filing(parsed: &Parsed) -> Filing {
    let line = &parsed.line;
    Filing {
        op: parsed.number.to_string(),
        source: "import",
        author: None,
        proxy: None,
        track: Track::Inquiry,
        kind: parsed.kind,
        category: parsed.category.clone(),
        title: line.title.clone(),
        body: line.body.clone(),
        place: line.place.clone(),
        spot: None,
        contact: line.contact.clone(),
        confidential: false,
        accused_unit: None,
        photos: Vec::new(),
        request_id: "import".to_string(),
    }
}

fn importer(part: Part, unit: &str) -> Actor {
    Actor { who: "client:import".to_string(), name: String::new(), part, unit: unit.to_string() }
}

/// Each step under the clock of its line, each once.
async fn file(cases: &Cases, parsed: &Parsed) -> Result<(), String> {
    let said = |error: &dyn crate::base::error::Coded| describe(error).1;
    let at = |moment: Instant| {
        let mut then = cases.clone();
        then.store.clock = Clock::manual(moment);
        then.numbers = Numbers::only(parsed.number);
        then
    };
    let mut last = parsed.created;
    let filed = submit::submit(&at(last), &importer(Part::System, ""), filing(parsed)).await;
    let case = filed.map_err(|error| said(&error))?.id;
    let (line, unit) = (&parsed.line, parsed.unit.as_str());
    let liaison = importer(Part::Liaison, unit);
    let text = |text: &str| Command {
        text: if text.is_empty() {
            "（原系统没有记录内容）".to_string()
        } else {
            text.to_string()
        },
        ..Command::default()
    };
    let mut steps: Vec<(Instant, Act, Actor, Command)> = Vec::new();
    if let Some(moment) = parsed.forwarded {
        let to = Command { unit: parsed.unit.clone(), ..Command::default() };
        steps.push((moment, Act::Forward, importer(Part::Moderator, ""), to));
    }
    if let Some(moment) = parsed.replied {
        let reply = if line.reply.is_empty() { &line.answer } else { &line.reply };
        steps.push((moment, Act::FirstReply, liaison.clone(), text(reply)));
    }
    if let Some(moment) = parsed.answered {
        let signed = if line.signed_by.is_empty() { "原系统" } else { line.signed_by.as_str() };
        steps.push((
            moment,
            Act::Answer,
            liaison,
            Command { signed_by: signed.to_string(), ..text(&line.answer) },
        ));
    }
    if let Some((moment, scores)) = parsed.rated {
        let rates = Command { scores: Some(scores), ..Command::default() };
        steps.push((moment, Act::Rate, importer(Part::Citizen, ""), rates));
    } else if let Some(end) = parsed.answered.map(|moment| moment + UNRATED)
        && end < cases.store.clock.now()
    {
        steps.push((end, Act::Close, Actor::system(), Command::default()));
    }
    last = steps.last().map_or(last, |(moment, ..)| *moment);
    if line.public == "是" {
        let public = Command {
            public_title: line.title.clone(),
            public_body: line.body.clone(),
            public_answer: line.answer.clone(),
            ..Command::default()
        };
        steps.push((last, Act::Publish, importer(Part::Moderator, ""), public));
    }
    let note = text("由原系统导入。");
    for (moment, act, actor, command) in steps {
        step(&at(moment), case, &actor, (act, &command), mark(parsed.number, act.word())).await?;
    }
    step(&at(last), case, &importer(Part::Moderator, ""), (Act::Note, &note), mark(parsed.number, "done"))
        .await
}

async fn step(
    then: &Cases,
    case: Uuid,
    actor: &Actor,
    (act, command): (Act, &Command),
    op: String,
) -> Result<(), String> {
    let call = Call { seen: None, op: Some(op), request_id: "import".to_string() };
    let done = write::act(then, actor, case, act, command, &call).await;
    done.map(|_| ()).map_err(|error| format!("{}：{}", act.zh(), describe(&error).1))
}
