//! The change of the master key: nothing is lost, nobody becomes two, and the old key can go.

use std::path::PathBuf;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait};
use yishiting::base::Base;
use yishiting::base::privacy::reseal::{Progress, count, reseal};
use yishiting::base::privacy::{Keys, add_key};
use yishiting::meeting::model::RequestKind;
use yishiting::meeting::{Meetings, requests, verify};
use yishiting::people::model::person;
use yishiting::people::phone::Phone;
use yishiting::people::{follower, person as persons};
use yishiting::server;

use crate::support::hall::{Hall, described};

/// A hall in a city that made a new key; what it had is sealed with the old one.
struct Renewed {
    hall: Hall,
    /// The same database, as a server sees it that was started with both keys.
    both: Base,
    file: PathBuf,
}

impl Renewed {
    async fn after(before: impl AsyncFnOnce(&Hall)) -> Renewed {
        let hall = Hall::open().await;
        before(&hall).await;
        let file = hall.base.config.master_key_file.clone();
        assert_eq!(add_key(&file).unwrap(), 2);
        let both = with_keys(&hall.base, Keys::load_or_create(&file).unwrap());
        Renewed { hall, both, file }
    }

    /// As a server sees it that was started after the old key was taken out of the file.
    fn new_only(&self) -> Base {
        let text = std::fs::read_to_string(&self.file).unwrap();
        std::fs::write(&self.file, text.lines().next().unwrap()).unwrap();
        with_keys(&self.hall.base, Keys::load_or_create(&self.file).unwrap())
    }
}

fn with_keys(base: &Base, keys: Keys) -> Base {
    Base { keys, ..base.clone() }
}

async fn reseal_all(base: &Base) -> Progress {
    let mut all = Progress::default();
    for column in server::sealed() {
        let progress = reseal(base, &column, |_| {}).await.unwrap();
        all.done += progress.done;
        all.left += progress.left;
    }
    all
}

async fn phone_of(base: &Base, id: uuid::Uuid) -> String {
    let row = person::Entity::find_by_id(id).one(base.db.read()).await.unwrap().unwrap();
    base.keys.open(persons::PHONE_PLACE, &row.phone_sealed).unwrap()
}

#[tokio::test]
async fn somebody_known_under_the_old_key_is_found_and_stays_one_person() {
    let renewed = Renewed::after(async |hall| {
        hall.person("江一帆", "市金融办", "13812346021").await;
        // Of the same number, and somebody else.
        hall.person("江小帆", "市金融办", "13812346021").await;
    })
    .await;
    let both = &renewed.both;
    let known = described("江一帆", "市金融办", "13812346021");
    let before = persons::find(both, both.db.read(), &known).await.unwrap().unwrap();

    let tx = both.db.write().await.unwrap();
    let ids = persons::ensure_many(both, &tx, std::slice::from_ref(&known)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids, [before.id]);
    assert_eq!(person::Entity::find().count(both.db.read()).await.unwrap(), 2);
    let after = persons::find(both, both.db.read(), &known).await.unwrap().unwrap();
    assert!(after.phone_sealed.starts_with("1.x.2.") && after.phone_hash != before.phone_hash);
    assert_eq!(phone_of(both, before.id).await, "13812346021");
}

