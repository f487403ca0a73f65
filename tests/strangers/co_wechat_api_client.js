// Calls the simulator through co-wechat-api, which believes that it talks to WeChat: BASE APP_ID SECRET.
"use strict";

const assert = require("node:assert");
const API = require("co-wechat-api");

const [base, appId, secret] = process.argv.slice(2);
const template = "sim-template-meeting".padEnd(43, "-");
const png = Buffer.from(
  "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de" +
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082",
  "hex",
);

function client(withSecret) {
  const api = new API(appId, withSecret);
  api.prefix = `${base}/cgi-bin/`;
  api.mpPrefix = `${base}/cgi-bin/`;
  api.snsPrefix = `${base}/sns/`;
  api.fileServerPrefix = `${base}/cgi-bin/`;
  return api;
}

const api = client(secret);

async function sim(path, body) {
  const answer = await fetch(`${base}/_sim${path}`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

/** The call must reject with the package's own error and WeChat's code. */
const refuses = (code, call) =>
  assert.rejects(call, (error) => {
    assert.strictEqual(error.name, "WeChatAPIError");
    assert.strictEqual(error.code, code);
    assert.match(error.message, / rid: /);
    return true;
  });

const menu = {
  button: [
    { type: "click", name: "关于", key: "about" },
    { name: "会议", sub_button: [{ type: "view", name: "我的会议", url: "https://example.com/m" }] },
  ],
};

const checks = {
  token: async () => assert.ok((await api.getAccessToken()).accessToken.length > 100),
  "a wrong secret raises 40125": () => refuses(40125, () => client("wrong").getAccessToken()),
  "an expired token is renewed by the package's own retry": async () => {
    await sim("/faults", { expire_tokens: true });
    assert.deepStrictEqual((await api.getIp()).ip_list, ["127.0.0.1"]);
    await sim("/faults", { invalidate_tokens: true });
    assert.deepStrictEqual((await api.getIp()).ip_list, ["127.0.0.1"]);
  },
  "menu: create, get, delete": async () => {
    await api.createMenu(menu);
    assert.strictEqual((await api.getMenu()).menu.button[1].sub_button[0].name, "我的会议");
    assert.strictEqual((await api.getMenuConfig()).is_menu_open, 1);
    const added = await api.addConditionalMenu({ ...menu, matchrule: { client_platform_type: "1" } });
    await api.delConditionalMenu(added.menuid);
    await api.removeMenu();
    await refuses(46003, () => api.getMenu());
  },
  "qrcode: create, picture": async () => {
    const temporary = await api.createTmpQRCode(10000, 1800);
    assert.strictEqual(temporary.expire_seconds, 1800);
    const permanent = await api.createLimitQRCode("m_k7x2p9");
    const picture = await fetch(api.showQRCodeURL(encodeURIComponent(permanent.ticket)));
    assert.strictEqual(picture.headers.get("content-type"), "image/jpg");
  },
  "user: info, list, batch, remark": async () => {
    const { openids } = await sim("/followers", { count: 3 });
    assert.strictEqual((await api.getUser(openids[0])).subscribe, 1);
    const followers = await api.getFollowers();
    assert.ok(openids.every((openid) => followers.data.openid.includes(openid)));
    assert.strictEqual((await api.batchGetUsers(openids)).user_info_list.length, 3);
    await api.updateRemark(openids[0], "市金融办");
    await refuses(40003, () => api.getUser("nobody"));
  },
  "tags: create, give, list, delete": async () => {
    const { openids } = await sim("/followers", { count: 1 });
    const { tag } = await api.createTags("县区");
    await api.batchTagging(openids, tag.id);
    assert.deepStrictEqual((await api.getIdList(openids[0])).tagid_list, [tag.id]);
    await api.deleteTag(tag.id);
    await refuses(45159, () => api.deleteTag(tag.id));
  },
  "customer-service messages": async () => {
    const [openid] = (await sim("/followers", { count: 1 })).openids;
    await refuses(45015, () => api.sendText(openid, "您好"));
    await sim(`/users/${openid}/text`, { content: "hi" });
    await api.sendText(openid, "您好");
    await api.sendNews(openid, [{ title: "标题", description: "说明", url: "https://example.com/", picurl: "" }]);
    for (let n = 0; n < 3; n++) await api.sendText(openid, "您好");
    await refuses(45047, () => api.sendText(openid, "您好"));
  },
  "template messages": async () => {
    const [openid] = (await sim("/followers", { count: 1 })).openids;
    const data = {
      thing1: { value: "全市智慧政务建设培训会" },
      time2: { value: "2026年9月19日 09:00" },
      thing3: { value: "市行政中心" },
    };
    const sent = await api.sendTemplate(openid, template, "https://example.com/", "#173177", data);
    assert.match(String(sent.msgid), /^\d{17}$/);
    assert.strictEqual((await api.getAllPrivateTemplate()).template_list[0].title, "会议通知");
    await refuses(40037, () => api.sendTemplate(openid, "nothing", "", "", data));
    await refuses(47003, () => api.sendTemplate(openid, template, "", "", {}));
  },
  "media: upload, download": async () => {
    const kept = await api.uploadMedia(png, "image", "a.png", "image/png");
    assert.ok(png.equals(await api.getMedia(kept.media_id)));
    await refuses(40007, () => api.getMedia("nothing"));
  },
  "ticket for the JS-SDK": async () => {
    assert.ok((await api.getTicket()).ticket.length > 50);
    const config = await api.getJsConfig({ url: "https://example.com/", jsApiList: ["scanQRCode"] });
    assert.match(config.signature, /^[0-9a-f]{40}$/);
  },
  "the day's quota raises 45009": async () => {
    await sim("/faults", { quota: { "/cgi-bin/getcallbackip": 0 } });
    await refuses(45009, () => api.getIp());
  },
};

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok   co-wechat-api: ${name}`);
    } catch (error) {
      console.log(`FAIL co-wechat-api: ${name}: ${String(error.message).split("\n")[0]}`);
    }
  }
})();
