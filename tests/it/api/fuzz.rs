//! Whatever a program sends to `/api/v1`, the answer is never a fault of ours: calls are made of the description
//! itself, right ones and wrong ones, by an administrator who holds every office.

use reqwest::Method;
use serde_json::{Map, Value, json};
use yishiting::base::privacy::random_code;
use yishiting::cases::Cases;
use yishiting::cases::access::{self, Seat};
use yishiting::cases::model::Part;
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};
use yishiting::server::openapi::DOCUMENT;

use super::meetings::a_meeting;
use crate::support::{ADMIN_PASSWORD, Client, TestApp};

/// Calls of each operation.
const ROUNDS: usize = 14;

/// The same chances in every run, so that what was found is found again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

fn nasty() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(1.0e308),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("灯".repeat(5000)),
        json!("' OR 1=1 --"),
        json!("<script>alert(1)</script>"),
        json!("../../etc/passwd"),
        json!("\u{202e}\u{feff}😀"),
        json!("0001-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59Z"),
        json!("2026-02-30"),
        json!("-271821-04-20T00:00:00Z"),
        json!([]),
        json!({}),
        json!([[[[[]]]]]),
        json!(vec![Value::Null; 200]),
        json!({"a": {"b": {"c": null}}}),
    ]
}

struct Fuzz {
    document: Value,
    dice: Dice,
    /// Ids and numbers that answers told.
    known: Vec<Value>,
}

impl Fuzz {
    fn follow<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(target) = schema["$ref"].as_str() {
            schema = self.document.pointer(&target[1..]).unwrap();
        }
        schema
    }

    /// A value as `schema` wants it, or, in one of eight, anything.
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if self.dice.roll(14) == 0 || depth > 6 {
            return self.dice.pick(&nasty());
        }
        let schema = self.follow(schema).clone();
        if let Some(words) = schema["enum"].as_array() {
            return self.dice.pick(words);
        }
        if let Some(any) = schema["oneOf"].as_array() {
            let one = self.dice.pick(any);
            return self.value(&one, depth + 1);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => self.dice.pick(kinds),
            kind => kind.clone(),
        };
        match kind.as_str().unwrap_or("string") {
            "object" => {
                let mut made = Map::new();
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                for (name, field) in schema["properties"].as_object().cloned().unwrap_or_default() {
                    let wanted = required.contains(&json!(name));
                    if self.dice.roll(if wanted { 12 } else { 2 }) != 0 {
                        made.insert(name, self.value(&field, depth + 1));
                    }
                }
                Value::Object(made)
            }
            "array" => {
                let many = self.dice.roll(4);
                (0..many).map(|_| self.value(&schema["items"], depth + 1)).collect()
            }
            "integer" => self.dice.pick(&[json!(1), json!(2), json!(7), json!(500)]),
            "number" => self.dice.pick(&[json!(27.78), json!(120.65), json!(0.5)]),
            "boolean" => self.dice.pick(&[json!(true), json!(false)]),
            "null" => Value::Null,
            _ => self.text(schema["format"].as_str().unwrap_or_default()),
        }
    }

    fn text(&mut self, format: &str) -> Value {
        match format {
            "uuid" => self.id(),
            "date-time" => {
                self.dice.pick(&[json!("2026-09-21T01:30:00Z"), json!("2026-09-22T18:00:00+08:00")])
            }
            "date" => json!("2026-09-21"),
            _ => self.dice.pick(&[
                json!("陈晓燕"),
                json!("road"),
                json!("jsj"),
                json!("13812346021"),
                json!("a"),
            ]),
        }
    }

    fn id(&mut self) -> Value {
        let ids: Vec<Value> = self.known.iter().filter(|id| id.is_string()).cloned().collect();
        if ids.is_empty() || self.dice.roll(6) == 0 { json!(uuid::Uuid::nil()) } else { self.dice.pick(&ids) }
    }

    /// The path with something in every place of it.
    fn path(&mut self, path: &str) -> String {
        let mut made = String::new();
        for part in path.split('/').skip(1) {
            made.push('/');
            let Some((name, rest)) = part.strip_prefix('{').and_then(|part| part.split_once('}')) else {
                made.push_str(part);
                continue;
            };
            let numbers: Vec<Value> = self.known.iter().filter(|id| id.is_number()).cloned().collect();
            let value = match name {
                _ if self.dice.roll(6) == 0 => self.dice.pick(&nasty()),
                "number" if !numbers.is_empty() => self.dice.pick(&numbers),
                "act" => {
                    let schema = self.document["components"]["parameters"]["CaseAct"]["schema"].clone();
                    self.value(&schema, 0)
                }
                "verb" => self.dice.pick(&["open", "close", "confirm", "publish", "void"].map(Value::from)),
                _ => self.id(),
            };
            made.push_str(&coded(&value));
            made.push_str(rest);
        }
        made
    }

    fn query(&mut self, parameters: &[Value]) -> String {
        let mut query = String::new();
        for parameter in parameters {
            let parameter = self.follow(parameter).clone();
            if parameter["in"] == "query" && self.dice.roll(2) == 0 {
                // Nobody waits in a test.
                let value =
                    if parameter["name"] == "wait" { json!(0) } else { self.value(&parameter["schema"], 0) };
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(&format!("{}={}", parameter["name"].as_str().unwrap(), coded(&value)));
            }
        }
        query
    }

    fn learn(&mut self, answer: &str) {
        let Ok(value) = serde_json::from_str::<Value>(answer) else { return };
        let first = value["items"].get(0).cloned().unwrap_or(Value::Null);
        for one in [&value, &first] {
            for field in ["id", "public_no"] {
                if !one[field].is_null() && !self.known.contains(&one[field]) {
                    self.known.push(one[field].clone());
                }
            }
        }
    }
}

