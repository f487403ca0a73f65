// Papers of a meeting: uploaded at the desk, read on a phone of 375×812, carried to a computer, withdrawn.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, organiser, phone as anyPhone, startBrowser, startDemo, visit } from "./support.mjs";

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

/** A small PDF of `count` pages, with a line of words on each. */
function pdf(count) {
  const pages = Array.from({ length: count }, (_, n) => n + 1);
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    `<</Type/Pages/Count ${count}/Kids[${pages.map((n) => `${2 + 2 * n} 0 R`).join(" ")}]>>`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
  ];
  for (const n of pages) {
    const words = `BT /F1 36 Tf 60 700 Td (Page ${n} of the report) Tj 0 -60 Td (Budget ${n * 100}) Tj ET`;
    objects.push(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents ${3 + 2 * n} 0 R>>`,
      `<</Length ${words.length}>>stream\n${words}\nendstream`,
    );
  }
  let file = "%PDF-1.4\n";
  const at = objects.map((object, n) => {
    const place = file.length;
    file += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const xref = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  file += at.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  file += `trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}

async function upload(page, files) {
  await page.locator("input[type=file]").setInputFiles(files);
  for (const { name } of files) await page.locator("[data-uploads] li", { hasText: name }).waitFor();
}

test("papers go from the desk to the phone, to a computer, and away", async () => {
  const meeting = await staff.meeting({ title: "无纸化会议" });
  const office = await desk(browser, demo.site);
  office.setDefaultTimeout(60000);
  await office.goto(`${demo.site}/desk/meetings/${meeting.id}/materials`);
  await office.getByRole("link", { name: "添加议题" }).click();
  await office.getByLabel("议题").fill("审议预算");
  await office.getByLabel("发言人").fill("陈晓燕");
  await office.getByRole("button", { name: "保存" }).click();
  await office.locator(".point", { hasText: "审议预算" }).waitFor();

  await office.getByLabel("归属").selectOption({ label: "审议预算" });
  await office.getByRole("checkbox", { name: "下载", exact: true }).check();
  await upload(office, [
    { name: "预算报告.pdf", mimeType: "application/pdf", buffer: pdf(12) },
    { name: "说明.txt", mimeType: "text/plain", buffer: Buffer.from("预算说明\n第一条 总体安排\n") },
    { name: "全年汇编.pdf", mimeType: "application/pdf", buffer: pdf(301) },
    { name: "坏文件.docx", mimeType: "application/octet-stream", buffer: Buffer.from("<html>no</html>") },
  ]);
  await office.locator("[data-uploads] li.done", { hasText: "预算报告.pdf" }).waitFor();
  await office.locator("[data-uploads] li.done", { hasText: "全年汇编.pdf" }).getByText("页数太多").waitFor();
  const bad = office.locator("[data-uploads] li.failed", { hasText: "坏文件.docx" });
  await bad.waitFor();
  assert.match(await bad.innerText(), /扩展名|格式|损坏/);
  assert.ok(await bad.getByRole("button", { name: "重试" }).isVisible());
  // The list follows the conversion by itself.
  const row = office.locator(".papers tr", { hasText: "预算报告" });
  await row.getByText("可预览").waitFor();
  assert.match(await row.innerText(), /12 页/);

  const page = await anyPhone(browser);
  page.setDefaultTimeout(20000);
  await visit(page, `${demo.site}/m/${meeting.code}`, "oBrowserReader");
  assert.match(await text(page), /审议预算[\s\S]*签到后还可查看 3 份材料/);
  await page.getByLabel("单位").fill("市财政局");
  await page.getByLabel("姓名").fill("江一帆");
  await page.getByLabel("手机号").fill("13812346021");
  await page.getByRole("button", { name: "确认签到" }).click();
  await page.getByRole("heading", { name: "签到成功" }).waitFor();
  await page.getByRole("link", { name: /预算报告/ }).click();
  await page.locator("#p1 img").waitFor();
  const shown = (number) =>
    page.waitForFunction((n) => {
      const image = document.querySelector(`#p${n} img`);
      return image.complete && image.naturalWidth > 300;
    }, number);
  await shown(1);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(wide, 375, "nothing is wider than the phone");
  const unread = await page.evaluate(() => document.querySelector("#p12 img").complete);
  assert.equal(unread, false, "pages come when they are scrolled to");
  const told = page.waitForResponse((answer) => answer.url().endsWith("/progress") && answer.status() === 204);
  await page.locator("#p7").scrollIntoViewIfNeeded();
  await shown(7);
  await told;
  await page.reload();
  assert.match(await text(page), /上次看到第 [78] 页/);

  await page.getByRole("searchbox", { name: "在本文中查找" }).fill("Budget 900");
  await page.getByRole("button", { name: "查找" }).click();
  await page.getByRole("heading", { name: "「Budget 900」1 页" }).waitFor();
  await page.locator("#p1 img").click();
  await page.getByRole("button", { name: "关闭" }).click();
  await page.locator(".zoom").waitFor({ state: "detached" });

  await office.goto(`${demo.site}/desk/meetings/${meeting.id}/materials`);
  await office.locator(".papers").getByRole("link", { name: "预算报告" }).click();
  await office.getByRole("cell", { name: "江一帆" }).waitFor();
  assert.match(await text(office), /第 [78] 页，共 12 页/);

  await page.getByRole("link", { name: "在电脑上打开", exact: true }).click();
  const digits = await page.locator(".countdown").innerText();
  const computer = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  computer.setDefaultTimeout(20000);
  await computer.goto(`${demo.site}/pull`);
  await computer.getByLabel("手机上的 6 位数字").fill(digits);
  await computer.getByRole("button", { name: "打开" }).click();
  await computer.getByRole("link", { name: "预算报告" }).click();
  await computer.locator("#p1 img").waitFor();
  const taken = computer.waitForEvent("download");
  await computer.getByRole("link", { name: "下载文件" }).click();
  assert.equal((await taken).suggestedFilename(), "预算报告.pdf");

  await page.reload();
  await page.getByRole("button", { name: "断开" }).click();
  await page.getByText("已断开").waitFor();
  await computer.reload();
  await computer.getByRole("heading", { name: "在电脑上打开会议材料" }).waitFor();

  await office.getByRole("button", { name: "撤下材料" }).click();
  await office.getByRole("button", { name: "撤下", exact: true }).click();
  await office.getByText("材料已撤下").waitFor();
  await page.goto(`${demo.site}/m/${meeting.code}`);
  assert.ok(!(await text(page)).includes("预算报告"));
});

test("without scripts the pages are plain pictures, and one file is uploaded at a time", async () => {
  const meeting = await staff.meeting({ title: "没有脚本" });
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1440, height: 900 } });
  const office = await context.newPage();
  office.setDefaultTimeout(20000);
  await office.goto(`${demo.site}/desk/login`);
  await office.getByLabel("用户名").fill("admin");
  await office.getByLabel("密码").fill("browser-tests");
  await office.getByRole("button", { name: "登录" }).click();
  await office.goto(`${demo.site}/desk/meetings/${meeting.id}/materials`);
  await office.locator("input[type=file]").setInputFiles({ name: "通知.pdf", mimeType: "application/pdf", buffer: pdf(2) });
  await office.getByRole("button", { name: "上传", exact: true }).click();
  await office.getByText("材料已上传").waitFor();
  assert.match(await text(office), /1 份材料[\s\S]*通知/);
});
