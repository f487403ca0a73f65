// Organisers at their desk, 1440×900, and the big screen on the wall.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, organiser, startBrowser, startDemo, wall, wire } from "./support.mjs";

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

const ROSTER = [
  "姓名,单位,手机号,角色,座位",
  "江一帆,市金融办,13812346021,,1 排 1 座",
  "阿依古丽·买买提江·吐尔逊阿依,市人民政府驻北京联络处综合协调科,13712349034,,1 排 2 座",
  "<b>林建华</b>,市环境保护局,13912341187,列席,",
  "没有手机,市司法局,123,,",
].join("\r\n");

async function importRoster(page) {
  await page.getByRole("link", { name: "名册", exact: true }).click();
  const file = { name: "名单.csv", mimeType: "text/csv", buffer: Buffer.from(ROSTER) };
  await page.getByLabel("文件", { exact: true }).setInputFiles(file);
  await page.getByRole("button", { name: "上传并预览" }).click();
  await page.getByText("手机号不是 11 位手机号码").waitFor();
  await page.getByRole("button", { name: "确认导入 3 人" }).click();
  await page.getByText("名册已更新，共处理 3 人").waitFor();
}

const figure = (page, name) => page.locator(`.k [data-text=${name}]`);

test("from a new meeting to a screen that counts", async () => {
  const page = await desk(browser, demo.site);
  await page.getByRole("link", { name: "新建会议" }).first().click();
  await page.getByRole("button", { name: "建立会议" }).click();
  await page.getByText("还没有保存，请检查：会议名称、地点。").waitFor();
  await page.getByLabel("会议名称").fill("防汛工作部署会");
  await page.getByLabel("地点").fill("应急指挥中心");
  const local = (minutes) =>
    new Date(Date.now() + (minutes + 480) * 60000).toISOString().slice(0, 16);
  await page.getByLabel("开始时间").fill(local(30));
  await page.getByLabel("结束时间").fill(local(120));
  await page.getByLabel("签到开始").fill(local(-5));
  await page.getByLabel("签到截止").fill(local(60));
  await page.getByRole("button", { name: "建立会议" }).click();
  await page.getByText("会议已建立").waitFor();
  const overview = page.url().split("?")[0];
  await page.getByText("还没有人签到，有人扫码后这里会出现曲线").waitFor();
  await importRoster(page);

  const screen = await wall(browser);
  await screen.goto(await page.getByRole("link", { name: "打开大屏" }).evaluate((link) => link.href));
  await screen.locator("[data-code]").waitFor();
  await screen.getByText("还没有人签到").waitFor();
  assert.equal(await screen.locator('.count [data-text="present"]').innerText(), "0");
  assert.match(await screen.locator("[data-short]").innerText(), /^\d{3} \d{3}$/);

  const dashboard = await page.context().newPage();
  await dashboard.goto(overview);
  await page.getByRole("link", { name: "签到名单" }).click();
  await page.getByRole("row", { name: /江一帆/ }).getByRole("button", { name: "代签" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "代签" }).click();
  await page.getByText("已签到，第 1 位").waitFor();
  await screen.getByText("江一帆").waitFor();
  await screen.locator('.count [data-text="present"]').getByText("1", { exact: true }).waitFor();
  await figure(dashboard, "present").getByText("1", { exact: true }).waitFor();
  await dashboard.getByRole("cell", { name: "工作人员代签" }).waitFor();
  await dashboard.locator("[data-chart] canvas").waitFor();

  await page.getByRole("link", { name: "签到名单" }).first().click();
  await page.getByLabel("全选本页未签到的人").check();
  await page.getByText("已勾选 2 人").waitFor();
  await page.getByLabel("原因").fill("集体乘车到会");
  await page.getByRole("button", { name: "批量补签" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "补签" }).click();
  await page.getByText("已为 2 人补签").waitFor();
  await screen.getByText("<b>林建华</b>").waitFor();
  await screen.getByText("已全部到齐").waitFor();
  assert.equal(await screen.locator('.count [data-text="present"]').innerText(), "2", "an observer is not counted");
  await figure(dashboard, "others").getByText("1", { exact: true }).waitFor();

  await page.getByLabel("撤销原因").fill("人不在现场");
  await page.getByRole("button", { name: "整批撤销" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "整批撤销" }).click();
  await page.getByText("已撤销这批补签中的 2 人").waitFor();
  await screen.locator('.count [data-text="present"]').getByText("1", { exact: true }).waitFor();
});

