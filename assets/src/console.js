// Staff pages: partial updates by htmx, live figures, questions before what cannot be undone.
import htmx from "htmx.org";
import { hms } from "./lib/clock.js";
import { bind } from "./lib/bind.js";
import { connect } from "./lib/live.js";
import { confirmFirst, toast } from "./lib/dialog.js";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.historyCacheSize = 0;
htmx.config.timeout = 15000;
// A refused form comes back as a page part with its errors: show it like any other.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf], input[name=csrf]");
  if (token) event.detail.headers["X-CSRF-Token"] = token.content || token.value;
});
document.addEventListener("htmx:sendError", () => toast("网络不太通畅，没有送达，请再试一次。"));
document.addEventListener("htmx:timeout", () => toast("等了很久没有回音，请再试一次。"));
document.addEventListener("htmx:responseError", (event) => {
  let message = "";
  try {
    message = JSON.parse(event.detail.xhr.responseText).message;
  } catch (_) {
    // A page instead of JSON, or nothing: the general words below say enough.
  }
  toast(message || "没有完成，请刷新本页再试。", 5000);
});

confirmFirst(document);

// One click is one request, also where the form is not htmx's.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.busy) event.preventDefault();
  form.dataset.busy = "1";
  window.setTimeout(() => delete form.dataset.busy, 3000);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard
      .writeText(copy.dataset.copy)
      .then(() => toast("已复制"))
      .catch(() => toast("浏览器不允许复制，请手工选中复制。"));
  }
  const open = event.target.closest("[data-dialog]");
  if (open) {
    event.preventDefault();
    document.getElementById(open.dataset.dialog).showModal();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

// <section data-live="/…/stream" data-poll="/…/snapshot"> … <p data-stale hidden></p> … </section>
document.querySelectorAll("[data-live]").forEach((root) => {
  let version = -1;
  const stale = root.querySelector("[data-stale]");
  connect({
    stream: root.dataset.live,
    poll: root.dataset.poll,
    events: ["attendance"],
    on: (name, data) => {
      // Answers may overtake each other; an older one must not turn the figures back.
      if (data.version < version) return;
      version = data.version;
      bind(root, data);
      // Scripts that load later than the first event find it here.
      root.latest = data;
      root.dispatchEvent(new CustomEvent("live", { detail: data }));
    },
    state: ({ live, since }) => {
      if (!stale) return;
      stale.hidden = live;
      if (!live) stale.textContent = `与服务器断开，自 ${hms(since)} 起，正在重新连接`;
    },
  });
});
