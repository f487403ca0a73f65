// The hall's screen with a quick poll or a question from the hall: its own stream, with one event:
//
//   poll  {version, mode, heading, label, text, bars: [{label, count, percent}], answered, note, asker, joined}
//         mode: none | poll | question
//
// While there is nothing to show, the screen shows what it showed. A vote has the screen before it.
import { bind } from "./bind.js";
import { fit } from "./fit.js";
import { connect } from "./live.js";

/** More options than this stand in smaller letters. */
const MANY = 6;

export function showInteraction() {
  const panel = document.querySelector("[data-interaction]");
  if (!panel) return;
  let picture = { version: -1, mode: "none" };

  const draw = () => {
    const shows = picture.mode !== "none";
    panel.hidden = !shows;
    document.body.classList.toggle("polling", shows);
    if (!shows) return;
    const bars = picture.bars.map((bar) => ({
      label: bar.label,
      figure: `${bar.count} 人`,
      share_text: `${bar.percent}%`,
      share: bar.percent / 100,
    }));
    bind(panel, { shown: { ...picture, bars } });
    panel.classList.toggle("asked", picture.mode === "question");
    panel.classList.toggle("many", bars.length > MANY);
    panel.querySelectorAll("h2, .bars span").forEach((node) => fit(node, 0.55));
  };

  connect({
    stream: panel.dataset.interaction,
    poll: panel.dataset.interactionPoll,
    events: ["poll"],
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
  window.addEventListener("resize", draw);
}
