// A person at a meeting, with WeChat on a phone of 375×812.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { organiser, phone as anyPhone, startBrowser, startDemo, visit } from "./support.mjs";

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

async function phone(browser, openid) {
  const page = await anyPhone(browser);
  page.setDefaultTimeout(10000);
  owners.set(page, openid);
  return page;
}
const owners = new WeakMap();
const open = (page, meeting) => visit(page, `${demo.site}/m/${meeting.code}`, owners.get(page));
const text = (page) => page.locator("main").innerText();

async function fill(page, { unit = "市金融办", name = "江一帆", number }) {
  await page.getByLabel("单位").fill(unit);
  await page.getByLabel("姓名").fill(name);
  await page.getByLabel("手机号").fill(number);
  await page.getByRole("button", { name: "确认签到" }).click();
}

test("somebody new fills in one form, and ever after taps once", async () => {
  const first = await staff.meeting({ title: "第一次会议" });
  const second = await staff.meeting({ title: "第二次会议" });
  const page = await phone(browser, "oBrowserNew");

  await open(page, first);
  await fill(page, { number: "138 1234 6021" });
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
  assert.match(await text(page), /您是第\s*1\s*位/);
  assert.ok(!page.url().includes("code="), "the address is clean");
  await page.reload();
  assert.match(await text(page), /您是第\s*1\s*位/);

  await open(page, second);
  assert.equal(await page.getByLabel("手机号").count(), 0);
  assert.match(await text(page), /江一帆/);
  await page.getByRole("button", { name: "确认签到" }).click();
  await page.getByRole("heading", { name: "签到成功" }).waitFor();

  await page.getByRole("link", { name: "我的会议" }).click();
  await page.getByRole("heading", { name: "我的会议" }).waitFor();
  assert.match(await text(page), /第一次会议[\s\S]*第 1 位/);
  assert.match(await text(page), /第二次会议/);
});

test("mistakes in the form are all shown at once, beside their fields, and nothing typed is lost", async () => {
  const meeting = await staff.meeting({ title: "填写有误" });
  const page = await phone(browser, "oBrowserMistakes");
  await open(page, meeting);
  await fill(page, { unit: "市水利局", name: "", number: "12345" });
  await page.getByText("请填写您的姓名。").waitFor();
  assert.ok(await page.getByText("请填写 11 位手机号码。").isVisible());
  assert.equal(await page.getByLabel("单位").inputValue(), "市水利局");
  await fill(page, { unit: "市水利局", name: "何敏", number: "１３７００００９０３４" });
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
});

test("a meeting that looks where people are asks the phone when its owner taps, and tells who is elsewhere", async () => {
  const meeting = await staff.meeting({ title: "核对位置" });
  const location = { mode: "gate", latitude: 27.7783, longitude: 120.6551 };
  await staff.ask("PATCH", `/meetings/${meeting.id}`, { checkin: { location } });
  const page = await phone(browser, "oBrowserPlace");
  // The satellites are the test's: nothing is known of the place until it says so.
  await page.addInitScript(() => {
    navigator.geolocation.getCurrentPosition = (found, failed) =>
      window.place ? found({ coords: window.place }) : failed({ code: 1, PERMISSION_DENIED: 1 });
  });
  const stand = (latitude, longitude) =>
    page.evaluate((place) => (window.place = place), { latitude, longitude, accuracy: 20 });
  await open(page, meeting);
  assert.match(await text(page), /不保存您的坐标/);
  await fill(page, { name: "白露", number: "13700002277" });
  await page.getByText("没有取得您的位置").waitFor();

  await stand(27.9, 120.65);
  await page.getByRole("button", { name: "确认签到" }).click();
  await page.getByText("您的位置不在会场").waitFor();
  await page.getByRole("button", { name: "请会务人员核对" }).waitFor();
  // The browser speaks WGS-84, the venue is in GCJ-02: here, some 500 m apart in numbers.
  await stand(27.7811, 120.6505);
  await page.getByRole("button", { name: "确认签到" }).click();
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
  const { items } = await staff.ask("GET", `/meetings/${meeting.id}/attendance`);
  assert.equal(items[0].place, "inside");
});

test("two taps are one sign-in", async () => {
  const meeting = await staff.meeting({ title: "连点两下" });
  const page = await phone(browser, "oBrowserTwice");
  await open(page, meeting);
  await page.getByLabel("单位").fill("市商务局");
  await page.getByLabel("姓名").fill("叶晨");
  await page.getByLabel("手机号").fill("13600001111");
  await page.getByRole("button", { name: "确认签到" }).dblclick();
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
  const attendance = await staff.ask("GET", `/meetings/${meeting.id}/attendance`);
  assert.equal(attendance.present, 1);
});

test("who comes early waits, and the page opens by itself", async () => {
  const meeting = await staff.meeting({ title: "还没开始", opens: 0.08 });
  const page = await phone(browser, "oBrowserEarly");
  await open(page, meeting);
  await page.getByRole("heading", { name: "签到还没开始" }).waitFor();
  await page.getByRole("button", { name: "确认签到" }).waitFor({ timeout: 20000 });
});

test("who comes late can ask for a make-up, once", async () => {
  const meeting = await staff.meeting({ title: "已经结束", opens: -60, closes: -1 });
  const page = await phone(browser, "oBrowserLate");
  await open(page, meeting);
  await page.getByRole("heading", { name: "签到已结束" }).waitFor();
  await page.getByLabel("单位").fill("市教育局");
  await page.getByLabel("姓名").fill("潘慧");
  await page.getByLabel("手机号").fill("13500002222");
  await page.getByRole("button", { name: "请会务人员补签" }).click();
  await page.getByText("您的申请已提交").waitFor();
  assert.equal(await page.getByRole("button", { name: "请会务人员补签" }).count(), 0);
});

test("a mismatch with the roster reveals nothing and offers a way on", async () => {
  const meeting = await staff.meeting({ title: "名单内会议", policy: "roster" });
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, {
    people: [{ name: "朱立新", unit: "市财政局", phone: "13911118888" }],
  });
  const page = await phone(browser, "oBrowserRoster");
  await open(page, meeting);
  await fill(page, { unit: "市财政局", name: "朱立新", number: "13911118889" });
  await page.getByText("名单里没有找到您").waitFor();
  const content = await page.content();
  assert.ok(!content.includes("13911118888") && !content.includes("8888"), "the stored number is not shown");
  await fill(page, { unit: "市财政局", name: "朱 立新", number: "13911118888" });
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
});

test("a rotating meeting's bare link asks for a fresh code", async () => {
  const meeting = await staff.meeting({ title: "动态码会议", code: "rotating" });
  const page = await phone(browser, "oBrowserRotating");
  await open(page, meeting);
  await page.getByLabel("口令").fill("000 000");
  await page.getByRole("button", { name: "下一步" }).click();
  await page.getByText("签到码已过期").waitFor();
});

test("pages fit a phone, in large type too, with nothing cut off", async () => {
  const title = "全市深入推进新型城镇化建设暨重点民生实事项目集中开工动员部署大会（第二次全体会议）";
  const meeting = await staff.meeting({ title });
  const page = await phone(browser, "oBrowserLong");
  for (const large of [false, true]) {
    await open(page, meeting);
    if (large) await page.getByRole("link", { name: "关怀模式" }).click();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 375, `the page is ${width} px wide`);
    const button = await page.getByRole("button", { name: "确认签到" }).boundingBox();
    assert.ok(button.height >= 44, "the button is large enough for a thumb");
  }
});
