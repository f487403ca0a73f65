//! Places on the earth in GCJ-02, as WeChat and Chinese maps have them; what satellites and browsers say (WGS-84) is
//! converted.

/// Latitude and longitude in degrees, GCJ-02, and how exact it is in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    pub at: (f64, f64),
    pub exact: f64,
}

/// What a phone said: `gcj02,LAT,LNG,METRES` or `wgs84,LAT,LNG,METRES`. `None`: nothing of use.
pub fn said(text: &str) -> Option<Said> {
    let mut parts = text.trim().split(',');
    let system = parts.next().unwrap_or_default();
    let mut number = || parts.next().and_then(|part| part.parse::<f64>().ok()).filter(|n| n.is_finite());
    let (latitude, longitude, exact) = (number()?, number()?, number());
    let at = match system {
        "gcj02" => (latitude, longitude),
        "wgs84" => gcj02(latitude, longitude),
        _ => return None,
    };
    Some(Said { at, exact: exact.unwrap_or_default() })
}

/// Metres between two places. On a sphere: exact to half a percent, which is less than phones know.
pub fn metres(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (lat1, lat2) = (one.0.to_radians(), other.0.to_radians());
    let (lat, lng) = (lat2 - lat1, (other.1 - one.1).to_radians());
    let half = (lat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (lng / 2.0).sin().powi(2);
    2.0 * 6_371_000.0 * half.sqrt().min(1.0).asin()
}

/// WGS-84 to GCJ-02, by the formula that the open map tools share.
pub fn gcj02(latitude: f64, longitude: f64) -> (f64, f64) {
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
    fn what_phones_say_is_read_in_either_system() {
        assert_eq!(said("gcj02,27.7783,120.6551,12").unwrap(), Said { at: (27.7783, 120.6551), exact: 12.0 });
        assert!(metres(said("wgs84,27.7783,120.6551,0").unwrap().at, (27.7783, 120.6551)) > 300.0);
        for nothing in ["refused", "", "mars,1,2,3", "gcj02,NaN,1", "gcj02,1"] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
    }
}
