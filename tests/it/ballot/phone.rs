//! Votes as people see them on their phones.

use chrono::TimeDelta;
use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::ballot::model::State;
use yishiting::ballot::prepare;
use yishiting::ballot::rules::{Display, Press, Rules};
use yishiting::ballot::{confirm, publish, recuse};
use yishiting::people::person::{self, Described};
use yishiting::people::phone::Phone as Number;
use yishiting::people::session::{self, Kind};
use yishiting::people::{follower, staff};

use crate::support::chamber::{Chamber, election, motion, secret};
use crate::support::hall::op;
use crate::support::{Answer, Client};

/// A member's phone.
pub struct Phone {
    pub client: Client,
    csrf: String,
}

/// The phone of member `n`, whose owner is known.
pub async fn phone(chamber: &Chamber, n: usize) -> Phone {
    let base = &chamber.base;
    let phone = stranger(chamber).await;
    let described = Described {
        name: format!("代表{n}"),
        unit: format!("第{}局", n % 7),
        phone: Number::parse(&format!("139{n:08}")).unwrap(),
    };
    let tx = base.db.write().await.unwrap();
    person::bind(base, &tx, phone.1, &described).await.unwrap();
    tx.commit().await.unwrap();
    phone.0
}

/// A phone whose owner never told who they are.
pub async fn stranger(chamber: &Chamber) -> (Phone, Uuid) {
    let follower = follower::ensure(&chamber.base, &format!("o-{}", op())).await.unwrap();
    let opened = session::open(&chamber.base, Kind::Follower, follower, "test").await.unwrap();
    let client = chamber.hall.app.browser().with_cookie("yst_phone", &opened.token);
    (Phone { client, csrf: opened.session.csrf }, follower)
}

impl Phone {
    pub async fn opens(&self, path: &str) -> Answer {
        self.client.get(path).await
    }

    /// Posts a paper; `marks` as the form has them.
    pub async fn votes(&self, path: &str, marks: &[(&str, &str)]) -> Answer {
        let operation = Uuid::new_v4().to_string();
        let fields = [&[("csrf", self.csrf.as_str()), ("op", operation.as_str())], marks].concat();
        self.client.post(path, &fields).await
    }
}

impl Chamber {
    pub async fn page(&self) -> String {
        format!("/m/{}", self.hall.meeting().await.code)
    }

    pub async fn path(&self, round: Uuid) -> String {
        format!("{}/ballots/{round}", self.page().await)
    }

    /// How many have voted.
    pub async fn papers(&self, round: Uuid) -> usize {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use yishiting::ballot::model::ballot_receipt;
        let found = ballot_receipt::Entity::find()
            .filter(ballot_receipt::Column::RoundId.eq(round))
            .all(self.base.db.read())
            .await;
        found.unwrap().len()
    }
}

#[track_caller]
pub fn is_refused(answer: &Answer, status: StatusCode, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(text), "「{text}」 is missing in {}", answer.text);
}

#[tokio::test]
async fn a_named_vote_is_one_tap_and_a_repeat_is_calm() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(motion()).await;
    let (path, me) = (chamber.path(id).await, phone(&chamber, 0).await);
    let paper = me.opens(&path).await;
    for part in ["关于批准年度预算的议案", "记名表决", "赞成", "反对", "弃权", "过半数赞成", "会和姓名一起"]
    {
        assert!(paper.text.contains(part), "{part} in {}", paper.text);
    }
    let voted = me.votes(&path, &[("m1", "0")]).await;
    assert_eq!(voted.status, StatusCode::OK);
    assert!(voted.text.contains("已表决") && voted.text.contains("您的一票已计入"), "{}", voted.text);
    let again = me.votes(&path, &[("m1", "1")]).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(again.text.contains("以第一次为准，这次没有改变"), "{}", again.text);
    let seen = me.opens(&path).await.text;
    assert!(seen.contains("已表决") && !seen.contains("<form"), "{seen}");
    assert_eq!(chamber.counted(id).await.verdict.items[0].counts, [1, 0, 0]);
}

