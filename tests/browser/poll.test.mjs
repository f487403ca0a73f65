// A training with quick polls and questions: phones of 375×812, the desk at 1440×900, the screen at 1920×1080 and 4:3.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, organiser, phone as anyPhone, startBrowser, startDemo, visit, wall } from "./support.mjs";

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

const NAMES = ["江一帆", "林建华", "阿依古丽·买买提江"];
/** Other people at each meeting. */
let halls = 0;

/** Keeps what a page looks like, where the walk is asked for pictures. */
const picture = (page, name) =>
  process.env.PICTURES ? page.screenshot({ path: `${process.env.PICTURES}/${name}.png` }) : null;

/** A training, its people signed in on their phones, its desk and its screen. */
async function training(title) {
  halls += 1;
  const meeting = await staff.meeting({ title });
  const phones = [];
  for (const [n, name] of NAMES.entries()) {
    const page = await anyPhone(browser);
    page.setDefaultTimeout(30000);
    await visit(page, `${demo.site}/m/${meeting.code}`, `o${meeting.code}${n}`);
    await page.getByLabel("单位").fill("市水利局");
    await page.getByLabel("姓名").fill(name);
    await page.getByLabel("手机号").fill(`1391234${halls}${n}00`);
    await page.getByRole("button", { name: "确认签到" }).click();
    await page.getByRole("heading", { name: "签到成功" }).waitFor();
    phones.push(page);
  }
  const office = await desk(browser, demo.site);
  await office.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await office.getByRole("link", { name: "互动", exact: true }).click();
  const screen = await wall(browser);
  await screen.goto(meeting.screen_url);
  await screen.getByText("微信扫一扫签到").waitFor();
  return { meeting, phones, office, screen };
}

/** A phone's page is no wider than the phone. */
const fitsPhone = async (page) => {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 375, `the page is ${width} px wide`);
};

/** Nothing on the wall is cut off or runs into something else. */
const fitsWall = async (screen) => {
  const cut = await screen.evaluate(() =>
    [...document.querySelectorAll(".poll h2, .poll p, .poll .count, .poll u")]
      .filter((node) => node.getClientRects().length > 0)
      .filter((node) => {
        const box = node.getBoundingClientRect();
        const foot = document.querySelector("footer").getBoundingClientRect().top;
        return box.bottom > foot + 1 || box.right > innerWidth;
      })
      .map((node) => node.textContent),
  );
  assert.deepEqual(cut, []);
};

const answers = async (page, option) => {
  await page.locator("label.pick", { hasText: option }).click();
  await page.getByRole("button", { name: "提交" }).click();
  await page.getByRole("heading", { name: "已提交" }).waitFor();
};

test("a poll goes from the desk to every phone, and to the wall when it is put there", async () => {
  const { meeting, phones, office, screen } = await training("2026 年全市水利系统业务培训");
  await office.getByText("还没有小调查").waitFor();
  await picture(office, "poll-desk-empty");
  await office.getByRole("link", { name: "新建小调查" }).click();
  const question = "上午的防汛调度课，进度合适吗？";
  await office.getByLabel("题目").fill(question);
  await office.getByLabel("选项", { exact: true }).fill("太快，跟不上\n正好\n太慢\n没有听，去处理汛情值班电话了");
  await picture(office, "poll-form");
  await office.getByRole("button", { name: "保存" }).click();
  await office.getByText("已新建").waitFor();
  await office.getByRole("button", { name: "开始", exact: true }).click();
  await office.getByText("小调查已开始").waitFor();

  // The offer comes to the meeting's page by itself.
  await phones[0].getByText(question).waitFor();
  await fitsPhone(phones[0]);
  await picture(phones[0], "poll-phone-offer");
  for (const page of phones) {
    await page.goto(`${demo.site}/m/${meeting.code}`);
    await page.getByRole("link", { name: /去参加/ }).click();
    await page.getByRole("heading", { name: question }).waitFor();
  }
  await fitsPhone(phones[0]);
  await picture(phones[0], "poll-phone-form");
  assert.ok((await phones[0].locator("label.pick").first().boundingBox()).height >= 44);
  await answers(phones[0], "正好");
  await picture(phones[0], "poll-phone-done");
  await answers(phones[1], "太快，跟不上");
  await office.locator(".figure", { hasText: "2" }).waitFor();

  assert.equal(await screen.locator(".poll").isVisible(), false);
  await office.getByRole("button", { name: "放上大屏" }).click();
  await screen.getByText(question).waitFor();
  await screen.locator(".poll .count").getByText("2", { exact: true }).waitFor();
  await answers(phones[2], "正好");
  await screen.locator(".poll .count").getByText("3", { exact: true }).waitFor();
  assert.match(await screen.locator(".poll").innerText(), /小调查，不是表决，不产生决议/);
  await fitsWall(screen);
  await picture(screen, "poll-screen");
  await screen.setViewportSize({ width: 1024, height: 768 });
  await fitsWall(screen);
  await picture(screen, "poll-screen-43");
  await screen.setViewportSize({ width: 1920, height: 1080 });
  await phones[0].getByText("已有 3 人回答").waitFor();
  await picture(phones[0], "poll-phone-bars");
  await office.getByRole("button", { name: "结束", exact: true }).click();
  await office.getByText("小调查已结束").waitFor();
  await picture(office, "poll-desk-one");
  await phones[1].getByRole("heading", { name: "小调查已结束" }).waitFor();
  await office.getByRole("button", { name: "移开大屏" }).click();
  await screen.getByText("微信扫一扫签到").waitFor();
});

