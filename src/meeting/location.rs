//! Whether somebody signs in at the venue. Evidence by default, not a gate: phones indoors are often wrong. What a
//! phone says becomes a word at once; coordinates of people are neither stored nor logged. All is in GCJ-02, as
//! WeChat and Chinese maps have it; what browsers say (WGS-84) is converted.

use super::model::Place;
use crate::base::geo::{self, metres};

/// Where a meeting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Venue {
    /// GCJ-02, in millionths of a degree.
    pub latitude: i32,
    pub longitude: i32,
    /// Metres around it that are still the venue.
    pub radius: i32,
}

/// Metres that an organiser may choose; the middle one unless chosen.
pub const RADIUS: (i32, i32, i32) = (50, 300, 5000);
/// Metres beyond the radius that are near it.
const NEAR: f64 = 1000.0;
/// How far, in metres, a phone that knows little is believed to be nearer than it says.
const DOUBT: f64 = 200.0;

impl Venue {
    /// From degrees in either order: in China latitudes are below 54 and longitudes above 73. `None` outside of it.
    pub fn new(one: f64, other: f64, radius: i32) -> Option<Venue> {
        let (latitude, longitude) = if one < other { (one, other) } else { (other, one) };
        let (least, _, most) = RADIUS;
        let sound = (3.0..=54.0).contains(&latitude) && (73.0..=136.0).contains(&longitude);
        (sound && (least..=most).contains(&radius)).then(|| Venue {
            latitude: (latitude * 1e6).round() as i32,
            longitude: (longitude * 1e6).round() as i32,
            radius,
        })
    }

    /// In degrees.
    pub fn degrees(&self) -> (f64, f64) {
        (f64::from(self.latitude) / 1e6, f64::from(self.longitude) / 1e6)
    }

    /// What a phone said, as a word: `gcj02,LAT,LNG,METRES` or `wgs84,LAT,LNG,METRES` (how exact it is), `refused`, or
    /// nothing of use.
    pub fn place(&self, said: &str) -> Place {
        let Some(said_at) = geo::said(said) else {
            let refused = said.trim().split(',').next() == Some("refused");
            return if refused { Place::Refused } else { Place::Unavailable };
        };
        let off = metres(self.degrees(), said_at.at) - said_at.exact.clamp(0.0, DOUBT);
        let radius = f64::from(self.radius);
        if off <= radius {
            Place::Inside
        } else if off <= radius + NEAR {
            Place::Near
        } else {
            Place::Outside
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_inside_near_or_outside_and_says_in_which_system() {
        let hall = Venue::new(27.778_3, 120.655_1, 300).unwrap();
        for (said, place) in [
            ("gcj02,27.778300,120.655100,10", Place::Inside),
            // 0.001 degrees of latitude are 111 m.
            ("gcj02,27.780900,120.655100,0", Place::Inside),
            ("gcj02,27.781500,120.655100,0", Place::Near),
            ("gcj02,27.781500,120.655100,100", Place::Inside),
            ("gcj02,27.798300,120.655100,99999", Place::Outside),
            // The same numbers in the other system are some 500 m away.
            ("wgs84,27.778300,120.655100,0", Place::Near),
            ("refused", Place::Refused),
            ("unavailable", Place::Unavailable),
            ("", Place::Unavailable),
            ("gcj02,NaN,120.6", Place::Unavailable),
            ("mars,27.7,120.6,1", Place::Unavailable),
        ] {
            assert_eq!(hall.place(said), place, "{said}");
        }
    }

    #[test]
    fn a_venue_is_given_in_either_order_and_lies_in_china() {
        assert_eq!(Venue::new(27.7783, 120.6551, 300), Venue::new(120.6551, 27.7783, 300));
        for (one, other, radius) in
            [(51.5, -0.1, 300), (27.7, 120.6, 10), (27.7, 120.6, 9000), (f64::NAN, 120.0, 300)]
        {
            assert_eq!(Venue::new(one, other, radius), None, "{one} {other} {radius}");
        }
    }
}
