// Draws what stands in a chat: bubbles, article cards, notices.
import { button, h, linked, moment } from "./dom.js";

const SYSTEM = "system";

/** The node of one inbox item; `phone` opens links and sends the menu entries that are tapped. */
export function bubble(item, phone) {
  if (item.source === SYSTEM) return h("p.sys", {}, item.content);
  const body = (DRAW[item.type] || other)(item, phone);
  if (["notice", "news"].includes(item.type)) return h("div.card-row", {}, body);
  const mine = item.source === "user";
  return h(`div.row${mine ? ".mine" : ""}`, {}, avatar(mine, phone), h("div.bubble", {}, body));
}

export const stamp = (at) => h("p.stamp", {}, moment(at));

/** One line for the list of chats. */
export function preview(item) {
  const text = {
    text: () => item.content.replace(/<[^>]+>/g, ""),
    image: () => "[图片]",
    voice: () => "[语音]",
    video: () => "[视频]",
    news: () => item.articles[0].title,
    notice: () => `[通知] ${item.title}`,
    location: () => "[位置]",
    menu: () => item.head,
  }[item.type];
  return text ? text() : "[消息]";
}

function avatar(mine, phone) {
  return h(`span.avatar${mine ? "" : ".account"}`, { "aria-hidden": "true" }, [
    ...(mine ? phone.state.nickname : phone.account),
  ][0]);
}

const DRAW = {
  text: (item, phone) => linked(item.content, phone.open),
  image: (item) => h("img.photo", { src: item.url, alt: "图片" }),
  voice: () => "语音消息",
  video: (item) => [h("b", {}, item.title || "视频"), h("small", {}, item.description)],
  music: (item) => [h("b", {}, item.title || "音乐"), h("small", {}, item.description)],
  location: (item) => [h("b", {}, item.label || "位置"), h("small", {}, `${item.latitude}, ${item.longitude}`)],
  menu: (item, phone) => [
    item.head,
    h("ul.choices", {}, item.list.map((entry) => h("li", {}, button("link", entry.content, () => phone.choose(entry))))),
    item.tail,
  ],
  news: (item, phone) =>
    h("div.news", {}, item.articles.map((article) =>
      button("article", [
        article.picture ? h("img", { src: article.picture, alt: "" }) : "",
        h("b", {}, article.title),
        item.articles.length === 1 ? h("small", {}, article.description) : "",
      ], () => phone.open(article.url)),
    )),
  notice: (item, phone) =>
    h("div.notice", {}, h("h3", {}, item.title), h("dl", {}, item.fields.map((field) => [
      h("dt", {}, field.label), h("dd", {}, field.value),
    ])), item.url ? button("more", "查看详情", () => phone.open(item.url)) : ""),
};

const other = () => "[暂不支持显示的消息]";
