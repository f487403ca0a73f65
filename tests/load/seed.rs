//! What must be there before a run: a meeting, and people whom their WeChat is tied to. Written by the project's own
//! rules where they are quick, in bulk where there are thousands.

use anyhow::ensure;
use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use sea_orm::EntityTrait;
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::config::Config;
use yishiting::base::db::whole;
use yishiting::meeting::Meetings;
use yishiting::meeting::checkin::{Attempt, Who};
use yishiting::meeting::edit::{self, Draft, Options};
use yishiting::meeting::model::{CodeKind, EntryStatus, Policy, Role, Source, meeting, roster_entry};
use yishiting::movecar::register::import;
use yishiting::people::model::{follower, identity};
use yishiting::people::person::{Described, ensure_many};
use yishiting::people::phone::Phone;
use yishiting::people::session::{self, Kind};

use crate::pushes::openid;

/// Makes an open meeting and `people` tied followers; the meeting.
pub async fn seed(config: Config, people: usize) -> anyhow::Result<meeting::Model> {
    let base = Base::open(config, Clock::System).await?;
    let (meeting, _) = hall(&base, people).await?;
    base.stopping.cancel();
    base.db.close().await?;
    Ok(meeting)
}

/// Somebody who may vote, and their phone.
pub struct Voter {
    pub person: Uuid,
    /// What their phone's session is opened by.
    pub cookie: String,
}

/// A meeting whose `people` are on the roster with the right to vote, signed in, each with a session of their phone.
pub async fn chamber(config: Config, people: usize) -> anyhow::Result<(meeting::Model, Vec<Voter>)> {
    let base = Base::open(config, Clock::System).await?;
    let (meeting, seated) = hall(&base, people).await?;
    let now = base.clock.now();
    let tx = base.db.write().await?;
    let entries = seated.iter().enumerate().map(|(number, seat)| {
        whole::<roster_entry::ActiveModel>(roster_entry::Model {
            id: Uuid::now_v7(),
            meeting_id: meeting.id,
            person_id: seat.person,
            name: format!("参会人{number}"),
            unit: format!("第{}单位", number % 60),
            role: Role::Attendee.word().to_string(),
            seat: None,
            rank: number as i32,
            status: EntryStatus::Active.word().to_string(),
            votes: true,
            created_at: now,
        })
    });
    for chunk in entries.collect::<Vec<_>>().chunks(1000) {
        roster_entry::Entity::insert_many(chunk.to_vec()).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    let meetings = Meetings::start(base.clone());
    let come = seated.iter().map(|seat| {
        meetings.door.check_in(Attempt {
            meeting: meeting.id,
            who: Who::Person(seat.person),
            op_id: format!("load {}", seat.person),
            source: Source::Scan,
            actor: "self".to_string(),
            scanned_at: now,
            ticket: None,
            place: None,
            reason: None,
        })
    });
    let came = join_all(come).await;
    ensure!(came.iter().all(Result::is_ok), "not everybody could sign in");
    let sessions =
        stream::iter(&seated).then(|seat| session::open(&base, Kind::Follower, seat.follower, "load"));
    let sessions: Vec<_> = sessions.try_collect().await?;
    let voters = seated.iter().zip(sessions);
    let voters = voters
        .map(|(seat, opened)| Voter { person: seat.person, cookie: format!("yst_phone={}", opened.token) })
        .collect();
    base.stopping.cancel();
    base.db.close().await?;
    Ok((meeting, voters))
}

/// Somebody before a car whose owner is in the register.
pub struct Driver {
    /// What their phone's session is opened by.
    pub cookie: String,
    pub plate: String,
    /// The owner's number.
    pub owner: String,
}

/// `people` who have followed the account for days, each before a car of its own.
pub async fn drivers(base: &Base, people: usize) -> anyhow::Result<Vec<Driver>> {
    let now = base.clock.now();
    let rows = (0..people).map(|number| follower::Model {
        id: Uuid::now_v7(),
        openid: openid(number),
        subscribed: true,
        subscribed_at: Some(now),
        unsubscribed_at: None,
        created_at: now - TimeDelta::days(3),
    });
    let followers: Vec<_> = rows.collect();
    let tx = base.db.write().await?;
    follower::Entity::insert_many(followers.iter().cloned().map(whole::<follower::ActiveModel>))
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await?;
    let (mut drivers, mut owners) = (Vec::new(), String::new());
    for (number, follower) in followers.iter().enumerate() {
        let opened = session::open(base, Kind::Follower, follower.id, "load").await?;
        let (plate, owner) = (format!("浙C{:05}", 20_000 + number), format!("139{number:08}"));
        owners.push_str(&format!("{plate},{owner}\n"));
        drivers.push(Driver { cookie: format!("yst_phone={}", opened.token), plate, owner });
    }
    let report = import::import(base, owners.as_bytes(), "owners.csv", "load").await?;
    ensure!(report.bad.is_empty(), "not every owner is in the register");
    Ok(drivers)
}

struct Seated {
    person: Uuid,
    follower: Uuid,
}

async fn hall(base: &Base, people: usize) -> anyhow::Result<(meeting::Model, Vec<Seated>)> {
    let now = base.clock.now();
    let draft = Draft {
        title: "全市智慧政务建设培训会".to_string(),
        summary: String::new(),
        place: "市行政中心 3 号会议室".to_string(),
        starts_at: now + TimeDelta::minutes(30),
        ends_at: now + TimeDelta::hours(3),
        opens_at: now - TimeDelta::minutes(30),
        closes_at: now + TimeDelta::hours(3),
        policy: Policy::Open,
        code_kind: CodeKind::Static,
        options: Options::default(),
    };
    let meeting = edit::create(base, draft, Uuid::nil(), "load").await?;
    let described: Vec<Described> =
        (0..people).map(described).collect::<Option<_>>().ok_or_else(|| anyhow::anyhow!("a phone"))?;
    let tx = base.db.write().await?;
    let persons = ensure_many(base, &tx, &described).await?;
    let (mut followers, mut ties, mut seated) = (Vec::new(), Vec::new(), Vec::new());
    for (number, person_id) in persons.into_iter().enumerate() {
        let id = Uuid::now_v7();
        seated.push(Seated { person: person_id, follower: id });
        followers.push(whole::<follower::ActiveModel>(follower::Model {
            id,
            openid: openid(number),
            subscribed: true,
            subscribed_at: Some(now),
            unsubscribed_at: None,
            created_at: now,
        }));
        ties.push(whole::<identity::ActiveModel>(identity::Model {
            id: Uuid::now_v7(),
            follower_id: id,
            person_id,
            bound_at: now,
            ended_at: None,
            end_reason: None,
        }));
    }
    for chunk in followers.chunks(1000) {
        follower::Entity::insert_many(chunk.to_vec()).exec_without_returning(&tx).await?;
    }
    for chunk in ties.chunks(1000) {
        identity::Entity::insert_many(chunk.to_vec()).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    Ok((meeting, seated))
}

/// Person `number`: invented, each with a phone of their own.
pub fn described(number: usize) -> Option<Described> {
    let phone = Phone::parse(&format!("139{number:08}"))?;
    Some(Described { name: format!("参会人{number}"), unit: format!("第{}单位", number % 60), phone })
}
