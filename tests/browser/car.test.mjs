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

/** A picture like no other: the same one again would have to be looked at first. */
async function picture(page, seed) {
  const drawn = await page.evaluate((seed) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [324, 240];
    const pen = canvas.getContext("2d");
    for (let n = 0; n < 72; n += 1) {
      const shade = (((n * 7 + seed * 31 + n * n * seed) * 2654435761) >>> 0) % 256;
      pen.fillStyle = `rgb(${shade},${shade},${shade})`;
      pen.fillRect((n % 9) * 36, Math.floor(n / 9) * 30, 36, 30);
    }
    return canvas.toDataURL("image/jpeg").split(",")[1];
  }, seed);
  return Buffer.from(drawn, "base64");
}

const BUTTON = { name: "通知车主移车" };

/** The form, filled in with the keys of plates and a picture, as `openid`. */
async function form(openid, plate) {
  const page = await phone(browser);
  page.setDefaultTimeout(20000);
  await visit(page, `${demo.site}/car`, openid);
  const photo = await picture(page, openid.length);
  await page.getByLabel("车牌号").focus();
  for (const sign of plate) {
    await page.locator("[data-keys] button:visible", { hasText: sign }).first().click();
  }
  assert.equal(await page.getByLabel("车牌号").inputValue(), plate);
  await shot(page, "keys");
  await page.getByRole("button", { name: "完成" }).click();
  await page.locator("#photo").setInputFiles({ name: "car.jpg", mimeType: "image/jpeg", buffer: photo });
  await page.getByText("已选好").waitFor();
  await page.getByLabel("停在哪里").fill("罗阳大道 88 号门口");
  await shot(page, "form");
  return page;
}

/** The link in the newest short message of `number`. */
async function link(number) {
  for (let tries = 0; tries < 200; tries += 1) {
    const inbox = await (await fetch(`${demo.simulator}/_sim/phones/${number}/inbox`)).text();
    const found = inbox.match(/\/car\/o\/[a-z0-9]+/);
    if (found) return demo.site + found[0];
    await fetch(`${demo.site}/healthz`);
  }
  throw new Error("no short message came");
}

test("a blocked driver asks, the owner answers by the link in the message, and the car goes", async () => {
  const page = await form("car-driver", "浙C12345");
  await page.getByRole("button", BUTTON).click();
  await page.getByText("编号").waitFor();
  await page.getByText("浙C·12345").waitFor();
  await shot(page, "progress");
  const owner = await phone(browser);
  owner.setDefaultTimeout(20000);
  await owner.goto(await link("13800000001"));
  await owner.getByText("浙C1**45").waitFor();
  await shot(owner, "owner");
  await owner.getByRole("button", { name: "5 分钟到", exact: true }).click();
  await owner.getByText("已收到，谢谢").waitFor();
  await shot(owner, "owner-done");
  await page.getByRole("heading", { name: "车主：5 分钟到" }).waitFor();
  await shot(page, "reply");
  await page.getByRole("button", { name: "已移走" }).click();
  await page.getByText("谢谢您告诉我们").waitFor();
  await page.goto(`${demo.site}/car/mine`);
  await page.getByText("已移走").waitFor();
});

test("the desk takes over, and the phone hears of it by itself", async () => {
  const page = await form("car-the-third", "浙C54321");
  await page.getByRole("button", BUTTON).click();
  await page.getByText("浙C·54321").waitFor();
  const staff = await desk(browser, demo.site);
  await staff.goto(`${demo.site}/desk/car`);
  await staff.getByText("浙C5**21").waitFor();
  await shot(staff, "desk");
  await staff.getByRole("button", { name: "接手" }).first().click();
  await staff.getByText("已接手").waitFor();
  await page.getByRole("heading", { name: "值班人员处理中" }).waitFor();
});

test("a corrected plate is shown large, and a wrong one says why", async () => {
  const page = await phone(browser);
  page.setDefaultTimeout(15000);
  await visit(page, `${demo.site}/car`, "car-second");
  const photo = await picture(page, 99);
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
