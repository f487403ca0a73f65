// Papers as offices send them, made on the spot: a deck, a document with a red head, a table, a PDF and an OFD.
import { startBrowser } from "./support.mjs";

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN = "application/vnd.openxmlformats-officedocument";
export const TITLE = "全市智慧政务建设情况汇报";

const CRCS = Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});
const crc = (bytes) => ~bytes.reduce((sum, byte) => CRCS[(sum ^ byte) & 255] ^ (sum >>> 8), ~0) >>> 0;

/** An archive of `entries` (name and text), as it is: what office files are. */
function zip(entries) {
  const parts = [];
  const list = [];
  let at = 0;
  for (const [name, text] of entries) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(text)];
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt32LE(0x5d335a21, 6); // a day in September, in the way of DOS
    about.writeUInt32LE(crc(bytes), 10);
    about.writeUInt32LE(bytes.length, 14);
    about.writeUInt32LE(bytes.length, 18);
    about.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), about, path, bytes]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    list.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), about, rest, path]));
    parts.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(list);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(list.length, 4);
  end.writeUInt16LE(list.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, listed, Buffer.from("PK\x05\x06", "latin1"), end]);
}

const types = (parts) =>
  `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${parts.map(([part, kind]) => `<Override PartName="/${part}" ContentType="${MAIN}.${kind}+xml"/>`).join("")}</Types>`;
const rels = (all) =>
  `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.map(([id, kind, target]) => `<Relationship Id="${id}" Type="${OFFICE}/${kind}" Target="${target}"/>`).join("")}</Relationships>`;

// ---- A deck --------------------------------------------------------------------------------------------------------

const DRAWING = `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="${OFFICE}" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"`;
const TREE = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>';
const FACE = "Noto Sans CJK SC";
const CHAPTERS = ["总体情况", "平台建设", "一网通办", "数据共享", "基层减负", "移动办公", "安全保障", "问题不足", "下步打算", "需要支持"];
const POINTS = [
  "市县两级事项目录统一，网办比例达到 98.6%",
  "会议、公文、督办移动端全覆盖，日均在线 3,200 人",
  "打通 41 个部门 216 类数据，累计调用 1,870 万次",
  "取消纸质会议材料，预计全年节约用纸 260 万张",
];

/** A shape: place and size in hundredths of an inch of a slide of 1333 × 750. */
function shape(id, [x, y, wide, high], lines, { size = 18, fill, ink = "1A2433", bold = false, align = "l" } = {}) {
  const run = (line) =>
    `<a:p><a:pPr algn="${align}"><a:lnSpc><a:spcPct val="120000"/></a:lnSpc></a:pPr><a:r><a:rPr lang="zh-CN" sz="${size * 100}" b="${bold ? 1 : 0}"><a:solidFill><a:srgbClr val="${ink}"/></a:solidFill><a:latin typeface="${FACE}"/><a:ea typeface="${FACE}"/></a:rPr><a:t>${line}</a:t></a:r></a:p>`;
  const colour = fill ? `<a:solidFill><a:srgbClr val="${fill}"/></a:solidFill>` : "<a:noFill/>";
  const emu = (hundredths) => Math.round(hundredths * 9144);
  return `<p:sp><p:nvSpPr><p:cNvPr id="${id}" name="s${id}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="${emu(x)}" y="${emu(y)}"/><a:ext cx="${emu(wide)}" cy="${emu(high)}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>${colour}<a:ln><a:noFill/></a:ln></p:spPr><p:txBody><a:bodyPr anchor="ctr"/><a:lstStyle/>${lines.map(run).join("") || "<a:p/>"}</p:txBody></p:sp>`;
}

