// The web view: the back end's site under this phone's own origin, so that each phone is a device of its own.
import { button, h } from "./dom.js";

/** Whether this browser finds `*.localhost`; without it all phones share the browser's cookies. */
const ownOrigins = fetch(`${location.protocol}//phone1.localhost:${location.port}/connect/ping`, { mode: "no-cors" }).then(
  () => true,
  () => false,
);

export function webView(phone, url, close) {
  const heading = h("b");
  const frame = h("iframe", { title: "网页", allow: "clipboard-write" });
  ownOrigins.then((own) => {
    frame.src = own ? translate(phone, url) : shared(phone, url);
  });
  const hear = (event) => event.source === frame.contentWindow && event.data.weixin && carryOut(phone, event);
  window.addEventListener("message", hear);
  const shut = () => (window.removeEventListener("message", hear), close());
  const element = h("div.web", {},
    h("div.web-bar", {},
      button("close", "", shut, { "aria-label": "关闭网页" }),
      heading,
      button("reload", "", () => (frame.src = frame.src), { "aria-label": "刷新" })),
    frame);
  return { element, title: (text) => (heading.textContent = text || host(url)) };
}

/** The page asks for the scanner: its answer is what was read, unless WeChat is to act on it itself. */
function carryOut(phone, { data, source, origin }) {
  const answer = (more) => source.postMessage({ number: data.number, answer: more }, origin);
  phone.scan(
    (code) => {
      if (data.asked.needResult) return answer({ message: "ok", resultStr: phone.content(code) });
      answer({ message: "ok", resultStr: "" });
      return phone.scanned(code);
    },
    () => answer({ message: "cancel" }),
  );
}

const host = (url) => {
  try {
    return new URL(url).host;
  } catch (error) {
    return "网页";
  }
};

/** The same page under the phone's origin; other sites open as they are. */
function translate(phone, url) {
  const to = new URL(url, location.href);
  if (to.origin !== phone.world.site) return to.href;
  return `${location.protocol}//phone${phone.index + 1}.localhost:${location.port}${to.pathname}${to.search}${to.hash}`;
}

/** Opens the site itself; the browser continues as this phone's user. */
function shared(phone, url) {
  return `/_sim/open?openid=${encodeURIComponent(phone.state.openid)}&url=${encodeURIComponent(url)}`;
}
