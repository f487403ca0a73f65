// 自助移车, whole: a blocked driver in the chat and on the page, the owner's telephone that rings, an owner who says
// nothing, a plate that nobody knows; and the duty desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OWNERS, acts, asks, carriers, daylight, form, forward, link, morning, photo } from "./cars.mjs";
import { desk, phone, startBrowser, startDemo, visit } from "./support.mjs";

let demo;
let browser;
let staff;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  await daylight(demo);
  staff = await desk(browser, demo.site);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const pictures = process.env.PICTURES;
const shot = async (page, name, more = {}) => pictures && page.screenshot({ path: `${pictures}/car-${name}.png`, ...more });
const look = (page, name) => shot(page, name);

const BUTTON = { name: "通知车主移车" };
const MINUTES = 60;

/** Sends the form, and says that a plate that may be another's is green; the page that follows by itself. */
async function send(page) {
  await page.getByRole("button", BUTTON).click();
  await page.getByText("编号").or(page.getByLabel("绿牌（8 位）")).first().waitFor();
  if (await page.getByLabel("绿牌（8 位）").isVisible()) {
    await page.getByLabel("绿牌（8 位）").check();
    await shot(page, "colour");
    await page.getByRole("button", { name: "车牌正确" }).click();
  }
  await page.getByText("编号").waitFor();
  return page;
}