function slide(number, count) {
  if (number === 1) {
    return [
      shape(2, [0, 0, 1333, 750], [], { fill: "0B3C6F" }),
      shape(3, [120, 230, 1093, 130], [TITLE], { size: 44, ink: "FFFFFF", bold: true, align: "ctr" }),
      shape(4, [120, 380, 1093, 60], ["市大数据管理局"], { size: 24, ink: "CFE0F2", align: "ctr" }),
      shape(5, [120, 440, 1093, 50], ["2026 年 9 月"], { size: 18, ink: "CFE0F2", align: "ctr" }),
    ].join("");
  }
  const chapter = CHAPTERS[Math.floor(((number - 2) / (count - 1)) * CHAPTERS.length)];
  const bars = [52, 64, 71, 83, 92].map((value, n) => [value, 820 + n * 92]);
  return [
    shape(2, [0, 0, 1333, 110], [`　${chapter}`], { size: 30, fill: "0B3C6F", ink: "FFFFFF", bold: true }),
    shape(3, [50, 150, 740, 480], POINTS.map((point, n) => `${n + 1}．${point}`), { size: 18 }),
    ...bars.map(([value, x], n) => shape(10 + n, [x, 590 - value * 4, 66, value * 4], [`${value}%`], { size: 14, fill: ["9DB7D1", "6E97C0", "3F78AE", "0F5FA8", "C0392B"][n], ink: "FFFFFF", align: "ctr" })),
    ...bars.map(([, x], n) => shape(20 + n, [x - 10, 595, 86, 40], [`${2022 + n} 年`], { size: 12, ink: "6B7A8C", align: "ctr" })),
    shape(30, [1100, 690, 200, 40], [`${number} / ${count}`], { size: 12, ink: "6B7A8C", align: "r" }),
  ].join("");
}

function theme() {
  const names = ["dk1", "lt1", "dk2", "lt2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink"];
  const colours = names.map((name, n) => `<a:${name}><a:srgbClr val="${n % 2 ? "FFFFFF" : "1F497D"}"/></a:${name}>`).join("");
  const fonts = `<a:latin typeface="${FACE}"/><a:ea typeface="${FACE}"/><a:cs typeface=""/>`;
  const fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>';
  const effect = "<a:effectStyle><a:effectLst/></a:effectStyle>";
  return `${HEAD}<a:theme ${DRAWING} name="t"><a:themeElements><a:clrScheme name="c">${colours}</a:clrScheme><a:fontScheme name="f"><a:majorFont>${fonts}</a:majorFont><a:minorFont>${fonts}</a:minorFont></a:fontScheme><a:fmtScheme name="m"><a:fillStyleLst>${fill.repeat(3)}</a:fillStyleLst><a:lnStyleLst>${`<a:ln>${fill}</a:ln>`.repeat(3)}</a:lnStyleLst><a:effectStyleLst>${effect.repeat(3)}</a:effectStyleLst><a:bgFillStyleLst>${fill.repeat(3)}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>`;
}

