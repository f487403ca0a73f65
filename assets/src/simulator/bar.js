// The bar below a chat: the account's menu, or a line to type in.
import { button, h } from "./dom.js";

/** Buttons of the menu; those with sub-buttons open a popup. */
export function menuBar(phone) {
  const row = h("div.menu");
  row.append(button("keyboard", "", () => type(phone, true), { "aria-label": "输入文字" }));
  for (const top of phone.state.menu) {
    const subs = top.sub_button || [];
    const cell = h("div.menu-cell");
    const press = subs.length === 0 ? () => perform(phone, top) : () => toggle(cell, subs, phone);
    cell.append(button(subs.length > 0 ? "menu-top.has-sub" : "menu-top", top.name, press));
    row.append(cell);
  }
  return row;
}

function toggle(cell, subs, phone) {
  const open = cell.querySelector(".popup");
  for (const other of phone.foot.querySelectorAll(".popup")) other.remove();
  if (open) return;
  cell.append(h("div.popup", {}, subs.map((sub) => button("popup-item", sub.name, () => {
    cell.querySelector(".popup").remove();
    perform(phone, sub);
  }))));
}

/** A button does what its type says. */
function perform(phone, item) {
  const click = (more) => phone.act("/click", { key: item.key, ...more });
  switch (item.type) {
    case "view":
    case "miniprogram":
      // The page opens at once, as in WeChat; the event goes its own way.
      phone.open(item.url);
      return phone.act("/view", { url: item.url });
    case "scancode_push":
      return phone.scan(async (code) => {
        await click({ result: code.url || code.scene });
        return phone.scanned(code);
      });
    case "scancode_waitmsg":
      return phone.scan((code) => click({ result: code.url || code.scene }));
    case "location_select":
      return click({ location: PLACE });
    default:
      return click({});
  }
}

/** Where this phone is: a made-up city's administration centre. */
const PLACE = { latitude: 27.9943, longitude: 120.6994, label: "市行政中心" };

function type(phone, on) {
  phone.typingText = on;
  phone.drawBars();
}

/** A line to type in, with a plus for pictures and places. */
export function inputBar(phone) {
  const line = h("input.line", { type: "text", "aria-label": "消息", enterkeyhint: "send", autocomplete: "off", maxlength: "600" });
  const send = (event) => {
    event.preventDefault();
    const content = line.value;
    if (content.trim() === "") return;
    line.value = "";
    phone.act("/text", { content });
  };
  const more = button("plus", "", () => extras(phone, form), { "aria-label": "更多" });
  const parts = [line, more, h("button.send", { type: "submit" }, "发送")];
  if (phone.state.menu) parts.unshift(button("burger", "", () => type(phone, false), { "aria-label": "菜单" }));
  const form = h("form.input", { onsubmit: send }, parts);
  return form;
}

function extras(phone, form) {
  const open = form.querySelector(".popup");
  if (open) return open.remove();
  const item = (text, act) => button("popup-item", text, () => (form.querySelector(".popup").remove(), act()));
  form.append(h("div.popup.right", {},
    item("发送图片", () => phone.act("/image", {})),
    item("发送位置", () => phone.act("/location", PLACE)),
    item("扫一扫", () => phone.scan())));
}
