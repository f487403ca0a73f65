// Staff pages: partial updates by htmx, live figures, questions before what cannot be undone.
import htmx from "htmx.org";
import { hms, inWords, now } from "./lib/clock.js";
import { bind } from "./lib/bind.js";
import { connect } from "./lib/live.js";
import { confirmFirst, toast } from "./lib/dialog.js";
import { keepFresh } from "./lib/refresh.js";

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
  // Its page stays, and the next button makes another file.
  if (form.matches("[data-saves]")) return;
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
  const figures = (data, said) => {
    // Answers may overtake each other; an older one must not turn the figures back.
    if (data.version < version) return;
    version = data.version;
    bind(root, said(data));
    // For scripts that come later than the first event.
    root.latest = data;
    root.dispatchEvent(new CustomEvent("live", { detail: data }));
  };
  const events = {
    attendance: (data) => figures(data, worded),
    ballot: (data) => figures(data, voted),
    poll: (data) => figures(data, (same) => same),
    car: (data) => figures(data, (all) => all),
    code: (data) => venueCode(root, data),
    state: (data) => {
      if (data.state !== "open") venueCode(root, null);
      bind(root, { countersign: data.countersign || { text: "会议期间显示" } });
    },
  };
  connect({
    stream: root.dataset.live,
    poll: root.dataset.poll,
    events: Object.keys(events),
    on: (name, data) => events[name](data),
    state: ({ live, since }) => {
      if (!live) venueCode(root, null);
      if (!stale) return;
      stale.hidden = live;
      if (!live) stale.textContent = `与服务器断开，自 ${hms(since)} 起，正在重新连接`;
    },
    gone: () => window.location.reload(),
  });
});

/** What the dashboard says besides the figures themselves. */
function worded(data) {
  const standing = (item) =>
    item.source === "make_up" ? "make_up" : item.late ? "late" : "on_time";
  return {
    ...data,
    rate: data.expected > 0 ? data.present / data.expected : "",
    unplanned: data.expected === 0,
    latest: (data.latest || []).map((item) => ({ ...item, standing: standing(item) })),
  };
}

/** What the page of a vote says besides the figures themselves. */
function voted(data) {
  const { open } = data;
  return open ? { ...data, open: { ...open, left: open.expected - open.voted } } : data;
}

// <strong data-until="1789779600000"> counts down to a time of the server's clock.
window.setInterval(() => {
  document.querySelectorAll("[data-until]").forEach((node) => {
    const text = inWords(Math.max(0, Number(node.dataset.until) - now()));
    if (node.textContent !== text) node.textContent = text;
  });
}, 250);

/** The code's page: a rotating code is shown while it is good, and never longer. */
function venueCode(root, code) {
  const picture = root.querySelector("[data-picture]");
  if (!picture) return;
  const rotating = root.querySelector("[data-no-code]");
  const left = root.querySelector("[data-left]");
  window.clearInterval(Number(root.dataset.timer));
  root.querySelector("[data-short]").textContent = code
    ? code.short.replace(/^(\d{3})(\d{3})$/, "$1 $2")
    : "签到时间内显示";
  if (!rotating) return;
  picture.hidden = !code;
  rotating.hidden = Boolean(code);
  if (!code) {
    left.textContent = "现在没有显示";
    return;
  }
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(code.svg)}`;
  const count = () => {
    const seconds = Math.ceil((code.slot_ends_at - now()) / 1000);
    if (seconds < -1) venueCode(root, null);
    else left.textContent = `${Math.max(0, seconds)} 秒后更换`;
  };
  count();
  root.dataset.timer = window.setInterval(count, 500);
}

// <input type="checkbox" data-all="person"> ticks every box of that name; <b data-picked="person"> counts them.
const boxesOf = (name) => [...document.querySelectorAll(`input[type=checkbox][name="${name}"]`)];

function countPicked() {
  document.querySelectorAll("[data-all]").forEach((all) => {
    const boxes = boxesOf(all.dataset.all);
    const picked = boxes.filter((box) => box.checked).length;
    const counter = document.querySelector(`[data-picked="${all.dataset.all}"]`);
    if (counter) counter.textContent = picked;
    all.checked = picked > 0 && picked === boxes.length;
    all.indeterminate = picked > 0 && picked < boxes.length;
    all.disabled = boxes.length === 0;
  });
}
document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[type=checkbox]")) return;
  const name = target.dataset.all;
  if (name) boxesOf(name).forEach((box) => (box.checked = target.checked));
  countPicked();
});
countPicked();
document.querySelectorAll("[data-refresh]").forEach((root) => keepFresh(root, countPicked));
