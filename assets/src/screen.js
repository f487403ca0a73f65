// The big screen of one meeting. Fed by one stream with three events, each a full picture:
//
//   state       {state, title, place, starts_at, opens_at, opens, window, countersign?, notice?}
//               state: upcoming | open | closed | cancelled | notice | blank | revoked
//   code        {svg | svg_url, short?, slot_ends_at?, seconds?}   a static code has no seconds
//   attendance  {version, present, expected?, absent?, late?, leave?, latest: [{position, name, unit, at}]}
//
// Times are milliseconds since 1970. Names are set as text, never as markup.
import { bind } from "./lib/bind.js";
import { hm, hms, inWords, instant, now, setClock } from "./lib/clock.js";
import { fit } from "./lib/fit.js";
import { showBallots } from "./lib/ballot.js";
import { connect } from "./lib/live.js";
import { showInteraction } from "./lib/wall.js";

const body = document.body;
const one = (selector) => document.querySelector(selector);
const text = (node, value) => {
  if (node.textContent !== value) node.textContent = value;
};
/** The moment at which a rotating code is of no more use: its slot, and a little for the way here. */
const GRACE = 1500;

const parts = {
  clock: one("[data-clock]"),
  image: one("[data-code]"),
  ring: one("[data-ring]"),
  cover: one("[data-cover]"),
  caption: one("[data-caption]"),
  shortLine: one("[data-short-line]"),
  short: one("[data-short]"),
  count: one(".count"),
  over: one("[data-over]"),
  connection: one("[data-connection]"),
  untilStart: one("[data-until-start]"),
  sign: one("[data-sign]"),
};
let state = {
  state: body.dataset.state || "loading",
  title: one("header h1").textContent,
  starts_at: Number(body.dataset.startsAt),
};
let code = null;
let version = -1;
let highest = Infinity;
let live = true;
let since = 0;
let heard = false;

const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const fresh = () => code && (!code.seconds || now() < instant(code.slot_ends_at) + GRACE);

// ── What the events mean ──────────────────────────────────────────────────────────────────────

function onState(next) {
  // The key serves no more: the page itself says so, and what to do.
  if (next.state === "revoked") {
    window.location.reload();
    return;
  }
  state = { ...state, ...next };
  bind(body, { meeting: state });
  headline();
  draw();
}

function onCode(next) {
  code = next;
  parts.image.src = next.svg
    ? `data:image/svg+xml;charset=utf-8,${encodeURIComponent(next.svg)}`
    : next.svg_url;
  parts.shortLine.hidden = !next.short;
  if (next.short) text(parts.short, String(next.short).replace(/^(\d{3})(\d{3})$/, "$1 $2"));
  turnRing();
  draw();
}

/** Lets the ring run out by itself until the slot ends: one style change a slot, not one a frame. */
function turnRing() {
  parts.ring.parentElement.style.display = code.seconds ? "" : "none";
  if (!code.seconds) return;
  const left = Math.max(0, instant(code.slot_ends_at) - now());
  const gone = 100 - Math.min(100, left / (10 * code.seconds));
  parts.ring.style.transition = "none";
  parts.ring.style.strokeDashoffset = -gone;
  if (still) return;
  parts.ring.getBoundingClientRect();
  parts.ring.style.transition = `stroke-dashoffset ${left}ms linear`;
  parts.ring.style.strokeDashoffset = -100;
}

function onAttendance(next) {
  // An older picture that was overtaken on the way must not turn the count back.
  if (next.version < version) return;
  version = next.version;
  heard = true;
  const known = next.expected > 0;
  const latest = (next.latest || []).map((item) => ({
    ...item,
    at: hm(item.at),
    fresh: item.position > highest ? "fresh" : "",
  }));
  highest = Math.max(0, ...latest.map((item) => item.position));
  bind(body, {
    ...next,
    latest,
    known,
    expected_text: known ? `/ ${next.expected}` : "",
    label: known ? "实到 / 应到" : "人已签到",
    full: known && next.present >= next.expected,
    waiting_for: known ? next.absent : 0,
  });
  const digits = String(next.present).length + (known ? String(next.expected).length : 0);
  parts.count.classList.toggle("wide", digits > 6);
  document.querySelectorAll(".new li b, .new li span").forEach((node) => fit(node, 0.6));
}

