// 扫一扫 inside a page, on a phone of the simulator: WeChat's own JS-SDK, its client's bridge, our signature.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { organiser, phone as plainPhone, startBrowser, startDemo, visit } from "./support.mjs";

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

/** The simulator's first phone, with 我的会议 open in its web view. */
async function myMeetings() {
  const context = await browser.newContext({ viewport: { width: 430, height: 900 }, locale: "zh-CN" });
  const stage = await context.newPage();
  stage.setDefaultTimeout(15000);
  await stage.goto(demo.simulator);
  const device = stage.locator("section.phone").first();
  const follow = device.getByRole("button", { name: "关注公众号" });
  const menu = device.locator(".menu-top").filter({ hasText: "会议" });
  await follow.or(menu).waitFor();
  if (await follow.isVisible()) await follow.click();
  await menu.click();
  await device.getByRole("button", { name: "我的会议" }).click();
  const view = device.frameLocator("iframe");
  await view.getByRole("heading", { name: "我的会议" }).waitFor();
  return { stage, device, view };
}

/** Presses 扫一扫签到 in the page and lets the phone's scanner read `text`. */
async function scan({ device, view }, text) {
  await view.getByRole("button", { name: "扫一扫签到" }).click();
  await device.getByLabel("二维码内容").fill(text);
  await device.getByRole("button", { name: "识别" }).click();
}

test("a page opens the scanner, and the code that was read opens its meeting", async () => {
  const meeting = await staff.meeting({ title: "页面里扫码" });
  const phone = await myMeetings();
  await scan(phone, meeting.url);
  await phone.view.getByText("页面里扫码").waitFor();
  assert.ok(await phone.view.getByRole("button", { name: "确认签到" }).isVisible());
});

test("WeChat's own code of a meeting is known, too", async () => {
  const meeting = await staff.meeting({ title: "公众号的码" });
  const phone = await myMeetings();
  const code = phone.device.locator(".codes button").filter({ hasText: `m_${meeting.code}` });
  // Asked for by a job: the phone learns of it within a second or two.
  for (let tries = 0; tries < 20; tries += 1) {
    await phone.view.getByRole("button", { name: "扫一扫签到" }).click();
    if (await code.isVisible()) break;
    await phone.device.getByRole("button", { name: "关闭", exact: true }).click();
  }
  await code.click();
  await phone.view.getByText("公众号的码").waitFor();
});

test("a foreign code leads nowhere, and a closed scanner changes nothing", async () => {
  const phone = await myMeetings();
  await scan(phone, "https://evil.example.com/m/abc");
  await phone.view.getByText("这个签到码无效").waitFor();
  await phone.view.getByRole("button", { name: "扫一扫签到" }).click();
  await phone.device.getByRole("button", { name: "关闭", exact: true }).click();
  assert.ok(await phone.view.getByRole("heading", { name: "我的会议" }).isVisible());
});

test("a signature that WeChat refuses leaves the page without its button", async () => {
  const phone = await myMeetings();
  // The server signs another page than the one that the browser shows.
  await phone.stage.route("**/wechat/jssdk?*", (route) => route.continue({ url: `${route.request().url()}%3Fother` }));
  const refused = phone.stage.waitForEvent("console", (line) => line.text().includes("invalid signature"));
  await phone.device.getByRole("button", { name: "刷新" }).click();
  await refused;
  assert.equal(await phone.view.getByRole("button", { name: "扫一扫签到" }).count(), 0);
});

test("outside WeChat's client the button does not appear, and the page is whole", async () => {
  const meeting = await staff.meeting({ title: "没有扫一扫", code: "rotating" });
  const page = await plainPhone(browser);
  await visit(page, `${demo.site}/m/${meeting.code}`, "oBrowserNoScanner");
  await page.getByLabel("口令").waitFor();
  assert.equal(await page.getByRole("button", { name: "扫一扫签到" }).count(), 0);
});
