// The office counts, files and proves: statistics, the sheet, and /verify, each as its reader sees it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { desk, organiser, phone, startBrowser, startDemo } from "./support.mjs";

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

const UNITS = ["市金融办", "市环境保护局", "市人民政府驻北京联络处综合协调科室", "塘下镇人民政府"];

/** A meeting with people of four units, some of whom signed in. */
async function meeting(title, people = 40) {
  const made = await staff.meeting({ title });
  const list = Array.from({ length: people }, (_, n) => ({
    name: n === 3 ? "阿不都热依木·阿卜杜拉赫曼·买买提" : `代表${n + 1}`,
    unit: UNITS[n % UNITS.length],
    phone: `1370000${String(n).padStart(4, "0")}`,
    role: n % 13 === 12 ? "observer" : "attendee",
  }));
  await staff.ask("POST", `/meetings/${made.id}/roster`, { people: list });
  for (const person of list.filter((_, n) => n % 3 > 0)) {
    await staff.ask("POST", `/meetings/${made.id}/checkins`, { person });
  }
  return made;
}

const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

test("a figure leads to its list, and the curve is drawn", async () => {
  const made = await meeting("全市智慧政务建设培训会");
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${made.id}/statistics`);
  await page.locator("[data-chart] canvas").waitFor();
  assert.equal(await page.evaluate(over), 0);
  const present = page.locator(".k > div", { hasText: "实到" }).first().locator("a");
  const number = await present.innerText();
  await present.click();
  await page.getByText(`只看 计入应到，${number} 人`).waitFor();
  await page.getByRole("link", { name: "看全部" }).click();
  await page.getByText("只看").waitFor({ state: "detached" });
});

test("the office exports a sheet, and whoever holds it proves it on a phone", async () => {
  const made = await meeting("防汛工作部署会");
  const page = await desk(browser, demo.site);
  await page.goto(`${demo.site}/desk/meetings/${made.id}/people`);
  await page.getByRole("link", { name: "导出签到表" }).click();
  await page.getByText("还没有导出过").waitFor();
  await page.getByLabel("手机号").check();
  const save = async (name) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    return file.path();
  };
  const book = await save("导出 Excel");
  const pdf = await save("导出 PDF");
  assert.equal((await readFile(pdf)).subarray(0, 5).toString(), "%PDF-");
  await page.reload();
  assert.ok(await page.getByLabel("手机号").isChecked(), "the columns are remembered");
  await page.getByRole("link", { name: "PDF 签到表" }).waitFor();
  assert.equal(await page.evaluate(over), 0);
  const digest = await page.locator("td.code").innerText();

  const holder = await phone(browser);
  await holder.goto(`${demo.site}/verify`);
  await holder.getByLabel("核验编码").fill(digest);
  await holder.getByRole("button", { name: "核验编码" }).click();
  await holder.getByRole("heading", { name: "有效" }).waitFor();
  assert.equal(await holder.evaluate(over), 0);
  await holder.getByLabel("文件").setInputFiles(book);
  await holder.getByRole("button", { name: "核验文件" }).click();
  await holder.getByText("文件与存档完全一致").waitFor();

  await staff.ask("POST", `/meetings/${made.id}/checkins`, {
    person: { name: "路人", unit: "市公安局", phone: "13600001111" },
  });
  await save("导出 PDF");
  await holder.goto(`${demo.site}/verify?d=${digest.replaceAll(" ", "")}`);
  await holder.getByRole("heading", { name: "已有更新版本" }).waitFor();
  await holder.goto(`${demo.site}/verify?d=${"0".repeat(32)}`);
  await holder.getByRole("heading", { name: "未知" }).waitFor();
});

test("a quarter is looked back on by unit and person", async () => {
  const made = await meeting("已经开过的会", 8);
  await staff.ask("POST", `/meetings/${made.id}/close`, {});
  const page = await desk(browser, demo.site);
  await page.getByRole("link", { name: "统计", exact: true }).click();
  await page.getByText("少于 3 场会议的不计到会率").waitFor();
  await page.getByRole("link", { name: "塘下镇人民政府" }).click();
  await page.getByText("塘下镇人民政府：按个人").waitFor();
  assert.equal(await page.evaluate(over), 0);
});
