//! When the machine or the converter fails, nothing is lost and somebody hears of it.

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::stream;
use yishiting::base::error::Coded;
use yishiting::document::{CHANNEL, Dpi, State, Tools};

use super::{Desk, failed_because, pieces, samples};
use crate::support::TestApp;

#[tokio::test]
async fn without_converters_files_are_kept_and_get_their_pages_when_converters_come() {
    let desk = Desk::open().await.equipped(Tools::default());
    let bytes = samples::pdf(2, "");
    let document = desk.convert("a.pdf", &bytes).await;
    assert_eq!(failed_because(&document), "preview_missing");
    assert_eq!(document.reason_text(), Some("暂时无法预览，可下载后查看。"));
    assert_eq!(desk.original(&document.hash).await, bytes);
    assert_eq!(desk.documents.resume().await.unwrap(), 0, "nothing has come yet");

    let desk = desk.equipped(Tools::find().await);
    assert_eq!(desk.documents.resume().await.unwrap(), 1);
    desk.work().await;
    assert_eq!(desk.state(&document.hash).await.state, State::Ready);
}

#[tokio::test]
async fn a_converter_that_fails_gets_a_second_try_and_no_third() {
    let deck = samples::pptx(2);
    for lie in [
        "exit 0",
        "exit 3",
        "touch /job/out/in.pdf",
        "echo no pdf > /job/out/in.pdf",
        "cp /job/in.pptx /job/out/a.pdf; cp /job/in.pptx /job/out/b.pdf",
    ] {
        let desk = Desk::open().await;
        let tools = desk.documents.tools().await.clone();
        let desk = desk.equipped(tools.office(&["sh", "-c", lie]));
        let received = desk.take("a.pptx", &deck).await.unwrap();
        desk.worker.run_due().await.unwrap();
        assert_eq!(desk.state(&received.hash).await.state, State::Waiting, "{lie}: one more try");
        desk.work().await;
        let document = desk.state(&received.hash).await;
        assert_eq!(failed_because(&document), "document_unpreviewable", "{lie}");
        assert_eq!(desk.original(&received.hash).await, deck);
        // Whoever uploads it again wants another try, with a converter that works.
        let desk = desk.equipped(Tools::find().await);
        assert_eq!(desk.convert("a.pptx", &deck).await.state, State::Ready, "{lie}");
    }
}

#[tokio::test]
async fn a_document_that_eats_memory_harms_only_itself() {
    let desk = Desk::open().await;
    let tools = desk.documents.tools().await.clone();
    let desk = desk.equipped(tools.office(&["sh", "-c", "tail /dev/zero"]));
    let document = desk.convert("a.docx", &samples::docx(&["x"], "", &[], &[])).await;
    assert_eq!(failed_because(&document), "document_unpreviewable");
    assert_eq!(desk.convert("a.pdf", &samples::pdf(1, "")).await.state, State::Ready);
}

#[tokio::test]
async fn a_document_that_makes_the_converter_hang_is_given_up_in_time_and_harms_only_itself() {
    let desk = Desk::open().await;
    let real = desk.documents.tools().await.clone();
    let word = format!("{}.25", 400_000 + std::process::id());
    let hanging = real.clone().office(&["sh", "-c", &format!("sleep {word}; true")]);
    let desk = desk.equipped(hanging.hurried(Duration::from_secs(1)));
    let deck = samples::pptx(2);
    let document = desk.convert("a.pptx", &deck).await;
    assert_eq!(failed_because(&document), "document_unpreviewable");
    assert_eq!(document.reason_text(), Some("暂时无法预览，可下载后查看。"));
    while lives(&word) {
        tokio::task::yield_now().await;
    }
    assert_eq!((desk.original(&document.hash).await, desk.scratch()), (deck, 0));
    let desk = desk.equipped(real);
    assert_eq!(desk.convert("a.docx", &samples::docx(&["正文"], "", &[], &[])).await.state, State::Ready);
}

#[tokio::test]
async fn a_worker_killed_in_mid_conversion_is_followed_by_another() {
    let desk = Desk::open().await;
    let real = desk.documents.tools().await.clone();
    let word = format!("{}.5", 300_000 + std::process::id());
    let desk = desk.equipped(real.clone().office(&["sh", "-c", &format!("sleep {word}; true")]));
    let received = desk.take("a.docx", &samples::docx(&["正文"], "", &[], &[])).await.unwrap();
    let sleeping = async {
        while !lives(&word) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ran = desk.worker.run_due() => panic!("{ran:?}"),
        () = sleeping => {}
    }
    while lives(&word) {
        tokio::task::yield_now().await;
    }
    assert_eq!(desk.state(&received.hash).await.state, State::Converting);
    let desk = desk.equipped(real);
    assert_eq!(desk.worker.run_due().await.unwrap(), 0, "its lease still runs");
    desk.app.clock.advance(TimeDelta::seconds(61));
    assert_eq!(desk.worker.run_due().await.unwrap(), 1);
    assert_eq!(desk.state(&received.hash).await.state, State::Ready);
}

fn lives(word: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).split('\0').any(|argument| argument == word))
    })
}

