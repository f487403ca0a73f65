//! Questions from the hall, and what organisers do with them.

use futures_util::future::join_all;
use reqwest::StatusCode;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;
use yishiting::ballot::poll::ask::Ask;
use yishiting::ballot::poll::compose::Verb;
use yishiting::ballot::poll::model::{QuestionState, poll_question, poll_upvote};
use yishiting::ballot::poll::moderate::{Decision, Settings, decide, set};
use yishiting::ballot::poll::refusal::PollRefusal;
use yishiting::ballot::poll::verify;
use yishiting::base::error::Coded;
use yishiting::people::staff::Role;

use super::desk::Desk;
use super::{Class, pace};
use crate::support::hall::op;

impl Class {
    /// A class that may ask.
    async fn asking(people: usize, moderated: bool) -> Class {
        let class = Class::of(people).await;
        class.sets(true, moderated).await;
        class
    }

    async fn sets(&self, asking: bool, moderated: bool) {
        set(&self.base, self.hall.id, Settings { asking, moderated }, "chen").await.unwrap();
    }

    async fn tries_to_ask(&self, n: usize, text: &str) -> Result<poll_question::Model, PollRefusal> {
        let (meeting, person) = (self.hall.id, self.people[n]);
        self.polls.ask(&Ask { meeting, person, op: op(), text: text.to_string(), unnamed: false }).await
    }

    async fn asks(&self, n: usize, text: &str) -> Uuid {
        self.tries_to_ask(n, text).await.unwrap().id
    }

    async fn decides(&self, question: Uuid, decision: Decision) -> poll_question::Model {
        decide(&self.base, self.hall.id, question, decision, "chen").await.unwrap()
    }

    async fn joins(&self, n: usize, question: Uuid, up: bool) -> &'static str {
        let done = self.polls.upvote(self.hall.id, question, self.people[n], up).await;
        done.map_or_else(|refusal| refusal.code(), |()| "ok")
    }

    async fn upvotes(&self, question: Uuid) -> i64 {
        let row = poll_question::Entity::find_by_id(question).one(self.base.db.read()).await.unwrap();
        row.unwrap().upvotes
    }
}

