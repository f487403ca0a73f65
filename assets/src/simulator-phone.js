// A telephone: its short messages, and a call that rings, with its keys.
import { get, post } from "./simulator/api.js";
import { button, h, moment } from "./simulator/dom.js";

const place = document.getElementById("handset");
const trouble = document.getElementById("trouble");
const number = place && place.dataset.number;
const EVERY = 1000;
let shown = "";

async function act(what, body = {}) {
  try {
    await post(`/phones/${number}/${what}`, body);
    trouble.textContent = "";
  } catch (error) {
    trouble.textContent = "没有成功，电话可能已经挂断";
  }
  await look();
}

const sign = (item) => (item.sign ? `【${item.sign}】` : "");

const endings = { missed: "未接来电", ended: "通话结束", talking: "通话中", ringing: "来电" };

function message(item) {
  if (item.medium === "sms") {
    return [
      h("p.stamp", {}, moment(item.at)),
      h("div.row", {}, h("span.avatar", {}, "信"), h("p.bubble", {}, sign(item) + item.text)),
    ];
  }
  const pressed = item.pressed ? `，按了 ${item.pressed.split("").join("、")}` : "";
  return h("p.sys", {}, `${moment(item.at)} ${endings[item.state] || ""}${pressed}`);
}

function call(item) {
  const talking = item.state === "talking";
  const keys = talking && item.keys
    ? h("div.keys", {}, "123456789".split("").map((key) =>
        button("key", key, () => act("press", { key }), { disabled: !item.keys.includes(key), "aria-label": `按 ${key}` })))
    : null;
  return h("div.call", { role: "dialog", "aria-label": talking ? "通话中" : "来电" },
    h("p.caller", {}, "0577-0000 0000"),
    h("p.call-state", {}, talking ? "通话中" : "来电…"),
    talking ? h("p.said", {}, item.text) : null,
    talking && item.pressed ? h("p.call-state", {}, `已按 ${item.pressed.split("").join("、")}`) : null,
    keys,
    h("div.call-foot", {},
      talking ? button("hang-up", "挂断", () => act("hangup")) : [
        button("hang-up", "拒接", () => act("decline")),
        button("pick-up", "接听", () => act("answer")),
      ]));
}

function draw(state) {
  const sms = state.items.some((item) => item.medium === "sms");
  const line = h("input.line", { name: "content", placeholder: "回复短信", autocomplete: "off", "aria-label": "回复短信" });
  const reply = h("form.input", { onsubmit: (event) => (event.preventDefault(), act("reply", { content: line.value })) },
    line, h("button.send", {}, "发送"));
  place.replaceChildren(
    h("div.status", {}, h("span", {}, moment(Date.now() / 1000)), h("span.holder", {}, number)),
    h("div.bar", {}, h("span"), h("b", {}, "信息"), h("span")),
    h("div.chat", {}, state.items.length ? state.items.map(message) : h("p.sys", {}, "还没有短信")),
    sms ? h("div.foot", {}, reply) : h("div.foot"),
    state.call ? call(state.call) : "",
  );
  const chat = place.querySelector(".chat");
  chat.scrollTop = chat.scrollHeight;
}

async function look() {
  try {
    const state = await get(`/phones/${number}/inbox`);
    const now = JSON.stringify(state);
    if (now === shown) return;
    shown = now;
    draw(state);
  } catch (error) {
    trouble.textContent = "连接不上模拟器";
  }
}

async function follow() {
  await look();
  setTimeout(follow, EVERY);
}

if (place) follow();
