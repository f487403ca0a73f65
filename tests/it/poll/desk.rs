//! Polls at the organisers' desk.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::ballot::poll::compose::{Draft, Verb};
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};

use super::{Class, pace};
use crate::support::hall::op;
use crate::support::{ADMIN_PASSWORD, Answer, Client};

/// Somebody at the desk.
pub struct Desk {
    client: Client,
    csrf: String,
    pub path: String,
}

impl Desk {
    pub async fn of(class: &Class, role: Role) -> Desk {
        let name = op().replace('-', "");
        let id = staff::add(&class.base, &name, "陈晓燕", role, ADMIN_PASSWORD, "test").await.unwrap();
        let opened = session::open(&class.base, Kind::Staff, id, "test").await.unwrap();
        let client = class.hall.app.browser().with_cookie("yst_desk", &opened.token);
        let path = format!("/desk/meetings/{}", class.hall.id);
        Desk { client, csrf: opened.session.csrf, path }
    }

    pub async fn opens(&self, path: &str) -> Answer {
        self.client.get(&format!("{}{path}", self.path)).await
    }

    pub async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("csrf", self.csrf.as_str())], fields].concat();
        self.client.post(&format!("{}{path}", self.path), &fields).await
    }

    /// Where the form leads to, read.
    pub async fn led(&self, answer: Answer) -> Answer {
        let to = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.text));
        self.client.get(&to).await
    }
}

#[tokio::test]
async fn an_organiser_writes_opens_shows_and_closes_a_poll() {
    let class = Class::of(3).await;
    let desk = Desk::of(&class, Role::Organiser).await;
    let empty = desk.opens("/polls").await.text;
    assert!(empty.contains("还没有小调查") && empty.contains("互动"), "{empty}");
    let op = desk.opens("/polls/new").await.hidden("op");
    let fields = [
        ("op", op.as_str()),
        ("question", "下午的课，进度合适吗？"),
        ("options", "太快\r\n正好\r\n\r\n太慢"),
        ("choice", "one"),
        ("names", "anonymous"),
    ];
    let made = desk.sends("/polls", &fields).await;
    let repeated = desk.sends("/polls", &fields).await;
    assert_eq!(made.location(), repeated.location());
    let page = desk.led(made).await.text;
    assert!(page.contains("已新建") && page.contains("不是表决，不产生决议"), "{page}");
    let one = format!("/polls/{op}");
    let opened = desk.sends(&format!("{one}/open"), &[("from", "list")]).await;
    assert!(desk.led(opened).await.text.contains("小调查已开始"));
    let id: Uuid = op.parse().unwrap();
    class.answers(id, 0, &[1]).await;
    class.answers(id, 1, &[1]).await;
    let page = desk.led(desk.sends(&format!("{one}/show"), &[]).await).await.text;
    for part in ["已放上大屏", "2 人", "100%", "移开大屏", "这里也查不到"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("代表0"), "{page}");
    desk.sends(&format!("{one}/close"), &[]).await;
    let refused = desk.sends(&format!("{one}/remove"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("这个小调查现在是「已结束」"), "{}", refused.text);
    let log = desk.opens("/log").await;
    assert_eq!(log.status, StatusCode::OK);
}

#[tokio::test]
async fn who_chose_what_is_seen_of_a_named_poll_only() {
    let class = Class::of(2).await;
    let desk = Desk::of(&class, Role::Viewer).await;
    let id = class.opened(Draft { named: true, ..pace() }).await;
    class.answers(id, 1, &[2]).await;
    let page = desk.opens(&format!("/polls/{id}")).await.text;
    assert!(page.contains("代表1") && page.contains("<td>太慢</td>"), "{page}");
    assert!(!page.contains("代表0") && !page.contains("放上大屏</button>"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_a_poll_is_said_and_what_was_typed_stays() {
    let class = Class::of(1).await;
    let desk = Desk::of(&class, Role::Organiser).await;
    let long = "长".repeat(101);
    for (question, options, problem) in [
        ("", "甲\n乙", "请填写题目"),
        (long.as_str(), "甲\n乙", "题目最多 100 个字"),
        ("题目😀", "甲", "至少写 2 个选项"),
        ("题目", "甲\n甲", "选项「甲」写了两次"),
        ("题目", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11", "最多 10 个选项"),
    ] {
        let refused = desk.sends("/polls", &[("question", question), ("options", options)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert!(refused.text.contains(problem) && refused.text.contains(options), "{}", refused.text);
    }
    let draft = class.drafted(pace()).await;
    let form = desk.opens(&format!("/polls/{draft}/edit")).await.text;
    assert!(form.contains("太快\n正好\n太慢"), "{form}");
    let saved =
        desk.sends(&format!("/polls/{draft}/edit"), &[("question", "改"), ("options", "甲\n乙")]).await;
    assert!(desk.led(saved).await.text.contains("已保存"));
    class.does(draft, Verb::Open).await;
    assert_eq!(desk.opens(&format!("/polls/{draft}/edit")).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn viewers_change_nothing_and_strangers_see_nothing() {
    let class = Class::of(1).await;
    let id = class.drafted(pace()).await;
    let viewer = Desk::of(&class, Role::Viewer).await;
    assert_eq!(viewer.opens("/polls").await.status, StatusCode::OK);
    for path in ["/polls".to_string(), format!("/polls/{id}/open"), format!("/polls/{id}/edit")] {
        let refused = viewer.sends(&path, &[("question", "x"), ("options", "1\n2")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    let stranger = class.hall.app.browser();
    let seen = stranger.get(&format!("{}/polls", viewer.path)).await;
    assert!(seen.status.is_redirection() && !seen.text.contains("进度"), "{}", seen.text);
    let elsewhere = class.hall.another(|_| {}).await;
    let crossed = viewer.client.get(&format!("/desk/meetings/{elsewhere}/polls/{id}")).await;
    assert_eq!(crossed.status, StatusCode::NOT_FOUND);
}