fn coded(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let text: String = text.chars().take(300).collect();
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

async fn administrator(app: &TestApp) -> Client {
    let name = format!("fuzz-{}", random_code(8));
    let id = staff::add(&app.base, &name, "周建国", Role::Admin, ADMIN_PASSWORD, "test").await.unwrap();
    let cases = Cases::start(app.base.clone()).await.unwrap();
    for part in Part::OFFICES {
        let seat = Seat { part, unit: "jsj".to_string() };
        access::appoint(&cases, id, &seat, true, "test").await.unwrap();
    }
    let opened = session::open(&app.base, Kind::Api, id, "test").await.unwrap();
    app.browser().with_bearer(&opened.token)
}

#[tokio::test]
async fn no_call_that_can_be_made_of_the_description_is_answered_with_a_fault_of_ours() {
    let app = TestApp::spawn().await;
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut fuzz = Fuzz { document: document.clone(), dice: Dice(0x5eed_2026), known: Vec::new() };
    let mut client = administrator(&app).await;
    // Something to find under an id and under a number.
    let street = crate::cases::systems::dark_street("F-1");
    for (path, body) in [("/api/v1/meetings", a_meeting()), ("/api/v1/cases", street)] {
        let made = client.post_json(path, &body).await;
        assert!(made.status.is_success(), "{path}: {}", made.text);
        fuzz.learn(&made.text);
    }
    let mut faults = Vec::new();
    let mut calls = 0;
    // Twice through: the second time with the ids that the first one learned.
    for _ in 0..2 {
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in
                operations.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
            {
                let parameters: Vec<Value> = [&operations["parameters"], &operation["parameters"]]
                    .into_iter()
                    .flat_map(|list| list.as_array().cloned().unwrap_or_default())
                    .collect();
                let content = &operation["requestBody"]["content"];
                for _ in 0..ROUNDS / 2 {
                    let target = format!("{}{}", fuzz.path(path), fuzz.query(&parameters));
                    let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                    let mut request = client.request(verb, &target);
                    let mut sent = Value::Null;
                    if let Some(media) = content.get("application/json") {
                        sent = fuzz.value(&media["schema"], 0);
                        request = request.json(&sent);
                    }
                    if fuzz.dice.roll(2) == 0 {
                        let key = fuzz.dice.roll(1000);
                        request = request.header("Idempotency-Key", key.to_string());
                    }
                    if path.contains("/acts/") && fuzz.dice.roll(8) != 0 {
                        let version =
                            fuzz.dice.pick(&["*", "1", "\"2\"", "W/\"9\"", "x", "99999999999999999999"]);
                        request = request.header("If-Match", version);
                    }
                    let answer = client.send(request).await;
                    calls += 1;
                    if answer.status.as_u16() >= 500 {
                        let sent: String = sent.to_string().chars().take(300).collect();
                        faults.push(format!("{method} {target} {sent}: {} {}", answer.status, answer.text));
                    }
                    fuzz.learn(&answer.text);
                    // It may have signed itself out, or stopped its own account.
                    if answer.status.as_u16() == 401 || path.ends_with("/logout") {
                        client = administrator(&app).await;
                    }
                }
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new(), "of {calls} calls");
    assert!(calls > 1000 && fuzz.known.len() > 2, "{calls} calls, {} ids", fuzz.known.len());
}
