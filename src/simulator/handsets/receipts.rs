//! What becomes of messages and calls, in the providers' words, and the posts that tell it.

use std::time::Duration;

use actix_web::HttpResponse;
use chrono::DateTime;
use serde_json::{Value, json};
use url::Url;

use super::{Item, Medium, Provider, Receipt};
use crate::base::clock::shanghai;
use crate::simulator::server::Simulator;

/// How long a telephone rings.
const RINGS: Duration = Duration::from_secs(45);
/// How long voicemails talk, in seconds.
const VOICEMAIL: i64 = 3;
/// The longest that a receipt or an answer may be late, in milliseconds.
const LATEST: u64 = 3_600_000;

/// The answer breaks off: who asked cannot know whether it was accepted.
pub fn lost_answer() -> HttpResponse {
    let broken = futures_util::stream::once(async {
        Err::<actix_web::web::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    });
    HttpResponse::Ok().streaming(broken)
}

/// `2026-11-22 12:00:00`: on a Chinese clock, and nothing says so.
fn wall(unix: i64) -> String {
    let at = DateTime::from_timestamp(unix, 0).unwrap_or_default();
    shanghai(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn of_message(item: &Item, arrived: bool) -> Value {
    match item.provider {
        Provider::Aliyun => json!([{
            "phone_number": item.number, "send_time": wall(item.at), "report_time": wall(item.at + 1),
            "success": arrived, "err_code": if arrived { "DELIVERED" } else { "MK:0001" }, "err_msg": "",
            "sms_size": "1", "biz_id": item.provider_id, "out_id": item.reference,
        }]),
        Provider::Tencent => json!([{
            "user_receive_time": wall(item.at + 1), "nationcode": "86", "mobile": item.number,
            "report_status": if arrived { "SUCCESS" } else { "FAIL" },
            "errmsg": if arrived { "DELIVRD" } else { "MK:0001" }, "description": "", "sid": item.provider_id,
        }]),
    }
}

fn of_call(item: &Item, seconds: Option<i64>, now: i64) -> Value {
    match item.provider {
        Provider::Aliyun => json!([{
            "call_id": item.provider_id, "originate_time": wall(item.at), "ring_time": wall(item.at),
            "start_time": item.picked_up_at.map(wall).unwrap_or_default(), "end_time": wall(now),
            "duration": seconds.unwrap_or_default().to_string(),
            "status_code": if seconds.is_some() { "200000" } else { "200010" }, "out_id": item.reference,
            "caller": "057700000000", "callee": item.number, "hangup_direction": "用户", "voice_type": "voice",
            "dtmf": item.pressed,
        }]),
        Provider::Tencent => json!({"voiceprompt_callback": {
            "result": if seconds.is_some() { "0" } else { "1" },
            "accept_time": item.picked_up_at.unwrap_or_default().to_string(), "call_from": "057700000000",
            "callid": item.provider_id, "start_calltime": item.at.to_string(),
            "end_calltime": (item.picked_up_at.unwrap_or(now) + seconds.unwrap_or_default()).to_string(),
            "fee": "1", "mobile": item.number, "nationcode": "86",
        }}),
    }
}

fn of_key(item: &Item, key: char, now: i64) -> Value {
    match item.provider {
        Provider::Aliyun => json!([{
            "call_id": item.provider_id, "status_code": "300000", "dtmf": key.to_string(),
            "status_time": wall(now), "out_id": item.reference,
        }]),
        Provider::Tencent => json!({"voicekey_callback": {
            "callid": item.provider_id, "keypress": key.to_string(), "mobile": item.number,
            "call_from": "057700000000", "nationcode": "86",
        }}),
    }
}

impl Simulator {
    /// What follows from something that was accepted.
    pub(super) async fn taken(&self, item: &Item) {
        let faults = self.world().handsets.faults.clone();
        if item.medium == Medium::Sms {
            if faults.undelivered
                && let Some(item) = self.world().handsets.item_mut(item.id)
            {
                item.state = "failed";
            }
            return self.tell(item.provider, of_message(item, !faults.undelivered)).await;
        }
        if faults.no_answer {
            return self.miss(item.id).await;
        }
        if faults.voicemail {
            self.pick_up(&item.number);
            return self.hang_up(&item.number, Some(VOICEMAIL)).await;
        }
        let (simulator, id) = (self.clone(), item.id);
        tokio::spawn(async move {
            tokio::time::sleep(RINGS).await;
            simulator.miss(id).await;
        });
    }

    /// Lets whoever asked wait for their answer, as the faults say.
    pub(super) async fn linger(&self) {
        let wait = self.world().handsets.faults.answer_delay_ms.min(LATEST);
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }

    /// Nobody picked up a call that still rings.
    async fn miss(&self, id: u64) {
        let now = self.clock().unix();
        let missed = {
            let mut world = self.world();
            let ringing = world.handsets.item_mut(id).filter(|item| item.state == "ringing");
            ringing.map(|item| {
                item.state = "missed";
                item.clone()
            })
        };
        if let Some(item) = missed {
            self.tell(item.provider, of_call(&item, None, now)).await;
        }
    }

    /// `false`: nothing rings.
    pub(super) fn pick_up(&self, number: &str) -> bool {
        let now = self.clock().unix();
        let mut world = self.world();
        let Some(item) = world.handsets.call_mut(number).filter(|item| item.state == "ringing") else {
            return false;
        };
        item.state = "talking";
        item.picked_up_at = Some(now);
        true
    }

    pub(super) async fn decline(&self, number: &str) {
        let ringing = self.world().handsets.call_mut(number).map(|item| item.id);
        if let Some(id) = ringing {
            self.miss(id).await;
        }
    }

    /// Ends the call; it lasted `seconds`, or as long as it was.
    pub(super) async fn hang_up(&self, number: &str, seconds: Option<i64>) {
        let now = self.clock().unix();
        let ended = {
            let mut world = self.world();
            let talking = world.handsets.call_mut(number).filter(|item| item.state == "talking");
            talking.map(|item| {
                item.state = "ended";
                item.clone()
            })
        };
        if let Some(item) = ended {
            let lasted = seconds.unwrap_or(now - item.picked_up_at.unwrap_or(now)).max(1);
            self.tell(item.provider, of_call(&item, Some(lasted), now)).await;
        }
    }

    /// `false`: nobody talks, or the call takes no such key.
    pub(super) async fn press(&self, number: &str, key: char) -> bool {
        let pressed = {
            let mut world = self.world();
            let talking = world.handsets.call_mut(number).filter(|item| item.state == "talking");
            talking.filter(|item| item.keys.contains(key)).map(|item| {
                item.pressed.push(key);
                item.clone()
            })
        };
        let Some(item) = pressed else { return false };
        self.tell(item.provider, of_key(&item, key, self.clock().unix())).await;
        true
    }

    /// Answers the last short message on `number`; `false`: there is none.
    pub(super) async fn answer_text(&self, number: &str, content: &str) -> bool {
        let now = self.clock().unix();
        let (last, sequence) = {
            let mut world = self.world();
            world.handsets.last += 1;
            let sequence = world.handsets.last;
            (world.handsets.of(number).filter(|item| item.medium == Medium::Sms).last().cloned(), sequence)
        };
        let Some(last) = last else { return false };
        let body = match last.provider {
            Provider::Aliyun => json!([{"phone_number": number, "send_time": wall(now), "content": content,
                "sign_name": last.sign, "dest_code": "10690000", "sequence_id": sequence}]),
            Provider::Tencent => {
                json!({"extend": "", "mobile": number, "nationcode": "86", "sign": last.sign,
                "text": content, "time": now})
            }
        };
        self.tell(last.provider, body).await;
        true
    }

    /// Posts a receipt, or keeps it, as the faults say.
    async fn tell(&self, provider: Provider, body: Value) {
        let faults = self.world().handsets.faults.clone();
        let receipt = Receipt { provider, body };
        if faults.hold_receipts {
            self.world().handsets.held.push(receipt);
            return;
        }
        let times = 1 + faults.repeat_receipts.min(100);
        if faults.early_receipts {
            for _ in 0..times {
                self.post(&receipt).await;
            }
            return;
        }
        let simulator = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(faults.receipt_delay_ms.min(LATEST))).await;
            for _ in 0..times {
                simulator.post(&receipt).await;
            }
        });
    }

    /// Posts every receipt that was held back, each as often as the faults say; the statuses of the answers.
    pub(super) async fn release_receipts(&self) -> Vec<Option<u16>> {
        let (held, times) = {
            let mut world = self.world();
            (std::mem::take(&mut world.handsets.held), 1 + world.handsets.faults.repeat_receipts.min(100))
        };
        let mut statuses = Vec::new();
        for receipt in held {
            for _ in 0..times {
                statuses.push(self.post(&receipt).await);
            }
        }
        statuses
    }

    /// The status of the answer; `None`: nobody is told, or nobody answered as this provider wants.
    async fn post(&self, receipt: &Receipt) -> Option<u16> {
        let hook: Option<Url> = self.world().handsets.hooks.get(&receipt.provider).cloned();
        let answer = match self.http().post(hook?).json(&receipt.body).send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(error = %error.without_url(), "a receipt was not taken");
                return None;
            }
        };
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or_default();
        let wanted = match receipt.provider {
            Provider::Aliyun => body["code"].is_number(),
            Provider::Tencent => body["result"] == 0,
        };
        (wanted || status != 200).then_some(status)
    }
}
