// The reader of a material: keeps its place, tells how far somebody read, renews links that are over, and shows a page
// larger on a tap. Without this the pages are plain pictures.
import { toast } from "./lib/dialog.js";

const root = document.querySelector("[data-reader]");
const address = root.dataset.reader;
const sheets = [...root.querySelectorAll("[data-page]")];
const LOOK_EVERY = 2500;
const TELL_AFTER = 1500;

let known = null;
let asked = 0;

/** Fresh links of all pages; at most one question in a while. */
async function links(fresh) {
  if (known && !fresh && Date.now() - asked < 90000) return known;
  asked = Date.now();
  const response = await fetch(`${address}/links`, { headers: { Accept: "application/json" }, cache: "no-store" });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  known = answer;
  return known;
}

// A link serves a quarter of an hour: a picture that fails is asked for once more under a new one.
root.addEventListener(
  "error",
  async ({ target }) => {
    if (target.tagName !== "IMG" || target.dataset.again) return;
    target.dataset.again = "1";
    window.setTimeout(() => delete target.dataset.again, 10000);
    const number = Number(target.closest("[data-page]").dataset.page);
    try {
      const page = (await links(Date.now() - asked > 5000)).pages.find((one) => one.number === number);
      if (page) target.src = page.src;
    } catch (error) {
      toast(error instanceof TypeError ? "网络不通，这一页没有取到，请稍后再试。" : error.message, 4000);
    }
  },
  true,
);

// Which page is on the screen: told when it stays there for a moment.
let timer = 0;
let told = 0;
function reached(number) {
  window.clearTimeout(timer);
  if (number === told) return;
  timer = window.setTimeout(() => {
    told = number;
    const body = new URLSearchParams({ page: number });
    if (root.dataset.csrf) body.set("csrf", root.dataset.csrf);
    fetch(`${address}/progress`, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(
      () => (told = 0),
    );
  }, TELL_AFTER);
}
if ("IntersectionObserver" in window) {
  const seen = new Map();
  const watch = new IntersectionObserver(
    (entries) => {
      entries.forEach((entry) => seen.set(entry.target, entry.isIntersecting ? entry.intersectionRect.height : 0));
      const [sheet, height] = [...seen].reduce((best, one) => (one[1] > best[1] ? one : best), [null, 0]);
      if (height > 0) reached(Number(sheet.dataset.page));
    },
    { threshold: [0, 0.25, 0.5, 0.75, 1] },
  );
  sheets.forEach((sheet) => watch.observe(sheet));
}

// While the preview is being made, the page looks again by itself, and reads itself anew when there is more.
if (root.dataset.waiting === "true") {
  const look = window.setInterval(async () => {
    if (document.hidden) return;
    try {
      const now = await links(true);
      if (now.ready === Number(root.dataset.ready) && now.waiting) return;
      // Not while somebody reads what is there, unless all of it is ready.
      if (now.waiting && window.scrollY > 200) return;
      window.clearInterval(look);
      window.location.reload();
    } catch (_) {
      // The next look may work.
    }
  }, LOOK_EVERY);
}

// A tap shows the page larger: in WeChat by its own viewer where the server gives links for it, else here.
root.addEventListener("click", async ({ target }) => {
  if (target.tagName !== "IMG") return;
  const number = Number(target.closest("[data-page]").dataset.page);
  try {
    const fresh = await links(Boolean(window.WeixinJSBridge));
    const page = fresh.pages.find((one) => one.number === number);
    if (!page) return;
    if (window.WeixinJSBridge && page.viewer) {
      const urls = fresh.pages.map((one) => one.viewer);
      window.WeixinJSBridge.invoke("imagePreview", { current: page.viewer, urls });
      return;
    }
    enlarge(page, target.alt);
  } catch (error) {
    toast(error instanceof TypeError ? "网络不通，请稍后再试。" : error.message, 4000);
  }
});

/** The finer picture, twice as wide as the screen, to be moved by finger and pinched; the back key closes it. */
function enlarge(page, alt) {
  const dialog = document.createElement("div");
  dialog.className = "zoom";
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-label", alt);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "zoom-close";
  close.textContent = "关闭";
  const image = document.createElement("img");
  image.alt = alt;
  image.src = page.zoom;
  dialog.append(close, image);
  const before = document.activeElement;
  const shut = () => {
    dialog.remove();
    document.body.classList.remove("zoomed");
    window.removeEventListener("popstate", shut);
    if (before && before.focus) before.focus({ preventScroll: true });
  };
  const leave = () => window.history.back();
  window.history.pushState({ zoom: 1 }, "");
  window.addEventListener("popstate", shut);
  close.addEventListener("click", leave);
  image.addEventListener("click", leave);
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && leave());
  document.body.append(dialog);
  document.body.classList.add("zoomed");
  close.focus();
}
