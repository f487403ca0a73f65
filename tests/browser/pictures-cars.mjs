// The pictures of 自助移车: the driver's page, the owner's telephone and page, the desk. Called by pictures.mjs, whose
// demo, desk and browser it goes on with.
import { OWNERS, asks, daylight, form, forward, link } from "./cars.mjs";
import { phone } from "./support.mjs";

const MINUTES = 60;

/** The owner's telephone in a browser; it rings. */
async function ringing(browser, demo, number) {
  const context = await browser.newContext({ viewport: { width: 500, height: 940 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const page = await context.newPage();
  await page.goto(`${new URL(demo.simulator).origin}/phone/${number}`);
  await page.getByRole("dialog", { name: "来电" }).waitFor();
  await page.getByRole("button", { name: "接听" }).click();
  await page.getByRole("button", { name: "按 2" }).click();
  return page;
}

/** The dialogue in the chat, up to 已提交. */
async function chat(browser, demo) {
  const context = await browser.newContext({ viewport: { width: 860, height: 910 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  const stage = await context.newPage();
  await stage.goto(demo.simulator);
  await stage.addStyleTag({ content: ".phone{height:667px;border-radius:0;box-shadow:none}" });
  const device = stage.locator("section.phone").first();
  const press = (name) => device.getByRole("button", { name }).click();
  await device.locator(".foot button").first().waitFor();
  if (await device.getByRole("button", { name: "关注公众号" }).isVisible()) await press("关注公众号");
  await device.getByRole("button", { name: "输入文字" }).click();
  const say = async (text, answer) => {
    await device.getByLabel("消息").fill(text);
    await press("发送");
    await device.getByText(answer).last().waitFor();
  };
  await say("浙C11111", "请拍一张能看清车和车牌的照片");
  for (const [what, answer] of [["发送图片", "请发送位置"], ["发送位置", "回复「确认」"]]) {
    await press("更多");
    await press(what);
    await device.getByText(answer).last().waitFor();
  }
  await say("确认", "已提交，正在联系");
  return device;
}

/** All of it. Returns two phones' pictures for the README files. */
export async function cars({ desk, take, browser, demo, site, long, short }) {
  await daylight(demo);
  const page = await form(browser, demo, {
    openid: "oPictureDriver", plate: "浙C12345", seed: 7, located: true,
    look: async (page, name) => {
      await page.setViewportSize(short);
      if (name === "signs") await take(page, "help", "help-car-form.png");
      await page.setViewportSize(long);
    },
  });
  await page.getByRole("button", { name: "通知车主移车" }).click();
  const owner = await ringing(browser, demo, OWNERS.浙C12345);
  await page.getByRole("heading", { name: "车主：5 分钟到" }).waitFor();
  const told = await page.screenshot();
  await page.setViewportSize(short);
  await take(page, "help", "help-car-progress.png");
  await owner.getByText("已按 2").waitFor();
  const call = await owner.locator("#handset").screenshot();

  await asks(page, demo, { openid: "oPictureSecond", plate: "浙C88888", seed: 23, place: "隆山东路 188 号" });
  const link2 = await link(demo, OWNERS.浙C88888);
  const second = await phone(browser, 2);
  await second.setViewportSize(short);
  await second.goto(link2);
  await take(second, "help", "help-car-owner.png");
  await take(await chat(browser, demo), "help", "help-car-chat.png");

  await asks(page, demo, { openid: "oPictureFar", plate: "浙C66666", seed: 83, at: "31.2304,121.4737", place: "人民广场" });
  await asks(page, demo, { openid: "oPictureNobody", plate: "浙C54321", seed: 41, place: "体育馆西门" });
  await forward(demo, 3 * MINUTES);
  await desk.setViewportSize({ width: 1200, height: 675 });
  await desk.goto(`${site}/desk/car`);
  await desk.getByText("没有联系上车主").first().waitFor();
  await take(desk, "help", "help-car-desk.png");
  await desk.setViewportSize({ width: 1440, height: 900 });
  await desk.goto(`${site}/desk/car`);
  await desk.getByText("没有联系上车主").first().waitFor();
  await take(desk, "readme", "car-desk.png");
  return [told, call];
}
