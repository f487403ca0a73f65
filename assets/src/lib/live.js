// A stream of the server's events, with everything that goes wrong on a wall for eight hours:
// reconnecting with back-off and jitter, asking by hand while a proxy swallows streams, and
// saying since when there is no connection.
//
//   connect({ stream: "/…/stream", poll: "/…/snapshot", events: ["attendance"], on, state, gone })
//
// `on(name, data)` gets each event, parsed. `state({ live, since })` gets every change: live or not,
// and since when not (the server's time in milliseconds). `poll` answers JSON
// {"now": ms, "attendance": {…}, …}, keyed by event name; when it says that there is nothing here for
// us any more (signed out, closed), `gone` is called. The server sends `beat` {"now": ms} every
// 2 s, so silence is noticed even when the network just stops answering.
import { now, setClock } from "./clock.js";

const SILENCE = 5000;
const FIRST = 1000;
const LONGEST = 20000;
const POLL = 3000;
const FAILURES_BEFORE_POLLING = 2;

export function connect({ stream, poll, events, on, state, gone }) {
  let source = null;
  let failures = 0;
  let heard = now();
  let live = null;
  let retry = 0;

  const report = (next) => {
    if (live === next) return;
    live = next;
    state({ live, since: heard });
  };
  const alive = () => {
    heard = now();
    report(true);
  };
  // An event that cannot be read must not stop those that come after it.
  const take = (name, text) => {
    try {
      const data = JSON.parse(text);
      if (data && data.now) setClock(data.now);
      alive();
      if (name !== "beat") on(name, data);
    } catch (error) {
      console.error("event", name, error);
    }
  };

  const open = () => {
    window.clearTimeout(retry);
    if (source) source.close();
    source = new EventSource(stream);
    source.onopen = () => {
      failures = 0;
      alive();
    };
    source.onerror = () => {
      source.close();
      source = null;
      failures += 1;
      again();
    };
    [...events, "beat"].forEach((name) =>
      source.addEventListener(name, (event) => take(name, event.data)),
    );
  };
  const again = () => {
    const wait = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 6));
    window.clearTimeout(retry);
    retry = window.setTimeout(open, wait * (0.5 + Math.random()));
  };

  const ask = async () => {
    const abort = new AbortController();
    const timer = window.setTimeout(() => abort.abort(), SILENCE);
    try {
      const response = await fetch(poll, {
        headers: { Accept: "application/json" },
        signal: abort.signal,
      });
      if ([401, 403, 404].includes(response.status)) gone();
      if (!response.ok) return;
      const answer = await response.json();
      setClock(answer.now);
      alive();
      events.forEach((name) => answer[name] && on(name, answer[name]));
    } catch (_) {
      // Still no connection; the banner says so already.
    } finally {
      window.clearTimeout(timer);
    }
  };

  window.setInterval(() => {
    if (now() - heard <= SILENCE) return;
    report(false);
    // A stream that is open and silent is dead; the browser would wait for minutes.
    if (source && now() - heard > 3 * SILENCE) {
      failures += 1;
      source.close();
      source = null;
      again();
    }
  }, 500);
  if (poll) {
    window.setInterval(() => {
      if (failures >= FAILURES_BEFORE_POLLING && !source) ask();
    }, POLL);
  }
  window.addEventListener("online", () => {
    if (!source) open();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !source) open();
  });
  open();
}
