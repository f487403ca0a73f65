//! Polls as people see them on their phones.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::ballot::poll::compose::{Draft, Verb};

use super::{Class, draft, pace};
use crate::support::Answer;

/// Words of formal votes.
const FORMAL: [&str; 6] = ["赞成", "反对", "弃权", "通过", "表决票", "已表决"];

#[track_caller]
fn is_refused(answer: &Answer, status: StatusCode, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(text), "「{text}」 is missing in {}", answer.text);
}

#[tokio::test]
async fn an_open_poll_stands_on_the_meetings_page_and_is_answered_there() {
    let class = Class::of(2).await;
    let (me, page) = (class.phone(0).await, class.page().await);
    assert!(!me.opens(&page).await.text.contains("小调查"));
    let id = class.opened(pace()).await;
    let path = format!("{page}/polls/{id}");
    let mut home = me.opens(&page).await.text;
    while !home.contains("小调查") {
        home = me.opens(&page).await.text;
    }
    assert!(home.contains("进度合适吗") && home.contains(&path) && home.contains("去参加"), "{home}");
    let form = me.opens(&path).await.text;
    for part in ["小调查，不是表决，不产生决议", "单选 · 匿名", "太快", "正好", "太慢", "不记您选了什么"]
    {
        assert!(form.contains(part), "{part} in {form}");
    }
    assert!(FORMAL.iter().all(|word| !form.contains(word)), "{form}");
    let done = me.sends(&path, &[("o", "1")]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.text.contains("已提交") && !done.text.contains("正好"), "{}", done.text);
    let again = me.sends(&path, &[("o", "0")]).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(again.text.contains("匿名小调查不能修改"), "{}", again.text);
    assert_eq!(class.counts(id).await, [0, 1, 0]);
    let list = me.opens(&format!("{page}/polls")).await.text;
    assert!(list.contains("进度合适吗") && list.contains("已答"), "{list}");
}

#[tokio::test]
async fn a_named_poll_says_so_shows_the_own_choice_and_takes_another() {
    let class = Class::of(2).await;
    let id = class.opened(Draft { named: true, multiple: true, ..pace() }).await;
    let (me, path) = (class.phone(0).await, format!("{}/polls/{id}", class.page().await));
    let form = me.opens(&path).await.text;
    assert!(form.contains("会务人员看得到") && form.contains("checkbox"), "{form}");
    let done = me.sends(&path, &[("o", "0"), ("o", "2")]).await.text;
    assert!(done.contains("您的选择") && done.contains("太快、太慢") && done.contains("<form"), "{done}");
    let changed = me.sends(&path, &[("o", "1")]).await.text;
    assert!(changed.contains("已改为您这一次的选择"), "{changed}");
    assert_eq!(class.counts(id).await, [0, 1, 0]);
    // Nobody else sees it.
    let other = class.phone(1).await.opens(&path).await.text;
    assert!(!other.contains("您的选择") && !other.contains("代表0"), "{other}");
}

#[tokio::test]
async fn the_counts_are_on_phones_once_they_were_on_the_screen_and_not_before() {
    let class = Class::of(3).await;
    let id = class.opened(pace()).await;
    let (me, path) = (class.phone(0).await, format!("{}/polls/{id}", class.page().await));
    class.answers(id, 1, &[1]).await;
    class.answers(id, 2, &[1]).await;
    let hidden = |text: &str| !text.contains("人回答") && !text.contains("<progress");
    assert!(hidden(&me.opens(&path).await.text));
    class.does(id, Verb::Close).await;
    let closed = me.opens(&path).await.text;
    assert!(hidden(&closed) && closed.contains("您没有参加"), "{closed}");
    class.does(id, Verb::Show).await;
    class.does(id, Verb::Hide).await;
    let seen = me.opens(&path).await.text;
    assert!(seen.contains("已有 2 人回答") && seen.contains("2 人 · 100%"), "{seen}");
}

