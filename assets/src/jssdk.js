// WeChat's JS-SDK, on the few pages that scan or ask for the place.
//
//   <meta name="wx-config" content='{"appId": …, "timestamp": …, "nonceStr": …, "signature": …}'>
//   <button type="button" data-wx-scan="input-id">扫一扫</button>
//
// Outside WeChat the buttons stay hidden, and people type what they would have scanned.
import wx from "weixin-js-sdk";
import { toast } from "./lib/dialog.js";

const meta = document.querySelector("meta[name=wx-config]");
const inWechat = /MicroMessenger/i.test(navigator.userAgent);

if (meta && inWechat) {
  wx.config({ debug: false, jsApiList: ["scanQRCode", "closeWindow"], ...JSON.parse(meta.content) });
  wx.ready(() => {
    document.querySelectorAll("[data-wx-scan], [data-wx-close]").forEach((button) => {
      button.hidden = false;
    });
  });
  // A refused signature is the operator's to mend; the page works without these buttons.
  wx.error((result) => console.warn("wx.config", result.errMsg));

  document.addEventListener("click", (event) => {
    const scan = event.target.closest("[data-wx-scan]");
    if (scan) {
      wx.scanQRCode({
        needResult: 1,
        scanType: ["qrCode"],
        success: (result) => follow(result.resultStr, scan.dataset.wxScan),
        fail: () => toast("没有扫到，请再试一次，或输入屏幕上的口令。"),
      });
    }
    if (event.target.closest("[data-wx-close]")) wx.closeWindow();
  });
}

/** A code of ours is opened; any other text goes into the field, if there is one. */
function follow(text, field) {
  const input = field && document.getElementById(field);
  if (text.startsWith(window.location.origin + "/")) window.location.assign(text);
  else if (input) input.value = text;
  else toast("这不是本公众号的签到码，请扫会场屏幕上的码。");
}
