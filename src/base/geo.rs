//! Places on the earth, latitude first. WeChat and Chinese maps have them in GCJ-02, satellites and browsers in WGS-84,
//! Baidu in BD-09; in Ruian the first two are half a kilometre apart, so nothing mixes them.

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

/// Which system coordinates are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crs {
    Wgs84,
    Gcj02,
    Bd09,
}

impl Crs {
    pub fn word(self) -> &'static str {
        match self {
            Crs::Wgs84 => "wgs84",
            Crs::Gcj02 => "gcj02",
            Crs::Bd09 => "bd09",
        }
    }

    pub fn parse(word: &str) -> Option<Crs> {
        [Crs::Wgs84, Crs::Gcj02, Crs::Bd09].into_iter().find(|crs| crs.word() == word)
    }

    /// The same place in WGS-84, as cases store it; to within a metre.
    pub fn to_wgs84(self, (latitude, longitude): (f64, f64)) -> (f64, f64) {
        match self {
            Crs::Wgs84 => (latitude, longitude),
            Crs::Gcj02 => wgs84(latitude, longitude),
            Crs::Bd09 => {
                let (latitude, longitude) = gcj02_of_bd09(latitude, longitude);
                wgs84(latitude, longitude)
            }
        }
    }

    /// A place in WGS-84, in this system.
    pub fn from_wgs84(self, (latitude, longitude): (f64, f64)) -> (f64, f64) {
        match self {
            Crs::Wgs84 => (latitude, longitude),
            Crs::Gcj02 => gcj02(latitude, longitude),
            Crs::Bd09 => {
                let (latitude, longitude) = gcj02(latitude, longitude);
                bd09_of_gcj02(latitude, longitude)
            }
        }
    }
}

/// GCJ-02 to WGS-84. The formula has no inverse: approached step by step, each a hundred times nearer.
pub fn wgs84(latitude: f64, longitude: f64) -> (f64, f64) {
    const STEPS: usize = 4;
    (0..STEPS).fold((latitude, longitude), |(lat, lng), _| {
        let there = gcj02(lat, lng);
        (lat + latitude - there.0, lng + longitude - there.1)
    })
}

/// How fast Baidu's wave runs.
const BAIDU: f64 = std::f64::consts::PI * 3000.0 / 180.0;

/// GCJ-02 to BD-09, by the formula that the open map tools share.
pub fn bd09_of_gcj02(latitude: f64, longitude: f64) -> (f64, f64) {
    let far = longitude.hypot(latitude) + 0.000_02 * (latitude * BAIDU).sin();
    let angle = latitude.atan2(longitude) + 0.000_003 * (longitude * BAIDU).cos();
    (far * angle.sin() + 0.006, far * angle.cos() + 0.006_5)
}

/// BD-09 to GCJ-02; exact to half a metre.
pub fn gcj02_of_bd09(latitude: f64, longitude: f64) -> (f64, f64) {
    let (y, x) = (latitude - 0.006, longitude - 0.006_5);
    let far = x.hypot(y) - 0.000_02 * (y * BAIDU).sin();
    let angle = y.atan2(x) - 0.000_003 * (x * BAIDU).cos();
    (far * angle.sin(), far * angle.cos())
}

/// A reported place, checked against the city: both in the same system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    City,
    /// Farther than the radius: ask the person to confirm.
    Beyond,
    /// No place on the earth, or 0,0, which broken devices say.
    Nowhere,
}

/// Where a place stands against a city with this centre and radius in kilometres.
pub fn within(place: (f64, f64), centre: (f64, f64), radius_km: f64) -> Within {
    let (latitude, longitude) = place;
    // NaN is in no range.
    let real = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    if !real || latitude == 0.0 && longitude == 0.0 {
        Within::Nowhere
    } else if metres(place, centre) <= radius_km * 1000.0 {
        Within::City
    } else {
        Within::Beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUIAN: (f64, f64) = (27.7783, 120.6551);

    #[test]
    fn in_ruian_the_systems_are_half_a_kilometre_apart() {
        let shift = metres(RUIAN, gcj02(RUIAN.0, RUIAN.1));
        assert!((520.0..560.0).contains(&shift), "{shift}");
    }

    #[test]
    fn every_system_leads_there_and_back() {
        for place in
            [RUIAN, (39.9087, 116.3975), (22.5431, 114.0579), (43.8256, 87.6168), (45.8038, 126.5350)]
        {
            for crs in [Crs::Wgs84, Crs::Gcj02, Crs::Bd09] {
                let back = crs.to_wgs84(crs.from_wgs84(place));
                assert!(metres(back, place) < 1.0, "{crs:?} {place:?}: {back:?}");
                assert_eq!(Crs::parse(crs.word()), Some(crs));
            }
        }
        assert_eq!(Crs::parse("mars"), None);
    }

    #[test]
    fn baidus_coordinates_are_those_of_the_open_map_tools() {
        assert!(
            metres(bd09_of_gcj02(39.915, 116.404), (39.921_336_993_510_21, 116.410_369_493_710_29)) < 0.1
        );
        assert!(
            metres(gcj02_of_bd09(39.915, 116.404), (39.908_656_739_576_31, 116.397_627_291_193_15)) < 0.1
        );
    }

    #[test]
    fn sixty_kilometres_from_the_centre_somebody_is_asked() {
        for (place, expected) in [
            (RUIAN, Within::City),
            ((28.0, 120.7), Within::City),
            ((30.2741, 120.1551), Within::Beyond),
            // Longitude and latitude exchanged.
            ((120.6551, 27.7783), Within::Nowhere),
            ((0.0, 0.0), Within::Nowhere),
            ((f64::NAN, 120.0), Within::Nowhere),
        ] {
            assert_eq!(within(place, RUIAN, 60.0), expected, "{place:?}");
        }
        let north = |km: f64| (RUIAN.0 + km / 111.195, RUIAN.1);
        assert_eq!(within(north(59.9), RUIAN, 60.0), Within::City);
        assert_eq!(within(north(60.1), RUIAN, 60.0), Within::Beyond);
    }

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