test("the list of people follows arrivals by itself and disturbs nobody at work", async () => {
  const meeting = await staff.meeting({ title: "名单自己更新" });
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await importRoster(page);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}/people?show=all&q=`);
  const row = (name) => page.getByRole("row", { name });
  await row(/林建华/).getByRole("checkbox").check();
  await page.getByLabel("原因").fill("集体乘");
  await row(/林建华/).evaluate((node) => (node.kept = true));
  const sign = (person) => staff.ask("POST", `/meetings/${meeting.id}/checkins`, { person });
  await sign({ name: "江一帆", unit: "市金融办", phone: "13812346021" });
  await row(/江一帆/).getByText("准时").waitFor();
  await page.getByRole("link", { name: "已签到 1" }).waitFor();
  assert.ok(await row(/林建华/).getByRole("checkbox").isChecked(), "what was ticked stays ticked");
  assert.ok(await row(/林建华/).evaluate((node) => node.kept), "a row without news is not drawn anew");
  await page.getByText("已勾选 1 人").waitFor();
  assert.equal(await page.getByLabel("原因").inputValue(), "集体乘");
  await page.getByLabel("原因").pressSequentially("车到会");
  assert.equal(await page.getByLabel("原因").inputValue(), "集体乘车到会");

  await page.goto(`${demo.site}/desk/meetings/${meeting.id}/people?show=present&q=市公安局`);
  await page.getByText("没有找到「市公安局」").waitFor();
  await sign({ name: "何敏", unit: "市水利局", phone: "13700009034" });
  await sign({ name: "王海", unit: "市公安局", phone: "13600001111" });
  await row(/王海/).waitFor();
  await page.getByText("找到 1 人").waitFor();
  assert.equal(await row(/何敏/).count(), 0, "the search still holds");
  assert.equal(await page.getByText("没有找到「市公安局」").count(), 0);
});

test("names are drawn from those who are in, and staff tick whom they saw", async () => {
  const meeting = await staff.meeting({ title: "抽查到会" });
  for (const [name, phone] of [["江一帆", "13812346021"], ["王海", "13600001111"]]) {
    await staff.ask("POST", `/meetings/${meeting.id}/checkins`, { person: { name, unit: "市金融办", phone } });
  }
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await page.getByRole("link", { name: "抽查" }).click();
  await page.getByText(/^.色·..$/).waitFor();
  await page.getByRole("button", { name: "抽取" }).click();
  await page.getByText("抽到 2 人，请逐个核对").waitFor();
  await page.getByRole("row", { name: /江一帆/ }).getByRole("button", { name: "在场" }).click();
  await page.getByText("待核对 1，在场 1").waitFor();
  await page.getByRole("row", { name: /王海/ }).getByRole("button", { name: "未见到" }).click();
  await page.getByText("待核对 0，在场 1，未见到 1").waitFor();
  await page.getByRole("button", { name: "抽取" }).click();
  await page.getByText("没有可抽的人").waitFor();
});

test("a phone is shown in its place when asked for, and the page stays", async () => {
  const meeting = await staff.meeting({ title: "查看手机号" });
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await importRoster(page);
  await page.getByRole("link", { name: "江一帆" }).click();
  await page.getByText("138****6021").waitFor();
  const url = page.url();
  await page.getByRole("button", { name: "显示完整号码" }).click();
  await page.getByText("13812346021").waitFor();
  assert.equal(page.url(), url);
});

test("a screen that loses the network says since when, hides its code, and comes back by itself", async () => {
  const meeting = await staff.meeting({ title: "断网", code: "rotating" });
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  const key = await page.getByRole("link", { name: "打开大屏" }).getAttribute("href");
  const cable = await wire(demo.site);
  const screen = await wall(browser);
  await screen.goto(cable.url + key);
  await screen.locator("[data-code]").waitFor();
  const connection = screen.locator("[data-connection]");
  await connection.getByText("已连接").waitFor();

  cable.cut();
  await connection.getByText(/与服务器断开，自 \d\d:\d\d:\d\d 起/).waitFor();
  await screen.getByText("二维码更新中").waitFor({ timeout: 30000 });
  assert.ok(await screen.locator("[data-code]").isHidden());

  cable.mend();
  await connection.getByText("已连接").waitFor({ timeout: 60000 });
  await screen.locator("[data-code]").waitFor();
  await cable.close();
});

test("a screen shows what the organiser changes, and ends with its address", async () => {
  const meeting = await staff.meeting({ title: "换屏" });
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}/edit`);
  const key = await page.getByRole("link", { name: "打开大屏" }).getAttribute("href");
  const screen = await wall(browser);
  await screen.goto(demo.site + key);
  await screen.locator("[data-code]").waitFor();

  await page.getByRole("button", { name: "取消会议" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "取消会议" }).click();
  await screen.getByText("会议已取消").waitFor();
  await page.getByRole("button", { name: "重新开启会议" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "重新开启" }).click();
  await screen.locator("[data-code]").waitFor();

  await page.getByRole("button", { name: "更换大屏地址" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "更换" }).click();
  await screen.getByText("这块大屏已停用").waitFor();
});

test("the desk's own page shows a rotating code and counts it down", async () => {
  const meeting = await staff.meeting({ title: "动态码", code: "rotating" });
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}/code`);
  await page.locator("[data-picture]").waitFor();
  await page.getByText(/\d+ 秒后更换/).waitFor();
  assert.match(await page.locator("[data-short]").innerText(), /^\d{3} \d{3}$/);
});

test("no page is wider than the window, whatever somebody is called", async () => {
  const title = "全市贯彻落实安全生产十五条硬措施暨防汛防台风和森林防灭火工作视频调度部署会议（分会场同步收听收看）";
  const meeting = await staff.meeting({ title });
  const page = await desk(browser, demo.site);
  const own = `${demo.site}/desk/meetings/${meeting.id}`;
  await page.goto(own);
  await importRoster(page);
  for (const path of ["", "/people", "/people/new", "/roster", "/requests", "/code", "/log", "/edit", "/print"]) {
    await page.goto(own + path);
    const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    assert.equal(await page.evaluate(over), 0, path);
  }
});
