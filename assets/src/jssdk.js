// WeChat's scanner and its word on where the phone is, on the pages that use them:
//
//   <button type="button" data-wx-scan="/m/scanned" hidden>扫一扫</button>
//   <div data-wx-subscribe="template ids" hidden><p>…</p></div>
//   <form data-locate> … <input type="hidden" name="place"> … </form>
//
// The button appears once WeChat has accepted the page. Outside WeChat, or when the platform gives no signature, it
// stays hidden: the camera of the phone's own scanner and the digits on the screen remain.
import wx from "weixin-js-sdk";
import { toast } from "./lib/dialog.js";
import { words } from "./lib/place.js";

const BUTTON = "[data-wx-scan]";
const NOTICES = "[data-wx-subscribe]";
const NETWORK = "网络不通，请再试一次。";
const inWechat = /MicroMessenger/i.test(navigator.userAgent);

async function ask(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** The platform checks the address as the browser shows it, without what follows `#`. */
const signature = () => ask(`/wechat/jssdk?page=${encodeURIComponent(location.href.split("#")[0])}`);

function configure(signed) {
  let refused = false;
  wx.config({ debug: false, jsApiList: ["scanQRCode", "getLocation"], openTagList: ["wx-open-subscribe"], ...signed });
  // A refused signature is the operator's to mend; the page works without the button.
  wx.error((result) => {
    refused = true;
    console.warn("wx.config", result.errMsg);
  });
  // WeChat's script calls this after a refusal, too.
  wx.ready(() => {
    document.querySelectorAll(BUTTON).forEach((button) => (button.hidden = refused));
    if (refused) return;
    document.askWechatForPlace = place;
    document.querySelectorAll(NOTICES).forEach(offer);
  });
}

/** Where the phone is, in the system of Chinese maps; nothing when WeChat cannot tell, so that the browser is asked. */
const place = () =>
  new Promise((resolve) => {
    wx.getLocation({
      type: "gcj02",
      success: (found) => resolve(words("gcj02", found)),
      cancel: () => resolve("refused"),
      fail: () => resolve(""),
    });
  });

/** WeChat draws this inside its own tag, where no style sheet of the page reaches: it brings the page's along. */
const allow = () => {
  const sheet = document.querySelector("link[rel=stylesheet]");
  const look = sheet ? `<link rel="stylesheet" href="${sheet.href}">` : "";
  return `${look}<button class="weui-btn weui-btn_primary">接收会议提醒</button>`;
};

/** Puts WeChat's own button into the box. What it tells is a hint; the account hears the truth from WeChat itself. */
function offer(box) {
  const tag = document.createElement("wx-open-subscribe");
  tag.setAttribute("template", box.dataset.wxSubscribe);
  const inside = document.createElement("script");
  inside.type = "text/wxtag-template";
  inside.textContent = allow();
  tag.append(inside);
  const say = (text) => (box.querySelector("p").textContent = text);
  tag.addEventListener("success", ({ detail }) => {
    const accepted = /\baccept\b/.test((detail && detail.subscribeDetails) || "");
    say(accepted ? "已开启会议提醒，会前和变动时会通知您。" : "没有开启提醒。需要时可以再点一次，会议安排在「我的会议」里查看。");
  });
  tag.addEventListener("error", ({ detail }) => {
    const off = detail && Number(detail.errCode) === 20004;
    say(off ? "您关闭了本公众号的通知，可在微信的公众号设置里打开。" : "提醒没有打开，会议安排可在「我的会议」里查看。");
    tag.remove();
  });
  box.append(tag);
  box.hidden = false;
}

// A client that is too old for the tag says so here.
document.addEventListener("WeixinOpenTagsError", () =>
  document.querySelectorAll(NOTICES).forEach((box) => (box.hidden = true)),
);

/** What the scanner read: the server knows its own codes, and where each goes on. */
async function follow(text, reader) {
  try {
    const { page } = await ask(`${reader}?text=${encodeURIComponent(text)}`);
    location.assign(page);
  } catch (error) {
    toast(error instanceof TypeError ? NETWORK : error.message);
  }
}

if (inWechat && document.querySelector(`${BUTTON}, ${NOTICES}, [data-locate]`)) {
  signature().then(configure, (error) => console.warn("wx.config", error.message));
  document.addEventListener("click", (event) => {
    const button = event.target.closest(BUTTON);
    if (!button) return;
    wx.scanQRCode({
      needResult: 1,
      scanType: ["qrCode"],
      success: (result) => follow(result.resultStr, button.dataset.wxScan),
      fail: () => toast("扫一扫没有打开，请退出页面，用微信的扫一扫。"),
    });
  });
}