#[tokio::test]
async fn after_resealing_the_old_key_is_needed_no_more() {
    let renewed = Renewed::after(async |hall| {
        hall.crowd(450).await;
        let visitor = follower::ensure(&hall.base, "oVisitor").await.unwrap();
        let asked = described("朱立新", "市财政局", "13911118888");
        requests::ask(&hall.base, hall.id, visitor, RequestKind::Admit, &asked).await.unwrap();
    })
    .await;
    let both = &renewed.both;
    assert_eq!(reseal_all(both).await, Progress { done: 451, left: 0 });
    assert_eq!(reseal_all(both).await, Progress::default(), "a repeat finds nothing to do");

    let new_only = renewed.new_only();
    for column in server::sealed() {
        assert_eq!(count(&new_only, &column).await.unwrap().1, 0, "{column:?}");
    }
    let known = described("代表7", "第0局", "13900000007");
    assert!(persons::find(&new_only, new_only.db.read(), &known).await.unwrap().is_some());
    let waiting = requests::list(&new_only, renewed.hall.id).await.unwrap();
    assert_eq!(requests::masked_phone(&new_only, &waiting[0]), "139****8888");
    assert!(verify::verify(&new_only).await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn an_interrupted_resealing_goes_on_where_it_was() {
    let renewed = Renewed::after(async |hall| {
        hall.crowd(450).await;
    })
    .await;
    let both = &renewed.both;
    let column = server::sealed().into_iter().find(|column| column.table == "person").unwrap();
    // Told of its first batch, the command is killed.
    let (told, first) = tokio::sync::oneshot::channel();
    let mut told = Some(told);
    let work = reseal(both, &column, |progress| {
        if let Some(told) = told.take() {
            told.send(progress).unwrap();
        }
    });
    let first = tokio::select! {
        biased;
        first = first => first.unwrap(),
        done = work => panic!("not interrupted: {done:?}"),
    };
    let (counts, _) = count(both, &column).await.unwrap();
    assert!(first.done < 450 && counts[0].1 >= first.done, "{first:?} {counts:?}");
    let rest = reseal(both, &column, |_| {}).await.unwrap();
    assert_eq!((rest.done, rest.left), (450 - counts[0].1, 0));
}

#[tokio::test]
async fn people_sign_in_while_their_city_changes_its_key() {
    let renewed = Renewed::after(async |hall| {
        hall.crowd(300).await;
    })
    .await;
    let both = renewed.both.clone();
    let meetings = Meetings::start(both.clone());
    let again: Vec<_> =
        (0..300).map(|n| described(&format!("代表{n}"), "市政府", &format!("139{n:08}"))).collect();
    let (progress, ()) = tokio::join!(reseal_all(&both), async {
        for chunk in again.chunks(20) {
            let tx = meetings.base.db.write().await.unwrap();
            persons::ensure_many(&meetings.base, &tx, chunk).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    assert_eq!(progress.left, 0);
    assert_eq!(person::Entity::find().count(both.db.read()).await.unwrap(), 300);
    assert_eq!(reseal_all(&both).await, Progress::default());
}

#[tokio::test]
async fn a_value_that_does_not_open_is_left_and_told_and_does_not_stop_the_others() {
    let renewed = Renewed::after(async |hall| {
        let ids = hall.crowd(3).await;
        let broken = person::Entity::find_by_id(ids[1]).one(hall.base.db.read()).await.unwrap().unwrap();
        let mut broken = broken.into_active_model();
        broken.phone_sealed = Set("1.x.1.AAAA".to_string());
        let tx = hall.base.db.write().await.unwrap();
        broken.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
    assert_eq!(reseal_all(&renewed.both).await, Progress { done: 2, left: 1 });
    assert_eq!(reseal_all(&renewed.both).await, Progress { done: 0, left: 1 });
}

#[tokio::test]
async fn the_desk_finds_a_phone_under_either_key() {
    let renewed = Renewed::after(async |hall| {
        hall.import(&[("江一帆", "市金融办", "13812346021")]).await;
    })
    .await;
    let both = &renewed.both;
    let phone = Phone::parse("13812346021").unwrap();
    assert_eq!(phone.hashes(&both.keys).len(), 2);
    let asked = described("江帆", "市金融办", "13812346021");
    let visitor = follower::ensure(both, "oVisitor").await.unwrap();
    requests::ask(both, renewed.hall.id, visitor, RequestKind::Admit, &asked).await.unwrap();
    let waiting = requests::list(both, renewed.hall.id).await.unwrap();
    let found = requests::candidates(both, &waiting[0]).await.unwrap();
    assert_eq!(found.len(), 1, "the same phone, sealed with another key");
}
