//! Open311 GeoReport v2 as a client of another city would use it.

use reqwest::Method;
use serde_json::{Value, json};
use yishiting::cases::act::Act;
use yishiting::cases::decide::Command;
use yishiting::cases::model::{Kind, Track};
use yishiting::cases::open311::{Request, Service, json as read_json, xml};

use super::systems::{program, system};
use crate::support::Answer;
use crate::support::town::{Town, answers, liaison, moderator, public, says};

const V2: &str = "/open311/v2";

async fn get(town: &Town, call: &str) -> Answer {
    town.app.browser().get(&format!("{V2}/{call}")).await
}

async fn posts(town: &Town, call: &str, form: &[(&str, &str)]) -> Answer {
    town.app.browser().post(&format!("{V2}/{call}"), form).await
}

fn fault(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json()[0]["code"].clone())
}

const DARK: [(&str, &str); 5] = [
    ("service_code", "road"),
    ("lat", "27.7808"),
    ("long", "120.6505"),
    ("address_string", "万松路 88 号"),
    ("description", "万松路路灯不亮\n一个多月了。"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    DARK.iter().filter(|(name, _)| !more.iter().any(|(one, _)| one == name)).chain(more).copied().collect()
}

#[tokio::test]
async fn services_are_told_in_both_formats() {
    let town = Town::open().await;
    let as_json: Vec<Service> = read_json::parse(&get(&town, "services.json").await.text).unwrap();
    let answer = get(&town, "services.xml").await;
    assert_eq!(answer.headers["content-type"], "text/xml; charset=utf-8");
    let as_xml: Vec<Service> = xml::parse(&answer.text).unwrap();
    assert_eq!((as_json.len(), &as_json), (town.cases.units.categories().len(), &as_xml));
    let definition = get(&town, "services/road.json").await.json();
    assert_eq!(definition, json!({"service_code": "road", "attributes": []}));
    assert_eq!(fault(&get(&town, "services/none.json").await), (404, json!(404)));
    // Without an ending it is what the client accepts.
    let plain = get(&town, "services").await;
    assert!(plain.text.starts_with("<?xml"), "{}", plain.text);
    let browser = town.app.browser();
    let wish = browser.request(Method::GET, &format!("{V2}/services")).header("Accept", "application/json");
    assert_eq!(browser.send(wish).await.json().as_array().unwrap().len(), as_json.len());
    for (call, code) in
        [("services.html", "404"), ("nothing.xml", "404"), ("", "404"), ("requests/1/2.xml", "404")]
    {
        let refused = get(&town, call).await;
        assert!(refused.text.contains(&format!("<code>{code}</code>")), "{call}: {}", refused.text);
    }
    assert_eq!(fault(&posts(&town, "services.json", &[]).await), (404, json!(404)));
}

#[tokio::test]
async fn a_request_is_filed_moderated_told_and_closed() {
    let town = Town::open().await;
    let (_, key) = system(&town, "city311", "open311", true).await;
    let form = with(&[
        ("api_key", &key),
        ("phone", "13812346021"),
        ("last_name", "陈"),
        ("first_name", "晓燕"),
        ("attribute[external_id]", "F-1"),
    ]);
    let filed = posts(&town, "requests.json", &form).await;
    assert_eq!(filed.status.as_u16(), 201, "{}", filed.text);
    let id = filed.json()[0]["service_request_id"].as_str().unwrap().to_string();
    assert_eq!(filed.json()[0]["service_notice"], "待审核");
    // The same again is the same, not a mistake.
    assert_eq!(posts(&town, "requests.json", &form).await.json(), filed.json());
    assert_eq!(fault(&get(&town, &format!("requests/{id}.json")).await), (404, json!(404)));
    let own = get(&town, &format!("requests/{id}.json?api_key={key}")).await;
    assert_eq!(
        (&own.json()[0]["status"], &own.json()[0]["service_notice"]),
        (&json!("open"), &json!("待审核"))
    );
    assert!(!own.text.contains("13812346021") && !own.text.contains("陈晓燕"), "{}", own.text);
    assert_eq!(
        get(&town, &format!("tokens/{id}.json?api_key={key}")).await.json()[0]["service_request_id"],
        *id
    );
    let case = town.cases_of(id.parse().unwrap()).await;
    assert!(town.file(case).await.contact_text.is_some());
    assert_eq!(town.file(case).await.source, "open311");
    town.does(&moderator(), case, Act::Forward, Command { unit: "jsj".to_string(), ..Command::default() })
        .await;
    let mut words = public("万松路路灯不亮", "一个多月了。");
    town.does(&moderator(), case, Act::Publish, words.clone()).await;
    let told = get(&town, &format!("requests/{id}.json")).await.json();
    // The first reply is due on the next working day.
    assert_eq!(told[0]["expected_datetime"], "2026-09-22T23:59:59+08:00", "{told}");
    assert_eq!((&told[0]["lat"], &told[0]["description"]), (&json!(27.781), &json!("一个多月了。")));
    town.does(&liaison("jsj"), case, Act::FirstReply, says("已派人查看。")).await;
    town.does(&liaison("jsj"), case, Act::Note, says("缺备件。")).await;
    let update = [
        ("api_key", key.as_str()),
        ("service_request_id", &id),
        ("update_id", "U-1"),
        ("updated_datetime", "2026-09-21T10:30:00+08:00"),
        ("description", "隔壁也黑了。"),
    ];
    for _ in 0..2 {
        assert_eq!(
            posts(&town, "servicerequestupdates.json", &update).await.json(),
            json!([{"update_id": "U-1"}])
        );
    }
    town.does(&liaison("jsj"), case, Act::Answer, answers("路灯已修好。")).await;
    words.public_answer = "路灯已修好。".to_string();
    town.does(&moderator(), case, Act::Publish, words).await;
    let answer = get(&town, &format!("requests.xml?service_request_id={id}&extensions=true")).await;
    let requests: Vec<Request> = xml::parse(&answer.text).unwrap();
    assert_eq!(requests[0].status_notes.as_deref(), Some("已答复，待评价：路灯已修好。"));
    assert_eq!(requests[0].agency_responsible.as_deref(), Some("市住房和城乡建设局"));
    let steps: Vec<&str> = requests[0].notes.iter().map(|note| note.summary.as_str()).collect();
    assert_eq!(steps, ["已提交", "转市住房和城乡建设局办理", "首次回复（受理）", "补充情况", "答复"]);
    assert!(!answer.text.contains("缺备件") && !answer.text.contains("隔壁"), "{}", answer.text);
    let updates = get(&town, "servicerequestupdates.json").await.json();
    assert_eq!(updates.as_array().unwrap().len(), 5, "{updates}");
    town.verifies().await;
}

#[tokio::test]
async fn what_is_not_public_is_not_there_whatever_is_asked() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let (_, key) = system(&town, "city311", "open311", false).await;
    let open = town.forwarded(chen, "jsj").await;
    let mut secret = town.filing(chen);
    (secret.kind, secret.accused_unit) = (Kind::Accusation, Some("police".to_string()));
    let secret = town.try_file(secret).await.unwrap().public_no;
    let mut petition = town.filing(chen);
    petition.track = Track::Petition;
    let petition = town.try_file(petition).await.unwrap().public_no;
    for number in [open.public_no, secret, petition, 999_999] {
        for more in [String::new(), format!("?api_key={key}")] {
            assert_eq!(fault(&get(&town, &format!("requests/{number}.json{more}")).await), (404, json!(404)));
        }
    }
    assert_eq!(get(&town, "requests.json").await.json(), json!([]));
    assert_eq!(get(&town, "servicerequestupdates.json").await.json(), json!([]));
    let update = [
        ("api_key", key.as_str()),
        ("service_request_id", &open.public_no.to_string()),
        ("update_id", "U"),
        ("updated_datetime", "2026-09-21T10:30:00+08:00"),
        ("description", "x"),
    ];
    assert_eq!(fault(&posts(&town, "servicerequestupdates.json", &update).await), (404, json!(404)));
    town.does(&moderator(), open.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    assert_eq!(
        get(&town, "requests.json?status=open&service_code=road").await.json().as_array().unwrap().len(),
        1
    );
    for none in [
        "status=closed",
        "service_code=none",
        "service_request_id=x,y",
        "start_date=2026-01-01T00:00:00Z&end_date=2026-01-02T00:00:00Z",
        "page=2",
    ] {
        assert_eq!(get(&town, &format!("requests.json?{none}")).await.json(), json!([]), "{none}");
    }
    town.does(&moderator(), open.id, Act::Convert, says("按信访办理。")).await;
    assert_eq!(get(&town, "requests.json").await.json(), json!([]), "it became a petition");
}

#[tokio::test]
async fn forged_keys_and_malformed_forms_are_refused_in_the_format_of_the_call() {
    let town = Town::open().await;
    let (_, key) = system(&town, "city311", "open311", false).await;
    program(&town, "zhou", &[]).await;
    for forged in ["", "x", "' OR 1=1 --", "zhou", &key[1..]] {
        let refused = posts(&town, "requests.json", &with(&[("api_key", forged)])).await;
        assert_eq!(fault(&refused), (403, json!(403)), "{forged}");
    }
    assert_eq!(fault(&get(&town, "requests.json?api_key=x").await), (403, json!(403)));
    let long = "灯".repeat(4001);
    let place = "路".repeat(61);
    for (name, value, code) in [
        ("service_code", "none", 404),
        ("service_code", "", 400),
        ("lat", "north", 400),
        ("lat", "31.2", 400),
        ("description", "", 400),
        ("description", &long, 400),
        ("address_string", &place, 400),
        ("media_url", "javascript:alert(1)", 400),
        ("description", "a\0b", 400),
    ] {
        let refused = posts(&town, "requests.json", &with(&[("api_key", &key), (name, value)])).await;
        assert_eq!(fault(&refused), (code, json!(code)), "{name}={value}: {}", refused.text);
    }
    let xml = posts(&town, "requests.xml", &with(&[("api_key", &key), ("lat", "x")])).await;
    assert!(xml.text.contains("<errors><error><code>400</code>"), "{}", xml.text);
    let browser = town.app.browser();
    let raw = browser.request(Method::POST, &format!("{V2}/requests.json")).body(vec![0xff; 100]);
    assert_eq!(browser.send(raw).await.status.as_u16(), 403);
    let huge = browser.request(Method::POST, &format!("{V2}/requests.json")).body(vec![b'a'; 1 << 20]);
    assert_eq!(fault(&browser.send(huge).await), (413, json!(413)));
    for wrong in ["status=done", "page=0", "start_date=yesterday", "page_size=100000"] {
        assert_eq!(fault(&get(&town, &format!("requests.json?{wrong}")).await), (400, json!(400)), "{wrong}");
    }
    // A system that checks nobody files; what it says of a person is not kept.
    let filed =
        posts(&town, "requests.json", &with(&[("api_key", &key), ("phone", "13812346021")])).await.json();
    let case = town.cases_of(filed[0]["service_request_id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(town.file(case).await.contact_text, None);
}
