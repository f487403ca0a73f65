//! A city of invented units and people, and three meetings: past, running, coming. Everything goes in by the same
//! rules as in earnest; only the clock is moved, so that arrivals spread over the time before a meeting.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::base::Base;
use crate::base::clock::{Clock, Instant, from_shanghai, shanghai};
use crate::meeting::checkin::{Attempt, Door, Who};
use crate::meeting::edit::{self, Draft, Options};
use crate::meeting::model::{CodeKind, Policy, Source, meeting};
use crate::meeting::roster::{self, Missing, RawRow};
use crate::meeting::{Meetings, scene};
use crate::server::Welcome;

const ACTOR: &str = "演示";
const RUNNING: &str = "全市智慧政务建设培训会";
const PAST: &str = "全市重点项目推进会";
const COMING: &str = "民生实事项目征求意见座谈会";

/// Makes what is missing and tells where it is. A second start finds the meeting under way and adds nothing.
pub async fn prepare(base: &Base, simulator: &str) -> anyhow::Result<(Welcome, Vec<Uuid>)> {
    let now = base.clock.now();
    let running = match edit::open_now(base, now).await?.into_iter().find(|meeting| meeting.title == RUNNING)
    {
        Some(running) => {
            // The simulator forgets its codes when it ends; WeChat would not.
            scene::renew(base, running.id).await?;
            running
        }
        None => fill(base, now).await?,
    };
    let guests =
        roster::all(base.db.read(), running.id).await?.into_iter().map(|entry| entry.person_id).collect();
    let welcome = Welcome {
        running: running.id,
        running_title: running.title.clone(),
        scene: scene::of(&running.code),
        screen: format!("/screen/{}", running.screen_key),
        dashboard: format!("/desk/meetings/{}", running.id),
        simulator: simulator.to_string(),
        username: "admin".to_string(),
        password: Welcome::password_of(&base.config),
    };
    Ok((welcome, guests))
}

async fn fill(base: &Base, now: Instant) -> anyhow::Result<meeting::Model> {
    let minutes = TimeDelta::minutes;
    // The running meeting starts soon, on a round time.
    let soon = now + minutes(25) - TimeDelta::seconds(now.timestamp() % 300);
    let today = shanghai(now).date_naive();
    let on_day = |days: i64, hour: u32, minute: u32| {
        (today + TimeDelta::days(days)).and_hms_opt(hour, minute, 0).map_or(soon, from_shanghai)
    };
    let past = Plan {
        title: PAST,
        place: "市会议中心一楼大会堂",
        starts_at: on_day(-3, 9, 0),
        people: 168,
        come: 152,
    };
    let running =
        Plan {
            title: RUNNING, place: "市行政中心 3 号会议室", starts_at: soon, people: 210, come: 118
        };
    let coming =
        Plan {
            title: COMING, place: "市图书馆报告厅", starts_at: on_day(2, 14, 30), people: 64, come: 0
        };
    let past = past.carry_out(base, now).await?;
    super::materials::add(base, &past).await?;
    coming.carry_out(base, now).await?;
    let running = running.carry_out(base, now).await?;
    super::materials::add(base, &running).await?;
    Ok(running)
}

/// A meeting as it went, or goes.
struct Plan {
    title: &'static str,
    place: &'static str,
    starts_at: Instant,
    /// Expected.
    people: usize,
    /// Of those, signed in by now.
    come: usize,
}

impl Plan {
    async fn carry_out(self, base: &Base, now: Instant) -> anyhow::Result<meeting::Model> {
        let opens_at = self.starts_at - TimeDelta::minutes(60);
        let draft = Draft {
            title: self.title.to_string(),
            summary: "请提前 10 分钟到场，会议期间请将手机调为静音。".to_string(),
            place: self.place.to_string(),
            starts_at: self.starts_at,
            ends_at: self.starts_at + TimeDelta::minutes(150),
            opens_at,
            closes_at: self.starts_at + TimeDelta::minutes(90),
            policy: Policy::Open,
            code_kind: CodeKind::Static,
            options: Options { helpers: true, ..Options::default() },
        };
        let then = Base { clock: Clock::manual(opens_at.min(now)), ..base.clone() };
        let meeting = edit::create(&then, draft, Uuid::nil(), ACTOR).await?;
        roster::import(&then, meeting.id, people(self.people), Missing::Stay, false, ACTOR).await?;
        let mut entries = roster::all(base.db.read(), meeting.id).await?;
        shuffle(&mut entries);
        let door = Door::open(then.clone());
        // A few at first, most in the last quarter of an hour, some late.
        let end = if self.starts_at < now { self.starts_at + TimeDelta::minutes(12) } else { now };
        let span = (end - opens_at).num_seconds() as f64;
        for (index, entry) in entries.iter().take(self.come).enumerate() {
            let part = (index as f64 + 0.5) / self.come as f64;
            let at = opens_at + TimeDelta::seconds((span * part.powf(0.45)) as i64);
            then.clock.set(at);
            door.check_in(arrival(meeting.id, entry.person_id, at)).await?;
        }
        Ok(edit::find(base, meeting.id).await?)
    }
}

