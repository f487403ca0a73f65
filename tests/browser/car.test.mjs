// 自助移车 on a phone: the keyboard of plates, a picture, the place, the plate to agree to, progress; and the desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desk, phone, startBrowser, startDemo, visit } from "./support.mjs";

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const pictures = process.env.PICTURES;
const shot = async (page, name) => pictures && page.screenshot({ path: `${pictures}/car-${name}.png` });

test("a blocked driver asks with three taps and watches; the desk takes over", async () => {
  const page = await phone(browser);
  page.setDefaultTimeout(15000);
  await visit(page, `${demo.site}/car`, "car-driver");
  const photo = await page.screenshot({ type: "jpeg" });
  await page.getByLabel("车牌号").focus();
  for (const sign of ["浙", "C", "1", "2", "3", "4", "5"]) {
    await page.locator("[data-keys] button:visible", { hasText: sign }).first().click();
  }
  assert.equal(await page.getByLabel("车牌号").inputValue(), "浙C12345");
  await shot(page, "keys");
  await page.getByRole("button", { name: "完成" }).click();
  await page.locator("#photo").setInputFiles({ name: "car.jpg", mimeType: "image/jpeg", buffer: photo });
  await page.getByText("已选好").waitFor();
  await page.getByLabel("停在哪里").fill("罗阳大道 88 号门口");
  await shot(page, "form");
  await page.getByRole("button", { name: "通知车主移车" }).click();
  await page.getByText("编号").waitFor();
  await page.getByText("浙C·12345").waitFor();
  await shot(page, "progress");

  const staff = await desk(browser, demo.site);
  await staff.goto(`${demo.site}/desk/car`);
  await staff.getByText("浙C1**45").waitFor();
  await shot(staff, "desk");
  await staff.getByRole("button", { name: "接手" }).first().click();
  await staff.getByText("已接手").waitFor();
  // The phone hears of it by itself.
  await page.getByRole("heading", { name: "值班人员处理中" }).waitFor();
  await page.getByRole("button", { name: "已移走" }).click();
  await page.getByText("谢谢您告诉我们").waitFor();
  await shot(page, "moved");
  await page.goto(`${demo.site}/car/mine`);
  await page.getByText("已移走").waitFor();
});

test("a corrected plate is shown large, and a wrong one says why", async () => {
  const page = await phone(browser);
  page.setDefaultTimeout(15000);
  await visit(page, `${demo.site}/car`, "car-second");
  const photo = await page.screenshot({ type: "jpeg" });
  await page.getByLabel("车牌号").fill("浙CL01234");
  await page.locator("#photo").setInputFiles({ name: "car.jpg", mimeType: "image/jpeg", buffer: photo });
  await page.getByLabel("停在哪里").fill("体育馆西门");
  await page.getByRole("button", { name: "通知车主移车" }).click();
  await page.getByText("八位号牌的格式不对").waitFor();
  await shot(page, "wrong");
  await page.getByLabel("车牌号").fill("浙C-12O45");
  await page.getByRole("button", { name: "通知车主移车" }).click();
  await page.getByRole("heading", { name: "是这个车牌吗" }).waitFor();
  await shot(page, "confirm");
  await page.getByRole("button", { name: "车牌正确" }).click();
  await page.getByText("浙C·12045").waitFor();
});
