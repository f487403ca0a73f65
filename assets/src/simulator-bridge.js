// What WeChat's client puts into every page of its web view: its name in the user agent, and `WeixinJSBridge`, through
// which the page's own JS-SDK speaks. The simulator serves it below each phone's own host.
const AGENT = "MicroMessenger/8.0.55.2780 WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";
const agent = `Mozilla/5.0 (Linux; Android 14; V2324A; wv) AppleWebKit/537.36 Version/4.0 Chrome/130.0.0.0 Mobile ${AGENT}`;
Object.defineProperty(window.navigator, "userAgent", { get: () => agent });

/** What the platform has allowed this page. */
let granted = [];
/** Calls that the phone around this page is carrying out, by number. */
const open = new Map();
let last = 0;

async function verify(asked) {
  const response = await fetch("/connect/verify", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      page: location.href.split("#")[0],
      app_id: asked.verifyAppId,
      timestamp: asked.verifyTimestamp,
      nonce: asked.verifyNonceStr,
      signature: asked.verifySignature,
    }),
  });
  const { message } = await response.json();
  granted = message === "ok" ? asked.verifyJsApiList || [] : [];
  return message;
}

/** Hands a call to the phone in whose frame this page stands; without one the person pastes what a camera would read. */
function phone(name, asked, answer) {
  if (window.parent === window) {
    const text = name === "scanQRCode" ? window.prompt("粘贴二维码的内容") : null;
    answer(text ? { message: "ok", resultStr: text } : { message: "cancel" });
    return;
  }
  last += 1;
  open.set(last, answer);
  window.parent.postMessage({ weixin: name, number: last, asked }, "*");
}

window.addEventListener("message", (event) => {
  const answer = event.source === window.parent && event.data && open.get(event.data.number);
  if (!answer) return;
  open.delete(event.data.number);
  answer(event.data.answer);
});

function invoke(name, asked, done = () => {}) {
  const answer = ({ message, ...more }) => done({ err_msg: `${name}:${message}`, ...more });
  const failed = () => answer({ message: "fail" });
  if (name === "preVerifyJSAPI") {
    verify(asked).then((message) => answer({ message }), failed);
  } else if (name === "getNetworkType") {
    done({ err_msg: "network_type:wifi" });
  } else if (name === "checkJsApi") {
    const known = Object.fromEntries((asked.jsApiList || []).map((api) => [api, api === "scanQRCode"]));
    answer({ message: "ok", checkResult: JSON.stringify(known) });
  } else if (name !== "scanQRCode") {
    answer({ message: "fail, function not exist" });
  } else if (!granted.includes(name)) {
    answer({ message: "fail, the permission value is offline verifying" });
  } else {
    phone(name, asked, answer);
  }
}

/** WeChat's button that asks for notices: draws what the page put into it, and asks before it tells. */
class Subscribe extends HTMLElement {
  connectedCallback() {
    const inside = this.querySelector("script");
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = inside ? inside.textContent : "";
    root.addEventListener("click", (event) => event.target.closest("button") && this.ask());
  }

  async ask() {
    const ids = (this.getAttribute("template") || "").split(",").filter(Boolean);
    const accept = window.confirm("允许本公众号给您发送通知？");
    const response = await fetch("/connect/subscribe", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ template_ids: ids, accept }),
    });
    if (!response.ok) {
      this.dispatchEvent(new CustomEvent("error", { detail: { errCode: 20001, errMsg: await response.text() } }));
      return;
    }
    const status = JSON.stringify({ status: accept ? "accept" : "reject" });
    const detail = {
      errMsg: "subscribe:ok",
      subscribeDetails: JSON.stringify(Object.fromEntries(ids.map((id) => [id, status]))),
    };
    this.dispatchEvent(new CustomEvent("success", { detail }));
  }
}
window.customElements.define("wx-open-subscribe", Subscribe);

window.WeixinJSBridge = { invoke, on() {}, log() {} };
document.addEventListener("DOMContentLoaded", () => document.dispatchEvent(new Event("WeixinJSBridgeReady")));