/** A report of `count` slides. */
export function deck(count = 50) {
  const numbers = Array.from({ length: count }, (_, n) => n + 1);
  const accents = Array.from({ length: 6 }, (_, n) => `accent${n + 1}="accent${n + 1}"`).join(" ");
  const layout = ["rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"];
  return zip([
    ["[Content_Types].xml", types([["ppt/presentation.xml", "presentationml.presentation.main"], ["ppt/slideMasters/slideMaster1.xml", "presentationml.slideMaster"], ["ppt/slideLayouts/slideLayout1.xml", "presentationml.slideLayout"], ["ppt/theme/theme1.xml", "theme"], ...numbers.map((n) => [`ppt/slides/slide${n}.xml`, "presentationml.slide"])])],
    ["_rels/.rels", rels([["rId1", "officeDocument", "ppt/presentation.xml"]])],
    ["ppt/presentation.xml", `${HEAD}<p:presentation ${DRAWING}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rIdM"/></p:sldMasterIdLst><p:sldIdLst>${numbers.map((n) => `<p:sldId id="${255 + n}" r:id="rId${n}"/>`).join("")}</p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`],
    ["ppt/_rels/presentation.xml.rels", rels([["rIdM", "slideMaster", "slideMasters/slideMaster1.xml"], ...numbers.map((n) => [`rId${n}`, "slide", `slides/slide${n}.xml`])])],
    ["ppt/slideMasters/slideMaster1.xml", `${HEAD}<p:sldMaster ${DRAWING}><p:cSld><p:spTree>${TREE}</p:spTree></p:cSld><p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" ${accents} hlink="hlink" folHlink="folHlink"/><p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>`],
    ["ppt/slideMasters/_rels/slideMaster1.xml.rels", rels([["rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"], ["rId2", "theme", "../theme/theme1.xml"]])],
    ["ppt/slideLayouts/slideLayout1.xml", `${HEAD}<p:sldLayout ${DRAWING}><p:cSld><p:spTree>${TREE}</p:spTree></p:cSld></p:sldLayout>`],
    ["ppt/slideLayouts/_rels/slideLayout1.xml.rels", rels([["rId1", "slideMaster", "../slideMasters/slideMaster1.xml"]])],
    ["ppt/theme/theme1.xml", theme()],
    ...numbers.flatMap((n) => [
      [`ppt/slides/slide${n}.xml`, `${HEAD}<p:sld ${DRAWING}><p:cSld><p:spTree>${TREE}${slide(n, count)}</p:spTree></p:cSld></p:sld>`],
      [`ppt/slides/_rels/slide${n}.xml.rels`, rels([layout])],
    ]),
  ]);
}

// ---- A document with a red head ------------------------------------------------------------------------------------

const BODY = [
  "各县（市、区）人民政府，市政府直属各单位：",
  "为进一步精简会议、提高会议质量，经市政府同意，现就推进会议无纸化有关事项通知如下。",
  "一、适用范围。市政府召开的全市性会议、专题会议，以及市政府各部门召开的系统会议。",
  "二、会前准备。会务单位应当在会议开始两个工作日前上传会议材料，并设定可见范围。涉密会议和涉密材料不适用本通知。",
  "三、会中使用。参会人员扫码签到后在手机上阅读材料，需要批注的可以在电脑上打开。",
  "四、会后归档。会务单位应当在会议结束后三个工作日内导出签到表，与会议材料一并归档。",
  "五、工作要求。各地各单位要确定一名联络员，负责名册和材料的维护，确保信息准确、安全。",
];

