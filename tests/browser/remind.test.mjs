// Reminders: the organiser's page with its progress and call list, and the phone's button that allows notices.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { desk, organiser, startBrowser, startDemo } from "./support.mjs";

const ONCE = "sim-once-meeting".padEnd(43, "-");
const NOTICES = `[[templates]]
channel = "subscribe"
template_id = "${ONCE}"
fields = { thing1 = "{title}", time2 = "{time}", thing3 = "{place}" }
`;

let folder;
let demo;
let browser;
let staff;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "yst-notices-"));
  await writeFile(join(folder, "notices.toml"), NOTICES);
  demo = await startDemo({ YST_CONFIG_DIR: folder });
  browser = await startBrowser();
  staff = await organiser(demo.site);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Keeps what a page looks like, where the walk is asked for pictures. */
async function picture(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, name) });
}

test("an organiser reminds those who are missing, sees how far it is, and calls the others", async () => {
  const meeting = await staff.meeting({ title: "全市数字化改革推进会" });
  const people = [
    { name: "江一帆", unit: "市金融办", phone: "13812346021" },
    { name: "阿依古丽·买买提江", unit: "市人民政府驻北京联络处综合协调科", phone: "13712349034" },
  ];
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, { people });
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await page.getByRole("link", { name: "提醒未到" }).click();
  await page.getByText("2 人还没签到").waitFor();
  assert.ok(await page.getByLabel("会前一小时").isChecked());
  await page.getByLabel("会前一天").uncheck();
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("自动提醒已保存").waitFor();
  assert.equal(await page.getByLabel("会前一天").isChecked(), false);
  await picture(page, "reminders.png");

  await page.getByLabel("夜间").check();
  await page.getByRole("button", { name: "提醒未到" }).click();
  await page.getByRole("button", { name: "发送提醒" }).click();
  await page.getByText("已开始通知 2 人").waitFor();
  await page.getByText("已全部处理").waitFor();
  await page.getByText("需电话通知").first().waitFor();
  await picture(page, "reminder.png");
  await page.getByRole("button", { name: "记为已电话通知" }).first().click();
  await page.getByText("已记为电话通知").waitFor();
  await page.getByRole("button", { name: "电话通知名单（1 人）" }).click();
  await page.getByRole("button", { name: "打开名单" }).click();
  await page.getByRole("heading", { name: "电话通知名单" }).waitFor();
  assert.equal(await page.getByText(/^1\d{10}$/).count(), 1, "the whole number, of the one who is left");
  await picture(page, "calls.png");
});

test("a phone allows notices by WeChat's own button, and is told what it allowed", async () => {
  const meeting = await staff.meeting({ title: "明天的会", opens: 600, closes: 700 });
  const context = await browser.newContext({ viewport: { width: 375, height: 812 }, locale: "zh-CN" });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto(demo.simulator);
  await page.locator("section.phone").first().waitFor();
  const own = demo.simulator.replace("127.0.0.1", "phone1.localhost");
  await page.goto(`${new URL(own).origin}/m/${meeting.code}`);
  await page.getByText("签到还没开始").waitFor();
  const button = page.getByRole("button", { name: "接收会议提醒" });
  await button.waitFor();
  await picture(page, "allow.png");
  await button.click();
  await page.getByText("已开启会议提醒").waitFor();
  await page.reload();
  await page.getByText("还可以提醒您 1 次").waitFor();
  await picture(page, "allowed.png");
});

test("outside WeChat's client nothing is offered, and the page is whole", async () => {
  const meeting = await staff.meeting({ title: "没有按钮", opens: 600, closes: 700 });
  const context = await browser.newContext({ viewport: { width: 375, height: 812 }, locale: "zh-CN" });
  const page = await context.newPage();
  await page.goto(`${demo.site}/m/${meeting.code}`);
  if (page.url().includes("/connect/oauth2/authorize")) {
    await page.goto(`${page.url().split("#")[0]}&sim_openid=oBrowserNoNotices`);
  }
  await page.getByText("签到还没开始").waitFor();
  assert.equal(await page.getByRole("button", { name: "接收会议提醒" }).count(), 0);
});
