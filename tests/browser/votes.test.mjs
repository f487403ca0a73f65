// A vote as the hall sees it: phones of 375×812, a scrutineer's phone, the screen at 1920×1080 and 4:3.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { organiser, phone as anyPhone, startBrowser, startDemo, visit, wall } from "./support.mjs";

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

const NAMES = ["江一帆", "林建华", "阿依古丽·买买提江", "陈晓燕", "王海"];
/** Other people at each meeting, of the same names. */
let halls = 0;
const person = (n) => ({ name: NAMES[n], unit: "市人大代表", phone: `13812346${halls}0${n}` });

/** Keeps what a page looks like, where the walk is asked for pictures. */
const picture = (page, name) =>
  process.env.PICTURES ? page.screenshot({ path: `${process.env.PICTURES}/${name}.png` }) : null;

/** Everybody signed in, each on a phone that shows the meeting; and the hall's screen. */
async function hall(title) {
  halls += 1;
  const meeting = await staff.meeting({ title });
  const people = NAMES.map((_, n) => person(n));
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, { people });
  const phones = [];
  for (const { name, unit, phone: number } of people) {
    const page = await anyPhone(browser);
    page.setDefaultTimeout(30000);
    await visit(page, `${demo.site}/m/${meeting.code}`, `o${meeting.code}${number}`);
    await page.getByLabel("单位").fill(unit);
    await page.getByLabel("姓名").fill(name);
    await page.getByLabel("手机号").fill(number);
    await page.getByRole("button", { name: "确认签到" }).click();
    await page.getByRole("heading", { name: "签到成功" }).waitFor();
    phones.push(page);
  }
  const screen = await wall(browser);
  await screen.goto(meeting.screen_url);
  await screen.getByText("微信扫一扫签到").waitFor();
  return { meeting, phones, screen };
}

/** A round that is open; `act` does something else with it. */
async function open(meeting, draft) {
  const round = await staff.ask("POST", `/meetings/${meeting.id}/rounds`, draft);
  const act = (verb, body = {}) => staff.ask("POST", `/meetings/${meeting.id}/rounds/${round.id}/${verb}`, body);
  await act("ready");
  await act("open");
  return act;
}

/** Nothing on the wall is cut off or runs into something else. */
async function fits(screen) {
  const cut = await screen.evaluate(() =>
    [...document.querySelectorAll(".ballot h2, .ballot p, .ballot li, .ballot .count")]
      .filter((node) => node.getClientRects().length > 0)
      .filter((node) => {
        const box = node.getBoundingClientRect();
        return box.bottom > document.querySelector("footer").getBoundingClientRect().top + 1 || box.right > innerWidth;
      })
      .map((node) => node.textContent),
  );
  assert.deepEqual(cut, []);
}

test("a named vote comes to every phone by itself, counts on the wall, and its result follows", async () => {
  const { meeting, phones, screen } = await hall("市人大常委会第十次会议");
  const question = "关于批准 2026 年市级预算调整方案的决议";
  const act = await open(meeting, { template: "residents", question, text: "会议审议了市人民政府的报告。" });
  for (const page of phones) await page.getByRole("heading", { name: question }).waitFor();
  const width = await phones[0].evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 375, `the paper is ${width} px wide`);
  await picture(phones[0], "vote-paper");
  await screen.getByText(question).waitFor();
  await picture(screen, "screen-vote");
  await fits(screen);
  assert.ok((await phones[0].getByRole("button", { name: "赞成" }).boundingBox()).height >= 44);
  const vote = async (page, word) => {
    await page.getByRole("button", { name: word, exact: true }).click();
    await page.getByRole("heading", { name: "已表决" }).waitFor();
  };
  for (const page of phones.slice(0, 4)) await vote(page, "赞成");
  await screen.locator(".ballot .count").getByText("4", { exact: true }).waitFor();
  await act("close");
  await screen.getByText("2 × 4 > 5，通过").waitFor();
  await picture(screen, "screen-result");
  await fits(screen);
  await screen.setViewportSize({ width: 1024, height: 768 });
  await picture(screen, "screen-result-43");
  await fits(screen);
  await phones[0].getByRole("heading", { name: /表决已结束|结果/ }).waitFor();
  await picture(phones[0], "vote-result");
});

test("a secret election asks before it sends, tells nothing afterwards, and a scrutineer confirms", async () => {
  const { meeting, phones, screen } = await hall("市第十七届人民代表大会第三次会议");
  const items = ["赵立新", "钱学文", "孙晓梅", "阿依古丽·买买提江"].map((label) => ({ label, note: "市水利局" }));
  const question = "选举市人民代表大会常务委员会委员";
  const round = await staff.ask("POST", `/meetings/${meeting.id}/rounds`, {
    template: "congress_election",
    question,
    items,
    seats: 2,
  });
  const act = (verb, body = {}) => staff.ask("POST", `/meetings/${meeting.id}/rounds/${round.id}/${verb}`, body);
  const { items: roster } = await staff.ask("GET", `/meetings/${meeting.id}/roster`);
  const own = (n) => roster.find((entry) => entry.name === NAMES[n]);
  await act("ready");
  await act("scrutineers", { person_ids: [own(0).person_id, own(1).person_id] });
  await act("open");
  const choose = async (page, names) => {
    await page.getByRole("button", { name: "提交选票" }).waitFor();
    for (const name of names) {
      await page.locator("fieldset", { hasText: name }).locator("label", { hasText: "赞成" }).click();
    }
  };
  await choose(phones[0], ["赵立新", "钱学文", "孙晓梅"]);
  await phones[0].getByText("已选 3 人，超出 1 人").waitFor();
  await phones[0].locator("fieldset", { hasText: "孙晓梅" }).locator("label", { hasText: "弃权" }).click();
  await phones[0].getByText("已选 2 人").waitFor();
  await picture(phones[0], "vote-election");
  for (const [n, page] of phones.entries()) {
    if (n > 0) await choose(page, ["赵立新", "钱学文"]);
    await page.getByRole("button", { name: "提交选票" }).click();
    await page.getByText("您选了 2 人：赵立新、钱学文。").waitFor();
    await page.getByRole("button", { name: "确认提交" }).click();
    await page.getByRole("heading", { name: "已表决" }).waitFor();
    assert.ok(!(await page.locator("main").innerText()).includes("赵立新"), "a phone laid down tells nothing");
  }
  await screen.locator(".ballot .count").getByText("5", { exact: true }).waitFor();
  assert.ok(!(await screen.locator(".ballot").innerText()).includes("当选 "), "no partial result");
  await screen.setViewportSize({ width: 1024, height: 768 });
  await picture(screen, "screen-election-43");
  await fits(screen);
  await act("close");
  for (const page of phones.slice(0, 2)) {
    await page.getByRole("link", { name: /您是监票人/ }).click();
    await page.getByText("校验码").waitFor();
    await picture(page, "vote-scrutiny");
    await page.getByRole("button", { name: "确认计票无误" }).click();
    await page.getByRole("button", { name: "确认无误" }).click();
    await page.getByText("您已确认计票").waitFor();
  }
  await act("publish");
  await screen.getByText("2 人当选").waitFor();
  await picture(screen, "screen-elected-43");
  await fits(screen);
  await phones[4].getByRole("heading", { name: "表决结果已公布" }).waitFor();
  await phones[4].getByRole("link", { name: "本次会议的表决" }).click();
  await phones[4].getByText("选举完成").waitFor();
});
