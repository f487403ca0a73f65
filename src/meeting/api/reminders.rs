//! Reminders: sent by a call or by the clock, and how far each is.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::paging::Items;
use crate::base::clock::Instant;
use crate::meeting::reminder::model::Kind;
use crate::meeting::reminder::report::{self, Line, Summary};
use crate::meeting::reminder::{self, Ask, Placed, Plan};
use crate::meeting::{Meetings, edit};
use crate::notify::batch::Counts;
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RemindBody {
    /// Absent: those who have not signed in.
    kind: Option<String>,
    urgent: bool,
}

#[derive(Serialize)]
pub struct ReminderJson {
    id: Uuid,
    kind: &'static str,
    /// When it goes out, where the quiet hours put it off.
    postponed_to: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    counts: Counts,
}

impl ReminderJson {
    fn placed(placed: Placed) -> ReminderJson {
        ReminderJson {
            id: placed.id,
            kind: placed.kind.word(),
            postponed_to: placed.postponed,
            at: None,
            by: None,
            counts: placed.counts,
        }
    }

    fn of(summary: Summary) -> ReminderJson {
        ReminderJson {
            id: summary.id,
            kind: summary.kind.word(),
            postponed_to: summary.postponed,
            at: Some(summary.at),
            by: Some(summary.actor),
            counts: summary.counts,
        }
    }
}

/// Tells those whom the kind concerns at this moment.
pub async fn remind(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<RemindBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |op| {
        let kind = match &body.value.kind {
            None => Kind::NotSignedIn,
            Some(word) => Kind::parse(word).ok_or_else(|| {
                let known = Kind::EACH.map(Kind::word).join("、");
                Error::invalid("kind", "kind", &format!("可用：{known}。"))
            })?,
        };
        let ask = Ask { op, actor: &user.username, urgent: body.value.urgent };
        let placed = reminder::remind(&meetings.base, *id, kind, ask).await?;
        Ok(Done::ok(&ReminderJson::placed(placed)))
    })
    .await
}

/// Newest first: the last hundred.
pub async fn list(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Items<ReminderJson>>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    let rows = report::list(&meetings.base, meeting.id).await?;
    Ok(Json(Items { items: rows.into_iter().map(ReminderJson::of).collect(), next: None }))
}

#[derive(Serialize)]
pub struct DetailJson {
    #[serde(flatten)]
    reminder: ReminderJson,
    recipients: Vec<RecipientJson>,
}

#[derive(Serialize)]
struct RecipientJson {
    person_id: Uuid,
    name: String,
    unit: String,
    /// Masked.
    phone: String,
    state: &'static str,
    channel: Option<&'static str>,
    reason: Option<String>,
    at: Instant,
    called_at: Option<Instant>,
    signed_in: bool,
}

fn recipient(line: Line) -> RecipientJson {
    RecipientJson {
        person_id: line.person,
        name: line.name,
        unit: line.unit,
        phone: line.phone,
        state: line.state.word(),
        channel: line.channel.map(|channel| channel.word()),
        reason: line.reason,
        at: line.at,
        called_at: line.called_at,
        signed_in: line.is_in,
    }
}

pub async fn one(
    meetings: Data<Meetings>,
    _: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<Json<DetailJson>, Error> {
    let (summary, lines) = report::one(&meetings.base, path.0, path.1).await?;
    let recipients = lines.into_iter().map(recipient).collect();
    Ok(Json(DetailJson { reminder: ReminderJson::of(summary), recipients }))
}

#[derive(Deserialize)]
pub struct CalledBody {
    person_id: Uuid,
}

/// Somebody told this person by telephone.
pub async fn called(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<CalledBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = path.into_inner();
    call.once(&user, &body.digest, async |_| {
        report::called(&meetings.base, meeting, id, body.value.person_id, &user.username).await?;
        let (summary, _) = report::one(&meetings.base, meeting, id).await?;
        Ok(Done::ok(&ReminderJson::of(summary)))
    })
    .await
}

#[derive(Serialize, Deserialize)]
pub struct PlanJson {
    day_before: bool,
    hour_before: bool,
    after_start: bool,
    on_change: bool,
    /// Programs that know nothing of votes do not say it.
    #[serde(default = "yes")]
    on_vote: bool,
}

fn yes() -> bool {
    true
}

impl PlanJson {
    fn of(plan: Plan) -> PlanJson {
        let Plan { day_before, hour_before, after_start, on_change, on_vote } = plan;
        PlanJson { day_before, hour_before, after_start, on_change, on_vote }
    }
}

pub async fn plan(meetings: Data<Meetings>, _: StaffUser, id: Path<Uuid>) -> Result<Json<PlanJson>, Error> {
    let base = &meetings.base;
    let meeting = edit::find(base, *id).await?;
    let plan = reminder::plan_of(base.db.read(), meeting.id).await.map_err(reminder::ReminderError::from)?;
    Ok(Json(PlanJson::of(plan)))
}

pub async fn set_plan(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<PlanJson>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let PlanJson { day_before, hour_before, after_start, on_change, on_vote } = body.value;
        let plan = Plan { day_before, hour_before, after_start, on_change, on_vote };
        reminder::set_plan(&meetings.base, *id, plan, &user.username).await?;
        Ok(Done::ok(&PlanJson::of(plan)))
    })
    .await
}
