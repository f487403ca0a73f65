// WeChat's scanner and its word on where the phone is, on the pages that use them:
//
//   <button type="button" data-wx-scan="/m/scanned" hidden>扫一扫</button>
//   <form data-locate> … <input type="hidden" name="place"> … </form>
//
// The button appears once WeChat has accepted the page. Outside WeChat, or when the platform gives no signature, it
// stays hidden: the camera of the phone's own scanner and the digits on the screen remain.
import wx from "weixin-js-sdk";
import { toast } from "./lib/dialog.js";
import { words } from "./lib/place.js";

const BUTTON = "[data-wx-scan]";
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
  wx.config({ debug: false, jsApiList: ["scanQRCode", "getLocation"], ...signed });
  // A refused signature is the operator's to mend; the page works without the button.
  wx.error((result) => {
    refused = true;
    console.warn("wx.config", result.errMsg);
  });
  // WeChat's script calls this after a refusal, too.
  wx.ready(() => {
    document.querySelectorAll(BUTTON).forEach((button) => (button.hidden = refused));
    if (!refused) document.askWechatForPlace = place;
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

/** What the scanner read: the server knows its own codes, and where each goes on. */
async function follow(text, reader) {
  try {
    const { page } = await ask(`${reader}?text=${encodeURIComponent(text)}`);
    location.assign(page);
  } catch (error) {
    toast(error instanceof TypeError ? NETWORK : error.message);
  }
}

if (inWechat && document.querySelector(`${BUTTON}, [data-locate]`)) {
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
