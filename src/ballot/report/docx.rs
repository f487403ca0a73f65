//! A report as a DOCX: the few parts of the format that a text with tables needs, written directly. The same report
//! gives the same bytes.

use std::io::{Cursor, Write as _};

use quick_xml::escape::escape;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::content::{Block, Report, Table};

/// Twentieths of a point: an A4 page, and the width between its margins.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN: u32 = 1_134;
const WIDTH: u32 = PAGE.0 - 2 * MARGIN;

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/footer.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer.xml"/></Relationships>"#;
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/><w:sz w:val="22"/><w:szCs w:val="22"/><w:lang w:val="zh-CN" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="60" w:line="300" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:pPr><w:jc w:val="center"/><w:spacing w:after="120"/></w:pPr><w:rPr><w:rFonts w:eastAsia="黑体"/><w:b/><w:sz w:val="36"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:pPr><w:jc w:val="center"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:keepNext/><w:spacing w:before="200" w:after="80"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:rFonts w:eastAsia="黑体"/><w:b/><w:sz w:val="26"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Verdict"><w:name w:val="Verdict"/><w:pPr><w:spacing w:before="60" w:after="120"/></w:pPr><w:rPr><w:rFonts w:eastAsia="黑体"/><w:b/><w:sz w:val="30"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Cell"><w:name w:val="Cell"/><w:pPr><w:spacing w:after="0" w:line="260" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="20"/></w:rPr></w:style></w:styles>"#;

/// The file.
pub fn write(report: &Report) -> Result<Vec<u8>, ZipError> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("[Content_Types].xml", CONTENT_TYPES.to_string()),
        ("_rels/.rels", RELATIONS.to_string()),
        ("word/document.xml", document(report)),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS.to_string()),
        ("word/styles.xml", STYLES.to_string()),
        ("word/footer.xml", footer(report)),
    ] {
        // The default time of an entry is 1980, so that nothing but the report decides the bytes.
        file.start_file(name, SimpleFileOptions::default().last_modified_time(zip::DateTime::default()))?;
        file.write_all(part.as_bytes())?;
    }
    Ok(file.finish()?.into_inner())
}

const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;

fn document(report: &Report) -> String {
    let mut body = paragraph("Title", "表决结果报告");
    if !report.labels.is_empty() {
        body.push_str(&paragraph("Subtitle", &format!("【{}】", report.labels.join("】【"))));
    }
    body.push_str(&paragraph("Subtitle", &format!("{}　核验编码：{}", report.revision, report.digest)));
    for block in &report.blocks {
        body.push_str(&drawn(block));
    }
    body.push_str(&paragraph(
        "Normal",
        &format!("本报告由系统按封存的数据生成。请在 {} 核验编码和文件。", report.link),
    ));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document {NAMESPACES}><w:body>{body}<w:sectPr><w:footerReference w:type="default" r:id="r2"/><w:pgSz w:w="{}" w:h="{}"/><w:pgMar w:top="{MARGIN}" w:right="{MARGIN}" w:bottom="{MARGIN}" w:left="{MARGIN}" w:header="600" w:footer="600" w:gutter="0"/></w:sectPr></w:body></w:document>"#,
        PAGE.0, PAGE.1
    )
}

fn drawn(block: &Block) -> String {
    match block {
        Block::Heading(said) => paragraph("Heading1", said),
        Block::Text(said) => said.lines().map(|line| paragraph("Normal", line)).collect(),
        Block::Verdict(said) => paragraph("Verdict", said),
        Block::Facts(facts) => {
            let rows: Vec<Vec<&str>> = facts.iter().map(|(name, said)| vec![name.as_str(), said]).collect();
            table(&[25, 75], &[], &rows)
        }
        Block::Table(Table { head, rows }) => {
            let shares: Vec<u16> = head.iter().map(|(_, share)| *share).collect();
            let names: Vec<&str> = head.iter().map(|(name, _)| name.as_str()).collect();
            let rows: Vec<Vec<&str>> =
                rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
            table(&shares, &names, &rows)
        }
        Block::Signatures(lines) => {
            let lines = lines
                .iter()
                .map(|line| paragraph("Normal", &format!("{line}（签字）：＿＿＿＿＿＿＿＿＿＿")));
            lines.collect()
        }
    }
}

fn paragraph(style: &str, said: &str) -> String {
    format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{}</w:p>"#, run(said, false))
}

fn run(said: &str, bold: bool) -> String {
    // XML knows no control characters, not even as references.
    let said: String = said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let bold = if bold { "<w:rPr><w:b/></w:rPr>" } else { "" };
    format!(r#"<w:r>{bold}<w:t xml:space="preserve">{}</w:t></w:r>"#, escape(said.as_str()))
}

fn table(shares: &[u16], head: &[&str], rows: &[Vec<&str>]) -> String {
    let all: u32 = shares.iter().map(|share| u32::from(*share)).sum::<u32>().max(1);
    let widths: Vec<u32> = shares.iter().map(|share| WIDTH * u32::from(*share) / all).collect();
    let grid: String = widths.iter().map(|width| format!(r#"<w:gridCol w:w="{width}"/>"#)).collect();
    let edge = |side: &str| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>"#);
    let edges: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(edge).concat();
    let cells = |row: &[&str], bold: bool| -> String {
        let cell = |(said, width): (&&str, &u32)| {
            format!(
                r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/></w:pPr>{}</w:p></w:tc>"#,
                run(said, bold)
            )
        };
        row.iter().zip(&widths).map(cell).collect()
    };
    let mut body = String::new();
    if !head.is_empty() {
        let properties = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>";
        body.push_str(&format!("<w:tr>{properties}{}</w:tr>", cells(head, true)));
    }
    for row in rows {
        body.push_str(&format!("<w:tr><w:trPr><w:cantSplit/></w:trPr>{}</w:tr>", cells(row, false)));
    }
    format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="90" w:type="dxa"/><w:bottom w:w="40" w:type="dxa"/><w:right w:w="90" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl><w:p><w:pPr><w:pStyle w:val="Cell"/></w:pPr></w:p>"#
    )
}

fn footer(report: &Report) -> String {
    let field = |name: &str| {
        format!(
            r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> {name} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>"#
        )
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Cell"/><w:jc w:val="center"/></w:pPr>{}{}{}{}{}</w:p></w:ftr>"#,
        run(&format!("{}　{}　第 ", report.revision, report.digest), false),
        field("PAGE"),
        run(" 页，共 ", false),
        field("NUMPAGES"),
        run(" 页", false)
    )
}
