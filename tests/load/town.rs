//! Cases to copy: filed and answered by the project's own rules, so that rows and logs agree. What they are about, whose
//! they are and how far they have come is spread as in a city's year.

use anyhow::Context;
use chrono::TimeDelta;
use uuid::Uuid;
use yishiting::base::clock::Instant;
use yishiting::cases::Cases;
use yishiting::cases::act::Act;
use yishiting::cases::decide::{Actor, Command};
use yishiting::cases::feed;
use yishiting::cases::model::{Kind, Part, Track};
use yishiting::cases::submit::{self, Filing};
use yishiting::cases::write::{self, Call};

/// Cases that are written by the rules; all others are copies of them.
pub const PATTERNS: usize = 200;
/// Events of each.
pub const EVENTS: usize = 10;
/// Every so many is still open.
const OPEN: usize = 25;
/// Every so many has a unit that helps.
const HELPED: usize = 20;
/// Days over which they are spread.
const DAYS: i64 = 280;

const PLACES: [&str; 10] = [
    "万松路",
    "罗阳大道",
    "安阳路",
    "瑞祥大道",
    "滨江大道",
    "莘塍东街",
    "塘下镇",
    "飞云街道",
    "马屿镇",
    "陶山镇",
];
const TROUBLES: [&str; 12] = [
    "路灯不亮",
    "垃圾堆积",
    "井盖破损",
    "噪音扰民",
    "违章停车",
    "电缆下垂",
    "积水严重",
    "树枝折断",
    "污水外溢",
    "停水停电",
    "公交改线",
    "学区划分",
];

/// Pairs of signs that people search for: of places and of troubles, common ones and rarer ones.
pub fn words() -> Vec<String> {
    let pair = |text: &str| text.chars().take(2).collect::<String>();
    PLACES.iter().chain(&TROUBLES).map(|text| pair(text)).collect()
}

/// What somebody writes, the `number`th.
pub fn about(number: usize) -> (String, String, String) {
    let (place, trouble) = (PLACES[number % PLACES.len()], TROUBLES[number % TROUBLES.len()]);
    let title = format!("{place}{trouble}");
    let body = format!("{place}{}号附近{trouble}已{}天，请派人处理", number % 97 + 1, number % 13 + 2);
    (title, body, format!("{place}{}号", number % 97 + 1))
}

/// Writes all patterns; the clock of `cases` is moved to when things happen.
pub async fn patterns(cases: &Cases, now: Instant) -> anyhow::Result<()> {
    for number in 0..PATTERNS {
        pattern(cases, number, now).await.with_context(|| format!("pattern {number}"))?;
    }
    cases.store.clock.set(now);
    feed::number(cases).await?;
    Ok(())
}

async fn pattern(cases: &Cases, number: usize, now: Instant) -> anyhow::Result<()> {
    let open = number.is_multiple_of(OPEN);
    // What is open came in today, so that nothing is late while it is measured.
    let (mut at, step) = if open {
        (now - TimeDelta::hours(2), TimeDelta::minutes(5))
    } else {
        let day = DAYS * i64::try_from(number)? / i64::try_from(PATTERNS)?;
        (now - TimeDelta::days(day + 20), TimeDelta::hours(20))
    };
    cases.store.clock.set(at);
    let author = Uuid::now_v7();
    let citizen = actor(Part::Citizen, &format!("follower:{author}"), "");
    let (title, body, place) = about(number);
    let categories = cases.units.categories();
    let filed_as = if number % 4 == 3 { Track::Petition } else { Track::Inquiry };
    let filing = Filing {
        op: format!("pattern {number}"),
        // Nobody is told of old cases; copies say where they came from.
        source: "import",
        author: Some(author),
        proxy: None,
        track: filed_as,
        kind: Kind::Help,
        category: categories[number % categories.len()].code.clone(),
        title: title.clone(),
        body: body.clone(),
        place,
        spot: None,
        contact: String::new(),
        confidential: false,
        accused_unit: None,
        photos: Vec::new(),
        request_id: "load".to_string(),
    };
    let case = submit::submit(cases, &citizen, filing).await?.id;

    let units = cases.units.all();
    let unit = units[number % units.len()].code.clone();
    let helper = units[(number + 7) % units.len()].code.clone();
    let office = actor(Part::Moderator, "staff:moderator", "");
    let liaison = actor(Part::Liaison, &format!("staff:{unit}"), &unit);
    let says = |text: &str| Command { text: text.to_string(), ..Command::default() };
    let public = Command { public_title: title, public_body: body, ..Command::default() };
    let helpers = if number % HELPED == 1 { vec![helper] } else { Vec::new() };
    let forward = Command { unit, helpers, ..Command::default() };
    let answer = Command { signed_by: "王敏".to_string(), ..says("已派人处理完毕。") };
    let rating = Command { scores: Some([5, 4]), ..Command::default() };
    // Petitions are nobody's to read.
    let first = if filed_as == Track::Inquiry {
        (&office, Act::Publish, public)
    } else {
        (&office, Act::Note, says("已核实。"))
    };
    let mut acts = vec![
        first,
        (&office, Act::Forward, forward),
        (&liaison, Act::FirstReply, says("已受理，正在核实。")),
    ];
    if !open {
        acts.push((&liaison, Act::Start, Command::default()));
        acts.push((&liaison, Act::Note, says("已到现场。")));
        acts.push((&liaison, Act::Note, says("已安排施工。")));
        acts.push((&liaison, Act::Answer, answer));
        // The case ends with a good rating: two events.
        acts.push((&citizen, Act::Rate, rating));
    } else {
        acts.extend((acts.len() + 1..EVENTS).map(|_| (&office, Act::Note, says("已电话联系。"))));
    }
    for (who, act, command) in acts {
        at += step;
        cases.store.clock.set(at);
        write::act(cases, who, case, act, &command, &Call::default()).await.with_context(|| act.word())?;
    }
    Ok(())
}

fn actor(part: Part, who: &str, unit: &str) -> Actor {
    Actor { who: who.to_string(), name: String::new(), part, unit: unit.to_string() }
}
