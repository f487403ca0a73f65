// The desk of petitions: finding cases, passing on many at once, answering with templates, calling back who was not
// content, following up what is public, and channels of topics.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, phone, startBrowser, startDemo, visit } from "./support.mjs";

let demo;
let browser;
let staff;
let citizen;
let colleague;
const hrefs = [];

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
const shot = (page, name) => pictures && page.screenshot({ path: `${pictures}/petition-desk-${name}.png`, fullPage: true });

/** Gives somebody an office. */
async function office(part, unit = "", who = "admin") {
  await staff.goto(`${demo.site}/desk/cases/offices`);
  const account = staff.locator("select[name=staff]");
  const option = account.locator("option", { hasText: `（${who}）` });
  await account.selectOption(await option.getAttribute("value"));
  await staff.getByLabel("岗位").selectOption(part);
  if (unit) await staff.getByLabel("单位（联络员、单位负责人必选）").selectOption(unit);
  await staff.getByRole("button", { name: "设置" }).click();
  await staff.getByRole("heading", { name: "现有岗位" }).waitFor();
}

async function files(title, body) {
  await visit(citizen, `${demo.site}/cases/new`, "browser-desk");
  await citizen.getByLabel("标题").fill(title);
  await citizen.getByLabel("内容").fill(body);
  await citizen.getByLabel("类别").selectOption("road");
  await citizen.getByLabel("姓名电话").fill("陈晓燕 13812346021");
  await citizen.getByRole("button", { name: "下一步" }).click();
  await citizen.getByRole("button", { name: "确认提交" }).click();
  await citizen.getByRole("heading", { name: "已提交" }).waitFor();
  await citizen.getByText("看办理进度").click();
  await citizen.getByRole("heading", { name: "待审核" }).waitFor();
  hrefs.push(new URL(citizen.url()).pathname);
}

/** Opens a form of the case's page, fills it in and sends it. */
async function does(name, fill = async () => {}, page = staff, then = "已完成：") {
  const part = page.locator("details", { has: page.locator("summary", { hasText: new RegExp(`^${name}$`) }) });
  if (!(await part.evaluate((one) => one.open))) await part.locator("summary").click();
  await fill(part);
  await part.getByRole("button", { name, exact: true }).click();
  await page.getByText(then).waitFor();
}

/** Somebody else at the desk. */
async function another(username, name) {
  await staff.goto(`${demo.site}/desk/accounts`);
  await staff.getByLabel("用户名").fill(username);
  await staff.getByLabel("姓名").fill(name);
  await staff.getByRole("button", { name: "新建账号" }).click();
  const password = await staff.locator("[data-copy]").getAttribute("data-copy");
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  await page.goto(`${demo.site}/desk/login`);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("link", { name: "诉求办理" }).waitFor();
  return page;
}

test("an officer finds cases by words and number, and passes on many at once", async () => {
  await files("万松路中段路灯一个多月不亮", "从菜市场到小学这一段全黑。");
  await files("隆山路路灯忽明忽暗", "晚上看不清路面。");
  await files("解放路井盖松动", "汽车压过声音很大。");
  await office("moderator");
  await staff.goto(`${demo.site}/desk/cases`);
  await staff.getByLabel("编号或关键词").fill("看不清");
  await staff.getByRole("button", { name: "查找" }).click();
  await staff.getByRole("link", { name: "隆山路路灯忽明忽暗" }).waitFor();
  assert.equal(await staff.getByText("解放路井盖松动").count(), 0);
  await shot(staff, "found");
  await staff.getByLabel("编号或关键词").fill("路灯");
  await staff.getByRole("button", { name: "查找" }).click();
  await staff.getByRole("link", { name: "万松路中段路灯" }).waitFor();
  await staff.getByLabel("全选本页诉求").check();
  await staff.getByText("批量办理勾选的 2 件").click();
  await staff.getByLabel("转办", { exact: true }).check();
  await staff.getByLabel("转办给").selectOption("jsj");
  await staff.getByLabel("说明（不予受理必填").fill("同一批路灯故障，请一并处理。");
  await shot(staff, "many");
  await staff.getByRole("button", { name: "逐件办理" }).click();
  await staff.getByText("2 件里办成 2 件").waitFor();
  await shot(staff, "many-done");
});

test("a unit answers with a template of its own", async () => {
  colleague = await another("wangmin", "王敏");
  await office("liaison", "jsj", "wangmin");
  await colleague.goto(`${demo.site}/desk/cases/templates`);
  await colleague.getByLabel("名称").last().fill("路灯维修");
  await colleague.getByLabel("内容").last().fill("您好，您反映的 {编号} 已收到，{单位}今天派人到现场。{日期}");
  await colleague.getByRole("button", { name: "新增" }).click();
  await colleague.getByText("已保存").waitFor();
  await shot(colleague, "templates");
  await colleague.goto(`${demo.site}/desk${hrefs[0]}`);
  await colleague.getByRole("link", { name: "路灯维修" }).first().click();
  const number = hrefs[0].split("/").pop();
  const field = colleague.locator("details[open] textarea[name=text]").first();
  await field.waitFor();
  assert.match(await field.inputValue(), new RegExp(`您反映的 ${number} 已收到，市住房和城乡建设局今天派人`));
  await shot(colleague, "filled");
  await does("首次回复（受理）", undefined, colleague);
  const answer = async (part) => {
    await part.getByLabel("说明").fill("电缆已接好，11 盏路灯恢复照明。");
    await part.getByLabel("签发人").fill("李建国");
  };
  await does("答复", answer, colleague);
});

