// The hall's screen during a vote: its own stream beside the screen's, with one event:
//
//   ballot  {version, mode, heading, question, labels, rule, options, candidates, seats, ends_at, voted,
//            expected, quorum, bars, result}
//           mode: none | open | counting | closed | result
//
// While there is nothing to show, the screen shows what it showed.
import { bind } from "./bind.js";
import { inWords, now } from "./clock.js";
import { fit } from "./fit.js";
import { connect } from "./live.js";

/** More things to vote on than this stand in smaller letters; more than a crowd, in three columns. */
const MANY = 8;
const CROWD = 24;

const texts = (list) => list.map((text) => ({ text }));

export function showBallots() {
  const panel = document.querySelector("[data-ballot]");
  if (!panel) return;
  let picture = { version: -1, mode: "none" };

  const draw = () => {
    const shows = picture.mode !== "none";
    panel.hidden = !shows;
    document.body.classList.toggle("voting", shows);
    if (!shows) return;
    const { mode, result } = picture;
    const running = mode === "open" || mode === "counting";
    const list = picture.candidates || [];
    const one = result && result.items.length === 1 && !result.items[0].label;
    bind(panel, {
      ...picture,
      labels: texts(picture.labels),
      // With counts beside them, the options stand there.
      options: texts(list.length || picture.bars.length ? [] : picture.options),
      bars: picture.bars.map(shared),
      names: running ? list : [],
      running,
      counted: mode === "result",
      waits: mode === "closed" ? "表决已结束" : "",
      waits_for: mode === "closed" ? `已表决 ${picture.voted} / ${picture.expected}，结果待公布` : "",
      of: `/ ${picture.expected}`,
      result: result || { outcome: "", sentence: "", tone: "", rule: "" },
      totals: one ? result.items[0].bars.map(shared) : [],
      places: result && !one ? result.items.map((item) => place(item, result.items.length > MANY)) : [],
      figures: result ? result.figures.map(([label, figure]) => `${label} ${figure}`).join("　") : "",
      // At the close, where it was looked at then; the report has both.
      quorums: (result && result.quorum[result.quorum.length - 1]) || "",
    });
    const count = running ? list.length : result ? result.items.length : 0;
    panel.classList.toggle("few", count > 0 && count <= MANY);
    panel.classList.toggle("many", count > MANY);
    panel.classList.toggle("crowd", count > CROWD);
    panel.querySelectorAll("h2, .verdict, .sentence, .names li b, .places li b").forEach((node) => fit(node, 0.45));
  };

  const shared = (bar) => ({ ...bar, share: bar.percent / 100 });
  const place = (item, short) => ({
    label: item.label,
    mark: item.mark,
    mark_class: { 当选: "marked", 票数相等: "open" }[item.mark] || "",
    votes: (short ? item.bars.slice(0, 1) : item.bars).map((bar) => `${bar.label} ${bar.count}`).join("　"),
  });

  const tick = () => {
    const left = panel.querySelector("[data-left]");
    const ends = picture.ends_at;
    if (picture.mode === "counting") left.textContent = "时间到，正在计票";
    else if (ends) left.textContent = ends > now() ? `还剩 ${inWords(ends - now())}` : "时间到，正在计票";
    else left.textContent = "正在表决";
    left.classList.toggle("short", Boolean(ends) && ends - now() < 15000);
    window.setTimeout(tick, 1000 - (now() % 1000) + 5);
  };

  connect({
    stream: panel.dataset.ballot,
    poll: panel.dataset.ballotPoll,
    events: ["ballot"],
    on: (_, next) => {
      // Another replica may be a moment behind.
      if (next.version < picture.version) return;
      picture = next;
      draw();
    },
    // The screen's own stream says when there is no connection.
    state: () => {},
    gone: () => {},
  });
  tick();
  window.addEventListener("resize", draw);
}
