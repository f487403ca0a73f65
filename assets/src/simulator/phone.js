// One phone: the list of chats, the chat, and what opens above them.
import { get, post } from "./api.js";
import { bubble, preview, stamp } from "./bubbles.js";
import { button, h, moment } from "./dom.js";
import { inputBar, menuBar } from "./bar.js";
import { scanner } from "./scan.js";
import { webView } from "./web.js";

/** Seconds without a message after which the chat shows the time again. */
const PAUSE = 300;

export class Phone {
  constructor(index, account, refresh) {
    this.index = index;
    this.account = account;
    this.refresh = refresh;
    this.items = [];
    this.read = 0;
    this.inChat = true;
    this.typingText = false;
    this.element = h("section.phone");
    this.open = this.open.bind(this);
  }

  get path() {
    return `/users/${this.state.openid}`;
  }

  /** Takes the state that the simulator tells, and draws what changed. */
  async update(state, world) {
    const before = this.state;
    this.state = state;
    this.world = world;
    if (!before) this.frame();
    const drawn = JSON.stringify([state.menu, state.follows, state.typing, state.nickname]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.drawBars();
    }
    if (this.web) this.web.title(state.title);
    if (state.last > this.lastId) await this.fetchItems();
    this.clock.textContent = moment(Date.now() / 1000);
  }

  get lastId() {
    return this.items.length > 0 ? this.items[this.items.length - 1].id : 0;
  }

  /** The parts that stay: status bar, title, the page inside, the bar below. */
  frame() {
    this.clock = h("span");
    this.bar = h("div.bar");
    this.chat = h("div.chat", { tabindex: "0", "aria-label": "聊天记录" });
    this.foot = h("div.foot");
    this.above = h("div.above");
    this.element.setAttribute("aria-label", this.state.nickname);
    this.element.append(
      h("div.status", {}, this.clock, h("span.holder", {}, this.state.nickname)),
      this.bar, this.chat, this.foot, this.above,
    );
  }

  drawBars() {
    this.bar.replaceChildren(...(this.inChat ? this.chatTitle() : this.listTitle()));
    this.foot.replaceChildren(...(this.inChat ? this.chatFoot() : []));
    this.drawPage();
  }

  chatTitle() {
    return [
      button("back", "", () => this.show(false), { "aria-label": "返回" }),
      h("b", {}, this.state.typing ? "对方正在输入…" : this.account),
      button("dots", "", () => this.settings(), { "aria-label": "公众号设置" }),
    ];
  }

  listTitle() {
    return [h("span"), h("b", {}, "微信"), button("scan-icon", "", () => this.scan(), { "aria-label": "扫一扫" })];
  }

  chatFoot() {
    if (!this.state.follows) return [button("follow", "关注公众号", () => this.act("/follow", {}))];
    const bar = this.typingText || !this.state.menu ? inputBar : menuBar;
    return [bar(this)];
  }

  /** Chat or list of chats. */
  show(chat) {
    this.inChat = chat;
    if (chat) this.read = this.lastId;
    this.drawBars();
  }

  drawPage() {
    this.chat.replaceChildren(...(this.inChat ? this.bubbles() : [this.chatRow()]));
    if (this.inChat) this.chat.scrollTop = this.chat.scrollHeight;
  }

  bubbles() {
    const nodes = [];
    let last = 0;
    for (const item of this.items) {
      if (item.at - last > PAUSE) nodes.push(stamp(item.at));
      last = item.at;
      nodes.push(bubble(item, this));
    }
    if (nodes.length > 0) return nodes;
    return [h("p.sys", {}, this.state.follows ? "您已关注，请从下方菜单或发消息开始" : "您还没有关注这个公众号。请点下方关注，或点右上角扫一扫")];
  }

  chatRow() {
    const last = this.items[this.items.length - 1];
    const unread = this.items.filter((item) => item.id > this.read && item.source !== "user").length;
    return h("button.chat-row", { type: "button", onclick: () => this.show(true) },
      h("span.avatar.account", {}, [...this.account][0], unread > 0 ? h("i.unread", {}, String(unread)) : ""),
      h("span.names", {}, h("b", {}, this.account), h("small", {}, last ? preview(last) : "点这里进入公众号")),
      h("time", {}, last ? moment(last.at) : ""));
  }

  async fetchItems() {
    const answer = await get(`${this.path}/inbox?all=1&after=${this.lastId}`);
    const fresh = answer.items.filter((item) => item.id > this.lastId);
    if (fresh.length === 0) return;
    this.items = this.items.concat(fresh).slice(-200);
    if (this.inChat) this.read = this.lastId;
    this.drawPage();
  }

  /** The user does something; the answer arrives as new items. */
  async act(what, body) {
    try {
      const outcome = await post(this.path + what, body);
      await this.refresh();
      return outcome;
    } catch (error) {
      this.toast(WORDS[error.message] || error.message);
      return null;
    }
  }

  choose(entry) {
    return this.act("/text", { content: entry.content, bizmsgmenuid: entry.id });
  }

  /** A page in the web view. */
  open(url) {
    if (!url) return;
    this.web = webView(this, url, () => {
      this.web = null;
      this.above.replaceChildren();
    });
    this.above.replaceChildren(this.web.element);
  }

  /** The scanner; `take` gets what it reads, and by default the phone acts on it as WeChat does. */
  scan(take = (code) => this.scanned(code), cancelled = () => {}) {
    const close = () => element.remove();
    const element = scanner(this, (code) => (close(), take(code)), () => (close(), cancelled()));
    this.above.append(element);
  }

  /** The text in a code's picture: a scene that somebody typed stands for the code that WeChat made of it. */
  content(code) {
    const made = this.world.codes.find((known) => known.scene === code.scene);
    return code.url || (made ? made.url : code.scene);
  }

  async scanned(code) {
    const outcome = await this.act("/scan", code);
    if (!outcome) return;
    if (outcome.opens) this.open(outcome.opens);
    else this.show(true);
  }

  settings() {
    const close = () => this.above.replaceChildren();
    const choose = (text, then) => button("sheet-item", text, () => (close(), then()));
    const items = [choose("扫一扫", () => this.scan())];
    if (this.state.follows) {
      const on = this.state.notices === "on";
      items.push(choose(on ? "不再接收通知" : "接收通知", () => this.act("/settings", { notices: on ? "off" : "on" })));
      items.push(choose("不再关注", () => this.act("/unfollow", {})));
    }
    items.push(button("sheet-item.cancel", "取消", close));
    this.above.replaceChildren(h("div.shade", { onclick: (event) => event.target === event.currentTarget && close() },
      h("div.sheet", {}, items)));
  }

  toast(text) {
    const note = h("p.toast", { role: "status" }, text);
    this.element.append(note);
    setTimeout(() => note.remove(), 2500);
  }
}

/** What the simulator says to developers, in the words of a phone. */
const WORDS = {
  "the code has expired: 二维码已过期": "二维码已过期",
  "the code holds neither a scene nor an address": "没有识别出可以打开的内容",
  "not a ticket of this account": "没有识别出可以打开的内容",
  "the user does not follow the account": "请先关注公众号",
};
