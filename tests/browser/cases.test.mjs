// 我要问政: a photo and a few words in WeChat, what will be public, the desk of those who pass it on and of those who
// answer, and the rating of both.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { photo } from "./cars.mjs";
import { desk, phone, startBrowser, startDemo, visit } from "./support.mjs";

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
const shot = (page, name) => pictures && page.screenshot({ path: `${pictures}/cases-${name}.png`, fullPage: true });

/** Gives the administrator an office. */
async function office(part, unit = "") {
  await staff.goto(`${demo.site}/desk/cases/offices`);
  await staff.getByLabel("岗位").selectOption(part);
  if (unit) await staff.getByLabel("单位（联络员、单位负责人必选）").selectOption(unit);
  await staff.getByRole("button", { name: "设置" }).click();
  await staff.getByRole("heading", { name: "现有岗位" }).waitFor();
}

/** Opens a form of the case's page, fills it in and sends it. */
async function does(name, fill = async () => {}) {
  const part = staff.locator("details", { has: staff.locator("summary", { hasText: new RegExp(`^${name}$`) }) });
  if (!(await part.evaluate((one) => one.open))) await part.locator("summary").click();
  await fill(part);
  await part.getByRole("button", { name, exact: true }).click();
  await staff.getByText("已完成：").waitFor();
}

test("without an office there is nothing to do, and the page says what to ask for", async () => {
  await staff.goto(`${demo.site}/desk/cases`);
  await staff.getByText("您还没有诉求岗位").waitFor();
  await shot(staff, "nobody");
});

test("a citizen writes, sees what will be public, and gets number and code", async () => {
  await visit(citizen, `${demo.site}/cases/new`, "browser-petition");
  await citizen.getByLabel("拍照或选照片").setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: await photo(staff) });
  await citizen.getByLabel("标题").fill("万松路中段路灯一个多月不亮");
  await citizen.getByLabel("内容").fill("从菜市场到小学这一段全黑，晚上接孩子很危险。\n我的电话 13812346021，可以带你们去看。");
  await citizen.getByLabel("类别").selectOption("road");
  await citizen.getByLabel("地点").fill("万松路 88 号到 120 号");
  await citizen.getByLabel("姓名电话").fill("陈晓燕 13812346021");
  await shot(citizen, "form");
  await citizen.getByRole("button", { name: "下一步" }).click();
  await citizen.getByRole("heading", { name: "公开后是这样" }).waitFor();
  assert.equal(await citizen.getByText("13812346021").count(), 0);
  await shot(citizen, "preview");
  await citizen.getByRole("button", { name: "确认提交" }).click();
  await citizen.getByRole("heading", { name: "已提交" }).waitFor();
  await shot(citizen, "sent");
  await citizen.getByText("看办理进度").click();
  await citizen.getByRole("heading", { name: "待审核" }).waitFor();
  await shot(citizen, "submitted");
  href = new URL(citizen.url()).pathname;
});

test("who passes it on sees how long is left, makes it public, and forwards it", async () => {
  await office("moderator");
  await shot(staff, "offices");
  await staff.goto(`${demo.site}/desk/cases`);
  await staff.getByText("还剩").first().waitFor();
  await shot(staff, "inbox");
  await staff.getByRole("link", { name: "万松路中段路灯一个多月不亮" }).click();
  await shot(staff, "check");
  await does("公开", (part) => part.getByLabel("公开的正文").fill("从菜市场到小学这一段全黑，晚上接孩子很危险。"));
  await does("转办", (part) => part.getByLabel("主办单位").selectOption("jsj"));
});

test("the unit replies, answers, and the citizen rates both sides", async () => {
  await office("liaison", "jsj");
  await staff.goto(`${demo.site}/desk${href}`);
  await does("首次回复（受理）", (part) => part.getByLabel("说明").fill("已安排路灯所今天到现场查看。"));
  await shot(staff, "accepted");
  await does("答复", async (part) => {
    await part.getByLabel("说明").fill("电缆被施工挖断，已接好，11 盏路灯恢复照明。");
    await part.getByLabel("签发人").fill("李建国");
  });
  await shot(staff, "answered");
  await citizen.goto(`${demo.site}${href}`);
  await citizen.getByText("11 盏路灯恢复照明").waitFor();
  await shot(citizen, "answered-phone");
  await citizen.getByLabel("审核转办").selectOption("5");
  await citizen.getByLabel("承办单位").selectOption("4");
  await citizen.getByRole("button", { name: "提交评价" }).click();
  await citizen.getByRole("heading", { name: "已办结" }).waitFor();
  await shot(citizen, "closed");
});

test("a stranger reads what is public, and nothing of who wrote it", async () => {
  const stranger = await phone(browser);
  await visit(stranger, `${demo.site}/cases`, "browser-stranger");
  await stranger.getByLabel("搜索公开诉求").fill("垃圾");
  await stranger.getByRole("button", { name: "查找" }).click();
  await stranger.getByRole("heading", { name: "没有找到" }).waitFor();
  await shot(stranger, "nothing-found");
  await stranger.getByLabel("搜索公开诉求").fill("路灯");
  await stranger.getByRole("button", { name: "查找" }).click();
  await stranger.getByText("万松路中段路灯").waitFor();
  await shot(stranger, "found");
  await stranger.getByText("按单位查看").click();
  await shot(stranger, "units");
  await stranger.getByText("市住房和城乡建设局").click();
  await stranger.getByText("万松路中段路灯").click();
  await stranger.getByText("晚上接孩子很危险").waitFor();
  const text = await stranger.locator("body").innerText();
  for (const secret of ["13812346021", "陈晓燕", "可以带你们去看"]) assert.ok(!text.includes(secret), secret);
  await shot(stranger, "public");
});
