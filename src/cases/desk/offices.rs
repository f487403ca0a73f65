//! 诉求岗位：who serves in which office. Administrators give and take.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use crate::cases::Cases;
use crate::cases::access::{self, Seat};
use crate::cases::model::Part;
use crate::people::staff;
use crate::web::{Administrator, Error, Layout, Page, Posted, see_other};

#[derive(Template)]
#[template(path = "cases/desk_offices.html")]
struct OfficesPage {
    page: Layout,
    rows: Vec<Line>,
    staff: Vec<(String, String)>,
    parts: Vec<(&'static str, &'static str)>,
    units: Vec<(String, String)>,
}

struct Line {
    staff: String,
    name: String,
    part: &'static str,
    part_zh: &'static str,
    unit: String,
    unit_zh: String,
}

pub async fn show(cases: Data<Cases>, _user: Administrator, page: Layout) -> Result<impl Responder, Error> {
    let accounts = staff::list(&cases.base).await?;
    let mut rows = Vec::new();
    for account in &accounts {
        let officer = access::Officer::find(&cases, account.id, &account.username, &account.name).await?;
        rows.extend(officer.seats.into_iter().map(|seat| Line {
            staff: account.id.to_string(),
            name: account.name.clone(),
            part: seat.part.word(),
            part_zh: seat.part.zh(),
            unit_zh: cases.units.name(&seat.unit).to_string(),
            unit: seat.unit,
        }));
    }
    let named = |account: &crate::people::model::staff::Model| {
        (account.id.to_string(), format!("{}（{}）", account.name, account.username))
    };
    Ok(Page::of(OfficesPage {
        page: page.at("case-offices"),
        rows,
        staff: accounts.iter().filter(|account| account.disabled_at.is_none()).map(named).collect(),
        parts: Part::OFFICES.map(|part| (part.word(), part.zh())).to_vec(),
        units: cases.units.all().iter().map(|unit| (unit.code.clone(), unit.name.clone())).collect(),
    }))
}

#[derive(Deserialize)]
pub struct Change {
    staff: Uuid,
    part: String,
    #[serde(default)]
    unit: String,
    act: String,
}

pub async fn change(
    cases: Data<Cases>,
    user: Administrator,
    form: Posted<Change>,
) -> Result<HttpResponse, Error> {
    let said = form.0;
    let part = Part::parse(&said.part).filter(|part| Part::OFFICES.contains(part));
    let part = part.ok_or_else(|| Error::new("bad_request"))?;
    if part.of_unit() && said.act == "give" && !cases.units.knows(&said.unit) {
        return Err(crate::cases::decide::Refusal::NoUnit.into());
    }
    let seat = Seat { part, unit: said.unit };
    access::appoint(&cases, said.staff, &seat, said.act == "give", &user.0.username).await?;
    Ok(see_other("/desk/cases/offices"))
}
