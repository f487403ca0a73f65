// A congress of 315 deputies, 210 of whom came: quorum, a named vote, a secret election with a run-off, a count by
// hand, and the reports as LibreOffice reads them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Handset, together } from "./hall.mjs";
import { desk, organiser, phone, startBrowser, startDemo, visit, wall } from "./support.mjs";

const run = promisify(execFile);
const DEPUTIES = 315;
/** Exactly two thirds: one fewer, and the congress cannot vote. */
const PRESENT = 210;
/** These look at pages; the others are phones that nobody looks at. */
const WATCHED = 3;
const YES = 0;
const NO = 1;
const ABSTAIN = 2;

let demo;
let browser;
let staff;
let folder;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  staff = await organiser(demo.site);
  folder = await mkdtemp(join(tmpdir(), "yst-congress-"));
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const FAMILY = [..."王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"];
const GIVEN = ["建国", "晓燕", "志强", "文静", "海涛", "思远", "丽华", "一帆", "永明", "秀英", "国平", "春梅", "立新", "学文", "敏"];
const UNITS = ["东山代表团", "安阳代表团", "塘下代表团", "莘塍代表团", "马屿代表团", "高楼代表团", "湖岭代表团"];
const deputies = Array.from({ length: DEPUTIES }, (_, n) => ({
  name: `${FAMILY[n % FAMILY.length]}${GIVEN[(n * 7 + Math.floor(n / FAMILY.length)) % GIVEN.length]}`,
  unit: UNITS[n % UNITS.length],
  phone: `1381${String(2340000 + n).padStart(7, "0")}`,
}));
const openid = (n) => `oDeputy${String(n).padStart(4, "0")}`;

/** Keeps what a page looks like, where the walk is asked for pictures. */
const picture = (page, name, fullPage = false) =>
  process.env.PICTURES ? page.screenshot({ path: `${process.env.PICTURES}/${name}.png`, fullPage }) : null;

async function confirmed(page, button) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: button, exact: true }).click();
}

/** Downloads what the link of the chair's page gives; where it lies. */
async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: link }).click()]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

/** What LibreOffice reads in a document. */
async function read(path) {
  const profile = `-env:UserInstallation=file://${join(folder, "profile")}`;
  await run("soffice", ["--headless", profile, "--convert-to", "pdf:writer_pdf_Export", "--outdir", folder, path]);
  return text(path.replace(/\.docx$/, ".pdf"));
}

async function text(pdf) {
  const { stdout } = await run("pdftotext", ["-layout", pdf, "-"]);
  return stdout;
}

/** Publishes, downloads the report in both forms, reads it, and asks `/verify` about it. */
async function filed(chair, lines) {
  await confirmed(chair, "公布结果");
  await chair.getByText("结果已公布").waitFor();
  const docx = await download(chair, "下载 Word");
  const pdf = await download(chair, "下载 PDF");
  for (const [name, report] of [
    [basename(docx), await read(docx)],
    [basename(pdf), await text(pdf)],
  ]) {
    const said = report.replace(/\s+/g, " ");
    for (const line of lines) assert.match(said, line, `${name} does not say so`);
  }
  if (process.env.PICTURES) await run("pdftoppm", ["-r", "60", "-png", pdf, join(process.env.PICTURES, basename(pdf, ".pdf"))]);
  const code = await chair.locator("td.code").first().innerText();
  const verify = await chair.context().newPage();
  await verify.goto(`${demo.site}/verify`);
  await verify.getByRole("textbox").first().fill(code);
  await verify.getByRole("button", { name: "核验编码" }).click();
  await verify.getByText(/有效/).first().waitFor();
  await picture(verify, `congress-verify-${code.slice(0, 4)}`);
  await verify.close();
  assert.ok((await readFile(docx)).length > 1000);
}

