// One meeting without paper, as everybody lives it: the office uploads what it has, an attendee reads it on a phone of
// 375×812 and on a computer and finds it again, and the office reminds, exports and proves.
//
// PICTURES=<folder> keeps what each step looks like.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TITLE, papers } from "./papers.mjs";
import { PASSWORD, desk, organiser, phone, startBrowser, startDemo, visit } from "./support.mjs";

let demo;
let browser;
let staff;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  staff = await organiser(demo.site);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function picture(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, name) });
}

const text = (page) => page.locator("main").innerText();
const over = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Waits until page `number` of the document that `page` reads is drawn. */
const drawn = (page, number) =>
  page.waitForFunction((n) => {
    const image = document.querySelector(`#p${n} img`);
    return image?.complete && image.naturalWidth > 300;
  }, number);

/** What stands in each document, and on how many pages at least. */
const READ = [
  [TITLE, 50, "移动办公"],
  ["关于推进会议无纸化工作的通知", 1, "适用范围"],
  ["重点项目进度表", 1, "智慧政务平台"],
  ["上半年预算执行情况报告", 2, "数据共享"],
  ["数据安全检查通知", 1, "数据安全检查"],
];

async function upload(office, meeting) {
  await office.goto(`${demo.site}/desk/meetings/${meeting.id}/materials`);
  await office.getByRole("link", { name: "添加议题" }).click();
  await office.getByLabel("议题").fill("通报全市智慧政务建设情况");
  await office.getByLabel("发言人").fill("陈晓燕");
  await office.getByRole("button", { name: "保存" }).click();
  await office.locator(".point", { hasText: "通报全市" }).waitFor();
  await office.getByRole("checkbox", { name: "下载", exact: true }).check();
  const files = await papers();
  await office.locator("input[type=file]").setInputFiles(files);
  for (const { name } of files) await office.locator("[data-uploads] li.done", { hasText: name }).waitFor();
  for (const [name] of READ) {
    const row = office.locator(".papers tr", { hasText: name });
    await row.getByText("可预览").waitFor({ timeout: 180000 });
  }
  const notice = await office.locator(".papers tr", { hasText: "会议无纸化" }).innerText();
  assert.match(notice, /缺少字体 .*方正小标宋简体/, "the uploader hears which fonts others stand in for");
  assert.match(await office.locator(".papers tr", { hasText: TITLE }).innerText(), /50 页/);
  const order = await office.locator(".papers td:first-child a").allInnerTexts();
  assert.deepEqual(order, READ.map(([name]) => name), "as they were chosen, however they arrived");
  assert.equal(await over(office), 0);
  await picture(office, "walk-1-uploaded.png");
}

async function read(page, root) {
  for (const [name, pages, words] of READ) {
    await page.goto(root);
    await page.getByRole("link", { name }).first().click();
    await drawn(page, 1);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375, name);
    assert.ok((await page.locator("figure").count()) >= pages, name);
    await picture(page, `walk-2-${READ.findIndex(([one]) => one === name) + 1}.png`);
    await page.getByRole("searchbox").fill(words);
    await page.getByRole("button", { name: "查找" }).click();
    await page.getByRole("heading", { name: new RegExp(`「${words}」[0-9]+ 页`) }).waitFor();
  }
}

