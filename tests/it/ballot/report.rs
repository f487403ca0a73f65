//! Reports as people read them: opened in LibreOffice and by Poppler.

use std::process::Command;

use uuid::Uuid;
use yishiting::ballot::report::{Form, export};
use yishiting::ballot::rules::{Quorum, Rules, When};
use yishiting::ballot::{confirm, publish};

use crate::desk::office::reads;
use crate::support::chamber::{Chamber, TWO_THIRDS, election, motion, secret};

/// The text of a published round's report in both forms, after LibreOffice opened one and Poppler the other.
async fn read(chamber: &Chamber, round: Uuid) -> [String; 2] {
    let file = async |form| export(&chamber.base, chamber.hall.id, round, form, "chen").await.unwrap();
    let (docx, pdf) = (file(Form::Docx).await, file(Form::Pdf).await);
    assert!(docx.name.starts_with("表决报告-") && docx.name.ends_with("第1版.docx"), "{}", docx.name);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.docx"), &docx.bytes).unwrap();
    std::fs::write(folder.path().join("b.pdf"), &pdf.bytes).unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.path().display());
    let out = Command::new("soffice")
        .args([&profile, "--headless", "--norestore", "--convert-to", "pdf", "--outdir"])
        .arg(folder.path())
        .arg(folder.path().join("a.docx"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    ["a.pdf", "b.pdf"].map(|name| {
        let out =
            Command::new("pdftotext").arg("-layout").arg(folder.path().join(name)).arg("-").output().unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{name}: {out:?}");
        // Where a line is broken is the form's own matter.
        String::from_utf8(out.stdout).unwrap().split_whitespace().collect()
    })
}

async fn published(chamber: &Chamber, round: Uuid) {
    chamber.close(round).await;
    confirm::confirm_at_desk(&chamber.base, round, "chen").await.unwrap();
    publish::publish(&chamber.base, round, "chen").await.unwrap();
}

#[tokio::test]
async fn the_report_of_a_named_motion_says_everything_that_decided_it() {
    let chamber = Chamber::of(9).await;
    let quorum = Quorum {
        share: TWO_THIRDS,
        when: When::OpenAndClose,
        effect: yishiting::ballot::rules::Effect::Block,
    };
    let id = chamber.opened(Rules { quorum: Some(quorum), ..motion() }).await;
    chamber.all_vote(id, 0..5, "yes").await;
    chamber.all_vote(id, 5..7, "no").await;
    chamber.steps(8, true).await;
    published(&chamber, id).await;
    let hash: String = chamber.round(id).await.text_hash.unwrap();
    for text in read(&chamber, id).await {
        reads(&text, &["表决结果报告", "核验编码", "关于批准年度预算的议案", "内容校验值", "2×5>9，通过"]);
        reads(
            &text,
            &["有表决权", "9人", "参加表决", "7人", "离场", "1人", "3×9≥2×9，达到", "3×8≥2×9，达到"],
        );
        reads(&text, &["测试规则（第1版）", "议事规则", "全体有表决权的成员过半数赞成", "记名表决名单"]);
        reads(&text, &["代表0", "已表决", "赞成", "代表6", "反对", "代表7", "未按", "代表8", "离场"]);
        reads(&text, &["主持人（签字）"]);
        assert!(text.contains(&hash[..8]) && text.contains("第1版"));
    }
}

#[tokio::test]
async fn the_report_of_a_secret_vote_says_who_voted_and_never_how() {
    let chamber = Chamber::of(6).await;
    let id = chamber.opened(secret()).await;
    chamber.all_vote(id, 0..4, "yes").await;
    chamber.all_vote(id, 4..5, "no").await;
    published(&chamber, id).await;
    for text in read(&chamber, id).await {
        reads(&text, &["2×4>6，通过", "无记名，只列是否参加表决", "代表0", "已表决", "代表5", "未按"]);
        let names = text.split("五、").nth(1).unwrap();
        assert!(!names.contains("赞成") && !names.contains("反对"), "{names}");
    }
}

#[tokio::test]
async fn the_report_of_an_election_names_the_elected() {
    let chamber = Chamber::of(6).await;
    let id = chamber.elects(election(), &["江一帆", "何敏"], 1).await;
    for member in 0..6 {
        chamber.elects_these(id, member, &[usize::from(member == 0)]).await;
    }
    published(&chamber, id).await;
    for text in read(&chamber, id).await {
        reads(&text, &["1人当选：江一帆", "候选人", "江一帆", "2×5>6", "当选", "何敏", "未当选"]);
    }
}