// ── What is drawn ─────────────────────────────────────────────────────────────────────────────

const COVERS = {
  upcoming: () => [`${state.opens} 开始签到`, "签到码到时自动显示，请稍候"],
  closed: () => ["签到已结束", "未签到的请联系会务人员"],
  stale: () => ["二维码更新中", "网络恢复后自动显示，请勿扫旧码"],
  loading: () => ["正在准备二维码", "请稍候"],
};

function draw() {
  const which = state.state;
  const covers = ["cancelled", "notice", "blank"];
  parts.over.hidden = !covers.includes(which);
  body.classList.toggle("cancelled", which === "cancelled");
  if (!parts.over.hidden) {
    const line = { cancelled: "会议已取消", notice: state.notice || "", blank: "" }[which];
    const title = parts.over.querySelector("b");
    text(title, line);
    title.classList.toggle("long", line.length > 40);
    text(parts.over.querySelector("p"), which === "notice" ? "" : state.title || "");
  }

  const usable = fresh() && which === "open";
  parts.image.hidden = !usable;
  parts.ring.parentElement.style.visibility = usable ? "" : "hidden";
  parts.cover.hidden = usable;
  parts.caption.hidden = !usable;
  if (usable) {
    text(parts.caption.firstElementChild, "微信扫一扫签到");
    // Six digits change every minute; a screen that hears nothing cannot know the next ones.
    parts.shortLine.hidden = !code.short || !live;
  } else {
    const why = which === "open" ? (code ? "stale" : "loading") : which;
    const words = (COVERS[why] || COVERS.loading)();
    text(parts.cover.querySelector("b"), words[0]);
    text(parts.cover.querySelector("span"), words[1]);
  }

  const sign = state.countersign;
  parts.sign.hidden = !sign || now() > sign.ends_at + GRACE;
  body.classList.toggle("stale", !live);
  text(
    parts.connection.lastElementChild,
    live
      ? heard
        ? `已连接 · 数据时间 ${hms(now())}`
        : "正在连接"
      : `与服务器断开，自 ${hms(since)} 起，正在重新连接`,
  );
}

function headline() {
  const title = one("header h1");
  title.classList.toggle("long", title.textContent.length > 22);
  fit(title, 0.6);
}

function tick() {
  text(parts.clock, hms(now()));
  const starts = instant(state.starts_at);
  if (starts > 0) {
    const left = starts - now();
    text(parts.untilStart.firstElementChild, left > 0 ? "距开会" : "已开会");
    text(parts.untilStart.lastElementChild, inWords(Math.abs(left)));
    parts.untilStart.hidden = left < -12 * 3600000;
  }
  if (still && code && code.seconds) turnRing();
  draw();
  window.setTimeout(tick, 1000 - (now() % 1000) + 5);
}

// ── Start ─────────────────────────────────────────────────────────────────────────────────────

setClock(body.dataset.now);
headline();
tick();
window.addEventListener("resize", headline);
connect({
  stream: body.dataset.stream,
  poll: body.dataset.poll,
  events: ["state", "code", "attendance"],
  on: (name, data) => ({ state: onState, code: onCode, attendance: onAttendance })[name](data),
  state: (change) => {
    live = change.live;
    since = change.since;
    draw();
  },
  gone: () => window.location.reload(),
});

showBallots();
showInteraction();

// F or a double click fills the screen; the pointer hides itself; the computer stays awake.
const fill = () =>
  document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen().catch(() => {});
document.addEventListener("dblclick", fill);
document.addEventListener("keydown", (event) => {
  if (event.key === "f" || event.key === "F") fill();
});
let pointer = 0;
document.addEventListener("mousemove", () => {
  body.classList.remove("idle");
  window.clearTimeout(pointer);
  pointer = window.setTimeout(() => body.classList.add("idle"), 3000);
});
const stayAwake = () => {
  if (navigator.wakeLock && !document.hidden) navigator.wakeLock.request("screen").catch(() => {});
};
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
