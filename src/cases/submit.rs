//! **The one way to file a case**, for every channel.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Cases;
use super::act::Act;
use super::decide::{Actor, Decision, TEXT};
use super::fold::{Change, Folded, Opened, begin};
use super::model::{Kind, State, TextKind, Track, case_event, case_file, case_photo};
use super::notice;
use super::number::QueryCode;
use super::text::{self, TextError};
use super::write::{self, Call, WriteError};
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::geo;

/// Characters of a title.
pub const TITLE: usize = 60;
/// Characters of a place.
pub const PLACE: usize = 60;
/// Pictures of one case.
pub const PHOTOS: usize = 9;

/// What somebody files.
#[derive(Clone, Debug)]
pub struct Filing {
    /// Names this act: the same again is the same case.
    pub op: String,
    /// `wechat`, `web`, `app`, `weibo`, `hotline`, `counter`, `proxy`, `open311` or `import`.
    pub source: &'static str,
    pub author: Option<Uuid>,
    pub proxy: Option<Uuid>,
    pub track: Track,
    pub kind: Kind,
    pub category: String,
    pub title: String,
    pub body: String,
    pub place: String,
    /// Degrees, WGS-84.
    pub spot: Option<(f64, f64)>,
    /// Name and phone, where given.
    pub contact: String,
    pub confidential: bool,
    pub accused_unit: Option<String>,
    /// Keys of files, with their digests.
    pub photos: Vec<(String, String)>,
    pub request_id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("{0} is missing or too long")]
    Invalid(&'static str),
    #[error("outside the city")]
    Elsewhere,
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Coded for SubmitError {
    fn code(&self) -> &'static str {
        match self {
            SubmitError::Invalid(_) => "case_invalid",
            SubmitError::Elsewhere => "case_elsewhere",
            SubmitError::Write(error) => error.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            SubmitError::Invalid(field) => Some(field),
            SubmitError::Elsewhere => Some("place"),
            SubmitError::Write(error) => error.field(),
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        let SubmitError::Invalid(field) = self else { return Vec::new() };
        let what = match *field {
            "title" => format!("标题要有，且不超过 {TITLE} 个字"),
            "body" => format!("内容要有，且不超过 {TEXT} 个字"),
            "place" => format!("地点不超过 {PLACE} 个字"),
            "category" => "请选择问题类别".to_string(),
            "photos" => format!("照片最多 {PHOTOS} 张"),
            _ => "被举报的单位请从列表里选择".to_string(),
        };
        vec![("what", what)]
    }
}

impl From<TextError> for SubmitError {
    fn from(error: TextError) -> SubmitError {
        SubmitError::Write(error.into())
    }
}

impl From<sea_orm::DbErr> for SubmitError {
    fn from(error: sea_orm::DbErr) -> SubmitError {
        SubmitError::Write(error.into())
    }
}

/// What a case is known by from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub id: Uuid,
    pub public_no: i64,
    /// As people quote it.
    pub number: String,
    /// Opens this one case without signing in. Only its hash is kept, and it is shown here alone.
    pub code: String,
}

/// Files a case, or says what is wrong with it. A repeat of the same `op` by the same actor is the same case.
pub async fn submit(cases: &Cases, actor: &Actor, filing: Filing) -> Result<Submitted, SubmitError> {
    check(cases, &filing)?;
    let op = format!("submit:{}:{}", actor.who, filing.op);
    let code = cases.query_code(&op);
    if let Some(known) = known(cases, &op, &code).await? {
        return Ok(known);
    }
    let public_no = cases.numbers.next(&cases.store).await?;
    match write(cases, actor, &filing, &op, (public_no, &code)).await {
        // The same, a moment earlier.
        Err(SubmitError::Write(WriteError::OtherAct)) => {
            known(cases, &op, &code).await?.ok_or_else(|| WriteError::OtherAct.into())
        }
        Ok(submitted) => {
            cases.announce(submitted.id).await;
            Ok(submitted)
        }
        Err(error) => Err(error),
    }
}

/// What is wrong with it, if anything.
pub fn check(cases: &Cases, filing: &Filing) -> Result<(), SubmitError> {
    let length = |text: &str| text.trim().chars().count();
    let wrong = [
        ("title", !(1..=TITLE).contains(&length(&filing.title)) || filing.title.contains('\n')),
        ("body", !(1..=TEXT).contains(&length(&filing.body))),
        ("place", length(&filing.place) > PLACE),
        ("category", cases.units.category(&filing.category).is_none()),
        ("photos", filing.photos.len() > PHOTOS),
        ("accused_unit", filing.accused_unit.as_deref().is_some_and(|unit| !cases.units.knows(unit))),
    ];
    if let Some((field, _)) = wrong.into_iter().find(|(_, wrong)| *wrong) {
        return Err(SubmitError::Invalid(field));
    }
    let city = cases.units.city;
    let centre = (city.latitude, city.longitude);
    let far = |spot| geo::within(spot, centre, city.radius_km) != geo::Within::City;
    if filing.spot.is_some_and(far) { Err(SubmitError::Elsewhere) } else { Ok(()) }
}