/** The owner's telephone in a browser. */
async function telephone(number) {
  const context = await browser.newContext({ viewport: { width: 500, height: 940 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  await page.goto(`${new URL(demo.simulator).origin}/phone/${number}`);
  return page;
}

test("the desk and its figures say so when there is nothing", async () => {
  await staff.goto(`${demo.site}/desk/car`);
  await staff.getByText("现在没有移车请求").waitFor();
  await shot(staff, "desk-empty");
  await staff.goto(`${demo.site}/desk/car/statistics`);
  await staff.getByText("这个月还没有移车请求").waitFor();
  await shot(staff, "figures-empty");
});

test("a driver asks in the chat, the owner's telephone rings and takes a key, and the car goes", async () => {
  const context = await browser.newContext({ viewport: { width: 860, height: 910 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const stage = await context.newPage();
  stage.setDefaultTimeout(20000);
  await stage.goto(demo.simulator);
  const device = stage.locator("section.phone").first();
  const press = (name) => device.getByRole("button", { name }).click();
  if (await device.getByRole("button", { name: "关注公众号" }).isVisible()) await press("关注公众号");
  await device.getByRole("button", { name: "输入文字" }).or(device.getByLabel("消息")).first().waitFor();
  if (await device.getByRole("button", { name: "输入文字" }).isVisible()) await press("输入文字");
  const say = async (text, answer) => {
    await device.getByLabel("消息").fill(text);
    await press("发送");
    await device.getByText(answer).last().waitFor();
  };
  const add = async (what, answer) => {
    await press("更多");
    await press(what);
    await device.getByText(answer).last().waitFor();
  };
  await say("移车", "请发送挡路车的车牌号");
  await say("浙C12345", "请拍一张能看清车和车牌的照片");
  await add("发送图片", "请发送位置");
  await add("发送位置", "回复「确认」");
  await shot(device, "chat-confirm");
  const owner = await telephone(OWNERS.浙C12345);
  await say("确认", "已提交，正在联系");
  await shot(device, "chat-done");
  await owner.getByText("浙C1**45").waitFor();
  await owner.getByRole("dialog", { name: "来电" }).waitFor();
  await shot(owner, "ringing");
  await owner.getByRole("button", { name: "接听" }).click();
  await owner.getByText("尾号 45").waitFor();
  await owner.getByRole("button", { name: "按 2" }).click();
  await shot(owner, "talking");
  await owner.getByRole("button", { name: "挂断" }).click();
  await owner.getByText("通话结束，按了 2").waitFor();
  await device.getByText("查看进度").last().click();
  const view = device.frameLocator("iframe");
  await view.getByRole("heading", { name: "车主：5 分钟到" }).waitFor();
  await shot(device, "chat-reply");
  await view.getByRole("button", { name: "已移走" }).click();
  await view.getByRole("heading", { name: "已移走" }).waitFor();
  await shot(device, "chat-moved");
  await stage.context().close();
  await owner.context().close();
});

test("a driver asks by the page, the owner answers by the link in the message, and the car goes", async () => {
  const page = await form(browser, demo, { openid: "car-driver", plate: "浙C88888", seed: 7, look });
  await shot(page, "form", { fullPage: true });
  await send(page);
  await page.getByText("浙C·88888").waitFor();
  await shot(page, "progress");
  const owner = await phone(browser);
  owner.setDefaultTimeout(20000);
  const address = await link(demo, OWNERS.浙C88888);
  await page.getByRole("heading", { name: "已通知车主" }).waitFor();
  await shot(page, "notified");
  await owner.goto(address);
  await owner.getByText("浙C8**88").waitFor();
  await shot(owner, "owner", { fullPage: true });
  await owner.getByRole("button", { name: "5 分钟到", exact: true }).click();
  await owner.getByText("已收到，谢谢").waitFor();
  await shot(owner, "owner-done");
  await page.getByRole("heading", { name: "车主：5 分钟到" }).waitFor();
  await shot(page, "reply");
  await page.getByRole("button", { name: "已移走" }).click();
  await page.getByText("谢谢您告诉我们").waitFor();
  await shot(page, "moved", { fullPage: true });
  await page.goto(`${demo.site}/car/mine`);
  await page.getByText("已移走").waitFor();
  await shot(page, "mine");
  // Nobody else sees it, and a used link only shows.
  const other = await phone(browser);
  await visit(other, `${demo.site}/car/YC2026010100001`, "car-other");
  await other.getByText("没有找到这次移车请求").waitFor();
  await shot(other, "not-found");
  await owner.goto(address);
  await owner.getByText("这次移车请求已经结束").waitFor();
});

test("an owner says nothing: reminded once, then the police take over and close it at the desk", async () => {
  const long = "安阳街道隆山东路与罗阳大道交叉口东北角新世纪广场地下停车场二层 C 区 128 号车位出口坡道旁";
  const page = await form(browser, demo, { openid: "car-silent", plate: "浙CD12345", seed: 23, place: long, located: true });
  await send(page);
  await page.getByRole("heading", { name: "已通知车主" }).waitFor();
  await forward(demo, 10 * MINUTES + 1);
  await page.getByRole("heading", { name: "车主还没有回复" }).waitFor();
  await shot(page, "silent", { fullPage: true });
  await page.getByRole("button", { name: "再提醒一次" }).click();
  await page.getByRole("heading", { name: "已通知车主" }).waitFor();
  await forward(demo, 10 * MINUTES + 1);
  await page.getByRole("heading", { name: "值班人员处理中" }).waitFor();
  await shot(page, "at-desk");

  await staff.goto(`${demo.site}/desk/car`);
  const card = staff.locator("section.request", { hasText: "浙CD1**45" }).or(staff.locator("section.request", { hasText: "浙CD**345" })).first();
  await card.waitFor();
  await shot(staff, "desk-silent");
  await card.getByRole("button", { name: "接手" }).click();
  await staff.getByText("已接手").waitFor();
  await card.getByLabel("办结结果").selectOption({ label: "已拖移" });
  await shot(staff, "desk-taken");
  await card.getByRole("button", { name: "办结" }).click();
  await staff.getByText("已办结。").waitFor();
  await shot(staff, "desk-closed");
  await page.getByRole("heading", { name: "已拖移" }).waitFor();
  await shot(page, "closed-by-desk");
});

test("a plate that nobody knows is told the same, and ends with advice", async () => {
  const [known, unknown] = [
    await form(browser, demo, { openid: "car-known", plate: "浙C11111", seed: 41 }),
    await form(browser, demo, { openid: "car-unknown", plate: "浙C54321", seed: 59 }),
  ];
  const words = async (page) => {
    await page.getByRole("button", BUTTON).click();
    await page.getByRole("heading", { name: "已提交，正在联系" }).waitFor();
    const main = await page.locator("main").innerText();
    return main.replace(/YC\d+/g, "").replace(/浙C·\d+/g, "").replace(/\d\d:\d\d/g, "");
  };
  // Until a carrier answers for the known one.
  await carriers(demo, { hold_receipts: true });
  assert.equal(await words(unknown), await words(known));
  await carriers(demo, {});
  await known.getByRole("heading", { name: "已通知车主" }).waitFor();
  await forward(demo, 160);
  await unknown.getByRole("heading", { name: "没有联系上车主" }).waitFor();
  await unknown.getByRole("link", { name: "拨打 122" }).waitFor();
  await shot(unknown, "unknown");
});

test("the desk looks at what is doubtful, and at tickets", async () => {
  const page = await phone(browser);
  await page.goto(`${demo.site}/help/car`);
  await asks(page, demo, { openid: "car-far", plate: "浙C66666", seed: 83, at: "31.2304,121.4737", place: "人民广场" });
  const sold = await asks(page, demo, { openid: "car-sold", plate: "浙C22222", seed: 97, place: "安阳路 6 号" });
  const owner = await phone(browser);
  const address = await link(demo, "13800000004");
  await owner.goto(address);
  await owner.getByRole("button", { name: "车已转让" }).first().click();
  await owner.getByText("已收到，谢谢").waitFor();
  await staff.goto(`${demo.site}/desk/car`);
  await staff.getByText("照片与所填位置相距很远").or(staff.getByText("位置不在本市")).first().waitFor();
  await staff.getByText("核对是否转让").waitFor();
  await shot(staff, "desk", { fullPage: true });
  const card = staff.locator("section.request", { hasText: "人民广场" });
  await card.getByRole("button", { name: "显示完整车牌" }).click();
  await staff.getByText("已记入操作记录").waitFor();
  await shot(staff, "desk-plate");
  await staff.goto(`${demo.site}/desk/car`);
  await card.getByRole("button", { name: "核对无误，通知车主" }).click();
  await staff.getByText("已放行").waitFor();
  await staff.getByRole("button", { name: "已转让，不再联系原车主" }).click();
  await staff.getByText("工单已处理").waitFor();
  await acts(sold, "cancel");
});

test("a month comes to figures", async () => {
  const page = await phone(browser);
  await page.goto(`${demo.site}/help/car`);
  await morning(page, demo);
  await staff.goto(`${demo.site}/desk/car/statistics`);
  await staff.getByText("体育馆西门").waitFor();
  await shot(staff, "figures", { fullPage: true });
});

test("a corrected plate is shown large, and a wrong one says why", async () => {
  const page = await phone(browser);
  page.setDefaultTimeout(15000);
  await visit(page, `${demo.site}/car`, "car-second");
  const buffer = await photo(page, 99);
  await page.getByLabel("车牌号").fill("浙CL01234");
  await page.locator("#photo").setInputFiles({ name: "car.jpg", mimeType: "image/jpeg", buffer });
  await page.getByLabel("停在哪里").fill("体育馆西门");
  await page.getByRole("button", BUTTON).click();
  await page.getByText("八位号牌的格式不对").waitFor();
  await shot(page, "wrong");
  await page.getByLabel("车牌号").fill("浙C-12O45");
  await page.getByRole("button", BUTTON).click();
  await page.getByRole("heading", { name: "是这个车牌吗" }).waitFor();
  await shot(page, "confirm");
  await page.getByRole("button", { name: "车牌正确" }).click();
  await page.getByText("浙C·12045").waitFor();
});
