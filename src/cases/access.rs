//! Which cases an officer may know of: one condition, in every query of the desk and of officers' programs. A case that
//! is not theirs is not there, whether it is asked for, listed, searched or counted.

use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Cases;
use super::act::Act;
use super::decide::Actor;
use super::model::{Part, State, case_file, case_office};
use super::units::Units;
use crate::base::db::whole;
use crate::people::audit;

/// One office of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub part: Part,
    /// Empty where the office is the city's.
    pub unit: String,
}

/// Somebody at the desk with the offices that they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    pub staff: Uuid,
    pub username: String,
    /// As cases may name them.
    pub name: String,
    pub seats: Vec<Seat>,
}

impl Officer {
    /// The offices of an account.
    pub async fn find(cases: &Cases, staff: Uuid, username: &str, name: &str) -> Result<Officer, DbErr> {
        let rows = case_office::Entity::find()
            .filter(case_office::Column::StaffId.eq(staff))
            .order_by_asc(case_office::Column::At)
            .all(cases.store.db.read())
            .await?;
        let seat = |row: case_office::Model| Some(Seat { part: Part::parse(&row.part)?, unit: row.unit });
        Ok(Officer {
            staff,
            username: username.to_string(),
            name: name.to_string(),
            seats: rows.into_iter().filter_map(seat).collect(),
        })
    }

    pub fn who(&self) -> String {
        format!("staff:{}", self.username)
    }

    pub fn has(&self, part: Part) -> bool {
        self.seats.iter().any(|seat| seat.part == part)
    }

    /// In which part they would do `act` with `file`: the first of their offices that the table lets.
    pub fn actor(&self, file: &case_file::Model, act: Act) -> Option<Actor> {
        let row = act.row();
        let fits = |seat: &&Seat| {
            row.parts.contains(&seat.part)
                && (!seat.part.of_unit()
                    || file.lead_unit.as_deref() == Some(seat.unit.as_str())
                    || file.helps(&seat.unit))
        };
        self.seats.iter().find(fits).map(|seat| Actor {
            who: self.who(),
            name: self.name.clone(),
            part: seat.part,
            unit: seat.unit.clone(),
        })
    }

    /// What they may do now with a case that they may see.
    pub fn acts(&self, file: &case_file::Model) -> Vec<Act> {
        let may = |act: Act| {
            let row = act.row();
            self.actor(file, act).is_some_and(|actor| row.allows(file.track(), file.state(), actor.part))
        };
        super::act::TABLE.iter().map(|row| row.act).filter(|act| may(*act)).collect()
    }

    /// The cases that they may know of.
    pub fn scope(&self, units: &Units) -> Condition {
        use case_file::Column;
        let mut any = Condition::any();
        for seat in &self.seats {
            any = match seat.part {
                Part::Moderator | Part::Propaganda | Part::Supervision => {
                    any.add(Column::State.ne(State::Draft.word()))
                }
                Part::Liaison | Part::Head => any.add(of_unit(units, &seat.unit)),
                Part::Leader => any.add(
                    Condition::any()
                        .add(Column::Leader.eq(self.who()))
                        .add(Column::Hot.eq(true))
                        .add(Column::OverdueLevel.gte(2)),
                ),
                Part::Journalist => any.add(Column::PublishedAt.is_not_null()),
                Part::Citizen | Part::Proxy | Part::System => any,
            };
        }
        // No office: no case.
        if any.is_empty() { Condition::all().add(Column::Version.lt(0)) } else { any }
    }
}

/// What a unit leads or helps with, and nothing that accuses it or a unit above it.
fn of_unit(units: &Units, unit: &str) -> Condition {
    use case_file::Column;
    let helps = Condition::any()
        .add(Column::Helpers.eq(unit))
        .add(Column::Helpers.starts_with(format!("{unit},")))
        .add(Column::Helpers.ends_with(format!(",{unit}")))
        .add(Column::Helpers.contains(format!(",{unit},")));
    let above = units.all().iter().map(|one| one.code.as_str()).filter(|above| units.within(unit, above));
    Condition::all()
        .add(
            Condition::any()
                .add(Column::LeadUnit.eq(unit))
                // Says what an index knows: few cases have helpers.
                .add(Condition::all().add(Column::Helpers.ne("")).add(helps)),
        )
        .add(Condition::any().add(Column::AccusedUnit.is_null()).add(Column::AccusedUnit.is_not_in(above)))
}

/// Gives an account an office, or takes it away. Administrators do; the log says who.
pub async fn appoint(cases: &Cases, staff: Uuid, seat: &Seat, give: bool, by: &str) -> Result<(), DbErr> {
    let tx = cases.store.db.write().await?;
    let unit = if seat.part.of_unit() { seat.unit.clone() } else { String::new() };
    case_office::Entity::delete_many()
        .filter(case_office::Column::StaffId.eq(staff))
        .filter(case_office::Column::Part.eq(seat.part.word()))
        .filter(case_office::Column::Unit.eq(&unit))
        .exec(&tx)
        .await?;
    if give {
        let row = case_office::Model {
            id: Uuid::now_v7(),
            staff_id: staff,
            part: seat.part.word().to_string(),
            unit,
            given_by: by.to_string(),
            at: cases.store.clock.now(),
        };
        case_office::Entity::insert(whole::<case_office::ActiveModel>(row))
            .exec_without_returning(&tx)
            .await?;
    }
    tx.commit().await?;
    let act = if give { "case.appoint" } else { "case.dismiss" };
    audit::note(&cases.base, by, act, &staff.to_string(), seat.part.word()).await
}

/// The case of this public number, if `officer` may know of it.
pub async fn find(
    cases: &Cases,
    officer: &Officer,
    public_no: i64,
) -> Result<Option<case_file::Model>, DbErr> {
    case_file::Entity::find()
        .filter(case_file::Column::PublicNo.eq(public_no))
        .filter(officer.scope(&cases.units))
        .one(cases.store.db.read())
        .await
}

/// Somebody of an accused unit tried to open the case: nothing is there for them, and the log knows.
pub async fn denied(cases: &Cases, officer: &Officer, public_no: i64) -> Result<(), DbErr> {
    let file = case_file::Entity::find()
        .filter(case_file::Column::PublicNo.eq(public_no))
        .one(cases.store.db.read())
        .await?;
    let accused = file.and_then(|file| file.accused_unit);
    let theirs =
        |seat: &Seat| accused.as_deref().is_some_and(|accused| cases.units.within(&seat.unit, accused));
    if officer.seats.iter().any(theirs) {
        audit::note(&cases.base, &officer.username, "case.denied", &public_no.to_string(), "").await?;
    }
    Ok(())
}
