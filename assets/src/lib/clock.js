// The server's clock in the browser. A phone's or a wall computer's own clock may be minutes off,
// so it is never asked: the server's time is carried on by the browser's monotonic counter.

const CHINA = 8 * 3600 * 1000;
let base = Date.now();
let mark = performance.now();

/** Sets the clock from the server's time, in milliseconds since 1970. */
export function setClock(serverMilliseconds) {
  const value = Number(serverMilliseconds);
  if (!Number.isFinite(value) || value <= 0) return;
  base = value;
  mark = performance.now();
}

/** The server's time now, in milliseconds since 1970. */
export const now = () => base + (performance.now() - mark);

/** Milliseconds from a number, or from a text such as 2026-09-19T00:47:12.000Z; NaN otherwise. */
export const instant = (value) => (typeof value === "number" ? value : Date.parse(value));

const two = (number) => String(number).padStart(2, "0");

/** 08:47:12 in China, whatever zone the computer is set to. A text that is a time already passes. */
export function hms(value) {
  const at = instant(value);
  if (Number.isNaN(at)) return String(value);
  const date = new Date(at + CHINA);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

export const hm = (value) => hms(value).slice(0, 5);

/** A length of time in words: 12 分 48 秒, 3 小时 05 分, 2 天. */
export function inWords(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [d, h, m, s] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (d > 0) return h > 0 ? `${d} 天 ${h} 小时` : `${d} 天`;
  if (h > 0) return `${h} 小时 ${two(m)} 分`;
  if (m > 0) return `${m} 分 ${two(s)} 秒`;
  return `${s} 秒`;
}
