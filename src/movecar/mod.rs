//! Feature: car-moving (自助移车), from a blocked car to a moved one.
//!
//! ```text
//! plate.rs      what people type, and which plate it is (pure)
//! submit.rs     the one way to ask, for every channel; doubt.rs what the desk looks at first; photo.rs the picture
//! allowed.rs    who may ask; count.rs allowances, taken in the transaction that uses them
//! state.rs      the table of states, enforced by the database
//! dispatch.rs   the job that finds the owner and places the message; watch.rs what time brings; heard.rs what became of it
//! notice.rs     the same in WeChat, for owners who follow the account
//! register/     who owns a plate: imported, or another system
//! answer.rs     what an owner says, and what follows; driver.rs what the person who asked does
//! view.rs       a case as its person sees it; pages.rs and chat.rs show it
//! duty.rs       what the duty desk does; live.rs when its pages are old; desk/ the pages; lookup.rs and api/ for programs
//! ```

mod allowed;
pub mod answer;
mod api;
pub mod appeal;
pub mod chat;
pub mod count;
mod desk;
pub mod dispatch;
pub mod doubt;
mod draft;
pub mod driver;
pub mod duty;
mod faces;
pub mod heard;
pub mod live;
mod lookup;
pub mod model;
pub mod notice;
mod pages;
pub mod photo;
pub mod plate;
pub mod register;
pub mod retention;
pub mod settings;
pub mod state;
pub mod statistics;
pub mod submit;
pub mod view;
pub mod watch;
mod words;

use std::sync::Arc;

use tokio::sync::Semaphore;

use self::register::Register;
use self::settings::Settings;
use crate::base::Base;
use crate::base::privacy::reseal::Sealed;
use crate::jobs::Handler;
use crate::people::phone;
use crate::people::staff::Role;
use crate::web::{AuditWords, NavEntry};

pub use api::routes as api_routes;
pub use chat::CarSkill;
pub use desk::routes as desk_routes;
pub use pages::routes as page_routes;

/// This feature's part of the desk's navigation.
pub const NAVIGATION: [NavEntry; 2] = [
    NavEntry { part: "移车", key: "car", label: "移车值班", href: "/desk/car", least: Role::Viewer },
    NavEntry {
        part: "移车",
        key: "car-figures",
        label: "移车统计",
        href: "/desk/car/statistics",
        least: Role::Viewer,
    },
];

/// How this feature's lines of the audit log read.
pub const AUDIT: AuditWords =
    AuditWords { kinds: &[("car.", "移车")], act: desk::action, detail: desk::detail, target: None };

/// This feature's columns of sealed values.
pub const SEALED: [Sealed; 4] = [
    Sealed {
        table: "car_block",
        id: "follower_id",
        and: None,
        column: "appeal_sealed",
        place: appeal::PLACE,
        blind: None,
    },
    Sealed {
        table: "car_case",
        id: "id",
        and: None,
        column: "plate_sealed",
        place: submit::PLATE_PLACE,
        blind: Some(("plate_hash", plate::HASH_KIND)),
    },
    Sealed {
        table: "car_owner",
        id: "id",
        and: None,
        column: "plate_sealed",
        place: register::PLATE_PLACE,
        blind: Some(("plate_hash", plate::HASH_KIND)),
    },
    Sealed {
        table: "car_owner",
        id: "id",
        and: None,
        column: "phone_sealed",
        place: register::PHONE_PLACE,
        blind: Some(("phone_hash", phone::HASH_KIND)),
    },
];

/// Everything of this feature that lives as long as the process. Cheap to clone.
#[derive(Clone)]
pub struct Movecar {
    pub base: Base,
    pub settings: Arc<Settings>,
    pub register: Register,
    /// The desk's queue of this replica.
    pub live: live::Hub,
    /// Where requests of this replica stand in line.
    pub door: Arc<Semaphore>,
}

impl Movecar {
    /// Reads the city's rules. Must be called inside the program's main runtime.
    pub fn start(base: Base) -> anyhow::Result<Movecar> {
        let settings = Settings::load(&base.config)?;
        let register = Register::of(&settings)?;
        let live = live::Hub::start(base.clone());
        let door = Arc::new(Semaphore::new(submit::AT_ONCE));
        Ok(Movecar { base, settings: Arc::new(settings), register, live, door })
    }

    /// The jobs that ask owners, and that look at the clock.
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        let car = Arc::new(self.clone());
        vec![Arc::new(dispatch::DispatchJob(car.clone())), Arc::new(watch::WatchJob(car))]
    }
}