#[tokio::test]
async fn where_the_last_press_counts_the_phone_shows_the_choice_and_changes_it() {
    let chamber = Chamber::of(2).await;
    let id = chamber.opened(Rules { press: Press::Last, ..motion() }).await;
    let (path, me) = (chamber.path(id).await, phone(&chamber, 0).await);
    me.votes(&path, &[("m1", "0")]).await;
    let changed = me.votes(&path, &[("m1", "1")]).await.text;
    assert!(changed.contains("已改为您这一次的选择") && changed.contains("您的选择"), "{changed}");
    assert!(me.opens(&path).await.text.contains("<form"));
    assert_eq!(chamber.counted(id).await.verdict.items[0].counts, [0, 1, 0]);
}

// Equal sizes: whoever watches the wire learns nothing from lengths.
#[tokio::test]
async fn a_secret_choice_is_never_shown_again_and_all_requests_and_answers_are_equally_long() {
    let chamber = Chamber::of(6).await;
    let id = chamber.opened(secret()).await;
    let path = chamber.path(id).await;
    let mut lengths = Vec::new();
    for (n, place) in ["0", "1", "2"].iter().enumerate() {
        let me = phone(&chamber, n).await;
        let paper = me.opens(&path).await.text;
        assert!(paper.contains("系统只记您已投票") && paper.contains("仍有可能推断"), "{paper}");
        let voted = me.votes(&path, &[("m1", place)]).await;
        assert!(voted.text.contains("已表决") && voted.text.contains("没有保存您的选择"), "{}", voted.text);
        for page in [&voted.text, &me.opens(&path).await.text] {
            assert!(![">赞成<", ">反对<", ">弃权<"].iter().any(|option| page.contains(option)), "{page}");
        }
        lengths.push(voted.text.len());
    }
    lengths.dedup();
    assert_eq!(lengths.len(), 1, "{lengths:?}");
    let sheet = chamber.paths_of_papers(id).await;
    assert!(sheet.iter().all(|field| field.len() == 1), "one digit an item: {sheet:?}");
}

impl Chamber {
    /// What the paper's fields send, for each option.
    async fn paths_of_papers(&self, round: Uuid) -> Vec<String> {
        let page = phone(self, 5).await.opens(&self.path(round).await).await.text;
        let values = page.split("type=\"radio\"").skip(1);
        let value =
            |rest: &str| rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
        values.map(value).collect()
    }
}

#[tokio::test]
async fn an_election_takes_as_many_as_there_are_seats_and_says_so() {
    let chamber = Chamber::of(4).await;
    let id = chamber.elects(election(), &["江一帆", "林建华", "陈晓燕"], 2).await;
    let (path, me) = (chamber.path(id).await, phone(&chamber, 0).await);
    let paper = me.opens(&path).await.text;
    assert!(paper.contains("3 人中选 2 人") && paper.contains("林建华"), "{paper}");
    let many = me.votes(&path, &[("m1", "0"), ("m2", "0"), ("m3", "0")]).await;
    is_refused(&many, StatusCode::UNPROCESSABLE_ENTITY, "最多选 2 人，没有计入");
    let voted = me.votes(&path, &[("m1", "0"), ("m2", "2"), ("m3", "1")]).await;
    assert_eq!(voted.status, StatusCode::OK, "{}", voted.text);
    assert_eq!(chamber.counted(id).await.turnout.voted, 1);
}

#[tokio::test]
async fn whoever_may_not_vote_is_told_why_and_nothing_changes() {
    let chamber = Chamber::empty(8).await;
    chamber.come(&[0, 1, 2, 3, 4, 5]).await;
    chamber.import(&[1], Some("否")).await;
    let id = chamber.opened(motion()).await;
    let path = chamber.path(id).await;
    recuse::recuse(&chamber.base, id, chamber.people[2], "亲属", "chen").await.unwrap();
    chamber.steps(3, true).await;
    for (n, text) in [(6, "您还没有签到"), (1, "没有表决权"), (2, "登记了回避"), (3, "登记了离场")]
    {
        let me = phone(&chamber, n).await;
        let page = me.opens(&path).await;
        assert!(page.text.contains(text) && !page.text.contains("<form"), "{text} in {}", page.text);
        is_refused(&me.votes(&path, &[("m1", "0")]).await, StatusCode::FORBIDDEN, text);
    }
    // Whoever is not on the roster learns nothing of what is decided.
    let (outsider, _) = stranger(&chamber).await;
    for answer in [outsider.opens(&path).await, outsider.votes(&path, &[("m1", "0")]).await] {
        is_refused(&answer, StatusCode::FORBIDDEN, "您还没有签到");
        assert!(!answer.text.contains("年度预算"));
    }
    let nobody = chamber.hall.app.browser();
    let unknown = nobody.post(&path, &[("m1", "0")]).await;
    assert!(!unknown.text.contains("已表决") && unknown.status != StatusCode::OK, "{}", unknown.text);
    let clerk = chamber.hall.app.program_of(staff::Role::Admin).await;
    assert_ne!(clerk.post(&path, &[("m1", "0")]).await.status, StatusCode::OK);
    assert_eq!(chamber.papers(id).await, 0);
    // Back in the room, the right is back.
    chamber.steps(3, false).await;
    assert_eq!(phone_of(&chamber, 3).await.votes(&path, &[("m1", "0")]).await.status, StatusCode::OK);
    assert_eq!(chamber.papers(id).await, 1);
}

