// Fills a page from data, by attributes. Only textContent, widths and classes are ever set, so
// whatever somebody is called stays a name.
//
//   <strong data-text="present">171</strong>      the value; with data-format="hm|hms|percent" formatted
//   <i data-text="late" data-words="true=迟到 false=准时">      codes become words
//   <i data-width="present/expected"></i>         a bar: style width from a fraction
//   <span data-show="late">…</span>               hidden while the value is absent, 0, "" or false
//   <i data-class="late" data-classes="true=tag-wait"></i>      a class by value; without a list, the value
//   <p data-empty="latest" hidden>…</p>           shown while the list is empty
//   <tbody data-each="latest" data-limit="10">    one clone of its <template> for each item
//
// A path may reach into objects: meeting.title. What the data does not mention stays as it is.
import { hm, hms } from "./clock.js";

const formats = {
  hm,
  hms,
  percent: (value) => `${(100 * value).toFixed(1)}%`,
};

/** "a=甲 b=乙" looked up by value. */
const word = (list, value) => {
  const found = list.split(" ").find((pair) => pair.startsWith(`${value}=`));
  return found === undefined ? undefined : found.slice(String(value).length + 1);
};

const find = (data, path) =>
  path.split(".").reduce((value, key) => (value == null ? undefined : value[key]), data);

/** Acts on what carries the attribute under `root`, but not inside a list: that is the items' own. */
const each = (root, attribute, act) => {
  root.querySelectorAll(`[data-${attribute}]`).forEach((node) => {
    const list = node.closest("[data-each]");
    if (!list || list === node) act(node, node.getAttribute(`data-${attribute}`));
  });
};

/** Fills everything under `root` from `data`. */
export function bind(root, data) {
  each(root, "each", (list, path) => {
    const items = find(data, path);
    if (Array.isArray(items)) repeat(list, items);
  });
  each(root, "text", (node, path) => {
    const value = find(data, path);
    if (value === undefined) return;
    const format = formats[node.dataset.format];
    const words = node.dataset.words && word(node.dataset.words, value);
    const text = value === null ? "" : words || String(format ? format(value) : value);
    if (node.textContent !== text) node.textContent = text;
  });
  each(root, "width", (node, path) => {
    const parts = path.split("/").map((part) => find(data, part));
    if (parts.some((part) => part === undefined)) return;
    const share = parts.length === 1 ? parts[0] : parts[1] > 0 ? parts[0] / parts[1] : 0;
    node.style.width = `${Math.min(100, Math.max(0, 100 * share))}%`;
  });
  each(root, "show", (node, path) => {
    const value = find(data, path);
    if (value !== undefined) node.hidden = !value || value.length === 0;
  });
  each(root, "empty", (node, path) => {
    const list = find(data, path);
    if (Array.isArray(list)) node.hidden = list.length > 0;
  });
  each(root, "class", (node, path) => {
    const value = find(data, path);
    if (value === undefined) return;
    const name = node.dataset.classes ? word(node.dataset.classes, value) : value;
    if (node.dataset.given) node.classList.remove(node.dataset.given);
    if (name) node.classList.add(name);
    node.dataset.given = name || "";
  });
}

/** A clone is filled before it joins its list, so `each` sees it as a root of its own. */
function repeat(list, items) {
  const template = list.querySelector("template");
  const limit = Number(list.dataset.limit) || items.length;
  const made = items.slice(0, limit).map((item) => {
    const piece = template.content.cloneNode(true);
    bind(piece, item);
    return piece;
  });
  [...list.children].forEach((child) => child !== template && child.remove());
  list.append(...made);
}
