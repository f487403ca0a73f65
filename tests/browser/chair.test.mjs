// The chair of a vote at the desk, 1440×900: from a draft to the report.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, organiser, startBrowser, startDemo } from "./support.mjs";

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

const person = (n) => ({ name: `代表${n}`, unit: "市人大代表", phone: `1380000000${n}` });

/** Pictures for whoever looks at them, where a folder is named. */
const picture = (page, name) =>
  process.env.PICTURES ? page.screenshot({ path: `${process.env.PICTURES}/${name}.png` }) : null;

const confirmed = async (page, button) => {
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: button }).click();
};

test("a chair counts, closes, confirms and publishes, and the page follows by itself", async () => {
  const meeting = await staff.meeting({ title: "市人大常委会第十次会议" });
  const roster = ["姓名,单位,手机号", ...[1, 2, 3, 4, 5, 6].map((n) => Object.values(person(n)).join(","))];
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${meeting.id}`);
  await page.getByRole("link", { name: "名册", exact: true }).click();
  const file = { name: "名单.csv", mimeType: "text/csv", buffer: Buffer.from(roster.join("\r\n")) };
  await page.getByLabel("文件", { exact: true }).setInputFiles(file);
  await page.getByRole("button", { name: "上传并预览" }).click();
  await page.getByRole("button", { name: "确认导入 6 人" }).click();
  await page.getByText("名册已更新").waitFor();

  await page.getByRole("link", { name: "表决", exact: true }).click();
  await page.getByText("还没有表决事项").waitFor();
  await page.getByRole("link", { name: "新建表决事项" }).click();
  await picture(page, "chair-choose");
  await page.getByRole("link", { name: "用「人大常委会表决」" }).click();
  await page.getByLabel("表决事项", { exact: true }).fill("关于批准 2026 年市级预算调整方案的决议");
  await page.getByLabel("限时（秒）").fill("600");
  await picture(page, "chair-draft");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("已新建，核对后定稿").waitFor();
  await confirmed(page, "定稿");
  await page.getByText("现在不能开始").waitFor();
  await page.getByText(/还差 \d 位有表决权的成员/).first().waitFor();
  await picture(page, "chair-quorum");

  for (const n of [1, 2, 3, 4, 5]) {
    await staff.ask("POST", `/meetings/${meeting.id}/checkins`, { person: person(n) });
  }
  await page.getByText("已达到").waitFor();
  await confirmed(page, "开始表决");
  await page.getByText("表决已开始").waitFor();
  await page.getByText("剩余时间").waitFor();
  await page.getByText(/^(9|10) 分 \d\d 秒$/).waitFor();
  await page.locator("[data-text='open.expected']").getByText("5", { exact: true }).waitFor();
  await picture(page, "chair-open");
  // One who comes late may vote, and the page says so by itself.
  await staff.ask("POST", `/meetings/${meeting.id}/checkins`, { person: person(6) });
  await page.locator("[data-text='open.expected']").getByText("6", { exact: true }).waitFor();
  await confirmed(page, "结束表决");
  await page.getByText("表决已结束").waitFor();
  await page.getByText("无有效表决").first().waitFor();
  await picture(page, "chair-closed");
  await confirmed(page, "再次提交表决");
  await page.getByText("再次提交自第 1 项").waitFor();
  await confirmed(page, "定稿");
  await page.getByRole("link", { name: "人工计票" }).click();
  await page.getByLabel("到会人数").fill("6");
  await page.getByLabel("收回票数").fill("6");
  await page.getByLabel("赞成").fill("5");
  await page.getByLabel("反对").fill("1");
  await page.getByLabel("弃权").fill("0");
  await page.getByLabel("见证人 1").fill("江一帆");
  await page.getByLabel("见证人 2").fill("何敏");
  await picture(page, "chair-manual");
  await page.getByRole("button", { name: "录入结果" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "录入" }).click();
  await page.getByText("2 × 5 > 6，通过").waitFor();
  await confirmed(page, "确认计票");
  await confirmed(page, "公布结果");
  await page.getByText("结果已公布").waitFor();
  await picture(page, "chair-published");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "下载 PDF" }).click();
  if (process.env.PICTURES) await (await download).saveAs(`${process.env.PICTURES}/report.pdf`);
  assert.match((await download).suggestedFilename(), /^表决报告-市人大常委会第十次会议-第2项-第1版\.pdf$/);
  await page.locator(".tabs").getByRole("link", { name: "表决", exact: true }).click();
  await page.getByText("已公布").waitFor();
  await picture(page, "chair-queue");
  await page.getByRole("link", { name: "表决规则" }).click();
  await picture(page, "chair-rules");
  await page.getByRole("link", { name: "人大常委会表决" }).click();
  await page.getByRole("link", { name: "修改，生成新版本" }).click();
  await page.getByLabel("通过比例分子").fill("3");
  await page.getByLabel("通过比例分母").fill("2");
  await page.getByRole("button", { name: "保存为新版本" }).click();
  await page.getByText("通过比例：比例不能超过全部").waitFor();
  await picture(page, "chair-rule-edit");
});