/// Another session of a member whose phone is known.
async fn phone_of(chamber: &Chamber, n: usize) -> Phone {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    use yishiting::people::model::identity;
    let tie = identity::Entity::find()
        .filter(identity::Column::PersonId.eq(chamber.people[n]))
        .one(chamber.base.db.read())
        .await;
    let opened = session::open(&chamber.base, Kind::Follower, tie.unwrap().unwrap().follower_id, "test")
        .await
        .unwrap();
    let client = chamber.hall.app.browser().with_cookie("yst_phone", &opened.token);
    Phone { client, csrf: opened.session.csrf }
}

#[tokio::test]
async fn papers_that_are_wrong_late_early_or_forged_change_nothing() {
    let chamber = Chamber::of(3).await;
    let ready = chamber.ready(motion()).await;
    let me = phone(&chamber, 0).await;
    let early = chamber.path(ready).await;
    let waits = me.opens(&early).await;
    assert!(waits.text.contains("表决还没有开始") && !waits.text.contains("年度预算"), "{}", waits.text);
    is_refused(&me.votes(&early, &[("m1", "0")]).await, StatusCode::CONFLICT, "还没有开始");

    let draft = Uuid::now_v7();
    prepare::prepare(&chamber.base, chamber.hall.id, draft, chamber.draft(motion()).await, "chen")
        .await
        .unwrap();
    assert_eq!(me.opens(&chamber.path(draft).await).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.opens(&chamber.path(Uuid::now_v7()).await).await.status, StatusCode::NOT_FOUND);

    let id = chamber.opened(motion()).await;
    let path = chamber.path(id).await;
    for wrong in [&[("m1", "7")][..], &[("m1", "yes")], &[("m2", "0")], &[("m1", "0"), ("m1", "1")]] {
        is_refused(&me.votes(&path, wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "没有计入");
    }
    is_refused(&me.votes(&path, &[]).await, StatusCode::UNPROCESSABLE_ENTITY, "没选的项目");
    let forged = me.client.post(&path, &[("csrf", "forged"), ("m1", "0")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let elsewhere = chamber.hall.another(|draft| draft.title = "另一个会议".to_string()).await;
    let other = yishiting::meeting::edit::find(&chamber.base, elsewhere).await.unwrap().code;
    let crossed = me.votes(&format!("/m/{other}/ballots/{id}"), &[("m1", "0")]).await;
    is_refused(&crossed, StatusCode::NOT_FOUND, "没有找到这项表决");
    assert_eq!(chamber.papers(id).await, 0);

    me.votes(&path, &[("m1", "0")]).await;
    chamber.close(id).await;
    let late = phone(&chamber, 1).await.votes(&path, &[("m1", "0")]).await;
    is_refused(&late, StatusCode::CONFLICT, "没有计入");
    let calm = me.votes(&path, &[("m1", "0")]).await;
    assert_eq!(calm.status, StatusCode::OK, "{}", calm.text);
    assert_eq!(chamber.papers(id).await, 1);
}

#[tokio::test]
async fn time_that_is_up_refuses_before_anybody_has_closed() {
    let chamber = Chamber::of(2).await;
    let id = chamber.opened(Rules { seconds: Some(60), ..motion() }).await;
    let (path, me) = (chamber.path(id).await, phone(&chamber, 0).await);
    assert!(me.opens(&path).await.text.contains("data-left"));
    chamber.hall.clock.advance(TimeDelta::seconds(60));
    is_refused(&me.votes(&path, &[("m1", "0")]).await, StatusCode::CONFLICT, "已经结束");
    assert!(me.opens(&path).await.text.contains("表决时间已到"));
}

#[tokio::test]
async fn a_result_is_on_phones_when_its_rules_show_it_and_not_a_moment_before() {
    let chamber = Chamber::of(5).await;
    let rules = Rules { display: Display::AfterPublish, ..secret() };
    let id = chamber.opened(rules).await;
    let (path, me) = (chamber.path(id).await, phone(&chamber, 0).await);
    let list = format!("{}/ballots", chamber.page().await);
    chamber.all_vote(id, 0..4, "yes").await;
    let hidden = async |what: &str| {
        for path in [&path, &list, &format!("{path}/status")] {
            let seen = me.opens(path).await.text;
            assert!(!seen.contains("2 × 4") && !seen.contains("通过<"), "{what}: {seen}");
        }
    };
    hidden("open").await;
    chamber.close(id).await;
    hidden("closed").await;
    assert!(me.opens(&path).await.text.contains("结果公布后"));
    confirm::confirm_at_desk(&chamber.base, id, "chen").await.unwrap();
    hidden("confirmed").await;
    publish::publish(&chamber.base, id, "chen").await.unwrap();
    let seen = me.opens(&path).await.text;
    assert!(seen.contains("2 × 4 &#62; 5，通过") || seen.contains("2 × 4 &gt; 5，通过"), "{seen}");
    assert!(me.opens(&list).await.text.contains("通过"));
}

#[tokio::test]
async fn phones_that_wait_hear_of_a_round_and_of_its_end_without_a_look_into_the_database() {
    let chamber = Chamber::of(3).await;
    let me = phone(&chamber, 0).await;
    let page = chamber.page().await;
    let status = format!("{page}/ballots/status");
    let quiet = me.opens(&status).await.json();
    assert_eq!((&quiet["open"], &quiet["next"]), (&serde_json::Value::Null, &15_000.into()));
    let id = chamber.opened(motion()).await;
    let mut seen = me.opens(&status).await.json();
    while seen["open"].is_null() {
        seen = me.opens(&status).await.json();
    }
    assert_eq!((&seen["open"], &seen["next"]), (&id.to_string().into(), &2_500.into()));
    let home = me.opens(&page).await.text;
    assert!(home.contains("正在表决") && home.contains(&format!("{page}/ballots/{id}")), "{home}");

    let own = format!("{}/status", chamber.path(id).await);
    let before = me.opens(&own).await.json()["stage"].clone();
    me.votes(&chamber.path(id).await, &[("m1", "0")]).await;
    chamber.close(id).await;
    while me.opens(&own).await.json()["stage"] == before {}
    assert_eq!(chamber.round(id).await.state(), State::Closed);
    let home = me.opens(&page).await.text;
    assert!(!home.contains("正在表决") && home.contains("本次会议的表决"), "{home}");
}

#[tokio::test]
async fn scrutineers_see_the_count_after_the_close_and_confirm_it_on_their_phones() {
    let chamber = Chamber::of(5).await;
    let rules = Rules { scrutineers: 1, display: Display::AfterPublish, ..secret() };
    let id = chamber.opened(rules).await;
    confirm::appoint(&chamber.base, id, &[chamber.people[0]], "chen").await.unwrap();
    let path = format!("{}/confirm", chamber.path(id).await);
    let (watcher, other) = (phone(&chamber, 0).await, phone(&chamber, 1).await);
    chamber.all_vote(id, 0..5, "yes").await;
    let early = watcher.opens(&path).await.text;
    assert!(early.contains("计票完成后") && !early.contains("2 × 5"), "{early}");
    is_refused(&watcher.votes(&path, &[]).await, StatusCode::CONFLICT, "不能这样操作");
    chamber.close(id).await;
    is_refused(&other.opens(&path).await, StatusCode::FORBIDDEN, "不是这项表决的监票人");
    is_refused(&other.votes(&path, &[]).await, StatusCode::FORBIDDEN, "不是这项表决的监票人");
    assert!(watcher.opens(&chamber.path(id).await).await.text.contains("您是监票人"));
    let count = watcher.opens(&path).await.text;
    assert!(count.contains("2 × 5") && count.contains("确认计票无误"), "{count}");
    assert_eq!(watcher.votes(&path, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(chamber.round(id).await.state(), State::Confirmed);
    assert!(watcher.opens(&path).await.text.contains("您已确认计票"));
    assert_eq!(watcher.votes(&path, &[]).await.status, StatusCode::SEE_OTHER);
}
