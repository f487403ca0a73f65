// Small helpers to build pages out of elements; text never becomes markup.

/** `h("p.note", {title: "…"}, "text", child)` */
export function h(what, props = {}, ...inner) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...inner.flat(2).filter((part) => part !== null && part !== ""));
  return element;
}

export const button = (what, text, onclick, props = {}) =>
  h(`button.${what}`, { type: "button", onclick, ...props }, text);

/** Text as WeChat shows it: `<a href>` and bare addresses are links, nothing else is markup. */
export function linked(text, open) {
  const link = /<a\s[^>]*?href=["']([^"']+)["'][^>]*>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"，。；）】]+)/gi;
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(link)) {
    const url = match[1] || match[3];
    parts.push(text.slice(from, match.index));
    parts.push(h("a", { href: url, onclick: (event) => (event.preventDefault(), open(url)) }, match[2] || url));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

const two = (number) => String(number).padStart(2, "0");

/** The same instant on a Chinese wall clock, wherever the browser is: to be read with the UTC getters. */
const china = (milliseconds) => new Date(milliseconds + 8 * 3600 * 1000);

/** 08:47, with the date in front when it is not today's. Unix seconds. */
export function moment(at) {
  const [date, now] = [china(at * 1000), china(Date.now())];
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  const today = date.toISOString().slice(0, 10) === now.toISOString().slice(0, 10);
  return today ? time : `${date.getUTCMonth() + 1}月${date.getUTCDate()}日 ${time}`;
}
