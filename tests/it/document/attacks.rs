//! What public reports about converters tell, tried on ours. Tricks with archives, entities and names are refused
//! before any converter: their tests stand in `src/document/kind/` and `src/document/name.rs`.

use std::net::TcpListener;

use yishiting::base::error::Coded;
use yishiting::document::{State, Tools};

use super::{Desk, failed_because, samples};

/// Listens where a document may try to call, and knows whether it did.
struct Bait(TcpListener);

impl Bait {
    fn lay() -> Bait {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Bait(listener)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.0.local_addr().unwrap())
    }

    fn untouched(&self) -> bool {
        self.0.accept().is_err()
    }
}

#[tokio::test]
async fn a_document_that_calls_home_is_converted_and_reaches_nobody() {
    let desk = Desk::open().await;
    let bait = Bait::lay();
    let (picture, object, template) = (bait.url("p.png"), bait.url("o.docx"), bait.url("t.dotx"));
    let field = format!(
        "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>INCLUDEPICTURE \"{}\"</w:instrText></w:r>\
         <w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>",
        bait.url("f.png")
    );
    let file = "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>INCLUDETEXT \"/etc/passwd\"</w:instrText></w:r>\
        <w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>";
    let body = format!("{}{field}{file}", samples::linked_picture("rIdP"));
    let links = [
        ("rIdP", "image", picture.as_str()),
        ("rIdO", "oleObject", &object),
        ("rIdT", "attachedTemplate", &template),
    ];
    let document = desk.convert("a.docx", &samples::docx(&["仍可阅读"], &body, &links, &[])).await;
    assert_eq!(document.state, State::Ready, "{document:?}");
    let text = desk.text(&document.hash).await;
    assert!(text.contains("仍可阅读") && !text.contains("root:"), "{text}");
    assert!(bait.untouched());
}

