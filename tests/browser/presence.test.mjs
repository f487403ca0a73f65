// Leaving the room, coming back, and leave: a phone of 375×812 and the desk of 1440×900.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, organiser, phone, startBrowser, startDemo, visit } from "./support.mjs";

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

const text = (page) => page.locator("main").innerText();

async function room() {
  const meeting = await staff.meeting({ title: "市政府常务会议", policy: "roster" });
  const people = [
    { name: "江一帆", unit: "市金融办", phone: "13812346021" },
    { name: "林建华", unit: "市环境保护局", phone: "13912341187" },
  ];
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, { people });
  return meeting;
}

async function fill(page, name, unit, number) {
  await page.getByLabel("单位").fill(unit);
  await page.getByLabel("姓名").fill(name);
  await page.getByLabel("手机号").fill(number);
}

/** Answers the question of the page. */
const confirms = (page, word) =>
  page.getByRole("alertdialog").getByRole("button", { name: word, exact: true }).click();

test("somebody leaves the room and comes back, and the desk sees both", async () => {
  const meeting = await room();
  const jiang = await phone(browser);
  await visit(jiang, `${demo.site}/m/${meeting.code}`, "oPresenceJiang");
  await fill(jiang, "江一帆", "市金融办", "13812346021");
  await jiang.getByRole("button", { name: "确认签到" }).click();
  await jiang.getByRole("heading", { name: "签到成功" }).waitFor();
  await jiang.getByRole("button", { name: "我要离场" }).click();
  await confirms(jiang, "我要离场");
  await jiang.getByRole("button", { name: "我回来了" }).waitFor();
  assert.match(await text(jiang), /起暂离/);
  await picture(jiang, "phone-away");

  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await page.getByText("在实到之内").waitFor();
  await picture(page, "desk-overview");
  await page.getByRole("link", { name: "查看名单" }).click();
  await page.getByRole("cell", { name: "准时 暂离" }).waitFor();
  await picture(page, "desk-away");
  await page.getByRole("button", { name: "返回" }).click();
  await page.getByText("已登记返回").waitFor();
  await jiang.reload();
  await jiang.getByRole("button", { name: "我要离场" }).waitFor();
  await page.getByRole("link", { name: "已签到" }).click();
  await page.getByRole("button", { name: "离场" }).click();
  await confirms(page, "离场");
  await page.getByText("已登记离场").waitFor();
  await jiang.reload();
  await jiang.getByRole("button", { name: "我回来了" }).click();
  await jiang.getByRole("button", { name: "我要离场" }).waitFor();
});

test("somebody new asks for leave, the desk grants it, and they take it back", async () => {
  const meeting = await room();
  const lin = await phone(browser);
  await visit(lin, `${demo.site}/m/${meeting.code}`, "oPresenceLin");
  await lin.getByRole("link", { name: "不能参加，请假" }).click();
  await lin.getByRole("button", { name: "提交请假" }).waitFor();
  await picture(lin, "phone-leave");
  await fill(lin, "林建华", "市环境保护局", "13912341187");
  await lin.getByLabel("原因").fill("赴省里开会");
  await lin.getByRole("button", { name: "提交请假" }).click();
  await lin.getByText("请假已提交").waitFor();

  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}/requests`);
  assert.match(await text(page), /林建华[\s\S]*赴省里开会/);
  await picture(page, "desk-leave");
  await page.getByRole("button", { name: "准假", exact: true }).click();
  await page.getByText("已准假。不再提醒此人").waitFor();
  await page.getByRole("link", { name: "林建华" }).click();
  await page.getByRole("heading", { name: /林建华/ }).waitFor();
  await picture(page, "desk-person");
  await page.getByRole("button", { name: "改为没有" }).click();
  await page.getByText("已改为没有表决权").waitFor();

  await lin.reload();
  await lin.getByText("已准假").waitFor();
  await lin.getByRole("button", { name: "撤回请假" }).click();
  await confirms(lin, "撤回请假");
  await lin.getByRole("button", { name: "确认签到" }).waitFor();
});

/** Kept only where somebody wants to look: `PICTURES=folder`. */
async function picture(page, name) {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
