//! Office files made by code: small, whole, and each with one thing in it that a test is about.
#![allow(clippy::unwrap_used, reason = "material of tests, which the load tool measures with, too")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "application/vnd.openxmlformats-officedocument";

pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn types(parts: &[(String, &str)]) -> String {
    let mut xml = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"bin\" ContentType=\"application/vnd.openxmlformats-officedocument.oleObject\"/>"
    );
    for (part, kind) in parts {
        write!(xml, "<Override PartName=\"/{part}\" ContentType=\"{MAIN}.{kind}+xml\"/>").unwrap();
    }
    xml + "</Types>"
}

/// Relations: id, type, target, and whether it lies outside.
fn rels(all: &[(String, &str, String, bool)]) -> String {
    let mut xml = format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    );
    for (id, kind, target, outside) in all {
        let mode = if *outside { " TargetMode=\"External\"" } else { "" };
        write!(xml, "<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"{mode}/>")
            .unwrap();
    }
    xml + "</Relationships>"
}

fn inside(id: &str, kind: &'static str, target: &str) -> (String, &'static str, String, bool) {
    (id.to_string(), kind, target.to_string(), false)
}

/// A Word file of paragraphs. `more` goes into the body as it is, `links` are relations outside, `parts` more parts.
pub fn docx(
    lines: &[&str],
    more: &str,
    links: &[(&str, &'static str, &str)],
    parts: &[(&str, &[u8])],
) -> Vec<u8> {
    let mut body = String::new();
    for line in lines {
        write!(
            body,
            "<w:p><w:r><w:rPr><w:rFonts w:eastAsia=\"仿宋_GB2312\"/></w:rPr><w:t>{line}</w:t></w:r></w:p>"
        )
        .unwrap();
    }
    let document = format!(
        "{HEAD}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
         xmlns:r=\"{OFFICE}\" xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
         xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
         xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:v=\"urn:schemas-microsoft-com:vml\"><w:body>{body}{more}</w:body></w:document>"
    );
    let outside: Vec<_> = links
        .iter()
        .map(|(id, kind, target)| ((*id).to_string(), *kind, (*target).to_string(), true))
        .collect();
    let list = types(&[("word/document.xml".to_string(), "wordprocessingml.document.main")]);
    let top = rels(&[inside("rId1", "officeDocument", "word/document.xml")]);
    let below = rels(&outside);
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", list.as_bytes()),
        ("_rels/.rels", top.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", below.as_bytes()),
    ];
    entries.extend(parts);
    zip(&entries)
}

/// A picture that stands somewhere else, as Word links it.
pub fn linked_picture(id: &str) -> String {
    format!(
        "<w:p><w:r><w:drawing><wp:inline><wp:extent cx=\"900000\" cy=\"900000\"/><wp:docPr id=\"1\" name=\"p\"/>\
         <a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic>\
         <pic:nvPicPr><pic:cNvPr id=\"1\" name=\"p\"/><pic:cNvPicPr/></pic:nvPicPr>\
         <pic:blipFill><a:blip r:link=\"{id}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
         <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"900000\" cy=\"900000\"/></a:xfrm>\
         <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>\
         </wp:inline></w:drawing></w:r></w:p>"
    )
}

/// A workbook with these cells as text.
pub fn xlsx(cells: &[&[&str]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in cells.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

const DRAWING: &str = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";
const TREE: &str =
    "<p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>";

/// A deck: on each slide a title with its number, eight points and eight coloured boxes.
pub fn pptx(slides: usize) -> Vec<u8> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut listed = vec![
        ("ppt/presentation.xml".to_string(), "presentationml.presentation.main"),
        ("ppt/slideMasters/slideMaster1.xml".to_string(), "presentationml.slideMaster"),
        ("ppt/slideLayouts/slideLayout1.xml".to_string(), "presentationml.slideLayout"),
        ("ppt/theme/theme1.xml".to_string(), "theme"),
    ];
    let mut of_deck = vec![inside("rIdM", "slideMaster", "slideMasters/slideMaster1.xml")];
    let mut ids = String::new();
    for number in 1..=slides {
        listed.push((format!("ppt/slides/slide{number}.xml"), "presentationml.slide"));
        of_deck.push(inside(&format!("rId{number}"), "slide", &format!("slides/slide{number}.xml")));
        write!(ids, "<p:sldId id=\"{}\" r:id=\"rId{number}\"/>", 255 + number).unwrap();
        parts.push((format!("ppt/slides/slide{number}.xml"), slide(number)));
        let layout = rels(&[inside("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")]);
        parts.push((format!("ppt/slides/_rels/slide{number}.xml.rels"), layout));
    }
    let master_rels = rels(&[
        inside("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"),
        inside("rId2", "theme", "../theme/theme1.xml"),
    ]);
    let layout_rels = rels(&[inside("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]);
    parts.extend([
        ("[Content_Types].xml".to_string(), types(&listed)),
        ("_rels/.rels".to_string(), rels(&[inside("rId1", "officeDocument", "ppt/presentation.xml")])),
        (
            "ppt/presentation.xml".to_string(),
            format!(
                "{HEAD}<p:presentation {DRAWING}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rIdM\"/>\
                 </p:sldMasterIdLst><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx=\"12192000\" cy=\"6858000\"/>\
                 <p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"
            ),
        ),
        ("ppt/_rels/presentation.xml.rels".to_string(), rels(&of_deck)),
        ("ppt/slideMasters/slideMaster1.xml".to_string(), master()),
        ("ppt/slideMasters/_rels/slideMaster1.xml.rels".to_string(), master_rels),
        (
            "ppt/slideLayouts/slideLayout1.xml".to_string(),
            format!("{HEAD}<p:sldLayout {DRAWING}><p:cSld><p:spTree>{TREE}</p:spTree></p:cSld></p:sldLayout>"),
        ),
        ("ppt/slideLayouts/_rels/slideLayout1.xml.rels".to_string(), layout_rels),
        ("ppt/theme/theme1.xml".to_string(), theme()),
    ]);
    let entries: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, xml)| (name.as_str(), xml.as_bytes())).collect();
    zip(&entries)
}

fn master() -> String {
    let colours = (1..=6).fold(String::new(), |all, n| format!("{all} accent{n}=\"accent{n}\""));
    format!(
        "{HEAD}<p:sldMaster {DRAWING}><p:cSld><p:spTree>{TREE}</p:spTree></p:cSld>\
         <p:clrMap bg1=\"lt1\" tx1=\"dk1\" bg2=\"lt2\" tx2=\"dk2\"{colours} hlink=\"hlink\" folHlink=\"folHlink\"/>\
         <p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"rId1\"/></p:sldLayoutIdLst></p:sldMaster>"
    )
}

fn theme() -> String {
    let names = [
        "dk1", "lt1", "dk2", "lt2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6",
        "hlink", "folHlink",
    ];
    let values = [
        "000000", "FFFFFF", "1F497D", "EEECE1", "4F81BD", "C0504D", "9BBB59", "8064A2", "4BACC6", "F79646",
        "0000FF", "800080",
    ];
    let colours = names.iter().zip(values).fold(String::new(), |all, (name, value)| {
        format!("{all}<a:{name}><a:srgbClr val=\"{value}\"/></a:{name}>")
    });
    let fonts = "<a:latin typeface=\"Arial\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/>";
    let fill = "<a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill>";
    let (fills, lines) = (fill.repeat(3), format!("<a:ln>{fill}</a:ln>").repeat(3));
    let effects = "<a:effectStyle><a:effectLst/></a:effectStyle>".repeat(3);
    format!(
        "{HEAD}<a:theme {DRAWING} name=\"t\"><a:themeElements><a:clrScheme name=\"c\">{colours}</a:clrScheme>\
         <a:fontScheme name=\"f\"><a:majorFont>{fonts}</a:majorFont><a:minorFont>{fonts}</a:minorFont></a:fontScheme>\
         <a:fmtScheme name=\"m\"><a:fillStyleLst>{fills}</a:fillStyleLst><a:lnStyleLst>{lines}</a:lnStyleLst>\
         <a:effectStyleLst>{effects}</a:effectStyleLst><a:bgFillStyleLst>{fills}</a:bgFillStyleLst></a:fmtScheme>\
         </a:themeElements></a:theme>"
    )
}

fn slide(number: usize) -> String {
    let points: Vec<String> = (1..=8)
        .map(|n| {
            format!(
                "（{n}）第{number}页要点：加快建设智慧会议系统，推进无纸化办公，完成任务 {} 项",
                number * n
            )
        })
        .collect();
    let title = [format!("第{number}页 全市政务服务工作汇报")];
    let mut shapes = shape(2, (400_000, 300_000, 11_000_000, 900_000), &title, 3600, Some("C00000"));
    shapes += &shape(3, (400_000, 1_400_000, 7_000_000, 4_800_000), &points, 1600, None);
    for n in 0..8 {
        let place = (7_800_000 + n % 2 * 1_900_000, 1_500_000 + n / 2 * 1_150_000, 1_700_000, 1_000_000);
        let colour = ["4F81BD", "C0504D", "9BBB59", "8064A2"][n % 4];
        shapes += &shape(10 + n, place, &[format!("指标{}", n + 1)], 1800, Some(colour));
    }
    format!("{HEAD}<p:sld {DRAWING}><p:cSld><p:spTree>{TREE}{shapes}</p:spTree></p:cSld></p:sld>")
}

fn shape(
    id: usize,
    place: (usize, usize, usize, usize),
    lines: &[String],
    size: u32,
    colour: Option<&str>,
) -> String {
    let (x, y, wide, high) = place;
    let fill = colour.map_or_else(String::new, |colour| {
        format!("<a:solidFill><a:srgbClr val=\"{colour}\"/></a:solidFill>")
    });
    let text = lines.iter().fold(String::new(), |all, line| {
        format!(
            "{all}<a:p><a:r><a:rPr lang=\"zh-CN\" sz=\"{size}\"><a:ea typeface=\"方正小标宋简体\"/></a:rPr><a:t>{line}</a:t></a:r></a:p>"
        )
    });
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"s{id}\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>\
         <a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"{wide}\" cy=\"{high}\"/></a:xfrm>\
         <a:prstGeom prst=\"roundRect\"><a:avLst/></a:prstGeom>{fill}</p:spPr>\
         <p:txBody><a:bodyPr/><a:lstStyle/>{text}</p:txBody></p:sp>"
    )
}

/// A PDF of `pages` pages with a line on each, in a font that it does not carry. `trailer` goes into its trailer.
pub fn pdf(pages: usize, trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut begins = Vec::new();
    let mut put = |bytes: &mut Vec<u8>, text: String| {
        begins.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{text}\nendobj\n", begins.len()).bytes());
    };
    let kids = (0..pages).fold(String::new(), |all, page| format!("{all}{} 0 R ", 4 + page * 2));
    put(&mut bytes, "<< /Type /Catalog /Pages 2 0 R >>".to_string());
    put(&mut bytes, format!("<< /Type /Pages /Count {pages} /Kids [{kids}] >>"));
    put(&mut bytes, "<< /Type /Font /Subtype /TrueType /BaseFont /FZXBSJW--GB1-0 >>".to_string());
    for page in 0..pages {
        let drawing = format!("BT /F 40 Tf 60 700 Td (Page {}) Tj ET", page + 1);
        put(
            &mut bytes,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R \
                 /Resources << /Font << /F 3 0 R >> >> >>",
                5 + page * 2
            ),
        );
        put(&mut bytes, format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()));
    }
    let table = bytes.len();
    let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", begins.len() + 1);
    for begin in &begins {
        writeln!(end, "{begin:010} 00000 n ").unwrap();
    }
    write!(
        end,
        "trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n",
        begins.len() + 1
    )
    .unwrap();
    bytes.extend(end.bytes());
    bytes
}

/// What a PDF that needs a password has in its trailer.
pub fn password() -> String {
    let (owner, user) = ("4F".repeat(32), "55".repeat(32));
    format!(
        "/ID [<00112233> <00112233>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{owner}> /U <{user}> >>"
    )
}

/// An OFD of one page of A4 for each text.
pub fn ofd(texts: &[&str]) -> Vec<u8> {
    const NS: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";
    let mut parts: Vec<(String, String)> = vec![
        (
            "OFD.xml".to_string(),
            format!(
                "{HEAD}<ofd:OFD {NS} Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>\
                 </ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
            ),
        ),
        (
            "Doc_0/PublicRes.xml".to_string(),
            format!(
                "{HEAD}<ofd:Res {NS} BaseLoc=\"Res\"><ofd:Fonts><ofd:Font ID=\"3\" FontName=\"宋体\" FamilyName=\"宋体\"/>\
                 </ofd:Fonts></ofd:Res>"
            ),
        ),
    ];
    let mut pages = String::new();
    for (index, text) in texts.iter().enumerate() {
        write!(pages, "<ofd:Page ID=\"{}\" BaseLoc=\"Pages/Page_{index}/Content.xml\"/>", 10 + index)
            .unwrap();
        let steps = vec!["10"; text.chars().count().saturating_sub(1)].join(" ");
        parts.push((
            format!("Doc_0/Pages/Page_{index}/Content.xml"),
            format!(
                "{HEAD}<ofd:Page {NS}><ofd:Content><ofd:Layer ID=\"20\"><ofd:TextObject ID=\"21\" Boundary=\"20 20 170 20\" \
                 Font=\"3\" Size=\"10\"><ofd:FillColor Value=\"0 0 0\"/><ofd:TextCode X=\"0\" Y=\"12\" DeltaX=\"{steps}\">{text}\
                 </ofd:TextCode></ofd:TextObject><ofd:PathObject ID=\"22\" Boundary=\"20 50 170 0\" LineWidth=\"1\" Stroke=\"true\">\
                 <ofd:StrokeColor Value=\"200 0 0\"/><ofd:AbbreviatedData>M 0 0 L 170 0</ofd:AbbreviatedData></ofd:PathObject>\
                 </ofd:Layer></ofd:Content></ofd:Page>"
            ),
        ));
    }
    parts.push((
        "Doc_0/Document.xml".to_string(),
        format!(
            "{HEAD}<ofd:Document {NS}><ofd:CommonData><ofd:MaxUnitID>100</ofd:MaxUnitID><ofd:PageArea>\
             <ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>\
             </ofd:CommonData><ofd:Pages>{pages}</ofd:Pages></ofd:Document>"
        ),
    ));
    let entries: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, xml)| (name.as_str(), xml.as_bytes())).collect();
    zip(&entries)
}
