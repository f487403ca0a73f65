// A case that nobody answers: reminders, 舆情抄告单, 督办通知书 and the unit's reply, while the clock goes forward; and
// next year's calendar, pasted and published.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { forward } from "./cars.mjs";
import { desk, phone, startBrowser, startDemo, visit } from "./support.mjs";

const run = promisify(execFile);
let demo;
let browser;
let staff;
let citizen;
let href;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  staff = await desk(browser, demo.site);
  citizen = await phone(browser);
  citizen.setDefaultTimeout(15000);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const pictures = process.env.PICTURES;
const shot = (page, name) => pictures && page.screenshot({ path: `${pictures}/late-${name}.png`, fullPage: true });

async function office(part, unit = "") {
  await staff.goto(`${demo.site}/desk/cases/offices`);
  await staff.getByLabel("岗位").selectOption(part);
  if (unit) await staff.getByLabel("单位（联络员、单位负责人必选）").selectOption(unit);
  await staff.getByRole("button", { name: "设置" }).click();
  await staff.getByRole("heading", { name: "现有岗位" }).waitFor();
}

/** Opens `path` as whoever is signed in, again and again until `text` is there. */
async function until(path, text) {
  for (let tries = 0; tries < 60; tries += 1) {
    await staff.goto(`${demo.site}${path}`);
    const found = staff.getByText(text).first();
    if (await found.waitFor({ timeout: 500 }).then(() => true, () => false)) return found;
  }
  throw new Error(`${text} does not come up at ${path}`);
}

/** After days the desk asks for the password again. */
async function later(days) {
  await forward(demo, days * 86400);
  staff = await desk(browser, demo.site);
}

/** A notice as the State Council writes it. */
const notice = (year) => `国务院办公厅关于${year}年部分节假日安排的通知
经国务院批准，现将${year}年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日放假。
二、春节：2月5日至11日放假调休，共7天。
三、清明节：4月4日至6日放假调休，共3天。
四、劳动节：5月1日至5日放假调休，共5天。
五、端午节：6月9日放假。
六、中秋节：9月15日放假。
七、国庆节：10月1日至7日放假调休，共7天。
国务院办公厅
${year - 1}年11月3日`;

async function publish(year) {
  await staff.goto(`${demo.site}/desk/cases/years`);
  await staff.getByLabel("通知全文").fill(notice(year));
  await staff.getByRole("button", { name: "预览" }).click();
  await staff.getByText(`${year} 年，与现在的日历相比有`).waitFor();
  await shot(staff, "year-preview");
  await staff.getByRole("button", { name: `公布 ${year} 年放假安排` }).click();
  await staff.getByText(`已公布 ${year} 年放假安排`).waitFor();
}

test("an administrator pastes next year's notice, sees what is not understood, compares it and publishes it", async () => {
  await staff.goto(`${demo.site}/desk/cases/years`);
  const known = await staff.getByText("已公布").count();
  assert.ok(known > 0);
  await staff.getByLabel("通知全文").fill(notice(2026).replace("共7天", "共9天"));
  await staff.getByRole("button", { name: "预览" }).click();
  await staff.getByText("没有读懂这份通知").waitFor();
  await shot(staff, "year-unread");
  const year = new Date().getFullYear();
  if ((await staff.getByRole("cell", { name: String(year), exact: true }).count()) === 0) await publish(year);
  await publish(year + 1);
  await until("/desk/cases/years", "已重新计算");
  await shot(staff, "years");
});

