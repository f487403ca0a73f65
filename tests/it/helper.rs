//! One phone signs in a colleague (edge case 20).

use yishiting::meeting::edit::Options;
use yishiting::meeting::model::{CodeKind, Policy};
use yishiting::meeting::venue_code;
use yishiting::meeting::{edit, edit::Draft};

use crate::desk::office::{Office, draft, reads};
use crate::support::{Answer, Citizen};

/// A meeting that lets people sign in colleagues, with 江一帆 signed in.
async fn a_meeting_with_helpers(change: impl FnOnce(&mut Draft)) -> (Office, String, Citizen) {
    let mut wanted = Draft { options: Options { helpers: true, ..Options::default() }, ..draft() };
    change(&mut wanted);
    let office = Office::with(wanted).await;
    let meeting = edit::find(&office.app.base, office.meeting).await.unwrap();
    let path = format!("/m/{}", meeting.code);
    let jiang = office.app.citizen("江一帆").await;
    (office, path, jiang)
}

/// Posts unit, name and phone to `path`, from the form there.
async fn sends(citizen: &Citizen, form: &str, path: &str, who: [&str; 3]) -> Answer {
    let page = citizen.opens(form).await;
    let (csrf, op) = (page.hidden("csrf"), page.hidden("op"));
    let fields =
        [("unit", who[0]), ("name", who[1]), ("phone", who[2]), ("csrf", csrf.as_str()), ("op", op.as_str())];
    citizen.phone.post(path, &fields).await
}

const JIANG: [&str; 3] = ["市金融办", "江一帆", "13812346021"];
const WANG: [&str; 3] = ["市教育局", "王海", "13812346022"];

#[tokio::test]
async fn who_is_signed_in_signs_in_a_colleague_and_the_organisers_see_by_whom() {
    let (office, path, jiang) = a_meeting_with_helpers(|_| {}).await;
    let help = format!("{path}/help");
    // Not before being there oneself.
    let early = jiang.phone.get(&help).await;
    assert_ne!(early.status, 200);
    sends(&jiang, &path, &format!("{path}/checkin"), JIANG).await;
    assert!(jiang.opens(&path).await.text.contains("帮同事签到"));

    let done = sends(&jiang, &help, &help, WANG).await;
    let to = done.location().unwrap_or_else(|| panic!("{}", done.text));
    reads(&jiang.opens(&to).await.text, &["已为同事签到，第 2 位"]);
    let again = sends(&jiang, &help, &help, WANG).await.location().unwrap();
    reads(&jiang.opens(&again).await.text, &["已经签过到，第 2 位"]);

    let flagged = office.sees("/people?show=flagged").await;
    reads(&flagged, &["需核对 <b>1</b>", "王海", "同事代签"]);
    assert!(!flagged.contains("江一帆"));
    let wang = office.person("王海").await;
    reads(&office.sees(&format!("/people/{wang}")).await, &["同事代签", "同事", "由 江一帆（市金融办）代签"]);

    // The colleague's own WeChat is still theirs to tie.
    let own = office.app.citizen("王海").await;
    let tied = sends(&own, &path, &format!("{path}/checkin"), WANG).await;
    reads(&own.opens(&tied.location().unwrap()).await.text, &["签到成功", "第<b class=\"figure\">2</b>位"]);
}

#[tokio::test]
async fn where_the_meeting_does_not_allow_it_one_phone_is_one_person() {
    let (_office, path, jiang) = a_meeting_with_helpers(|draft| draft.options.helpers = false).await;
    sends(&jiang, &path, &format!("{path}/checkin"), JIANG).await;
    let page = jiang.opens(&path).await;
    assert!(!page.text.contains("帮同事签到"));
    assert_eq!(jiang.phone.get(&format!("{path}/help")).await.location().as_deref(), Some(path.as_str()));
}

#[tokio::test]
async fn a_colleague_must_be_on_the_roster_where_people_must_be() {
    let (office, path, jiang) = a_meeting_with_helpers(|draft| draft.policy = Policy::Roster).await;
    office.import("姓名,单位,手机号\n江一帆,市金融办,13812346021\n王海,市教育局,13812346022\n").await;
    sends(&jiang, &path, &format!("{path}/checkin"), JIANG).await;
    let help = format!("{path}/help");
    let wrong = sends(&jiang, &help, &help, ["市教育局", "王海", "13812346029"]).await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.text.contains("名单里没有") && !wrong.text.contains("6022"), "{}", wrong.text);
    let incomplete = sends(&jiang, &help, &help, ["市教育局", "王海", "1"]).await;
    reads(&incomplete.text, &["请填写 11 位手机号码"]);
    assert!(sends(&jiang, &help, &help, WANG).await.location().is_some());
}

#[tokio::test]
async fn a_code_that_rotates_is_scanned_afresh_for_a_colleague_too() {
    let (office, path, jiang) = a_meeting_with_helpers(|draft| draft.code_kind = CodeKind::Rotating).await;
    let meeting = edit::find(&office.app.base, office.meeting).await.unwrap();
    let scan = || venue_code::path(&office.app.base.keys, &meeting, office.app.clock.now());
    jiang.opens(&scan()).await;
    sends(&jiang, &path, &format!("{path}/checkin"), JIANG).await;
    let help = format!("{path}/help");
    office.app.clock.advance(chrono::TimeDelta::minutes(11));
    let stale = sends(&jiang, &help, &help, WANG).await;
    reads(&stale.text, &["签到码已过期"]);
    jiang.opens(&scan()).await;
    assert!(sends(&jiang, &help, &help, WANG).await.location().is_some());
    reads(&office.sees("/people?show=flagged").await, &["王海", "同事代签"]);
}