test("who was not content is called back, after their number was asked for", async () => {
  await citizen.goto(`${demo.site}${hrefs[0]}`);
  await citizen.getByLabel("审核转办").selectOption("4");
  await citizen.getByLabel("承办单位").selectOption("1");
  await citizen.getByRole("button", { name: "提交评价" }).click();
  await citizen.getByText("已评价").waitFor();
  await staff.goto(`${demo.site}/desk/cases`);
  await shot(staff, "inbox");
  await staff.getByText("件不满意或没有评价的重点件要回访").click();
  await staff.getByText("等回访 1 件").waitFor();
  await shot(staff, "callbacks");
  await staff.getByRole("link", { name: "万松路中段路灯" }).click();
  const why = (part) => part.getByLabel("查看的原因").fill("回访");
  await does("查看联系方式", why, staff, "陈晓燕 13812346021");
  await staff.locator("summary", { hasText: /^回访$/ }).click();
  await shot(staff, "call");
  await staff.locator("summary", { hasText: /^回访$/ }).click();
  const said = async (part) => {
    await part.getByLabel("对转办").selectOption("yes");
    await part.getByLabel("对承办单位").selectOption("no");
    await part.getByLabel("对方说了什么").fill("修好的灯又灭了两盏，希望彻底检查。");
  };
  await does("回访", said);
  await staff.getByText("回访：对转办满意，对承办不满意").waitFor();
  await shot(staff, "called");
});

test("a note and the unit's reply become public together", async () => {
  await does("公开", (part) => part.getByLabel("公开的正文").fill("从菜市场到小学这一段全黑。"));
  const reporter = await another("majizhe", "马记者");
  await office("journalist", "", "majizhe");
  await reporter.goto(`${demo.site}/desk${hrefs[0]}`);
  await reporter.getByRole("link", { name: "写追踪" }).click();
  await reporter.getByLabel("追踪内容").fill("晚上，记者回到万松路，看到 9 盏路灯亮着，2 盏又灭了。\n附近店主说，希望以后坏了能早点修。");
  await shot(reporter, "note-new");
  await reporter.getByRole("button", { name: "存为草稿" }).click();
  await reporter.getByRole("button", { name: "送承办单位回应" }).click();
  await reporter.getByText("等单位回应").first().waitFor();
  await colleague.goto(`${demo.site}/desk/cases`);
  await colleague.getByText("记者追踪等您回应").click();
  await colleague.getByRole("link", { name: "万松路中段路灯" }).click();
  await colleague.getByLabel("单位回应").fill("灭的 2 盏今天已更换，并建立每周巡查。");
  await shot(colleague, "note-reply");
  await colleague.getByRole("button", { name: "提交回应" }).click();
  await colleague.getByText("单位已回应，待发布").waitFor();
  await citizen.goto(`${demo.site}${hrefs[0]}`);
  assert.equal(await citizen.getByText("每周巡查").count(), 0);
  await staff.goto(`${demo.site}/desk/cases/follow-ups`);
  await shot(staff, "notes");
  await staff.getByRole("link", { name: "万松路中段路灯" }).click();
  await shot(staff, "note-publish");
  await staff.getByRole("button", { name: "一起发布" }).click();
  await staff.getByText("已发布").first().waitFor();
  await citizen.goto(`${demo.site}${hrefs[0]}`);
  await citizen.getByText("每周巡查").waitFor();
  await shot(citizen, "note-public");
});

test("a channel of topics has a page that everybody reads", async () => {
  await staff.goto(`${demo.site}/desk/cases/channels`);
  const form = staff.locator("details").last();
  await form.getByLabel("名称").fill("路灯专题");
  await form.getByLabel("网址").fill("lamps");
  await form.getByLabel("简介").fill("全市路灯维修进展");
  await form.getByLabel("关键词").fill("路灯");
  await form.getByRole("button", { name: "新增" }).click();
  await staff.locator("summary", { hasText: "路灯专题" }).waitFor();
  await staff.locator("summary", { hasText: "路灯专题" }).click();
  await shot(staff, "channels");
  const stranger = await phone(browser);
  await visit(stranger, `${demo.site}/cases/channels`, "browser-reader");
  await stranger.getByText("路灯专题").click();
  await stranger.getByText("万松路中段路灯").waitFor();
  await shot(stranger, "channel");
});