test("a case that nobody answers is drafted into a notice, which the press office signs", async () => {
  await visit(citizen, `${demo.site}/cases/new`, "browser-late");
  await citizen.getByLabel("标题").fill("隆山路窨井盖缺失三天没人管");
  await citizen.getByLabel("内容").fill("隆山路与公园路路口东北角窨井盖不见了，晚上很危险。");
  await citizen.getByLabel("类别").selectOption("road");
  await citizen.getByRole("button", { name: "下一步" }).click();
  await citizen.getByRole("button", { name: "确认提交" }).click();
  await citizen.getByText("看办理进度").click();
  href = new URL(citizen.url()).pathname;
  await office("moderator");
  await staff.goto(`${demo.site}/desk${href}`);
  const part = staff.locator("details", { has: staff.locator("summary", { hasText: /^转办$/ }) });
  await part.getByLabel("主办单位").selectOption("jsj");
  await part.getByRole("button", { name: "转办", exact: true }).click();
  await staff.getByText("已完成：").waitFor();
  await staff.getByText("这个日期怎么来的").nth(1).click();
  await shot(staff, "limits");
  await later(14);
  await office("propaganda");
  await office("liaison", "jsj");
  await (await until("/desk/cases", "等您签发")).click();
  await shot(staff, "inbox-drafts");
  await staff.getByRole("link", { name: "舆情抄告单" }).first().click();
  await staff.getByText("（签发时编号）").first().waitFor();
  await shot(staff, "draft");
  await staff.getByRole("button", { name: "签发舆情抄告单" }).click();
  await staff.getByText("已签发，承办单位可以看到了").waitFor();
  await shot(staff, "notice");
});

test("it is not answered either: a supervision paper follows, is filed as PDF and DOCX, and the unit replies", async () => {
  await later(14);
  await office("supervision");
  await until("/desk/cases/papers?state=draft", "督办通知书");
  await staff.getByRole("link", { name: "督办通知书", exact: true }).first().click();
  await staff.getByRole("button", { name: "签发督办通知书" }).click();
  await staff.getByText("已签发，承办单位可以看到了").waitFor();
  const folder = await mkdtemp(join(tmpdir(), "yst-paper-"));
  try {
    for (const [name, form] of [["下载 PDF", "pdf"], ["下载 Word", "docx"]]) {
      const coming = staff.waitForEvent("download");
      await staff.getByRole("link", { name }).click();
      const file = await coming;
      assert.match(file.suggestedFilename(), /^督办通知书-DB-\d{4}-0001\./);
      await file.saveAs(join(folder, `paper.${form}`));
    }
    await run("soffice", ["--headless", `-env:UserInstallation=file://${folder}/profile`, "--convert-to", "pdf:writer_pdf_Export", "--outdir", join(folder, "word"), join(folder, "paper.docx")]);
    for (const file of ["paper.pdf", "word/paper.pdf"]) {
      const { stdout } = await run("pdftotext", ["-layout", join(folder, file), "-"]);
      for (const said of ["督办通知书", "市住房和城乡建设局", "予以督办"]) assert.ok(stdout.includes(said), `${file}: ${said}\n${stdout}`);
      if (pictures) await run("pdftoppm", ["-r", "70", "-png", join(folder, file), join(pictures, `late-${file.replace("/", "-")}`)]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await staff.getByLabel("超期原因、办理情况和下一步措施").fill("养护班组排班疏漏，今天已补装井盖，并检查了全线 46 处井盖。");
  await staff.getByRole("button", { name: "提交答复" }).click();
  await staff.getByText("答复已送达签发单位").waitFor();
  await staff.getByText("全线 46 处井盖").waitFor();
  await shot(staff, "supervision");
  await staff.goto(`${demo.site}/desk${href}`);
  await staff.getByText("答复抄告、督办 DB-").waitFor();
  await shot(staff, "case");
  await staff.goto(`${demo.site}/desk/cases/assessment`);
  await staff.getByRole("cell", { name: "市住房和城乡建设局" }).first().waitFor();
  await shot(staff, "assessment");
  await staff.goto(`${demo.site}/desk/cases?all=1`);
  await shot(staff, "inbox");
  await citizen.goto(`${demo.site}${href}`);
  const text = await citizen.locator("body").innerText();
  for (const inner of ["抄告", "督办"]) assert.ok(!text.includes(inner), inner);
});