/** A notice as a city government sends it: the name in red over a red line, the title in its own face. */
export function redHead() {
  const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  const paragraph = (text, { face = "仿宋_GB2312", size = 32, align = "both", colour, indent, line, after = 0 }) =>
    `<w:p><w:pPr>${line ? '<w:pBdr><w:bottom w:val="single" w:sz="18" w:space="6" w:color="C00000"/></w:pBdr>' : ""}<w:spacing w:line="560" w:lineRule="exact" w:after="${after}"/>${indent ? '<w:ind w:firstLineChars="200" w:firstLine="640"/>' : ""}<w:jc w:val="${align}"/></w:pPr><w:r><w:rPr><w:rFonts w:eastAsia="${face}" w:ascii="Liberation Serif" w:hAnsi="Liberation Serif"/>${colour ? `<w:b/><w:color w:val="${colour}"/>` : ""}<w:sz w:val="${size}"/></w:rPr><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
  const body = [
    paragraph("市人民政府办公室文件", { face: "方正小标宋简体", size: 66, align: "center", colour: "C00000", after: 360 }).replace('w:line="560"', 'w:line="1000"'),
    paragraph("市政办发〔2026〕18 号", { align: "center", line: true, after: 480 }),
    paragraph("关于推进会议无纸化工作的通知", { face: "方正小标宋简体", size: 44, align: "center", after: 360 }).replace('w:line="560"', 'w:line="640"'),
    paragraph(BODY[0], {}),
    ...BODY.slice(1).map((text) => paragraph(text, { indent: true })),
    paragraph("市人民政府办公室", { align: "right" }),
    paragraph("2026 年 9 月 10 日", { align: "right" }),
  ].join("");
  const page = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1587" w:header="851" w:footer="992" w:gutter="0"/></w:sectPr>';
  return zip([
    ["[Content_Types].xml", types([["word/document.xml", "wordprocessingml.document.main"]])],
    ["_rels/.rels", rels([["rId1", "officeDocument", "word/document.xml"]])],
    ["word/document.xml", `${HEAD}<w:document ${W}><w:body>${body}${page}</w:body></w:document>`],
  ]);
}

// ---- A table -------------------------------------------------------------------------------------------------------

/** Projects of the year on one page across. */
export function table() {
  const head = ["序号", "项目名称", "责任单位", "总投资（万元）", "年度计划（万元）", "完成进度", "备注"];
  const units = ["市发展改革委", "市住房城乡建设局", "市交通运输局", "市水利局", "市大数据管理局"];
  const names = ["城市快速路二期", "老旧小区改造", "智慧政务平台", "沿江堤防提升", "公共停车场建设", "中小学扩建"];
  const rows = Array.from({ length: 30 }, (_, n) => [n + 1, `${names[n % 6]}（${"一二三四五"[n % 5]}标段）`, units[n % 5], 1200 + n * 310, 400 + n * 95, `${40 + ((n * 7) % 55)}%`, n % 4 ? "" : "重点"]);
  const cell = (value, column, row, style) => {
    const place = `r="${"ABCDEFG"[column]}${row}" s="${style}"`;
    return typeof value === "number" ? `<c ${place}><v>${value}</v></c>` : `<c ${place} t="inlineStr"><is><t>${value}</t></is></c>`;
  };
  const line = (values, row, style) => `<row r="${row}" ht="22" customHeight="1">${values.map((value, column) => cell(value, column, row, style)).join("")}</row>`;
  const widths = [6, 30, 22, 16, 16, 12, 10].map((wide, n) => `<col min="${n + 1}" max="${n + 1}" width="${wide}" customWidth="1"/>`).join("");
  const S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const thin = ["left", "right", "top", "bottom"].map((side) => `<${side} style="thin"><color rgb="FF9DB7D1"/></${side}>`).join("");
  const xf = (font, fill, border) => `<xf numFmtId="0" fontId="${font}" fillId="${fill}" borderId="${border}" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf>`;
  return zip([
    ["[Content_Types].xml", types([["xl/workbook.xml", "spreadsheetml.sheet.main"], ["xl/worksheets/sheet1.xml", "spreadsheetml.worksheet"], ["xl/styles.xml", "spreadsheetml.styles"]])],
    ["_rels/.rels", rels([["rId1", "officeDocument", "xl/workbook.xml"]])],
    ["xl/workbook.xml", `${HEAD}<workbook ${S} xmlns:r="${OFFICE}"><sheets><sheet name="重点项目" sheetId="1" r:id="rId1"/></sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", rels([["rId1", "worksheet", "worksheets/sheet1.xml"], ["rId2", "styles", "styles.xml"]])],
    ["xl/styles.xml", `${HEAD}<styleSheet ${S}><fonts count="3"><font><sz val="11"/><name val="${FACE}"/></font><font><b/><sz val="18"/><name val="${FACE}"/></font><font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="${FACE}"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF0F5FA8"/></patternFill></fill></fills><borders count="2"><border/><border>${thin}</border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">${xf(0, 0, 1)}${xf(1, 0, 0)}${xf(2, 2, 1)}</cellXfs></styleSheet>`],
    ["xl/worksheets/sheet1.xml", `${HEAD}<worksheet ${S}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols>${widths}</cols><sheetData><row r="1" ht="36" customHeight="1">${cell("2026 年全市重点项目进度表", 0, 1, 1)}</row>${line(head, 2, 2)}${rows.map((row, n) => line(row, n + 3, 0)).join("")}</sheetData><mergeCells count="1"><mergeCell ref="A1:G1"/></mergeCells><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/></worksheet>`],
  ]);
}