#[tokio::test]
async fn nobody_else_sees_a_question_before_it_is_made_public_and_its_asker_hears_what_became_of_it() {
    let class = Class::asking(3, true).await;
    let (me, other) = (class.phone(0).await, class.phone(1).await);
    let page = format!("{}/questions", class.page().await);
    let form = me.opens(&page).await;
    assert!(form.text.contains("提交问题") && form.text.contains("审核后"), "{}", form.text);
    let text = "课件 <b>什么</b> 时候发？😀";
    let fields = [("op", form.hidden("op")), ("text", text.to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = me.sends(&page, &fields).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);
    assert!(
        sent.text.contains("已提交。会务人员审核后") && sent.text.contains("等待会务人员审核"),
        "{}",
        sent.text
    );
    assert!(sent.text.contains("时候发？😀") && !sent.text.contains("<b>什么"), "{}", sent.text);
    // The same form again is the same question.
    me.sends(&page, &fields).await;
    assert_eq!(poll_question::Entity::find().count(class.base.db.read()).await.unwrap(), 1);
    assert!(!other.opens(&page).await.text.contains("时候发"));
    let id = poll_question::Entity::find().one(class.base.db.read()).await.unwrap().unwrap().id;
    // What waits is not to be joined, and not to be shown.
    assert_eq!(class.joins(1, id, true).await, "poll_question_not_found");
    let shown = decide(&class.base, class.hall.id, id, Decision::Show, "chen").await.unwrap_err();
    assert_eq!(shown.code(), "poll_question_state");
    class.decides(id, Decision::Reject).await;
    let told = me.opens(&page).await.text;
    assert!(told.contains("会务人员没有公开这个问题"), "{told}");
    assert!(!other.opens(&page).await.text.contains("时候发"));
    class.decides(id, Decision::Publish).await;
    let seen = other.opens(&page).await.text;
    assert!(
        seen.contains("时候发？😀") && seen.contains("代表0（第0局）") && seen.contains("我也想问"),
        "{seen}"
    );
    class.decides(id, Decision::Answered).await;
    assert!(other.opens(&page).await.text.contains("已回答"));
    assert_eq!(class.joins(1, id, true).await, "poll_question_not_found");
}

#[tokio::test]
async fn a_question_without_a_name_shows_none_to_others_and_the_desk_knows() {
    let class = Class::asking(2, false).await;
    let (me, other) = (class.phone(0).await, class.phone(1).await);
    let page = format!("{}/questions", class.page().await);
    let sent = me.sends(&page, &[("text", "食堂几点开？"), ("unnamed", "yes")]).await;
    assert!(sent.text.contains("已提交。") && sent.text.contains("匿名提问"), "{}", sent.text);
    let seen = other.opens(&page).await.text;
    assert!(seen.contains("食堂几点开") && !seen.contains("代表0"), "{seen}");
    let desk = Desk::of(&class, Role::Organiser).await;
    let list = desk.opens("/polls").await.text;
    assert!(list.contains("代表0 第0局") && list.contains("不向其他人显示姓名"), "{list}");
    // Even where phones see it at once, the screen shows nothing by itself.
    let key = class.hall.meeting().await.screen_key;
    let looked = class.hall.app.browser().get(&format!("/screen/{key}/poll/snapshot")).await.json();
    assert_eq!(looked["poll"]["mode"], "none");
}

#[tokio::test]
async fn questions_are_refused_while_closed_when_too_long_empty_too_many_or_from_outside() {
    let class = Class::of(3).await;
    let code = async |n, text: &str| class.tries_to_ask(n, text).await.unwrap_err().code();
    assert_eq!(code(0, "问").await, "poll_asking_off");
    class.sets(true, true).await;
    assert_eq!(code(0, " \u{200B} ").await, "poll_invalid");
    assert_eq!(code(0, &"长".repeat(201)).await, "poll_invalid");
    class.asks(0, &"长".repeat(200)).await;
    // At once, too, three wait and no more.
    let more =
        join_all((0..5).map(async |n| class.tries_to_ask(0, &format!("第 {n} 问")).await.is_ok())).await;
    assert_eq!(more.iter().filter(|done| **done).count(), 2);
    assert_eq!(code(0, "再问").await, "poll_questions_waiting");
    class.asks(1, "另一位的问题").await;
    class.steps(2, true).await;
    assert_eq!(code(2, "在外面问").await, "poll_away");
    let person = class.hall.person("新来的", "市教育局", "13900009999").await;
    let ask = Ask { meeting: class.hall.id, person, op: op(), text: "问".to_string(), unnamed: false };
    assert_eq!(class.polls.ask(&ask).await.unwrap_err().code(), "poll_not_signed_in");
    let stranger = class.phone(77).await;
    let page = format!("{}/questions", class.page().await);
    for answer in [stranger.opens(&page).await, stranger.sends(&page, &[("text", "问")]).await] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(
            answer.text.contains("您还没有签到") && !answer.text.contains("另一位的问题"),
            "{}",
            answer.text
        );
    }
    let me = class.phone(0).await;
    let typed = "长".repeat(201);
    let refused = me.sends(&page, &[("text", &typed)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("问题最多 200 个字") && refused.text.contains(&typed),
        "what was typed stays"
    );
    let full = me.sends(&page, &[("text", "再问")]).await;
    assert!(full.text.contains("您有 3 个问题还在等待审核"), "{}", full.text);
    for _ in 0..10 {
        me.sends(&page, &[("text", "再问")]).await;
    }
    assert_eq!(me.sends(&page, &[("text", "再问")]).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn everybody_joins_a_question_once_may_take_it_back_and_the_most_joined_stands_first() {
    let class = Class::asking(40, false).await;
    let (first, second) = (class.asks(0, "先问的").await, class.asks(1, "后问的").await);
    assert_eq!(class.joins(2, first, true).await, "ok");
    // Everybody at once, twice.
    let all = join_all((0..80).map(async |n| class.joins(n % 40, second, true).await)).await;
    assert!(all.iter().all(|code| *code == "ok"), "{all:?}");
    assert_eq!((class.upvotes(first).await, class.upvotes(second).await), (1, 40));
    assert_eq!(class.joins(2, second, false).await, "ok");
    assert_eq!(class.joins(2, second, false).await, "ok");
    assert_eq!(class.upvotes(second).await, 39);
    let (me, page) = (class.phone(3).await, format!("{}/questions", class.page().await));
    let seen = me.opens(&page).await.text;
    assert!(seen.find("后问的") < seen.find("先问的"), "{seen}");
    assert!(seen.contains("已支持"), "{seen}");
    let down = me.sends(&format!("{page}/{second}/down"), &[]).await;
    assert_eq!(down.status, StatusCode::OK);
    me.sends(&format!("{page}/{first}/up"), &[]).await;
    assert_eq!((class.upvotes(first).await, class.upvotes(second).await), (2, 38));
    let forged = me.client.post(&format!("{page}/{first}/up"), &[("csrf", "forged")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(me.sends(&format!("{page}/{first}/sideways"), &[]).await.status, StatusCode::NOT_FOUND);
    class.steps(5, true).await;
    assert_eq!(class.joins(5, first, true).await, "poll_away");
    let elsewhere = class.hall.another(|_| {}).await;
    let crossed = class.polls.upvote(elsewhere, first, class.people[0], true).await.unwrap_err();
    assert_eq!(crossed.code(), "poll_question_not_found");
    class.is_clean().await;
    poll_question::Entity::update_many()
        .col_expr(poll_question::Column::Upvotes, Expr::value(99_i64))
        .exec(class.base.db.read())
        .await
        .unwrap();
    let found = verify::verify(&class.base).await.unwrap();
    assert_eq!((found.questions, found.differences.len()), (2, 2));
    assert_eq!(poll_upvote::Entity::find().count(class.base.db.read()).await.unwrap(), 40);
}

#[tokio::test]
async fn an_organiser_puts_one_question_on_the_screen_in_place_of_whatever_was_there() {
    let class = Class::asking(2, true).await;
    let wall = class.hall.app.browser();
    let key = class.hall.meeting().await.screen_key;
    let mut live = wall.listen(&format!("/screen/{key}/poll/stream")).await;
    let poll = class.opened(pace()).await;
    class.does(poll, Verb::Show).await;
    live.until("poll", |seen| seen["mode"] == "poll").await;
    let id = class.asks(0, "课件什么时候发？").await;
    class.decides(id, Decision::Publish).await;
    class.decides(id, Decision::Show).await;
    let seen = live.until("poll", |seen| seen["mode"] == "question").await;
    assert_eq!((&seen["text"], &seen["asker"]), (&"课件什么时候发？".into(), &"代表0（第0局）".into()));
    class.joins(1, id, true).await;
    live.until("poll", |seen| seen["joined"] == "1 人想问").await;
    // Not public any more: off the wall at once.
    class.decides(id, Decision::Reject).await;
    live.until("poll", |seen| seen["mode"] == "none").await;
    class.decides(id, Decision::Publish).await;
    class.decides(id, Decision::Show).await;
    class.does(poll, Verb::Show).await;
    let seen = live.until("poll", |seen| seen["mode"] == "poll").await;
    assert_eq!(seen["asker"], "");
}

#[tokio::test]
async fn the_desk_opens_the_floor_and_moderates_and_others_may_not() {
    let class = Class::of(2).await;
    let desk = Desk::of(&class, Role::Organiser).await;
    let switched = desk.sends("/questions", &[("asking", "yes"), ("moderated", "yes")]).await;
    assert!(desk.led(switched).await.text.contains("提问设置已保存"));
    let home = class.phone(1).await.opens(&class.page().await).await.text;
    assert!(home.contains("/questions") && home.contains("提问"), "{home}");
    let id = class.asks(0, "<script>x</script>问").await;
    let list = desk.opens("/polls").await.text;
    assert!(list.contains("等待审核") && !list.contains("<script>x"), "{list}");
    let public = desk.sends(&format!("/questions/{id}/publish"), &[]).await;
    assert!(desk.led(public).await.text.contains("已公开，其他参会人看得到了"));
    for word in ["show", "hide", "answered", "reject"] {
        let done = desk.sends(&format!("/questions/{id}/{word}"), &[]).await;
        assert!(done.status.is_redirection(), "{word}: {}", done.text);
    }
    let refused = desk.sends(&format!("/questions/{id}/answered"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("这个问题现在是「未公开」"), "{}", refused.text);
    let viewer = Desk::of(&class, Role::Viewer).await;
    for path in ["/questions".to_string(), format!("/questions/{id}/publish")] {
        assert_eq!(viewer.sends(&path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let off = desk.sends("/questions", &[("moderated", "yes")]).await;
    assert!(off.status.is_redirection());
    assert_eq!(class.tries_to_ask(0, "问").await.unwrap_err().code(), "poll_asking_off");
    let row = poll_question::Entity::find_by_id(id).one(class.base.db.read()).await.unwrap().unwrap();
    assert_eq!(row.state(), QuestionState::Rejected);
}
