//! What an office uploads becomes pages that a phone shows.

use futures_util::TryStreamExt;
use yishiting::document::{Document, Dpi, Kind, State};

use super::{Desk, samples};

fn ready(document: &Document, pages: u32) {
    assert_eq!(
        (document.state, document.pages, document.pages_ready),
        (State::Ready, Some(pages), pages),
        "{document:?}"
    );
}

#[tokio::test]
async fn a_deck_becomes_pages_with_text_and_tells_which_fonts_are_missing() {
    let desk = Desk::open().await;
    let document = desk.convert("工作汇报.pptx", &samples::pptx(12)).await;
    ready(&document, 12);
    assert_eq!(document.substituted_fonts, ["方正小标宋简体"]);
    let pages = desk.documents.pages(&document.hash).await.unwrap();
    let numbers: Vec<u32> = pages.iter().map(|page| page.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    for page in &pages {
        assert!(page.says(&format!("第{}页 全市政务服务工作汇报", page.number)), "{}", page.text);
        assert!(page.width > page.height, "{page:?}");
    }
    let phone = desk.documents.page(&document.hash, 12, Dpi::Phone).await.unwrap();
    let shown = image::load_from_memory_with_format(&phone, image::ImageFormat::Jpeg).unwrap();
    assert_eq!((shown.width(), shown.height()), (pages[11].width, pages[11].height));
    assert!(desk.documents.page(&document.hash, 13, Dpi::Phone).await.is_err());
    assert_eq!(desk.scratch(), 0);
}

#[tokio::test]
async fn zooming_in_gives_a_finer_picture_of_the_same_page() {
    let desk = Desk::open().await;
    for (name, bytes) in [("a.pdf", samples::pdf(2, "")), ("a.ofd", samples::ofd(&["甲", "乙"]))] {
        let hash = desk.convert(name, &bytes).await.hash;
        let [phone, zoom] = [Dpi::Phone, Dpi::Zoom].map(|dpi| (desk.documents.clone(), hash.clone(), dpi));
        let wide = async |(documents, hash, dpi): (yishiting::document::Documents, _, _)| {
            let page = documents.page(&hash, 2, dpi).await.unwrap();
            f64::from(image::load_from_memory(&page).unwrap().width())
        };
        let ratio = wide(zoom).await / wide(phone).await;
        assert!((ratio - 180.0 / 110.0).abs() < 0.02, "{name}: {ratio}");
        assert!(desk.documents.page(&hash, 3, Dpi::Zoom).await.is_err());
    }
}

#[tokio::test]
async fn word_sheets_text_and_pdf_become_pages_too() {
    let desk = Desk::open().await;
    let text = encoding_rs::GB18030.encode("会议议程\r\n一、传达文件精神\r\n<b>不是网页</b>").0.into_owned();
    let long: Vec<String> = (0..120).map(|n| format!("第{n}条")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    for (name, bytes, kind, words) in [
        ("通知.docx", samples::docx(&["关于召开会议的通知"], "", &[], &[]), Kind::Docx, "关于召开会议的通知"),
        ("长文.docx", samples::docx(&long, "", &[], &[]), Kind::Docx, "第119条"),
        (
            "名单.xlsx",
            samples::xlsx(&[&["姓名", "手机"], &["江一帆", "013812346021"]]),
            Kind::Xlsx,
            "013812346021",
        ),
        ("议程.txt", text, Kind::Txt, "<b>不是网页</b>"),
        ("文件.pdf", samples::pdf(3, ""), Kind::Pdf, "Page 3"),
    ] {
        let document = desk.convert(name, &bytes).await;
        assert_eq!((document.kind, document.state), (kind, State::Ready), "{name} {document:?}");
        assert!(
            desk.text(&document.hash).await.contains(words),
            "{name}: {}",
            desk.text(&document.hash).await
        );
        assert_eq!(desk.original(&document.hash).await, bytes, "{name}");
    }
}

#[tokio::test]
async fn the_old_forms_and_the_names_of_wps_are_read() {
    let desk = Desk::open().await;
    for (from, to, wps, bytes, words) in [
        ("docx", "doc", "wps", samples::docx(&["旧式公文"], "", &[], &[]), "旧式公文"),
        ("xlsx", "xls", "et", samples::xlsx(&[&["旧式表格"]]), "旧式表格"),
        ("pptx", "ppt", "dps", samples::pptx(2), "全市政务服务工作汇报"),
    ] {
        let old = saved_as(from, to, &bytes);
        for name in [format!("a.{to}"), format!("a.{wps}")] {
            let document = desk.convert(&name, &old).await;
            assert_eq!(document.state, State::Ready, "{name} {document:?}");
            assert!(desk.text(&document.hash).await.contains(words), "{name}");
        }
    }
}

/// What LibreOffice makes of `bytes` when asked for another form.
fn saved_as(from: &str, to: &str, bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join(format!("a.{from}"));
    std::fs::write(&input, bytes).unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.path().display());
    let out = std::process::Command::new("soffice")
        .args([&profile, "--headless", "--norestore", "--convert-to", to, "--outdir"])
        .arg(folder.path())
        .arg(&input)
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    std::fs::read(folder.path().join(format!("a.{to}"))).unwrap()
}

#[tokio::test]
async fn an_ofd_is_drawn_and_read() {
    let desk = Desk::open().await;
    let document = desk.convert("公文.ofd", &samples::ofd(&["关于开展检查的通知", "第二页"])).await;
    ready(&document, 2);
    assert!(desk.text(&document.hash).await.contains("关于开展检查的通知"));
    let page = desk.documents.page(&document.hash, 1, Dpi::Phone).await.unwrap();
    let page = image::load_from_memory(&page).unwrap().to_rgb8();
    assert_eq!((page.width(), page.height()), (909, 1286));
    let dark = page.pixels().filter(|pixel| pixel.0.iter().all(|colour| *colour < 90)).count();
    let red = page.pixels().filter(|pixel| pixel.0[0] > 150 && pixel.0[1] < 100).count();
    assert!(dark > 500 && red > 500, "{dark} dark pixels of letters, {red} red ones of the line");
}

#[tokio::test]
async fn a_photograph_is_one_page() {
    let desk = Desk::open().await;
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(3000, 2000).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let document = desk.convert("现场.png", &bytes.into_inner()).await;
    ready(&document, 1);
    let pages = desk.documents.pages(&document.hash).await.unwrap();
    assert_eq!((pages[0].width, pages[0].height), (1287, 858));
    let zoom = desk.documents.page(&document.hash, 1, Dpi::Zoom).await.unwrap();
    assert_eq!(image::load_from_memory(&zoom).unwrap().width(), 2105);
}

#[tokio::test]
async fn the_same_bytes_are_converted_once_whatever_they_are_called() {
    let desk = Desk::open().await;
    let bytes = samples::pdf(1, "");
    let first = desk.take("甲.pdf", &bytes).await.unwrap();
    let second = desk.take("乙.pdf", &bytes).await.unwrap();
    assert_eq!((&first.hash, second.name.as_str()), (&second.hash, "乙.pdf"));
    assert_eq!(desk.worker.run_due().await.unwrap(), 1);
    desk.take("丙.pdf", &bytes).await.unwrap();
    assert_eq!(desk.worker.run_due().await.unwrap(), 0);
}

#[tokio::test]
async fn a_marked_document_is_downloaded_as_pictures_with_the_readers_name() {
    let desk = Desk::open().await;
    let hash = desk.convert("内部.pdf", &samples::pdf(3, "")).await.hash;
    let lines = ["江一帆 市金融办".to_string(), "6021 2026-09-19 08:30".to_string()];
    let plain = desk.documents.page(&hash, 1, Dpi::Phone).await.unwrap();
    let marked = desk.documents.watermarked_page(&hash, 1, Dpi::Phone, &lines).await.unwrap();
    assert_ne!(plain, marked);
    let pieces: Vec<_> =
        desk.documents.watermarked_pdf(&hash, &lines).await.unwrap().try_collect().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pieces.concat()).unwrap();
    let told = |tool: &str| {
        let out = std::process::Command::new(tool).arg(file.path()).arg("-").output().unwrap();
        (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let info = std::process::Command::new("pdfinfo").arg(file.path()).output().unwrap();
    let info = String::from_utf8_lossy(&info.stdout).into_owned();
    assert!(info.contains("Pages:           3") && info.contains("Page size:       595"), "{info}");
    let (text, wrong) = told("pdftotext");
    assert!(wrong.is_empty(), "{wrong}");
    for page in text.trim_end_matches('\x0C').split('\x0C') {
        let page: Vec<&str> = page.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(page, lines, "nothing to copy out but whose copy it is");
    }
    assert_eq!(text.matches('\x0C').count(), 3);
}

#[tokio::test]
async fn a_forgotten_document_leaves_nothing() {
    let desk = Desk::open().await;
    let hash = desk.convert("a.pdf", &samples::pdf(2, "")).await.hash;
    desk.documents.forget(&hash).await.unwrap();
    desk.documents.forget(&hash).await.unwrap();
    assert_eq!(desk.documents.state(&hash).await.unwrap(), None);
    assert!(desk.documents.original(&hash).await.is_err());
    assert!(desk.documents.page(&hash, 1, Dpi::Phone).await.is_err());
    // And may come again.
    assert_eq!(desk.convert("a.pdf", &samples::pdf(2, "")).await.state, State::Ready);
}
