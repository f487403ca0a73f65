use super::*;
use crate::base::config::Options;

const ASK: Purpose = Purpose { name: "test.ask", medium: Medium::Sms, words: &["plate", "place"], keys: "" };

fn load(text: &str, given: Options) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let message = "\n[[messages]]\npurpose = \"test.ask\"\ntext = \"{plate}，{place}\"\naliyun = \"SMS_1\"\n";
    std::fs::write(folder.path().join(FILE), text.to_string() + message).unwrap();
    let config = Config::load(given, folder.path()).ok().unwrap();
    let written: Written = config.read(FILE, OWN).map_err(|error| error.to_string())?;
    let own = Written { messages: Vec::new(), ..toml::from_str(OWN).unwrap() };
    let mut wrong = Vec::new();
    let settings = check(written, own, &config, &[ASK], &mut wrong);
    if wrong.is_empty() { Ok(settings) } else { Err(wrong.join("\n")) }
}

fn secrets(text: &str) -> Options {
    Options { phone_secrets: Some(text.to_string()), ..Options::default() }
}

#[test]
fn nothing_is_sent_before_an_operator_names_a_provider() {
    let settings = load("", Options::default()).ok().unwrap();
    assert!(settings.named().is_empty());
}

#[test]
fn what_an_account_lacks_is_said_at_once_and_no_secret_with_it() {
    let text = "[sms]\nproviders = [\"aliyun\", \"pigeon\"]\nweights = [1]\n[voice]\nfrom = \"early\"\n[aliyun]\nsign_name = \"瑞安交警\"";
    let error = load(text, secrets("aliyun=verysecret,pigeon=alsosecret")).err().unwrap();
    for part in ["pigeon", "weights", "access_key_id", "early", "phone_secrets"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    assert!(!error.contains("verysecret") && !error.contains("alsosecret"), "{error}");
}

#[test]
fn a_mark_that_the_purpose_does_not_know_is_named() {
    let text = "[[messages]]\npurpose = \"test.ask\"\ntext = \"{plat}\"\n[[messages]]\npurpose = \"test.other\"\ntext = \"\"";
    let error = load(text, Options::default()).err().unwrap();
    assert!(error.contains("{plat}") && error.contains("test.other"), "{error}");
}

#[test]
fn a_rehearsal_needs_no_account_and_reaches_nobody_else() {
    let given = Options { phone_simulator: Some("http://127.0.0.1:8090".to_string()), ..Options::default() };
    let settings = load("[sms]\nproviders = [\"http\"]", given).ok().unwrap();
    assert_eq!(settings.named(), ["aliyun", "tencent"]);
    assert!(settings.http.is_none());
    assert_eq!(settings.aliyun.unwrap().base.unwrap().as_str(), "http://127.0.0.1:8090/");
    let wording = &settings.wordings["test.ask"];
    assert_eq!(
        (wording.templates["aliyun"].as_str(), wording.templates["tencent"].as_str()),
        ("SMS_1", "test.ask")
    );
}

#[test]
fn weights_share_first_tries_and_the_others_stand_behind() {
    let channel = |weights: &[u32]| Channel {
        providers: vec!["a".to_string(), "b".to_string(), "c".to_string()],
        weights: weights.to_vec(),
        per_day: 1,
        per_number_hour: 1,
        per_number_day: 1,
    };
    assert_eq!(channel(&[]).order("x"), ["a", "b", "c"]);
    assert_eq!(channel(&[0, 0, 5]).order("x"), ["c", "a", "b"]);
    let weighted = channel(&[3, 1, 0]);
    let mut first: HashMap<String, u32> = HashMap::new();
    for number in 0..4000 {
        let reference = format!("m{number}");
        let order = weighted.order(&reference);
        assert_eq!(order, weighted.order(&reference));
        *first.entry(order[0].to_string()).or_default() += 1;
    }
    assert!((2800..3200).contains(&first["a"]) && !first.contains_key("c"), "{first:?}");
}

#[test]
fn the_programs_own_file_names_no_provider() {
    let own: Written = toml::from_str(OWN).unwrap();
    assert!(own.sms.providers.is_empty() && own.voice.providers.is_empty());
}
