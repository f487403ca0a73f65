//! The chair at the desk: from a draft to a report that can be verified, and what is refused on the way.

use reqwest::multipart::{Form as Parts, Part};
use reqwest::{Method, StatusCode};
use uuid::Uuid;
use yishiting::ballot::model::State;
use yishiting::ballot::prepare::Draft;
use yishiting::ballot::publish::revisions;
use yishiting::ballot::rules::{Effect, Quorum, Rules, When};
use yishiting::ballot::template;
use yishiting::people::staff::Role;

use crate::desk::office::{reads, sign_in};
use crate::support::chamber::{Chamber, TWO_THIRDS, election, motion, secret};
use crate::support::{Answer, Client};

/// A chamber with somebody at the desk.
struct Chair {
    chamber: Chamber,
    desk: Client,
}

impl Chair {
    async fn of(chamber: Chamber) -> Chair {
        let desk = sign_in(&chamber.hall.app, Role::Organiser).await;
        Chair { chamber, desk }
    }

    fn path(&self, round: Uuid) -> String {
        format!("/desk/meetings/{}/ballots/{round}", self.chamber.hall.id)
    }

    async fn sees(&self, path: &str) -> String {
        let page = self.desk.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        page.text
    }

    async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.desk.get("/desk/meetings").await.hidden("csrf");
        self.desk.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    /// Presses a button of the round's page; the page that it leads to.
    async fn does(&self, round: Uuid, verb: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.posts(&format!("{}/{verb}", self.path(round)), fields).await;
        let to = answer.location().unwrap_or_else(|| panic!("{verb} led nowhere: {}", answer.text));
        self.sees(&to).await
    }

    /// Presses a button and hears no.
    async fn refused(&self, round: Uuid, verb: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.posts(&format!("{}/{verb}", self.path(round)), fields).await;
        assert!(answer.status.is_client_error(), "{verb}: {} {}", answer.status, answer.text);
        answer.text
    }
}