#[tokio::test]
async fn macros_objects_and_pages_of_the_web_inside_a_document_do_nothing() {
    let desk = Desk::open().await;
    let bait = Bait::lay();
    let html =
        format!("<html><img src=\"{}\"><script src=\"{}\"></script></html>", bait.url("a"), bait.url("b"));
    let parts: [(&str, &[u8]); 3] = [
        ("word/vbaProject.bin", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 Shell"),
        ("word/embeddings/oleObject1.bin", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 calc.exe"),
        ("word/page.html", html.as_bytes()),
    ];
    let body = "<w:altChunk r:id=\"rIdH\"/><w:p><w:r><w:object><o:OLEObject Type=\"Embed\" ProgID=\"Package\" \
        ShapeID=\"s\" DrawAspect=\"Content\" ObjectID=\"1\" r:id=\"rIdO\"/></w:object></w:r></w:p>";
    let links = [("rIdH", "aFChunk", "page.html"), ("rIdO", "oleObject", "embeddings/oleObject1.bin")];
    let document = desk.convert("a.docx", &samples::docx(&["正文"], body, &links, &parts)).await;
    assert_eq!(document.state, State::Ready, "{document:?}");
    assert!(desk.text(&document.hash).await.contains("正文"));
    assert!(bait.untouched());
}

#[tokio::test]
async fn a_page_of_the_web_is_refused_under_any_name() {
    let desk = Desk::open().await;
    let html = b"<!DOCTYPE html><html><body><img src=http://127.0.0.1/x></body></html>";
    for name in ["a.docx", "a.doc", "a.xls", "a.txt", "a.html", "a.svg"] {
        let error = desk.take(name, html).await.unwrap_err();
        assert!(["document_mismatch", "document_kind"].contains(&error.code()), "{name}: {error}");
    }
    assert_eq!((desk.worker.run_due().await.unwrap(), desk.scratch()), (0, 0));
}

#[tokio::test]
async fn files_with_a_password_say_so() {
    let desk = Desk::open().await;
    let bytes = samples::pdf(1, &samples::password());
    let refused = desk.take("a.pdf", &bytes).await.unwrap_err();
    assert_eq!(refused.code(), "document_encrypted", "while its uploader waits");
    assert_eq!((desk.scratch(), desk.documents.unfinished().await.unwrap()), (0, 0));
    // Where nothing could look into it then, its readers hear it later.
    let desk = desk.equipped(Tools::default());
    assert_eq!(failed_because(&desk.convert("a.pdf", &bytes).await), "preview_missing");
    let desk = desk.equipped(Tools::find().await);
    assert_eq!(desk.documents.resume().await.unwrap(), 1);
    desk.work().await;
    let hash = yishiting::base::privacy::digest(&bytes).parse().unwrap();
    let document = desk.state(&hash).await;
    assert_eq!(failed_because(&document), "document_encrypted");
    assert!(document.reason_text().unwrap().contains("密码"));
}

#[tokio::test]
async fn a_pdf_of_ten_thousand_pages_can_be_downloaded_and_is_not_drawn() {
    let desk = Desk::open().await;
    let bytes = samples::pdf(10_000, "");
    let received = desk.take("a.pdf", &bytes).await.unwrap();
    assert!(received.reason_text().unwrap().contains("页数太多"), "told while its uploader waits");
    let document = desk.state(&received.hash).await;
    assert_eq!(failed_because(&document), "document_too_many_pages");
    assert_eq!(desk.worker.run_due().await.unwrap(), 0, "nothing is tried");
    desk.take("b.pdf", &bytes).await.unwrap();
    assert_eq!(desk.worker.run_due().await.unwrap(), 0, "nor again");
    assert_eq!(desk.original(&document.hash).await.len(), bytes.len());
}

#[tokio::test]
async fn broken_files_are_refused_or_end_without_pages_and_never_hang() {
    let desk = Desk::open().await;
    let (deck, pdf) = (samples::pptx(2), samples::pdf(2, ""));
    for (name, bytes) in [("a.pptx", &deck[..deck.len() / 2]), ("a.ofd", &samples::ofd(&["x"])[..200])] {
        assert_eq!(desk.take(name, bytes).await.unwrap_err().code(), "document_damaged", "{name}");
    }
    let empty_deck = samples::zip(&[
        (
            "[Content_Types].xml",
            b"<Types><Override ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml\"/></Types>"
                .as_slice(),
        ),
        ("ppt/presentation.xml", b"<p:presentation"),
    ]);
    let hollow_ofd = samples::zip(&[("OFD.xml", b"<ofd:OFD><unclosed>")]);
    for (name, bytes, reason) in [
        ("a.pdf", &pdf[..60], "document_damaged"),
        ("b.pptx", &empty_deck[..], "document_unpreviewable"),
        ("b.ofd", &hollow_ofd[..], "document_unpreviewable"),
    ] {
        let document = desk.convert(name, bytes).await;
        assert_eq!(failed_because(&document), reason, "{name}");
        assert_eq!(desk.original(&document.hash).await, bytes, "{name}");
    }
    assert_eq!(desk.scratch(), 0);
}

#[tokio::test]
async fn fonts_of_another_age_are_replaced_and_reported() {
    let desk = Desk::open().await;
    let document = desk.convert("a.pdf", &samples::pdf(1, "")).await;
    assert_eq!(document.state, State::Ready);
    assert_eq!(document.substituted_fonts, ["FZXBSJW--GB1-0"]);
    let document = desk.convert("a.docx", &samples::docx(&["仿宋"], "", &[], &[])).await;
    assert_eq!(document.substituted_fonts, ["仿宋_GB2312"]);
}

#[tokio::test]
async fn fonts_that_only_a_style_or_a_theme_names_are_reported_too() {
    let desk = Desk::open().await;
    let plain = "<w:p><w:pPr><w:pStyle w:val=\"Head\"/></w:pPr><w:r><w:t>关于召开会议的通知</w:t></w:r></w:p>\
        <w:p><w:r><w:t>正文</w:t></w:r></w:p>";
    let ns = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    let styles = format!(
        "<w:styles {ns}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:eastAsiaTheme=\"minorEastAsia\"/></w:rPr>\
         </w:rPrDefault></w:docDefaults><w:style w:type=\"paragraph\" w:styleId=\"Head\"><w:name w:val=\"Head\"/>\
         <w:rPr><w:rFonts w:eastAsia=\"方正小标宋_GBK\"/></w:rPr></w:style></w:styles>"
    );
    let theme = "<a:theme xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><a:themeElements><a:fontScheme name=\"f\">\
        <a:minorFont><a:latin typeface=\"Arial\"/><a:ea typeface=\"\"/><a:font script=\"Hans\" typeface=\"等线\"/></a:minorFont>\
        </a:fontScheme></a:themeElements></a:theme>";
    let parts = [("word/styles.xml", styles.as_bytes()), ("word/theme/theme1.xml", theme.as_bytes())];
    let document = desk.convert("a.docx", &samples::docx(&[], plain, &[], &parts)).await;
    assert_eq!(document.state, State::Ready, "{document:?}");
    assert_eq!(document.substituted_fonts, ["方正小标宋_GBK", "等线"]);
}

#[tokio::test]
async fn a_page_as_large_as_a_wall_becomes_a_picture_that_a_phone_can_hold() {
    let desk = Desk::open().await;
    let wall = String::from_utf8(samples::pdf(1, "")).unwrap().replace("[0 0 595 842]", "[0 0 9999 14400]");
    let document = desk.convert("a.pdf", wall.as_bytes()).await;
    assert_eq!(document.state, State::Ready, "{document:?}");
    let page = &desk.documents.pages(&document.hash).await.unwrap()[0];
    assert!(page.height <= 5000 && page.width <= 5000, "{page:?}");
}
