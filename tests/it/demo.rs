//! `yishiting demo`, as a newcomer starts it.

use std::path::Path;
use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::json;

use crate::support::program::command;
use crate::support::{Citizen, Client, Program};

/// The demo at work, and where its first lines lead.
struct Demo {
    program: Program,
    site: String,
    simulator: String,
    dashboard: String,
}

impl Demo {
    /// Starts it on free ports with every detail logged to `log` in `folder`.
    fn start(folder: &Path) -> Demo {
        let words =
            ["demo", "--listen", "127.0.0.1:0", "--simulator-listen", "127.0.0.1:0", "--log", "debug"];
        let mut start = command(folder, &words);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        start.stderr(Stdio::from(log));
        let mut program = Program::start_logged(start);
        let mut said = Vec::new();
        loop {
            let line = program.line().unwrap();
            if let Some(site) = line.strip_prefix("ready ") {
                let link = |about: &str| -> String {
                    let line = said.iter().find(|line: &&String| line.contains(about)).unwrap();
                    line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_string()
                };
                let dashboard = link("工作台").split('　').next().unwrap().to_string();
                return Demo { site: site.to_string(), simulator: link("手机"), dashboard, program };
            }
            said.push(line);
        }
    }

    /// The meeting under way, as a program sees it.
    async fn meeting(&self) -> (Client, String) {
        let password = json!({"username": "admin", "password": "demo-2026"});
        let told = Client::browser(self.site.clone()).post_json("/api/v1/login", &password).await.json();
        let program = Client::browser(self.site.clone()).with_bearer(told["token"].as_str().unwrap());
        (program, self.dashboard.rsplit('/').next().unwrap().to_string())
    }
}

#[tokio::test]
async fn a_newcomer_finds_three_meetings_and_signs_in_to_the_one_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let welcome = Client::browser(demo.site.clone()).get("/").await;
    for part in ["打开大屏", "打开手机", "打开工作台", "demo-2026", &demo.simulator] {
        assert!(welcome.text.contains(part), "{part} in {}", welcome.text);
    }
    let (program, id) = demo.meeting().await;
    let meetings = program.get("/api/v1/meetings").await.json();
    assert_eq!(meetings["items"].as_array().unwrap().len(), 3, "{meetings}");
    let meeting = program.get(&format!("/api/v1/meetings/{id}")).await.json();
    let code = meeting["code"].as_str().unwrap();

    let guest = Citizen::follow("欧阳慧敏", demo.site.clone(), &demo.simulator).await;
    let page = guest.opens(&format!("/m/{code}")).await;
    let mut fields = vec![("unit", "市图书馆"), ("name", "欧阳慧敏"), ("phone", "13900071234")];
    let csrf = page.hidden("csrf");
    fields.push(("csrf", &csrf));
    let done = guest.phone.post(&format!("/m/{code}/checkin"), &fields).await;
    assert!(done.status.is_success() || done.status.is_redirection(), "{}", done.text);
    assert!(guest.opens(&format!("/m/{code}")).await.text.contains("签到成功"));
    assert!(guest.says("我的会议").await.contains("已签到"));

    assert!(demo.program.terminate().success());
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.lines().count() > 10, "the log was read");
    for personal in ["13900071234", "欧阳慧敏", guest.openid.as_str(), "demo-2026"] {
        assert!(!log.contains(personal), "{personal} stands in the log");
    }
}

#[tokio::test]
async fn a_second_start_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = Demo::start(folder.path());
    let dashboard = first.dashboard.rsplit('/').next().unwrap().to_string();
    assert!(first.program.terminate().success());
    let second = Demo::start(folder.path());
    let (program, id) = second.meeting().await;
    assert_eq!(id, dashboard);
    let meetings = program.get("/api/v1/meetings").await.json();
    assert_eq!(meetings["items"].as_array().unwrap().len(), 3, "{meetings}");
    assert!(second.program.terminate().success());
}

#[test]
fn it_is_not_for_other_machines() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = crate::support::program::run(folder.path(), &["demo", "--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("只在本机使用"), "{text}");
}

#[tokio::test]
async fn the_first_page_leads_to_pages_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let visitor = Client::browser(demo.site.clone());
    let welcome = visitor.get("/").await.text;
    let links: Vec<&str> =
        welcome.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() >= 4, "{links:?}");
    for link in links {
        let answer = visitor.open(link).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}");
    }
    assert!(demo.program.terminate().success());
}