#[tokio::test]
async fn the_chair_takes_a_named_motion_from_its_draft_to_a_verified_report() {
    let chair = Chair::of(Chamber::empty(9).await).await;
    let chamber = &chair.chamber;
    chamber.come(&[0, 1, 2]).await;
    let quorum = Quorum { share: TWO_THIRDS, when: When::OpenAndClose, effect: Effect::Block };
    let rule = chamber.template(Rules { quorum: Some(quorum), ..motion() }).await;
    let list = format!("/desk/meetings/{}/ballots", chamber.hall.id);
    reads(&chair.sees(&list).await, &["aria-current=\"page\">表决", "还没有表决事项"]);
    reads(
        &chair.sees(&format!("{list}/new")).await,
        &["人民代表大会表决议案", "三分之二以上到会", "测试规则"],
    );
    let form = chair.sees(&format!("{list}/new?rule={rule}")).await;
    reads(&form, &["表决事项", "全体有表决权的成员过半数赞成", "议事规则"]);

    let empty = chair.posts(&list, &[("rule", &rule), ("question", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(&empty.text, &["请填写表决事项"]);
    let id = Uuid::now_v7();
    let op = id.to_string();
    let fields =
        [("op", op.as_str()), ("rule", &rule), ("question", "关于批准 <预算> 的议案"), ("seconds", "90")];
    let made = chair.posts(&list, &fields).await;
    assert_eq!(made.location().unwrap(), format!("{}?done=prepared", chair.path(id)));
    // Sent twice is one.
    assert_eq!(chair.posts(&list, &fields).await.status, StatusCode::SEE_OTHER);
    reads(&chair.sees(&list).await, &["关于批准 &#60;预算&#62; 的议案", "起草中"]);
    chair.does(id, "ready", &[]).await;
    reads(
        &chair.sees(&chair.path(id)).await,
        &["待表决", "还差 3 人", "现在不能开始", "还差 3 位有表决权的成员"],
    );
    reads(&chair.refused(id, "open", &[]).await, &["到会人数不够，还差 3 位有表决权的成员", "待表决"]);
    let edited = chair.posts(&format!("{}/edit", chair.path(id)), &fields).await;
    assert_eq!(edited.status, StatusCode::CONFLICT);
    reads(&edited.text, &["待表决", "不能这样操作"]);

    chamber.come(&[3, 4, 5, 6, 7]).await;
    reads(
        &chair.does(id, "open", &[]).await,
        &["表决已开始", "表决中", "剩余时间", "还没有表决的人", "代表0"],
    );
    chamber.all_vote(id, 0..5, "yes").await;
    chamber.all_vote(id, 5..7, "no").await;
    let look = chair.desk.get(&format!("{list}/snapshot")).await.json();
    assert_eq!(
        (&look["ballot"]["open"]["voted"], &look["ballot"]["open"]["expected"]),
        (&7.into(), &8.into())
    );
    assert_eq!(look["ballot"]["open"]["waiting"][0]["name"], "代表7");
    let page = chair.does(id, "close", &[]).await;
    reads(&page, &["表决已结束", "待确认", "2 × 5 &#62; 9，通过", "未按"]);
    chair.does(id, "confirm", &[]).await;
    let early = chair.desk.get(&format!("{}/report.docx", chair.path(id))).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    reads(&early.text, &["结果还没有公布"]);
    reads(&chair.does(id, "publish", &[]).await, &["结果已公布", "下载 Word", "第 1 版", "有效"]);

    for form in ["docx", "pdf"] {
        let file = chair.desk.request(Method::GET, &format!("{}/report.{form}", chair.path(id)));
        assert_eq!(chair.desk.send(file).await.status, StatusCode::OK, "{form}");
    }
    let digest = revisions(chamber.base.db.read(), id).await.unwrap()[0].digest.clone();
    let stranger = chamber.hall.app.browser();
    let told = stranger.get(&format!("/verify?d={digest}")).await.text;
    reads(&told, &["有效", "表决报告", "第 1 项表决", "第 1 版"]);
    assert!(
        !told.contains("预算") && !told.contains("代表"),
        "neither question nor names are told to strangers"
    );
    reads(
        &chair.does(id, "revise", &[("reason", "经复核，维持原结果")]).await,
        &["第 2 版", "第 1 版", "已被新版取代"],
    );
    let told = stranger.get(&format!("/verify?d={digest}")).await.text;
    reads(&told, &["已有更新版本", "第 1 版"]);
    let unknown = stranger.get(&format!("/verify?d={}", "0".repeat(32))).await.text;
    reads(&unknown, &["未知"]);
}

#[tokio::test]
async fn a_file_that_somebody_changed_is_not_ours() {
    let chair = Chair::of(Chamber::of(3).await).await;
    let id = chair.chamber.opened(motion()).await;
    chair.chamber.all_vote(id, 0..2, "yes").await;
    for verb in ["close", "confirm", "publish"] {
        chair.does(id, verb, &[]).await;
    }
    let file = report(&chair, id, "pdf").await;
    assert_eq!(file, report(&chair, id, "pdf").await, "made again it is the same file");
    let stranger = chair.chamber.hall.app.browser();
    let sends = async |bytes: Vec<u8>| {
        let parts = Parts::new().part("file", Part::bytes(bytes).file_name("报告.pdf"));
        stranger.send(stranger.request(Method::POST, "/verify").multipart(parts)).await.text
    };
    reads(&sends(file.clone()).await, &["有效", "与存档完全一致"]);
    let mut changed = file;
    changed.push(b'\n');
    reads(&sends(changed).await, &["未知", "被改动过"]);
}

/// The bytes of a report.
async fn report(chair: &Chair, id: Uuid, form: &str) -> Vec<u8> {
    use yishiting::ballot::report::{Form, export};
    let form = Form::parse(form).unwrap();
    export(&chair.chamber.base, chair.chamber.hall.id, id, form, "chen").await.unwrap().bytes.to_vec()
}

#[tokio::test]
async fn of_a_secret_round_no_page_says_who_waits_or_what_was_chosen_before_its_end() {
    let chair = Chair::of(Chamber::of(6).await).await;
    let id = chair.chamber.opened(secret()).await;
    chair.chamber.all_vote(id, 0..4, "yes").await;
    let page = chair.sees(&chair.path(id)).await;
    reads(&page, &["无记名", "只显示有多少人表决"]);
    assert!(!page.contains("还没有表决的人"));
    let look =
        chair.desk.get(&format!("/desk/meetings/{}/ballots/snapshot", chair.chamber.hall.id)).await.json();
    let open = &look["ballot"]["open"];
    assert_eq!(open["voted"], 4);
    assert!(open["waiting"].is_null() && open["counts"].is_null() && look["ballot"]["last"].is_null());
}

#[tokio::test]
async fn nobody_entitled_is_told_and_nothing_is_opened() {
    let chair = Chair::of(Chamber::empty(3).await).await;
    chair.chamber.import(&[0, 1, 2], Some("否")).await;
    chair.chamber.come(&[0, 1, 2]).await;
    let id = chair.chamber.ready(motion()).await;
    reads(&chair.refused(id, "open", &[]).await, &["名册里没有可以表决的成员"]);
    assert_eq!(chair.chamber.round(id).await.state(), State::Ready);
}

#[tokio::test]
async fn viewers_look_and_change_nothing_and_a_round_of_another_meeting_is_not_there() {
    let chair = Chair::of(Chamber::of(3).await).await;
    let id = chair.chamber.ready(motion()).await;
    let viewer = sign_in(&chair.chamber.hall.app, Role::Viewer).await;
    let page = viewer.get(&chair.path(id)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("开始表决</button>"));
    let csrf = page.hidden("csrf");
    let pressed = viewer.post(&format!("{}/open", chair.path(id)), &[("csrf", &csrf)]).await;
    assert_eq!(pressed.status, StatusCode::FORBIDDEN);
    let other = chair.chamber.hall.another(|_| {}).await;
    for rest in ["", "/report.pdf"] {
        let foreign = chair.desk.get(&format!("/desk/meetings/{other}/ballots/{id}{rest}")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{rest}");
    }
    let foreign = chair.posts(&format!("/desk/meetings/{other}/ballots/{id}/open"), &[]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    // Nobody at the desk votes for others.
    let press = chair.posts(&format!("{}/press", chair.path(id)), &[("option", "yes")]).await;
    assert_eq!(press.status, StatusCode::NOT_FOUND);
    assert_eq!(chair.chamber.round(id).await.state(), State::Ready);
}

#[tokio::test]
async fn a_tied_election_is_run_off_and_what_went_wrong_is_made_void_and_repeated() {
    let chair = Chair::of(Chamber::of(6).await).await;
    let chamber = &chair.chamber;
    let rules = Rules { pass: None, ..election() };
    let id = chamber.elects(rules, &["江一帆", "何敏", "林建华"], 1).await;
    for member in 0..6 {
        chamber.elects_these(id, member, &[member % 2]).await;
    }
    let page = chair.does(id, "close", &[]).await;
    reads(&page, &["安排再次投票", "江一帆、何敏票数相等，需再次投票", "票数相等", "未当选"]);
    reads(
        &chair.does(id, "runoff", &[]).await,
        &["已生成再次投票", "待表决", "再次投票，接第 1 项", "应选 1 名"],
    );
    let second = chamber.ready(motion()).await;
    chair.does(second, "open", &[]).await;
    reads(&chair.refused(second, "void", &[("reason", " ")]).await, &["原因"]);
    reads(
        &chair.does(second, "void", &[("reason", "题目念错")]).await,
        &["已作废", "再次提交表决", "题目念错"],
    );
    reads(&chair.does(second, "repeat", &[]).await, &["已生成新的一项", "再次提交自第 3 项"]);
}

#[tokio::test]
async fn a_count_by_hand_names_its_witnesses_and_is_called_so_everywhere() {
    let chair = Chair::of(Chamber::of(5).await).await;
    let id = chair.chamber.ready(motion()).await;
    reads(&chair.sees(&format!("{}/manual", chair.path(id))).await, &["人工计票", "见证人"]);
    let figures =
        [("method", "hands"), ("present", "5"), ("papers", "5"), ("count-0-0", "4"), ("count-0-1", "1")];
    let short = [figures.as_slice(), &[("count-0-2", "0"), ("witness", "江一帆")]].concat();
    reads(&chair.refused(id, "manual", &short).await, &["见证人", "人工计票"]);
    let wrong =
        [figures.as_slice(), &[("count-0-2", "3"), ("witness", "江一帆"), ("witness", "何敏")]].concat();
    reads(&chair.refused(id, "manual", &wrong).await, &["相加应等于有效票"]);
    let right =
        [figures.as_slice(), &[("count-0-2", "0"), ("witness", "江一帆"), ("witness", "何敏")]].concat();
    reads(&chair.does(id, "manual", &right).await, &["人工计票", "2 × 4 &#62; 5，通过", "江一帆、何敏"]);
    reads(&chair.sees(&format!("/desk/meetings/{}/ballots", chair.chamber.hall.id)).await, &["人工计票"]);
}

#[tokio::test]
async fn a_scan_of_the_papers_stays_with_the_count_and_nothing_but_a_picture_is_taken() {
    let chair = Chair::of(Chamber::of(3).await).await;
    let id = chair.chamber.ready(motion()).await;
    let path = format!("{}/scan", chair.path(id));
    let csrf = chair.desk.get("/desk/meetings").await.hidden("csrf");
    let sends = async |bytes: &'static [u8]| {
        let file = Part::bytes(bytes).file_name("计票单.pdf");
        let parts = Parts::new().text("csrf", csrf.clone()).part("file", file);
        chair.desk.send(chair.desk.request(Method::POST, &path).multipart(parts)).await
    };
    assert_eq!(sends(b"<script>alert(1)</script>").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = sends(b"%PDF-1.4 scan").await.location().unwrap();
    let hash = chair.desk.get(&kept).await.hidden("scan");
    let mut fields = vec![("method", "paper"), ("present", "3"), ("papers", "3"), ("scan", hash.as_str())];
    fields.extend([("count-0-0", "3"), ("count-0-1", "0"), ("count-0-2", "0")]);
    fields.extend([("witness", "江一帆"), ("witness", "何敏")]);
    reads(&chair.does(id, "manual", &fields).await, &["纸质票", "下载计票扫描件"]);
    let scan = chair.desk.get(&path).await;
    assert_eq!(scan.text, "%PDF-1.4 scan");
    assert!(scan.headers["Content-Disposition"].to_str().unwrap().starts_with("attachment"));
}

#[tokio::test]
async fn impossible_rules_are_refused_and_possible_ones_are_a_new_version() {
    let chair = Chair::of(Chamber::empty(1).await).await;
    let base = &chair.chamber.base;
    let key = chair.chamber.template(motion()).await;
    let path = format!("/desk/ballots/{key}");
    assert_eq!(chair.desk.get(&format!("{path}/edit")).await.status, StatusCode::FORBIDDEN);
    let admin = sign_in(&chair.chamber.hall.app, Role::Admin).await;
    let csrf = admin.get(&format!("{path}/edit")).await.hidden("csrf");
    let fields = |num: &'static str, den: &'static str| {
        [
            ("title", "测试规则"),
            ("body", "全体会议"),
            ("source", "议事规则第九条"),
            ("option_key", "yes"),
            ("option_label", "赞成"),
            ("option_role", "yes"),
            ("option_key", "no"),
            ("option_label", "反对"),
            ("option_role", "no"),
            ("pass_op", ">="),
            ("pass_num", num),
            ("pass_den", den),
            ("pass_base", "all"),
        ]
    };
    let send = async |num, den| {
        admin.post(&path, &[&[("csrf", csrf.as_str())], fields(num, den).as_slice()].concat()).await
    };
    for (num, den, said) in [("3", "2", "不能超过全部"), ("1", "0", "分母应在"), ("半", "2", "应是数字")]
    {
        let answer = send(num, den).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{num}/{den}");
        reads(&answer.text, &["还没有保存", said]);
    }
    assert_eq!(template::versions(base, &key).await.unwrap().len(), 1);
    assert_eq!(send("2", "3").await.status, StatusCode::SEE_OTHER);
    let page = chair.sees(&path).await;
    reads(&page, &["第 2 版", "三分之二以上赞成", "第 2 版", "第 1 版"]);
    assert!(!page.contains("生成新版本"), "only administrators change rules");
    reads(&chair.sees("/desk/ballots").await, &["人大常委会表决", "测试规则"]);
    let draft = Draft { template: key, ..chair.chamber.draft(motion()).await };
    let id = chair.chamber.ready_of(draft).await;
    assert_eq!(chair.chamber.round(id).await.template_version, 2);
}

#[tokio::test]
async fn a_wholly_new_rule_begins_as_one_that_there_is_and_has_a_name_of_its_own() {
    let chair = Chair::of(Chamber::empty(1).await).await;
    let base = &chair.chamber.base;
    let path = "/desk/ballots/congress_motion";
    assert_eq!(chair.desk.get(&format!("{path}/copy")).await.status, StatusCode::FORBIDDEN);
    let admin = sign_in(&chair.chamber.hall.app, Role::Admin).await;
    let page = admin.get(&format!("{path}/copy")).await;
    reads(&page.text, &["新建规则", "过半数"]);
    let (csrf, copy) = (page.hidden("csrf"), page.hidden("copy"));
    let send = async |title: &str, copy: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("copy", copy),
            ("title", title),
            ("body", "职工代表大会"),
            ("source", "企业民主管理办法"),
            ("option_key", "yes"),
            ("option_label", "同意"),
            ("option_role", "yes"),
            ("option_key", "no"),
            ("option_label", "不同意"),
            ("option_role", "no"),
            ("pass_op", ">"),
            ("pass_num", "1"),
            ("pass_den", "2"),
            ("pass_base", "all"),
        ];
        admin.post(path, &fields).await
    };
    let refused = send("人民代表大会表决议案", &copy).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(&refused.text, &["已有名称是「人民代表大会表决议案」的规则"]);
    // Pressed twice, it is one rule.
    for _ in 0..2 {
        assert_eq!(send("职工代表大会表决", &copy).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(template::versions(base, &copy).await.unwrap().len(), 1);
    // A key that was not made here changes the rule that the page is of, not some other.
    assert_eq!(send("人民代表大会表决议案", "congress_election").await.status, StatusCode::SEE_OTHER);
    assert_eq!(template::versions(base, "congress_election").await.unwrap().len(), 1);
    assert_eq!(template::versions(base, "congress_motion").await.unwrap().len(), 2);
    reads(&chair.sees("/desk/ballots").await, &["人民代表大会表决议案", "职工代表大会表决"]);
}
