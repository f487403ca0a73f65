// A robot on co-wechat and koa that says what it was told: PORT TOKEN [KEY APP_ID].
"use strict";

const Koa = require("koa");
const wechat = require("co-wechat");

const [port, token, encodingAESKey, appid] = process.argv.slice(2);
const settings = encodingAESKey ? { token, encodingAESKey, appid } : { token };

function answer(message) {
  switch (message.MsgType) {
    case "text":
      if (message.Content === "news") return [{ title: "第一篇", description: "说明", picurl: "", url: "https://example.com/" }];
      return message.Content === "silent" ? "" : `text ${message.Content}`;
    case "image":
      return message.PicUrl.startsWith("http") ? "image" : "no picture";
    case "location":
      return `location ${message.Label}`;
    case "event":
      if (message.Event === "unsubscribe") return "";
      return `${message.Event.toLowerCase()} ${message.EventKey}`;
    default:
      return "unknown";
  }
}

const app = new Koa();
app.use(wechat(settings).middleware(async (message) => answer(message)));
app.listen(Number(port), "127.0.0.1");