#[tokio::test]
async fn twenty_uploads_at_once_all_become_pages() {
    let desk = Desk::open().await;
    let mut news = desk.app.base.cache.messages();
    let running = tokio::spawn(desk.worker.clone().run());
    let files: Vec<Vec<u8>> = (1..=20).map(|pages| samples::pdf(pages, "")).collect();
    let taken = join_all(files.iter().map(|bytes| desk.take("a.pdf", bytes))).await;
    let hashes: Vec<_> = taken.into_iter().map(|taken| taken.unwrap().hash).collect();
    loop {
        let states = desk.documents.states(&hashes).await.unwrap();
        if states.values().filter(|document| document.state == State::Ready).count() == 20 {
            break;
        }
        while news.recv().await.unwrap().channel != CHANNEL {}
    }
    for (index, hash) in hashes.iter().enumerate() {
        let last = u32::try_from(index).unwrap() + 1;
        assert!(desk.text(hash).await.contains(&format!("Page {last}")));
        desk.documents.page(hash, last, Dpi::Phone).await.unwrap();
    }
    desk.app.base.stopping.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn the_same_file_from_twenty_people_at_once_is_converted_once() {
    let desk = Desk::open().await;
    let bytes = samples::pdf(1, "");
    let taken = join_all((0..20).map(|_| desk.take("a.pdf", &bytes))).await;
    assert!(taken.iter().all(|taken| taken.is_ok()));
    assert_eq!(desk.worker.run_due().await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_of_51_mb_is_refused_while_it_arrives() {
    let desk = Desk::open().await;
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1 << 20])));
    let error = desk.documents.intake("a.txt", endless).await.unwrap_err();
    let (status, text) = yishiting::base::error::describe(&error);
    assert_eq!((status, error.code()), (413, "too_large"));
    assert!(text.contains("50 MB"), "{text}");
    assert_eq!((desk.scratch(), desk.documents.unfinished().await.unwrap()), (0, 0));
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let desk = Desk::open().await;
    let broken =
        [Ok(Bytes::from_static(b"%PDF-1.4")), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
    let error = desk.documents.intake("a.pdf", stream::iter(broken)).await.unwrap_err();
    assert_eq!(error.code(), "upload_interrupted");
    assert_eq!((desk.scratch(), desk.documents.unfinished().await.unwrap()), (0, 0));
}

#[tokio::test]
async fn a_process_that_stops_leaves_its_conversion_to_the_next_without_blame() {
    let desk = Desk::open().await;
    let tools = desk.documents.tools().await.clone();
    let desk = desk.equipped(tools.office(&["sh", "-c", "sleep 1000; true"]));
    let received = desk.take("a.docx", &samples::docx(&["x"], "", &[], &[])).await.unwrap();
    let mut news = desk.app.base.cache.messages();
    let running = tokio::spawn(desk.worker.clone().run());
    while desk.state(&received.hash).await.state != State::Converting {
        news.recv().await.unwrap();
    }
    desk.app.base.stopping.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("within the time to stop").unwrap();
    assert_eq!(desk.state(&received.hash).await.state, State::Waiting);
}

/// Set in the copy of this test that runs where there are no fonts.
const NO_FONTS: &str = "YST_TEST_NO_FONTS";

#[tokio::test]
async fn a_machine_without_chinese_fonts_warns_whoever_uploads() {
    #[allow(clippy::disallowed_methods, reason = "the test talks to a copy of itself")]
    let bare = std::env::var(NO_FONTS).is_ok();
    if !bare {
        let out = Command::new("bwrap")
            .args(["--dev-bind", "/", "/", "--setenv", NO_FONTS, "1"])
            .args(["--tmpfs", "/usr/share/fonts", "--tmpfs", "/usr/local/share/fonts"])
            .args(["--setenv", "HOME", "/nowhere", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "document::trouble::a_machine_without_chinese_fonts_warns_whoever_uploads"])
            .arg("--nocapture")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success() && said.contains("1 passed"), "{said}{wrong}");
        return;
    }
    let office = crate::desk::office::Office::open().await;
    let page = office.sees("/materials").await;
    assert!(page.contains("服务器没有安装中文字体") && page.contains("fonts-noto-cjk"), "{page}");
}

#[tokio::test]
async fn a_machine_with_chinese_fonts_warns_nobody() {
    let office = crate::desk::office::Office::open().await;
    assert!(!office.sees("/materials").await.contains("中文字体"));
}

/// Set in the copy of this test that runs on a tiny disk.
const TINY: &str = "YST_TEST_TINY_DISK";

#[tokio::test]
async fn a_full_disk_refuses_the_upload_and_says_so() {
    #[allow(clippy::disallowed_methods, reason = "the test talks to a copy of itself")]
    let tiny = std::env::var(TINY).ok();
    let Some(folder) = tiny else {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_str().unwrap();
        let own = std::env::current_exe().unwrap();
        let out = Command::new("bwrap")
            .args([
                "--dev-bind",
                "/",
                "/",
                "--size",
                "3000000",
                "--tmpfs",
                folder,
                "--setenv",
                TINY,
                folder,
                "--",
            ])
            .arg(own)
            .args(["--exact", "document::trouble::a_full_disk_refuses_the_upload_and_says_so", "--nocapture"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(
            out.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&out.stderr)
        );
        return;
    };
    let app = TestApp::spawn_with(|options| options.data_dir = Some(folder.into())).await;
    let desk = Desk::with(app, Tools::default());
    let large = [b"%PDF-1.4\n".to_vec(), vec![b' '; 4 << 20]].concat();
    let error = desk.documents.intake("a.pdf", pieces(&large)).await.unwrap_err();
    assert_eq!(error.code(), "storage_full", "{error:?}");
    assert_eq!((desk.scratch(), desk.documents.unfinished().await.unwrap()), (0, 0));
    // The first copy fits, the second does not.
    let middle = &large[..2 << 20];
    assert_eq!(desk.take("a.pdf", middle).await.unwrap_err().code(), "storage_full");
    assert!(desk.take("a.pdf", &samples::pdf(1, "")).await.is_ok(), "small ones still go");
}
