// The page of somebody who came too early: counts down by the server's clock, asks now and then
// whether it is time, and reloads when it is.
//
//   <div data-wait="/m/K7Q2/status" data-now="1789000000000" data-until="1789003600000">
//     … <span data-countdown></span> …
//
// The address answers JSON {"waiting": true, "now": ms, "until": ms}; anything but waiting reloads.
import { inWords, now, setClock } from "./clock.js";

const MINUTE = 60000;
let watching = null;

export function turnLive(root) {
  const place = root.querySelector("[data-wait]");
  if (!place || place === watching) return;
  watching = place;
  setClock(place.dataset.now);
  let until = Number(place.dataset.until);
  const figure = place.querySelector("[data-countdown]");
  const gone = () => !document.body.contains(place);

  const tick = () => {
    if (gone()) return;
    if (figure) figure.textContent = until > now() ? inWords(until - now()) : "马上开始";
    window.setTimeout(tick, 1000 - (now() % 1000));
  };

  // A hall full of phones must not ask in the same second: each waits a little of its own.
  const next = () => {
    const left = until - now();
    const jitter = Math.random();
    if (left > MINUTE) return Math.min(left - MINUTE / 2, MINUTE / 2) * (0.7 + 0.6 * jitter);
    if (left > 0) return left + 3000 * jitter;
    return 2000 + 3000 * jitter;
  };
  let timer = 0;
  const plan = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, next());
  };
  const look = async () => {
    if (gone()) return;
    try {
      const response = await fetch(place.dataset.wait, { headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (response.ok && !answer.waiting) {
        window.location.reload();
        return;
      }
      setClock(answer.now);
      if (answer.until) until = Number(answer.until);
    } catch (_) {
      // No network: the countdown goes on, and so do the questions.
    }
    plan();
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !gone()) look();
  });
  tick();
  plan();
}