test("a congress votes: quorum, named, secret with a run-off, by hand, and all reports hold", async (t) => {
  /** A part of the walk; what comes after it makes no sense when it fails. */
  const step = async (name, act) => {
    let failure;
    const kept = (error) => {
      failure = error;
      throw error;
    };
    await t.test(name, () => act().catch(kept));
    if (failure) throw failure;
  };
  const meeting = await staff.meeting({ title: "瑞宁市第十七届人民代表大会第三次会议", policy: "roster" });
  const { code } = meeting;
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, { people: deputies });

  const phones = [];
  for (let n = 0; n < WATCHED; n += 1) {
    const page = await phone(browser);
    page.setDefaultTimeout(30000);
    await visit(page, `${demo.site}/m/${code}`, openid(n));
    await page.getByLabel("单位").fill(deputies[n].unit);
    await page.getByLabel("姓名").fill(deputies[n].name);
    await page.getByLabel("手机号").fill(deputies[n].phone);
    await page.getByRole("button", { name: "确认签到" }).click();
    await page.getByRole("heading", { name: "签到成功" }).waitFor();
    phones.push(page);
  }
  const seated = deputies.slice(WATCHED, PRESENT);
  const others = seated.map((_, n) => new Handset(demo.site, openid(WATCHED + n)));
  const places = await together(others, (handset, n) => handset.signIn(code, seated[n]));
  const expected = Array.from({ length: PRESENT - WATCHED }, (_, n) => WATCHED + 1 + n);
  assert.deepEqual([...places].sort((a, b) => a - b), expected, "places have no gap and no repeat");

  const chair = await desk(browser, demo.site);
  const screen = await wall(browser);
  await screen.goto(meeting.screen_url);
  await screen.getByText("微信扫一扫签到").waitFor();
  await picture(phones[0], "congress-meeting", true);

  /** What the chair fills in for a new item of the queue, up to its frozen text. */
  async function draft(template, question, fields = {}) {
    await chair.goto(`${demo.site}/desk/meetings/${meeting.id}/ballots`);
    await chair.getByRole("link", { name: "新建表决事项" }).first().click();
    await chair.getByRole("link", { name: `用「${template}」` }).click();
    await chair.getByLabel("表决事项", { exact: true }).fill(question);
    for (const [label, value] of Object.entries(fields)) await chair.getByLabel(label).fill(value);
    await chair.getByRole("button", { name: "保存" }).click();
    await chair.getByText("已新建，核对后定稿").waitFor();
    await confirmed(chair, "定稿");
  }
  const round = () => chair.url().match(/ballots\/([0-9a-f-]+)/)[1];

  await step("the rules of a named vote are data: one page changes them into a new version", async () => {
    await chair.goto(`${demo.site}/desk/ballots/congress_motion/edit`);
    await chair.getByRole("checkbox", { name: "无记名" }).uncheck();
    await picture(chair, "congress-rule", true);
    await chair.getByRole("button", { name: "保存为新版本" }).click();
    await chair.getByText(/第 2 版/).first().waitFor();
  });

  await step("one deputy too few, and the chair reads how many are missing", async () => {
    await draft("人民代表大会表决议案", "关于瑞宁市 2026 年国民经济和社会发展计划的决议");
    await chair.getByText("3 × 210 ≥ 2 × 315").first().waitFor();
    await phones[2].getByRole("button", { name: "我要离场" }).click();
    await phones[2].getByRole("alertdialog").getByRole("button", { name: "我要离场" }).click();
    await phones[2].getByRole("button", { name: "我回来了" }).waitFor();
    await chair.getByText("还差 1 位有表决权的成员").first().waitFor();
    await picture(chair, "congress-quorum");
    await phones[2].getByRole("button", { name: "我回来了" }).click();
    await phones[2].getByRole("button", { name: "我要离场" }).waitFor();
    await chair.getByText("已达到").waitFor();
  });

  await step("a named vote passes by more than half of all deputies", async () => {
    await confirmed(chair, "开始表决");
    const id = round();
    await phones[0].getByRole("button", { name: "赞成", exact: true }).waitFor();
    await picture(phones[0], "congress-paper");
    await screen.getByText("关于瑞宁市 2026 年国民经济和社会发展计划的决议").waitFor();
    await together(others, (handset, n) => handset.vote(code, id, { m1: n < 160 ? YES : n < 190 ? NO : ABSTAIN }));
    await screen.locator(".ballot .count").getByText("207", { exact: true }).waitFor();
    await picture(screen, "congress-screen-vote");
    for (const { name } of deputies.slice(0, WATCHED)) await chair.locator(".names").getByText(name).first().waitFor();
    await picture(chair, "congress-chair-open", true);
    await phones[0].getByRole("button", { name: "赞成", exact: true }).click();
    await phones[0].getByRole("heading", { name: "已表决" }).waitFor();
    await picture(phones[0], "congress-voted");
    await phones[1].getByRole("button", { name: "反对", exact: true }).click();
    await phones[1].getByRole("heading", { name: "已表决" }).waitFor();
    await confirmed(chair, "结束表决");
    await screen.getByText("2 × 161 > 315，通过").waitFor();
    await picture(screen, "congress-screen-result");
    await confirmed(chair, "确认计票");
    await filed(chair, [/2 × 161 > 315，通过/, /赞成 反对 弃权 未按 计算 161 31 17 1 /]);
    await picture(chair, "congress-published", true);
  });

  const ballot = { 候选人: "赵立新，市水利局\n钱学文，市教育局\n孙晓梅，市总工会\n阿依古丽·买买提江，市民族宗教事务局\n周永明，市工商业联合会", 应选名额: "4" };
  await step("a secret election leaves two of the same votes for the last seat", async () => {
    await draft("人民代表大会选举", "选举瑞宁市人民代表大会常务委员会委员", ballot);
    const scrutineer = (n) => ({ label: `${deputies[n].name}（${deputies[n].unit}）` });
    for (const n of [0, 1]) await chair.getByLabel(`监票人 ${n + 1}`).selectOption(scrutineer(n));
    await chair.getByRole("button", { name: "指定监票人" }).click();
    await confirmed(chair, "开始表决");
    // Each of the 210 leaves one of the five out: 37, 37, 36, 50 and 50 of them.
    const out = [...Array(37).fill(0), ...Array(37).fill(1), ...Array(36).fill(2), ...Array(50).fill(3), ...Array(50).fill(4)];
    const marks = (left) => Object.fromEntries([0, 1, 2, 3, 4].map((item) => [`m${item + 1}`, item === left ? ABSTAIN : YES]));
    const id = round();
    await together(others, (handset, n) => handset.vote(code, id, marks(out[n])));
    const names = ballot.候选人.split("\n").map((line) => line.split("，")[0]);
    for (const [n, page] of phones.entries()) {
      const left = out[others.length + n];
      await page.getByRole("button", { name: "提交选票" }).waitFor();
      for (const [item, name] of names.entries()) {
        const word = item === left ? "弃权" : "赞成";
        await page.locator("fieldset", { hasText: name }).locator("label", { hasText: word }).click();
      }
      if (n === 0) await picture(page, "congress-election", true);
      await page.getByRole("button", { name: "提交选票" }).click();
      await page.getByRole("button", { name: "确认提交" }).click();
      await page.getByRole("heading", { name: "已表决" }).waitFor();
    }
    await confirmed(chair, "结束表决");
    await scrutinised();
    await chair.getByRole("button", { name: "公布结果" }).waitFor();
    await filed(chair, [/赵立新/, /阿依古丽·买买提江/, /2 × 173 > 315/, /2 × 160 > 315/, /再次投票/]);
    await screen.getByText("再次投票").first().waitFor();
    await picture(screen, "congress-screen-tie");
    await picture(chair, "congress-tie", true);
  });

  /** Both scrutineers check the count on their phones. */
  async function scrutinised() {
    for (const page of phones.slice(0, 2)) {
      await page.getByRole("link", { name: /您是监票人/ }).click();
      await page.getByRole("button", { name: "确认计票无误" }).click();
      await page.getByRole("button", { name: "确认无误" }).click();
      await page.getByText("您已确认计票").waitFor();
    }
  }

  await step("the run-off decides between the two", async () => {
    await confirmed(chair, "安排再次投票");
    await chair.getByRole("button", { name: "开始表决" }).waitFor();
    await confirmed(chair, "开始表决");
    const id = round();
    // The phones that showed the count before come to the new paper by themselves.
    for (const page of phones) await page.getByRole("button", { name: "提交选票" }).waitFor();
    await together(others, (handset, n) => handset.vote(code, id, n < 170 ? { m1: YES, m2: ABSTAIN } : { m1: ABSTAIN, m2: YES }));
    await confirmed(chair, "结束表决");
    await scrutinised();
    await filed(chair, [/1 人当选：阿依古丽·买买提江/, /170/]);
    await screen.getByText("1 人当选").waitFor();
    await picture(screen, "congress-screen-elected");
  });

  await step("what is counted by hand is entered with its witnesses and says so", async () => {
    await draft("人民代表大会表决议案", "关于接受辞职请求的决定");
    await chair.getByRole("link", { name: "人工计票" }).click();
    const numbers = { 到会人数: "210", 收回票数: "210", 赞成: "200", 反对: "4", 弃权: "6" };
    for (const [label, value] of Object.entries(numbers)) await chair.getByLabel(label).fill(value);
    await chair.getByLabel("见证人 1").fill("江一帆");
    await chair.getByLabel("见证人 2").fill("何敏");
    await chair.getByRole("button", { name: "录入结果" }).click();
    await chair.getByRole("alertdialog").getByRole("button", { name: "录入" }).click();
    await chair.getByText("2 × 200 > 315，通过").waitFor();
    await confirmed(chair, "确认计票");
    await filed(chair, [/2 × 200 > 315/, /人工计票/, /江一帆/, /何敏/]);
  });
});
