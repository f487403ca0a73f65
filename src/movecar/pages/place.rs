//! 停在哪里, where a phone may not tell: a street of the city's and words, or a point on Tencent's map where the
//! operator has a key. A point by hand is less sure than a phone's own: it is looked at, and nobody is called for it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use crate::base::geo;
use crate::movecar::Movecar;
use crate::movecar::draft::Draft;
use crate::movecar::submit::PLACE;
use crate::web::{Attendee, Error, see_other};

/// The picker of Tencent's location service (组件调用方式), which comes back to us with what was chosen.
const PICKER: &str = "https://apis.map.qq.com/tools/locpicker";
/// How exact a finger on a map is taken to be, in metres: too little to call anybody.
const BY_HAND: f64 = 500.0;

/// Street and words as one place.
pub fn whole(area: &str, words: &str) -> String {
    match words.starts_with(area) {
        true => words.to_string(),
        false => format!("{area}{words}"),
    }
}

/// To the map, if there is one.
pub async fn pick(car: Data<Movecar>, _attendee: Attendee) -> Result<HttpResponse, Error> {
    let key = car.settings.map.tencent_key.as_str();
    if key.is_empty() {
        return Err(Error::new("not_found"));
    }
    let back = car.base.config.link("/car/picked");
    let mut url = url::Url::parse(PICKER).map_err(|error| Error::new("internal").because(error))?;
    let city = &car.settings.city;
    url.query_pairs_mut()
        .append_pair("search", "1")
        .append_pair("type", "0")
        .append_pair("coord", &format!("{},{}", city.latitude, city.longitude))
        .append_pair("backurl", &back)
        .append_pair("key", key)
        .append_pair("referer", "yishiting");
    Ok(see_other(url.as_str()))
}

#[derive(Deserialize)]
pub struct Picked {
    #[serde(default)]
    name: String,
    #[serde(default)]
    addr: String,
    /// `纬度,经度`, GCJ-02.
    #[serde(default)]
    latng: String,
}

/// What was chosen on the map goes into the form; an address that says nothing changes nothing.
pub async fn picked(
    car: Data<Movecar>,
    attendee: Attendee,
    chosen: Query<Picked>,
) -> Result<HttpResponse, Error> {
    let follower = attendee.follower_id;
    if let Some(said) = geo::said(&format!("gcj02,{},{BY_HAND}", chosen.latng)) {
        let mut draft = Draft::of(&car.base, follower).await;
        draft.spot = Some((said.at.0, said.at.1, said.exact));
        let words = [&chosen.addr, &chosen.name].map(|part| part.trim());
        // 我的位置 is what the map calls a place without a name.
        let words = if words[1] == "我的位置" { words[0].to_string() } else { whole(words[0], words[1]) };
        if !words.is_empty() {
            draft.place = words.chars().take(PLACE).collect();
        }
        draft.keep(&car.base, follower).await?;
    }
    Ok(see_other("/car"))
}
