//! A paper as a DOCX in the look of an official one: red head, red rule, text in 仿宋 of size 三号 (GB/T 9704-2012).

use std::io::{Cursor, Write as _};

use quick_xml::escape::escape;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::content::Content;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

/// Twentieths of a point: an A4 page with the margins of the standard.
const PAGE: &str = r#"<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="850" w:footer="992" w:gutter="0"/></w:sectPr>"#;
const RED: &str = "FF0000";

/// How a paragraph looks. Sizes in half points.
struct Look<'a> {
    align: &'a str,
    face: &'a str,
    size: u32,
    colour: &'a str,
    /// Letters by which the first line is set in.
    indent: u32,
    /// A rule below: its colour.
    rule: Option<&'a str>,
    before: u32,
    after: u32,
}

const BODY: Look<'_> = Look {
    align: "both",
    face: "仿宋",
    size: 32,
    colour: "000000",
    indent: 200,
    rule: None,
    before: 0,
    after: 0,
};

/// The file.
pub fn write(content: &Content, label: Option<&str>, digest: &str) -> Result<Vec<u8>, ZipError> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("[Content_Types].xml", TYPES.to_string()),
        ("_rels/.rels", RELATIONS.to_string()),
        ("word/document.xml", document(content, label, digest)),
    ] {
        // The default time of an entry is 1980, so that nothing but the paper decides the bytes.
        file.start_file(name, SimpleFileOptions::default().last_modified_time(zip::DateTime::default()))?;
        file.write_all(part.as_bytes())?;
    }
    Ok(file.finish()?.into_inner())
}

fn document(content: &Content, label: Option<&str>, digest: &str) -> String {
    let plain = Look { indent: 0, align: "left", ..BODY };
    let right = Look { indent: 0, align: "right", ..BODY };
    let mut body = String::new();
    if let Some(label) = label {
        let look = Look { face: "黑体", size: 28, colour: "808080", ..right };
        body.push_str(&paragraph(&look, &format!("【{label}】")));
    }
    let head = Look {
        align: "center",
        face: "方正小标宋简体",
        size: 72,
        colour: RED,
        before: 200,
        after: 300,
        ..plain
    };
    body.push_str(&paragraph(&head, content.name()));
    let number = Look { align: "center", rule: Some(RED), after: 400, ..plain };
    body.push_str(&paragraph(&number, content.numbered()));
    body.push_str(&paragraph(&plain, &format!("{}：", content.to)));
    for said in content.paragraphs() {
        body.push_str(&paragraph(&BODY, &said));
    }
    let signature = Look { before: 600, ..right };
    body.push_str(&paragraph(&signature, &format!("{}　　", content.issuer)));
    let day = if content.signed.is_empty() { "（签发日期）" } else { &content.signed };
    let last = Look { after: 600, ..right };
    body.push_str(&paragraph(&last, &format!("{day}　　")));
    let line = Look { size: 28, rule: Some("000000"), ..plain };
    let signer = if content.signer.is_empty() { "　　　" } else { &content.signer };
    body.push_str(&paragraph(&line, &format!("签发人：{signer}")));
    body.push_str(&paragraph(&line, &format!("抄送：{}", content.copy)));
    if !digest.is_empty() {
        let small = Look { size: 18, colour: "808080", before: 80, ..plain };
        body.push_str(&paragraph(&small, &format!("内容摘要（SHA-256）：{digest}")));
    }
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}{PAGE}</w:body></w:document>"#
    )
}

fn paragraph(look: &Look<'_>, said: &str) -> String {
    // XML knows no control characters, not even as references.
    let said: String = said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let rule = look.rule.map_or_else(String::new, |colour| {
        format!(r#"<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="6" w:color="{colour}"/></w:pBdr>"#)
    });
    format!(
        r#"<w:p><w:pPr>{rule}<w:spacing w:before="{}" w:after="{}" w:line="560" w:lineRule="atLeast"/><w:ind w:firstLineChars="{}" w:firstLine="{}"/><w:jc w:val="{}"/></w:pPr><w:r><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{}"/><w:color w:val="{}"/><w:sz w:val="{}"/><w:szCs w:val="{}"/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r></w:p>"#,
        look.before,
        look.after,
        look.indent,
        look.indent * look.size / 10,
        look.align,
        look.face,
        look.colour,
        look.size,
        look.size,
        escape(said.as_str())
    )
}