test("a meeting without paper, from the first upload to the proof of the sheet", async () => {
  const meeting = await staff.meeting({ title: "全市智慧政务建设培训会" });
  const people = [
    { name: "江一帆", unit: "市金融办", phone: "13812346021" },
    { name: "林建华", unit: "市生态环境局", phone: "13912341187" },
  ];
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, { people });
  const office = await desk(browser, demo.site);
  office.setDefaultTimeout(60000);
  await upload(office, meeting);

  const root = `${demo.site}/m/${meeting.code}`;
  const page = await phone(browser);
  page.setDefaultTimeout(30000);
  await visit(page, root, "oBrowserWalk");
  await page.getByLabel("单位").fill("市金融办");
  await page.getByLabel("姓名").fill("江一帆");
  await page.getByLabel("手机号").fill("13812346021");
  await page.getByRole("button", { name: "确认签到" }).click();
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
  await page.goto(root);
  await picture(page, "walk-2-meeting.png");
  await read(page, root);

  await page.goto(`${demo.site}/m/pull`);
  const digits = await page.locator(".countdown").innerText();
  await picture(page, "walk-3-digits.png");
  const computer = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  computer.setDefaultTimeout(30000);
  await computer.goto(`${demo.site}/pull`);
  await computer.getByLabel("手机上的 6 位数字").fill(digits);
  await computer.getByRole("button", { name: "打开" }).click();
  for (const [name] of READ) await computer.getByRole("link", { name }).waitFor();
  await picture(computer, "walk-3-computer.png");
  await computer.getByRole("link", { name: TITLE }).click();
  await drawn(computer, 1);
  await picture(computer, "walk-3-deck.png");
  const taken = computer.waitForEvent("download");
  await computer.getByRole("link", { name: "下载文件" }).click();
  assert.equal((await taken).suggestedFilename(), `${TITLE}.pptx`);

  await page.goto(`${demo.site}/m`);
  await page.getByRole("searchbox").fill("一网通办");
  await page.getByRole("button", { name: "搜索" }).click();
  await page.getByRole("heading", { name: "找到的材料" }).waitFor();
  await picture(page, "walk-4-found.png");
  await page.getByRole("link", { name: /预算执行情况报告/ }).click();
  await drawn(page, 1);

  await office.goto(`${demo.site}/desk/meetings/${meeting.id}/reminders`);
  await office.getByText("1 人还没签到").waitFor();
  await office.getByLabel("夜间").check();
  await office.getByRole("button", { name: "提醒未到" }).click();
  await office.getByRole("button", { name: "发送提醒" }).click();
  await office.getByText("已开始通知 1 人").waitFor();
  await office.getByText("已全部处理").waitFor();
  await picture(office, "walk-5-reminder.png");
  await office.goto(`${demo.site}/desk/meetings/${meeting.id}/sheet`);
  const saved = office.waitForEvent("download");
  await office.getByRole("button", { name: "导出 PDF" }).click();
  const sheet = await (await saved).path();
  await office.reload();
  const code = await office.locator("td.code").innerText();
  await picture(office, "walk-5-sheet.png");
  await office.goto(`${demo.site}/verify?d=${code.replaceAll(" ", "")}`);
  await office.getByRole("heading", { name: "有效" }).waitFor();
  await office.getByLabel("文件").setInputFiles(sheet);
  await office.getByRole("button", { name: "核验文件" }).click();
  await office.getByText("文件与存档完全一致").waitFor();
  await picture(office, "walk-5-verified.png");
});

test("in large type the same pages are whole: the list, a document, the search, the digits", async () => {
  const meeting = await staff.meeting({ title: "关怀模式下的会议" });
  const page = await phone(browser);
  page.setDefaultTimeout(30000);
  const root = `${demo.site}/m/${meeting.code}`;
  await visit(page, root, "oBrowserLarge");
  await page.getByLabel("单位").fill("市人民政府驻北京联络处综合协调科");
  await page.getByLabel("姓名").fill("阿依古丽·买买提江");
  await page.getByLabel("手机号").fill("13712349034");
  await page.getByRole("button", { name: "确认签到" }).click();
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
  const { token } = await (await fetch(`${demo.site}/api/v1/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: "admin", password: PASSWORD }),
  })).json();
  const form = new FormData();
  form.append("visibility", "before");
  form.append("internal", "true");
  form.append("file", new Blob(["第一条 总体安排\n第二条 时间表\n"]), "关于做好今冬明春安全生产和防灾减灾工作的若干意见（征求意见稿）.txt");
  const made = await fetch(`${demo.site}/api/v1/meetings/${meeting.id}/materials`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Idempotency-Key": "large-type" },
    body: form,
  });
  assert.equal(made.status, 201);
  const { id } = await made.json();
  await page.goto(`${demo.site}/large-type?on=1&back=/m/${meeting.code}`);
  for (const [path, name] of [[`/m/${meeting.code}`, "meeting"], [`/m/${meeting.code}/materials/${id}`, "reader"], ["/m?q=安全生产", "search"], ["/m/pull", "digits"]]) {
    await page.goto(`${demo.site}${path}`);
    if (name === "reader") {
      await page.locator("#p1 img").waitFor({ timeout: 90000 });
      await drawn(page, 1);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375, name);
    await picture(page, `large-${name}.png`);
  }
});
