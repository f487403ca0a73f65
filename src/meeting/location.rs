//! Whether somebody signs in at the venue. Evidence by default, not a gate: phones indoors are often wrong. What a
//! phone says becomes a word at once; coordinates of people are neither stored nor logged. All is in GCJ-02, as
//! WeChat and Chinese maps have it; what browsers say (WGS-84) is converted.

use super::model::Place;

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
        let mut parts = said.trim().split(',');
        let system = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse::<f64>().ok()).filter(|n| n.is_finite());
        let (latitude, longitude, exact) = (number(), number(), number());
        let (Some(latitude), Some(longitude)) = (latitude, longitude) else {
            return if system == "refused" { Place::Refused } else { Place::Unavailable };
        };
        let there = match system {
            "gcj02" => (latitude, longitude),
            "wgs84" => gcj02(latitude, longitude),
            _ => return Place::Unavailable,
        };
        let off = metres(self.degrees(), there) - exact.unwrap_or_default().clamp(0.0, DOUBT);
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

/// On a sphere: exact to half a percent, which is less than phones know.
fn metres(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (lat1, lat2) = (one.0.to_radians(), other.0.to_radians());
    let (lat, lng) = (lat2 - lat1, (other.1 - one.1).to_radians());
    let half = (lat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (lng / 2.0).sin().powi(2);
    2.0 * 6_371_000.0 * half.sqrt().min(1.0).asin()
}

/// WGS-84 to GCJ-02, by the formula that the open map tools share.
fn gcj02(latitude: f64, longitude: f64) -> (f64, f64) {
    const AXIS: f64 = 6_378_245.0;
    const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;
    use std::f64::consts::PI;
    let (x, y) = (longitude - 105.0, latitude - 35.0);
    let wave = |of: f64, parts: [(f64, f64); 2]| -> f64 {
        parts.iter().map(|(size, step)| size * (of / step * PI).sin()).sum::<f64>() * 2.0 / 3.0
    };
    let common = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let root = x.abs().sqrt();
    let lat = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + wave(y, [(20.0, 1.0), (40.0, 3.0)])
        + wave(y, [(160.0, 12.0), (320.0, 30.0)]);
    let lng = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + wave(x, [(20.0, 1.0), (40.0, 3.0)])
        + wave(x, [(150.0, 12.0), (300.0, 30.0)]);
    let angle = latitude.to_radians();
    let magic = 1.0 - ECCENTRICITY * angle.sin().powi(2);
    let meridian = AXIS * (1.0 - ECCENTRICITY) / (magic * magic.sqrt()) * PI / 180.0;
    let parallel = AXIS / magic.sqrt() * angle.cos() * PI / 180.0;
    (latitude + lat / meridian, longitude + lng / parallel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satellites_coordinates_become_those_of_chinese_maps() {
        for ((lat, lng), expected) in [
            ((31.177_427_6, 121.527_210_6), (31.175_303_98, 121.531_541_86)),
            ((22.543_847, 113.912_316), (22.540_796_13, 113.917_176_48)),
            ((39.911_954, 116.377_817), (39.913_345_46, 116.384_047_22)),
        ] {
            assert!(metres(gcj02(lat, lng), expected) < 1.0, "{lat} {lng}: {:?}", gcj02(lat, lng));
        }
    }

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
