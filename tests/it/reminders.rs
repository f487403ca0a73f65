//! Reminders: who is told by which channel, when, how often, and what becomes of it.

mod channels;
mod faults;
mod materials;
mod schedule;

use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::meeting::edit::Draft;
use yishiting::meeting::model::Policy;
use yishiting::meeting::reminder::model::Kind;
use yishiting::meeting::reminder::report::{self, Line};
use yishiting::meeting::reminder::{self, Ask, Placed, ReminderError};
use yishiting::notify::batch::Counts;
use yishiting::notify::model::State;
use yishiting::people::model::person;
use yishiting::people::{follower, name, person as persons};

use crate::support::hall::{Hall, described};
use crate::support::{Client, TestApp};

/// The simulator's templates, by the names they have there.
const ONCE: &str = "sim-once-meeting---------------------------";
const LONG: &str = "sim-long-case------------------------------";
const TEMPLATE: &str = "sim-template-meeting-----------------------";

/// One-time subscription, then template message.
const BOTH: [&str; 2] = [ONCE, TEMPLATE];

/// The operator's file with these templates.
fn notices(templates: &[&str]) -> String {
    let one = |id: &&str| {
        let (channel, fields) = match *id {
            LONG => ("subscribe", r#"{ character_string1 = "1", thing2 = "{title}", phrase3 = "待参会" }"#),
            ONCE => ("subscribe", r#"{ thing1 = "{title}", time2 = "{time}", thing3 = "{place}" }"#),
            _ => ("template", r#"{ thing1 = "{title}", time2 = "{time}", thing3 = "{place}" }"#),
        };
        let lasting = *id == LONG;
        format!(
            "[[templates]]\nchannel = \"{channel}\"\ntemplate_id = \"{id}\"\nlong_term = {lasting}\nfields = {fields}\n"
        )
    };
    templates.iter().map(one).collect()
}

/// A meeting with its people, and WeChat's side of them.
struct Room {
    hall: Hall,
    platform: Client,
}

/// Somebody of the roster with WeChat on their phone.
struct Guest {
    person: Uuid,
    follower: Uuid,
    openid: String,
}

impl Room {
    async fn with(templates: &[&str], change: impl FnOnce(&mut Draft)) -> Room {
        let text = notices(templates);
        let app = TestApp::spawn_with(|options| {
            let data = options.data_dir.clone().unwrap();
            std::fs::write(data.parent().unwrap().join("notices.toml"), text).unwrap();
        })
        .await;
        let hall = Hall::inside(app, |draft| {
            draft.policy = Policy::Roster;
            change(draft);
        })
        .await;
        Room { platform: hall.app.platform(), hall }
    }

    async fn open(templates: &[&str]) -> Room {
        Room::with(templates, |_| {}).await
    }

    /// Puts `count` people on the roster, without WeChat.
    async fn seats(&self, count: usize) -> Vec<Uuid> {
        let rows: Vec<(String, String, String)> =
            (0..count).map(|n| (format!("代表{n}"), "市直机关".to_string(), format!("139{n:08}"))).collect();
        let rows: Vec<(&str, &str, &str)> =
            rows.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        self.hall.import(&rows).await;
        let keys: Vec<String> = (0..count).map(|n| name::key(&format!("代表{n}"))).collect();
        let known = person::Entity::find()
            .filter(person::Column::NameKey.is_in(keys.clone()))
            .all(self.hall.base.db.read())
            .await
            .unwrap();
        keys.iter().map(|key| known.iter().find(|row| row.name_key == *key).unwrap().id).collect()
    }

    /// Ties the first `count` of the roster to followers of the account.
    async fn guests(&self, count: usize) -> Vec<Guest> {
        let made = self.platform.post_json("/_sim/followers", &json!({"count": count})).await.json();
        let base = &self.hall.base;
        let mut guests = Vec::new();
        for (n, openid) in made["openids"].as_array().unwrap().iter().enumerate() {
            let openid = openid.as_str().unwrap().to_string();
            let id = follower::follow(base, &openid, self.hall.clock.now()).await.unwrap();
            let who = described(&format!("代表{n}"), "市直机关", &format!("139{n:08}"));
            let tx = base.db.write().await.unwrap();
            let person = persons::bind(base, &tx, id, &who).await.unwrap();
            tx.commit().await.unwrap();
            guests.push(Guest { person, follower: id, openid });
        }
        guests
    }

    /// The first `count` of the roster all have WeChat.
    async fn of_guests(templates: &[&str], count: usize) -> (Room, Vec<Guest>) {
        let room = Room::open(templates).await;
        room.seats(count).await;
        let guests = room.guests(count).await;
        (room, guests)
    }

    async fn acts(&self, guest: &Guest, act: &str, body: Value) {
        self.platform.post_json(&format!("/_sim/users/{}/{act}", guest.openid), &body).await;
    }

    async fn accepts(&self, guest: &Guest, template: &str) {
        self.acts(guest, "subscribe", json!({"template_ids": [template]})).await;
    }

    async fn faults(&self, order: Value) {
        self.platform.post_json("/_sim/faults", &order).await;
    }

    /// What the account itself sent to a phone: notices and customer-service messages.
    async fn got(&self, guest: &Guest) -> Vec<Value> {
        let inbox = self.platform.get(&format!("/_sim/users/{}/inbox?all=1", guest.openid)).await.json();
        let items = inbox.as_array().or(inbox["items"].as_array()).cloned().unwrap();
        items
            .into_iter()
            .filter(|item| matches!(item["source"].as_str(), Some("notice" | "service")))
            .collect()
    }

    async fn all_got(&self, guests: &[Guest]) -> Vec<usize> {
        join_all(guests.iter().map(|guest| self.got(guest))).await.iter().map(Vec::len).collect()
    }

    async fn try_remind(&self, kind: Kind, op: Uuid) -> Result<Placed, ReminderError> {
        reminder::remind(&self.hall.base, self.hall.id, kind, Ask { op, actor: "chen", urgent: false }).await
    }

    /// The button 提醒未到.
    async fn press(&self) -> Placed {
        self.try_remind(Kind::NotSignedIn, Uuid::now_v7()).await.unwrap()
    }

    /// Runs the jobs, second by second, until nobody of the reminder waits.
    async fn settle(&self, id: Uuid) -> Counts {
        for _ in 0..600 {
            self.hall.app.run_jobs().await;
            let counts = self.counts(id).await;
            assert_adds_up(&counts);
            if counts.is_settled() {
                return counts;
            }
            self.hall.clock.advance(chrono::TimeDelta::seconds(1));
        }
        panic!("{:?}", self.counts(id).await)
    }

    /// Waits until the platform's events about the reminder were heard as `wanted` says.
    async fn heard(&self, id: Uuid, wanted: impl Fn(&Counts) -> bool) -> Counts {
        for _ in 0..20_000 {
            let counts = self.counts(id).await;
            if wanted(&counts) {
                return counts;
            }
            tokio::task::yield_now().await;
        }
        panic!("{:?}", self.counts(id).await)
    }

    async fn counts(&self, id: Uuid) -> Counts {
        self.detail(id).await.0.counts
    }

    async fn detail(&self, id: Uuid) -> (report::Summary, Vec<Line>) {
        report::one(&self.hall.base, self.hall.id, id).await.unwrap()
    }

    async fn line(&self, id: Uuid, person: Uuid) -> Line {
        self.detail(id).await.1.into_iter().find(|line| line.person == person).unwrap()
    }

    async fn state(&self, id: Uuid, guest: &Guest) -> State {
        self.line(id, guest.person).await.state
    }

    async fn reminders(&self) -> Vec<report::Summary> {
        report::list(&self.hall.base, self.hall.id).await.unwrap()
    }
}

#[track_caller]
fn assert_adds_up(counts: &Counts) {
    let Counts { recipients, waiting, sent, delivered, failed, refused, no_channel, skipped, .. } = *counts;
    assert_eq!(
        waiting + sent + delivered + failed + refused + no_channel + skipped,
        recipients,
        "{counts:?}"
    );
}