test("ten long options fit on the wall, and a formal vote takes the wall from them", async () => {
  const { meeting, screen } = await training("干部任前培训班（第三期）");
  const options = Array.from({ length: 10 }, (_, n) => `第 ${n + 1} 项：农村集体经济组织法与水库移民后期扶持政策解读专题课程讲授`.slice(0, 40));
  const poll = await staff.ask("POST", `/meetings/${meeting.id}/polls`, {
    question: "下一期培训班最希望安排哪几门课？可以多选，请结合本单位今年承担的重点任务和自己分管的工作来选择，结果供党校排课时参考，谢谢大家的配合。",
    options,
    multiple: true,
  });
  const act = (verb) => staff.ask("POST", `/meetings/${meeting.id}/polls/${poll.id}/${verb}`, {});
  await act("open");
  await act("show");
  await screen.getByText("第 10 项").waitFor();
  await fitsWall(screen);
  await picture(screen, "poll-screen-ten");
  await screen.setViewportSize({ width: 1024, height: 768 });
  await fitsWall(screen);
  await picture(screen, "poll-screen-ten-43");
  const round = await staff.ask("POST", `/meetings/${meeting.id}/rounds`, { template: "residents", question: "关于调整培训计划的议案" });
  const roster = { people: NAMES.map((name, n) => ({ name, unit: "市水利局", phone: `1391234${halls}${n}00` })) };
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, roster);
  for (const verb of ["ready", "open"]) await staff.ask("POST", `/meetings/${meeting.id}/rounds/${round.id}/${verb}`, {});
  await screen.getByText("关于调整培训计划的议案").waitFor();
  await screen.locator(".poll").waitFor({ state: "hidden" });
});

test("a question waits for the desk, is joined by others, and goes to the wall by a button only", async () => {
  const { meeting, phones, office, screen } = await training("新录用公务员初任培训");
  await office.getByLabel("开放提问").check();
  await office.locator(".switches").getByRole("button", { name: "保存" }).click();
  await office.getByText("提问设置已保存").waitFor();
  for (const page of phones) {
    await page.goto(`${demo.site}/m/${meeting.code}`);
    await page.getByRole("link", { name: "提问" }).click();
    await page.getByRole("heading", { name: "提问", exact: true }).waitFor();
  }
  const text = "课件什么时候能发到学习平台上？出差的同志能不能看回放？";
  await phones[0].getByLabel("写下您的问题").fill(text);
  await picture(phones[0], "question-phone-form");
  await phones[0].getByRole("button", { name: "提交问题" }).click();
  await phones[0].getByText("等待会务人员审核").waitFor();
  await fitsPhone(phones[0]);
  await picture(phones[0], "question-phone-waits");
  assert.equal(await phones[1].getByText(text).count(), 0);

  // What somebody is writing stays while the page renews itself.
  await phones[2].getByLabel("写下您的问题").fill("食堂几点开饭，写到一半");
  await office.getByText(text).waitFor();
  await picture(office, "question-desk-waits");
  await office.getByRole("button", { name: "公开", exact: true }).click();
  await office.getByText("已公开，其他参会人看得到了").waitFor();
  for (const page of phones.slice(1)) {
    await page.getByText(text).waitFor();
    await page.getByRole("button", { name: /我也想问/ }).click();
    await page.getByRole("button", { name: /已支持/ }).waitFor();
  }
  assert.equal(await phones[2].getByLabel("写下您的问题").inputValue(), "食堂几点开饭，写到一半");
  await fitsPhone(phones[1]);
  await picture(phones[1], "question-phone-joined");
  await phones[2].getByRole("button", { name: /已支持/ }).click();
  await phones[2].getByRole("button", { name: /我也想问/ }).waitFor();

  await office.getByRole("button", { name: "放上大屏" }).click();
  await screen.getByText(text).waitFor();
  await fitsWall(screen);
  await picture(screen, "question-screen");
  await office.getByText("在大屏上").waitFor();
  await picture(office, "question-desk");
  await office.getByRole("button", { name: "已回答" }).click();
  await screen.getByText("微信扫一扫签到").waitFor();
});