#[tokio::test]
async fn whoever_may_not_take_part_is_told_why_and_learns_nothing() {
    let class = Class::of(2).await;
    let page = class.page().await;
    let id = class.opened(pace()).await;
    let path = format!("{page}/polls/{id}");
    let stranger = class.phone(77).await;
    for answer in [
        stranger.opens(&path).await,
        stranger.opens(&format!("{page}/polls")).await,
        stranger.sends(&path, &[("o", "0")]).await,
    ] {
        is_refused(&answer, StatusCode::FORBIDDEN, "您还没有签到。请先签到，再参加互动。");
        assert!(!answer.text.contains("进度合适吗"));
    }
    let me = class.phone(0).await;
    class.steps(0, true).await;
    assert_eq!(me.opens(&path).await.status, StatusCode::OK);
    is_refused(&me.sends(&path, &[("o", "0")]).await, StatusCode::FORBIDDEN, "您登记了离场");
    class.steps(0, false).await;
    for (fields, text) in [
        (&[("o", "9")][..], "选项不在这个小调查里"),
        (&[("o", "甲")], "选项不在这个小调查里"),
        (&[], "还没有选择"),
        (&[("o", "0"), ("o", "1")], "只能选一项"),
    ] {
        is_refused(&me.sends(&path, fields).await, StatusCode::UNPROCESSABLE_ENTITY, text);
    }
    let forged = me.client.post(&path, &[("csrf", "forged"), ("o", "0")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let elsewhere = class.hall.another(|draft| draft.title = "另一个会议".to_string()).await;
    let other = yishiting::meeting::edit::find(&class.base, elsewhere).await.unwrap().code;
    let crossed = me.sends(&format!("/m/{other}/polls/{id}"), &[("o", "0")]).await;
    is_refused(&crossed, StatusCode::FORBIDDEN, "您还没有签到");
    let nobody = class.hall.app.browser().post(&path, &[("o", "0")]).await;
    assert_ne!(nobody.status, StatusCode::OK);
    let draft = class.drafted(pace()).await;
    is_refused(&me.opens(&format!("{page}/polls/{draft}")).await, StatusCode::CONFLICT, "还没有开始");
    let unknown = me.opens(&format!("{page}/polls/{}", Uuid::now_v7())).await;
    is_refused(&unknown, StatusCode::NOT_FOUND, "没有找到这个小调查");
    class.does(id, Verb::Close).await;
    is_refused(&me.sends(&path, &[("o", "0")]).await, StatusCode::CONFLICT, "已经结束");
    assert_eq!((class.counts(id).await, class.answered(id).await), (vec![0, 0, 0], 0));
}

#[tokio::test]
async fn markup_in_a_question_stays_text_and_emoji_stay_emoji() {
    let class = Class::of(1).await;
    let id = class.opened(draft("<script>alert(1)</script> 😀", &["<b>甲</b>", "\"乙\" & 丙"])).await;
    let me = class.phone(0).await;
    let seen = me.opens(&format!("{}/polls/{id}", class.page().await)).await.text;
    assert!(seen.contains("😀") && !seen.contains("<script>alert") && !seen.contains("<b>甲"), "{seen}");
}

#[tokio::test]
async fn phones_that_wait_hear_of_a_change_without_a_look_into_the_database() {
    let class = Class::of(2).await;
    let (me, page) = (class.phone(0).await, class.page().await);
    let status = format!("{page}/polls/status");
    let quiet = me.opens(&status).await.json();
    assert_eq!(quiet["next"], 15_000);
    let id = class.opened(pace()).await;
    let mut seen = me.opens(&status).await.json();
    while seen["stage"] == quiet["stage"] {
        seen = me.opens(&status).await.json();
    }
    assert_eq!(seen["next"], 8_000);
    let own = format!("{page}/polls/{id}/status");
    assert_eq!(me.opens(&own).await.json()["stage"], "open");
    class.does(id, Verb::Show).await;
    class.answers(id, 1, &[0]).await;
    while me.opens(&own).await.json()["stage"] != "open-1" {}
    class.does(id, Verb::Close).await;
    while me.opens(&own).await.json()["stage"] != "closed-1" {}
}
