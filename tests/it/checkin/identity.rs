//! Who somebody is: matched by name and phone, tied to one WeChat user, corrected by the organiser.

use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;
use yishiting::base::error::{Coded, describe};
use yishiting::meeting::checkin::CheckIn;
use yishiting::meeting::enrol::{EnrolError, Form, enrol};
use yishiting::meeting::model::{RequestKind, meeting_request};
use yishiting::meeting::requests::{self, Admission};
use yishiting::meeting::roster::Missing;
use yishiting::meeting::{history, roster};
use yishiting::people::model::{identity, person};
use yishiting::people::{follower, person as persons};

use crate::support::hall::{CLOSES, Hall, described};

async fn types(
    hall: &Hall,
    follower: Uuid,
    name: &str,
    unit: &str,
    phone: &str,
) -> Result<CheckIn, EnrolError> {
    let form = Form { unit: unit.to_string(), name: name.to_string(), phone: phone.to_string() };
    let attempt = hall.scan(Uuid::nil());
    enrol(&hall.meetings, &hall.meeting().await, follower, &form, attempt).await
}

fn code(result: Result<CheckIn, EnrolError>) -> &'static str {
    result.unwrap_err().code()
}

// Edge case 15: two people of one name in one unit are told apart by their phones; nothing is chosen silently.
#[tokio::test]
async fn namesakes_in_one_unit_are_told_apart_by_phone() {
    let hall =
        Hall::of_roster(&[("王伟", "市教育局", "13812346021"), ("王伟", "市教育局", "13812346022")]).await;
    let (one, other) = (hall.follower("o1").await, hall.follower("o2").await);
    let first = types(&hall, one, "王伟", "市教育局", "13812346022").await.unwrap();
    let second = types(&hall, other, "王伟", "市教育局", "13812346021").await.unwrap();
    assert_ne!(first.person, second.person);
    let third = hall.follower("o3").await;
    assert_eq!(code(types(&hall, third, "王伟", "市教育局", "13812346023").await), "identity_mismatch");
}

// Edge case 16: spaces, full-width letters, the dot of minority names.
#[tokio::test]
async fn a_name_matches_however_it_is_typed_and_is_shown_as_the_roster_has_it() {
    let hall = Hall::of_roster(&[
        ("阿依古丽·买买提", "市民宗局", "13812346021"),
        ("Li Ming", "市外办", "13812346022"),
    ])
    .await;
    let (one, other) = (hall.follower("o1").await, hall.follower("o2").await);
    let done = types(&hall, one, " 阿依古丽•买 买提 ", "民宗局", "１３８ １２３４ ６０２１").await.unwrap();
    assert_eq!((done.name.as_str(), done.unit.as_str()), ("阿依古丽·买买提", "市民宗局"));
    assert!(types(&hall, other, "ｌｉ　ＭＩＮＧ", "市外办", "+86 138-1234-6022").await.is_ok());
}

// Edge case 17: one digit is wrong in the roster. Nothing of the row is revealed, and the organiser corrects it.
#[tokio::test]
async fn a_mismatch_reveals_and_keeps_nothing_and_the_organiser_can_correct_and_admit() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let phone = hall.follower("o1").await;
    let before = person::Entity::find().count(hall.base.db.read()).await.unwrap();
    let mut told = Vec::new();
    for (name, typed) in [("江一帆", "13812346029"), ("江二帆", "13812346021"), ("无名", "13900000000")]
    {
        let refused = types(&hall, phone, name, "市金融办", typed).await.unwrap_err();
        told.push(describe(&refused));
    }
    assert!(told.iter().all(|one| *one == told[0]) && !told[0].1.contains("6021"), "{told:?}");
    assert_eq!(person::Entity::find().count(hall.base.db.read()).await.unwrap(), before);
    assert_eq!(identity::Entity::find().count(hall.base.db.read()).await.unwrap(), 0);

    let right = described("江一帆", "市金融办", "13812346029");
    let request = ask(&hall, phone, RequestKind::Admit, &right).await;
    let entry = roster::all(hall.base.db.read(), hall.id).await.unwrap().remove(0);
    let admission = Admission { instead_of: Some(entry.id), rebind: false };
    let done = requests::approve(&hall.meetings, hall.id, request.id, admission, "chen").await.unwrap();
    assert_eq!(done.position, 1);
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.others), (1, 1, 0));
    hall.is_clean().await;
}

#[tokio::test]
async fn a_correction_meets_a_row_of_the_right_person_that_was_moved_out() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346029")]).await;
    hall.import_with(&[("江一帆", "市金融办", "13812346021")], Missing::MoveOut).await;
    let phone = hall.follower("o1").await;
    let right = described("江一帆", "市金融办", "13812346029");
    let request = ask(&hall, phone, RequestKind::Admit, &right).await;
    let all = roster::all(hall.base.db.read(), hall.id).await.unwrap();
    let wrong = all.iter().find(|entry| entry.status == "active").unwrap();
    let admission = Admission { instead_of: Some(wrong.id), rebind: false };
    requests::approve(&hall.meetings, hall.id, request.id, admission, "chen").await.unwrap();
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.absent, now.others), (1, 1, 0, 0));
}

