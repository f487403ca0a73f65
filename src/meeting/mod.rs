//! Feature: meetings, rosters, check-in, attendance, the big screen.

pub mod attendance;
pub mod checkin;
pub mod edit;
pub mod enrol;
pub mod history;
pub mod model;
pub mod requests;
pub mod roster;
pub mod scene;
pub mod venue_code;
pub mod verify;

use crate::base::Base;

/// Everything of this feature that lives as long as the process. Cheap to clone.
#[derive(Clone)]
pub struct Meetings {
    pub base: Base,
    pub door: checkin::Door,
    pub attendance: attendance::Hub,
}

impl Meetings {
    /// Starts the door and the attendance hub; both end with the process.
    pub fn start(base: Base) -> Meetings {
        Meetings {
            door: checkin::Door::open(base.clone()),
            attendance: attendance::Hub::start(base.clone()),
            base,
        }
    }
}