/// Goes on while the demo runs, so that dashboard and screen move: every few seconds one more arrives.
pub struct Arrivals {
    pub meetings: Meetings,
    pub meeting: Uuid,
    pub guests: Vec<Uuid>,
}

impl Arrivals {
    pub async fn trickle(self) {
        let base = self.meetings.base.clone();
        let mut guests = self.guests;
        shuffle(&mut guests);
        // Whoever is there already costs nothing but a look; a few never come.
        let stay_away = guests.len() / 12;
        for (index, guest) in guests.iter().take(guests.len() - stay_away).enumerate() {
            let pause = Duration::from_secs([7, 4, 11, 6, 9][index % 5]);
            let here = crate::meeting::history::standing(&base, self.meeting, *guest).await;
            if !matches!(here, Ok(None)) {
                continue;
            }
            tokio::select! {
                () = base.stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let attempt = arrival(self.meeting, *guest, base.clock.now());
            if let Err(refusal) = self.meetings.door.check_in(attempt).await {
                tracing::debug!(%refusal, "a guest of the demo did not get in");
            }
        }
    }
}

fn arrival(meeting: Uuid, person: Uuid, at: Instant) -> Attempt {
    Attempt {
        meeting,
        who: Who::Person(person),
        op_id: Uuid::now_v7().to_string(),
        source: Source::Scan,
        actor: "self".to_string(),
        scanned_at: at,
        place: None,
        ticket: None,
        reason: None,
    }
}

const SURNAMES: &str = "陈林王李张黄周吴徐郑胡蔡朱叶潘金杨孙赵何蒋戴谢项董许倪夏章邵";
const GIVEN: [&str; 30] = [
    "建华", "晓燕", "海", "一帆", "文静", "志强", "丽娜", "国平", "雪梅", "俊杰", "敏", "伟民", "秀英",
    "子轩", "佳怡", "永康", "春华", "晨", "立新", "婷婷", "光明", "慧", "思远", "玉兰", "成栋", "若曦",
    "振宇", "爱萍", "博文", "颖",
];
const UNITS: [&str; 24] = [
    "市委办公室",
    "市政府办公室",
    "市发展和改革局",
    "市教育局",
    "市公安局",
    "市民政局",
    "市财政局",
    "市人力资源和社会保障局",
    "市自然资源和规划局",
    "市生态环境局",
    "市住房和城乡建设局",
    "市交通运输局",
    "市水利局",
    "市农业农村局",
    "市商务局",
    "市文化和广电旅游体育局",
    "市卫生健康局",
    "市应急管理局",
    "市市场监督管理局",
    "市综合行政执法局",
    "东山街道办事处",
    "南滨街道办事处",
    "云江镇人民政府",
    "马屿镇人民政府",
];

/// The first `count` people of the city; always the same, with numbers that nobody has been given.
fn people(count: usize) -> Vec<RawRow> {
    let surnames: Vec<char> = SURNAMES.chars().collect();
    (0..count)
        .map(|index| {
            let name = match index {
                17 => "阿依古丽·买买提".to_string(),
                41 => "欧阳文静".to_string(),
                _ => format!(
                    "{}{}",
                    surnames[(index * 7) % surnames.len()],
                    GIVEN[(index * 11 + index / 30) % GIVEN.len()]
                ),
            };
            let role = if index % 40 == 39 { Some("列席".to_string()) } else { None };
            RawRow {
                name,
                unit: UNITS[(index * 5) % UNITS.len()].to_string(),
                phone: format!("1990000{:04}", 1000 + index),
                role,
                seat: Some(format!("{} 排 {} 座", index / 20 + 1, index % 20 + 1)),
                votes: None,
            }
        })
        .collect()
}

/// The same order at every start.
fn shuffle<T>(list: &mut [T]) {
    let mut seed = 20_260_919u64;
    for index in (1..list.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(index, (seed >> 33) as usize % (index + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::name::key;
    use std::collections::HashSet;

    #[test]
    fn the_citys_people_are_all_different() {
        let people = people(210);
        let phones: HashSet<&str> = people.iter().map(|one| one.phone.as_str()).collect();
        assert_eq!(phones.len(), 210);
        assert!(people.iter().map(|one| key(&one.name)).collect::<HashSet<_>>().len() > 150);
    }
}
