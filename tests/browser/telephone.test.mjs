// A telephone of the simulator: its messages, and a call that rings, is picked up and takes keys.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { startBrowser, startDemo } from "./support.mjs";

const NUMBER = "13800138000";
const [ID, SECRET] = ["simulator-access-key-id", "simulator-access-key-secret"];
let demo, browser, page;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  page = await browser.newPage({ viewport: { width: 900, height: 900 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const origin = () => new URL(demo.simulator).origin;
const keyed = (key, text) => createHmac("sha256", key).update(text).digest();
const hash = (text) => createHash("sha256").update(text).digest("hex");

/** Calls Tencent's side as a back end of anybody's would. */
async function tencent(service, action, version, asked) {
  const body = JSON.stringify(asked);
  const unix = Math.floor(Date.now() / 1000);
  const day = new Date(unix * 1000).toISOString().slice(0, 10);
  const scope = `${day}/${service}/tc3_request`;
  const host = new URL(origin()).host;
  const canonical = `POST\n/\n\ncontent-type:application/json\nhost:${host}\n\ncontent-type;host\n${hash(body)}`;
  const key = [day, service, "tc3_request"].reduce(keyed, `TC3${SECRET}`);
  const signature = keyed(key, `TC3-HMAC-SHA256\n${unix}\n${scope}\n${hash(canonical)}`).toString("hex");
  const answer = await fetch(`${origin()}/`, {
    method: "POST",
    body,
    headers: {
      "Content-Type": "application/json",
      "X-TC-Action": action,
      "X-TC-Version": version,
      "X-TC-Timestamp": String(unix),
      Authorization: `TC3-HMAC-SHA256 Credential=${ID}/${scope}, SignedHeaders=content-type;host, Signature=${signature}`,
    },
  });
  return (await answer.json()).Response;
}

const picture = async (name) => {
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` });
};

test("a message appears on the telephone and can be answered", async () => {
  await page.goto(`${origin()}/phone/${NUMBER}`);
  await page.getByText("还没有短信").waitFor();
  const answer = await tencent("sms", "SendSms", "2021-01-11", {
    PhoneNumberSet: [`+86${NUMBER}`], SmsSdkAppId: "1400000000", TemplateId: "1110", SignName: "瑞安交警",
    TemplateParamSet: ["浙C·1**45", "罗阳大道88号附近"], SessionContext: "m1",
  });
  assert.equal(answer.SendStatusSet[0].Code, "Ok");
  await page.getByText("【瑞安交警】［1110］1=浙C·1**45").waitFor();
  await picture("telephone-message");
  await page.getByLabel("回复短信").fill("1");
  await page.getByRole("button", { name: "发送" }).click();
});

test("a call rings, is picked up, takes a key and ends", async () => {
  const answer = await tencent("vms", "SendTtsVoice", "2020-09-02", {
    TemplateId: "2023", CalledNumber: `+86${NUMBER}`, VoiceSdkAppid: "1400000000", TemplateParamSet: ["45"],
    PlayTimes: 2, SessionContext: "m2",
  });
  assert.ok(answer.SendStatus.CallId);
  await page.getByRole("dialog", { name: "来电" }).waitFor();
  await picture("telephone-ringing");
  await page.getByRole("button", { name: "接听" }).click();
  await page.getByRole("button", { name: "按 2" }).click();
  await page.getByText("已按 2").waitFor();
  await picture("telephone-talking");
  await page.getByRole("button", { name: "挂断" }).click();
  await page.getByText("通话结束，按了 2").waitFor();
});

test("the list of telephones leads to each", async () => {
  await page.goto(`${origin()}/phone`);
  await page.getByRole("link", { name: NUMBER }).click();
  await page.getByText("浙C·1**45").waitFor();
  await picture("telephone-after");
});