// ---- An OFD --------------------------------------------------------------------------------------------------------

/** The form of official electronic documents: lines of text at their places in millimetres, and a red line. */
export function ofd() {
  const NS = 'xmlns:ofd="http://www.ofdspec.org/2016"';
  let id = 100;
  const text = (words, y, size, { x, colour = "0 0 0" } = {}) => {
    const wide = words.length * size;
    const left = x ?? (210 - wide) / 2;
    const steps = Array(Math.max(words.length - 1, 0)).fill(size).join(" ");
    return `<ofd:TextObject ID="${(id += 1)}" Boundary="${left} ${y} ${wide + size} ${size * 1.5}" Font="3" Size="${size}"><ofd:FillColor Value="${colour}"/><ofd:TextCode X="0" Y="${size}" DeltaX="${steps}">${words}</ofd:TextCode></ofd:TextObject>`;
  };
  const rule = (y) => `<ofd:PathObject ID="${(id += 1)}" Boundary="27 ${y} 156 2" LineWidth="0.8" Stroke="true"><ofd:StrokeColor Value="192 0 0"/><ofd:AbbreviatedData>M 0 1 L 156 1</ofd:AbbreviatedData></ofd:PathObject>`;
  const lines = BODY.flatMap((paragraph, n) => `${n ? "　　" : ""}${paragraph}`.match(/.{1,27}[，。、；]?/gu));
  const page = `${text("市大数据管理局文件", 40, 14, { colour: "192 0 0" })}${text("市数发〔2026〕9号", 66, 5.6)}${rule(78)}${text("关于开展数据安全检查的通知", 92, 7.8)}${lines.map((line, n) => text(line, 114 + n * 9.5, 5.6, { x: 27 })).join("")}`;
  return zip([
    ["OFD.xml", `${HEAD}<ofd:OFD ${NS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>`],
    ["Doc_0/Document.xml", `${HEAD}<ofd:Document ${NS}><ofd:CommonData><ofd:MaxUnitID>900</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages><ofd:Page ID="10" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>`],
    ["Doc_0/PublicRes.xml", `${HEAD}<ofd:Res ${NS} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3" FontName="宋体" FamilyName="宋体"/></ofd:Fonts></ofd:Res>`],
    ["Doc_0/Pages/Page_0/Content.xml", `${HEAD}<ofd:Page ${NS}><ofd:Content><ofd:Layer ID="20">${page}</ofd:Layer></ofd:Content></ofd:Page>`],
  ]);
}

// ---- A PDF ---------------------------------------------------------------------------------------------------------

/** A PDF of Chinese text as a browser prints it, its fonts within. */
export async function pdf() {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    const chapters = CHAPTERS.map((chapter, n) => `<h2>${n + 1}、${chapter}</h2>${POINTS.map((point) => `<p>${point}。各单位要对照年初目标，逐项核对进度，确保按期完成。</p>`).join("")}`);
    await page.setContent(`<html lang="zh-CN"><style>body{font:16px/1.9 sans-serif;margin:0 12mm}h1{text-align:center;font-size:28px}h2{font-size:19px}p{text-indent:2em;margin:6px 0}</style><h1>2026 年上半年预算执行情况报告</h1>${chapters.join("")}</html>`);
    return await page.pdf({ format: "A4", margin: { top: "22mm", bottom: "22mm" } });
  } finally {
    await browser.close();
  }
}

/** The papers of one meeting, as a browser's file field takes them. */
export async function papers() {
  const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
  return [
    file(`${TITLE}.pptx`, `${MAIN}.presentationml.presentation`, deck()),
    file("关于推进会议无纸化工作的通知.docx", `${MAIN}.wordprocessingml.document`, redHead()),
    file("重点项目进度表.xlsx", `${MAIN}.spreadsheetml.sheet`, table()),
    file("上半年预算执行情况报告.pdf", "application/pdf", await pdf()),
    file("数据安全检查通知.ofd", "application/octet-stream", ofd()),
  ];
}