/// The case that `who` filed under its own name `op`.
pub async fn filed(cases: &Cases, who: &str, op: &str) -> Result<Option<Uuid>, sea_orm::DbErr> {
    let event = case_event::Entity::find().filter(case_event::Column::Op.eq(format!("submit:{who}:{op}")));
    Ok(event.one(cases.store.db.read()).await?.map(|event| event.case_id))
}

/// What the same act came to before.
async fn known(cases: &Cases, op: &str, code: &QueryCode) -> Result<Option<Submitted>, SubmitError> {
    let db = cases.store.db.read();
    let Some(event) = case_event::Entity::find().filter(case_event::Column::Op.eq(op)).one(db).await? else {
        return Ok(None);
    };
    let file = case_file::Entity::find_by_id(event.case_id).one(db).await?;
    Ok(file.map(|file| Submitted {
        id: file.id,
        public_no: file.public_no,
        number: file.number(),
        code: code.shown(),
    }))
}

async fn write(
    cases: &Cases,
    actor: &Actor,
    filing: &Filing,
    op: &str,
    (public_no, code): (i64, &QueryCode),
) -> Result<Submitted, SubmitError> {
    let store = &cases.store;
    let (id, at) = (Uuid::now_v7(), store.clock.now());
    let tx = store.db.write().await?;
    let petition_no = match filing.track {
        Track::Petition => Some(cases.petition_number(&tx).await?),
        Track::Inquiry => None,
    };
    let words = text::join(filing.title.trim(), filing.body.trim());
    let original = text::keep(&tx, &store.keys, id, TextKind::Original, &words, at).await?;
    let contact = match filing.contact.trim() {
        "" => None,
        contact => Some(text::keep(&tx, &store.keys, id, TextKind::Contact, contact, at).await?),
    };
    let micro = |degrees: f64| (degrees * 1e6).round() as i32;
    let opened = Opened {
        public_no,
        petition_no,
        query_hash: code.hash(&store.keys),
        track: filing.track.word().to_string(),
        kind: filing.kind.word().to_string(),
        category: filing.category.clone(),
        accused_unit: filing.accused_unit.clone(),
        // Whoever names a unit accuses it, whatever they call it.
        confidential: filing.confidential || filing.kind == Kind::Accusation || filing.accused_unit.is_some(),
        source: filing.source.to_string(),
        author: filing.author,
        proxy: filing.proxy,
        contact_text: contact,
        original_text: original,
        place: filing.place.trim().to_string(),
        latitude: filing.spot.map(|spot| micro(spot.0)),
        longitude: filing.spot.map(|spot| micro(spot.1)),
    };
    let mut decision = Decision {
        to: State::Submitted,
        reason: String::new(),
        change: Change { texts: vec![original], ..Change::default() },
        texts: Vec::new(),
        then: None,
    };
    let ends = cases.ends();
    decision.change.clocks = ends.opening(filing.track, at);
    decision.change.opened = Some(Box::new(opened.clone()));
    let call = Call { seen: None, op: Some(op.to_string()), request_id: filing.request_id.clone() };
    let blank = case_event::Model {
        id: Uuid::nil(),
        seq: None,
        case_id: id,
        version: 0,
        kind: String::new(),
        actor: String::new(),
        part: String::new(),
        unit: String::new(),
        from_state: String::new(),
        to_state: String::new(),
        reason: String::new(),
        change: String::new(),
        op: None,
        request_id: String::new(),
        at,
    };
    let mut folded = Folded { file: begin(&blank, &opened), clocks: Vec::new() };
    let event = write::event(&folded.file, actor, Act::Submit, &decision, &call, at)?;
    folded.apply(&event, &decision.change);
    let once = OnConflict::new().do_nothing().to_owned();
    let row = case_event::Entity::insert(whole::<case_event::ActiveModel>(event.clone())).on_conflict(once);
    if row.exec_without_returning(&tx).await? == 0 {
        return Err(WriteError::OtherAct.into());
    }
    let row: case_file::ActiveModel = whole(folded.file.clone());
    case_file::Entity::insert(row).exec_without_returning(&tx).await?;
    for clock in folded.clocks {
        let row: super::model::case_clock::ActiveModel = whole(clock);
        super::model::case_clock::Entity::insert(row).exec_without_returning(&tx).await?;
    }
    for (file, hash) in &filing.photos {
        let photo = case_photo::Model {
            id: Uuid::now_v7(),
            case_id: id,
            file: file.clone(),
            digest: hash.clone(),
            published: false,
            at,
        };
        let row: case_photo::ActiveModel = whole(photo);
        case_photo::Entity::insert(row).exec_without_returning(&tx).await?;
    }
    notice::place(cases, &tx, &folded.file, &event).await?;
    tx.commit().await?;
    Ok(Submitted { id, public_no, number: folded.file.number(), code: code.shown() })
}