// Edge cases 18 and 19: the person has a new WeChat.
#[tokio::test]
async fn a_person_tied_to_another_wechat_is_tied_anew_by_the_organiser_and_keeps_their_history() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let (old, new) = (hall.follower("old").await, hall.follower("new").await);
    let first = types(&hall, old, "江一帆", "市金融办", "13812346021").await.unwrap();
    assert_eq!(code(types(&hall, new, "江一帆", "市金融办", "13812346021").await), "bound_to_other");

    let same = described("江一帆", "市金融办", "13812346021");
    let request = ask(&hall, new, RequestKind::Admit, &same).await;
    let plain = Admission::default();
    let refused = requests::approve(&hall.meetings, hall.id, request.id, plain, "chen").await.unwrap_err();
    assert_eq!(refused.code(), "bound_to_other");
    let anew = Admission { instead_of: None, rebind: true };
    let done = requests::approve(&hall.meetings, hall.id, request.id, anew, "chen").await.unwrap();
    assert_eq!((done.person, done.position), (first.person, 1));

    let db = hall.base.db.read();
    assert_eq!(persons::of_follower(db, new).await.unwrap().unwrap().id, first.person);
    assert!(persons::of_follower(db, old).await.unwrap().is_none());
    let ties = identity::Entity::find().all(db).await.unwrap();
    assert_eq!(ties.iter().filter(|tie| tie.ended_at.is_some()).count(), 1);
    assert_eq!(history::of_person(&hall.base, first.person).await.unwrap().len(), 1);
}

// Edge case 51: who no longer follows the account signs in by the web page all the same.
#[tokio::test]
async fn who_unfollowed_the_account_signs_in_on_the_page() {
    let hall = Hall::open().await;
    let phone = hall.follower("o1").await;
    follower::unfollow(&hall.base, "o1", hall.clock.now()).await.unwrap();
    assert_eq!(types(&hall, phone, "江一帆", "市金融办", "13812346021").await.unwrap().position, 1);
}

// Edge case 27: the unit is that of the roster at the time.
#[tokio::test]
async fn a_later_move_to_another_unit_changes_no_past_meeting() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let phone = hall.follower("o1").await;
    types(&hall, phone, "江一帆", "市金融办", "13812346021").await.unwrap();
    let later = hall.another(|_| {}).await;
    let rows = crate::support::hall::raw(&[("江一帆", "市教育局", "13812346021")]);
    roster::import(&hall.base, later, rows, Missing::Stay, false, "chen").await.unwrap();
    let units: Vec<String> = hall.snapshot().await.by_unit.into_iter().map(|unit| unit.unit).collect();
    assert_eq!(units, ["市金融办"]);
    hall.is_clean().await;
}

// Edge case 8: after the end the button asks the organiser.
#[tokio::test]
async fn a_late_comer_asks_once_and_is_made_up_once() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let phone = hall.follower("o1").await;
    hall.at(CLOSES, 60_000);
    assert_eq!(code(types(&hall, phone, "江一帆", "市金融办", "13812346021").await), "window_closed");
    let who = described("江一帆", "市金融办", "13812346021");
    let request = ask(&hall, phone, RequestKind::MakeUp, &who).await;
    requests::ask(&hall.base, hall.id, phone, RequestKind::MakeUp, &who).await.unwrap();
    assert_eq!(requests::list(&hall.base, hall.id).await.unwrap().len(), 1);

    let approve = || requests::approve(&hall.meetings, hall.id, request.id, Admission::default(), "chen");
    let (first, second) = tokio::join!(approve(), approve());
    assert_eq!((first.unwrap().position, second.unwrap().position), (1, 1));
    let rejected = requests::reject(&hall.base, hall.id, request.id, "chen").await.unwrap_err();
    assert_eq!(rejected.code(), "request_decided");
    assert_eq!(hall.events().await[0].source, "make_up");
    hall.is_clean().await;
}

#[tokio::test]
async fn a_rejected_request_lets_nobody_in_and_stays_rejected() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let phone = hall.follower("o1").await;
    let stranger = described("无名", "某公司", "13900000000");
    let request = ask(&hall, phone, RequestKind::Admit, &stranger).await;
    requests::reject(&hall.base, hall.id, request.id, "chen").await.unwrap();
    requests::reject(&hall.base, hall.id, request.id, "chen").await.unwrap();
    let approved = requests::approve(&hall.meetings, hall.id, request.id, Admission::default(), "chen").await;
    assert_eq!(approved.unwrap_err().code(), "request_decided");
    let elsewhere = hall.another(|_| {}).await;
    let strange = requests::reject(&hall.base, elsewhere, request.id, "chen").await.unwrap_err();
    assert_eq!(strange.code(), "not_found");
    assert_eq!(hall.snapshot().await.present, 0);
}

async fn ask(
    hall: &Hall,
    phone: Uuid,
    kind: RequestKind,
    who: &yishiting::people::person::Described,
) -> meeting_request::Model {
    requests::ask(&hall.base, hall.id, phone, kind, who).await.unwrap();
    requests::list(&hall.base, hall.id).await.unwrap().remove(0)
}
