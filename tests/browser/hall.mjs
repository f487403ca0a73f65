// A hall full of people whose phones nobody looks at: they speak HTTP as the pages do, without a browser each.

/** So many phones speak at the same time. */
const AT_ONCE = 8;

/** Does `act(item, index)` for all, some at a time, and answers with what came of each. */
export async function together(items, act) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await act(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** One phone, of the WeChat user `openid`. */
export class Handset {
  #cookies = new Map();

  constructor(site, openid) {
    this.site = site;
    this.openid = openid;
  }

  /** Follows redirects, through WeChat's authorisation too, up to a page; its text. */
  async get(url) {
    return this.#arrive(new URL(url, this.site), {});
  }

  /** Posts a form (`FormData` where it has files) and follows to the page that answers it. */
  async post(url, fields) {
    const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
    return this.#arrive(new URL(url, this.site), { method: "POST", body });
  }

  async #arrive(first, request) {
    let url = first;
    let next = request;
    for (let hop = 0; hop < 8; hop += 1) {
      const ours = url.origin === new URL(this.site).origin;
      if (url.pathname === "/connect/oauth2/authorize") url.searchParams.set("sim_openid", this.openid);
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await fetch(url, { ...next, redirect: "manual", headers: ours && cookie ? { cookie } : {} });
      if (ours) {
        // Several stand in one line; Debian's Node cannot tell them apart yet.
        for (const line of (answer.headers.get("set-cookie") ?? "").split(/,\s*(?=[^;,\s]+=)/).filter(Boolean)) {
          const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
          this.#cookies.set(name, value);
        }
      }
      const text = await answer.text();
      if (answer.status < 300) return text;
      if (answer.status >= 400) throw new Error(`${url.pathname} was answered with ${answer.status}: ${text}`);
      url = new URL(answer.headers.get("location"), url);
      url.hash = "";
      next = {};
    }
    throw new Error(`${first} leads round and round`);
  }

  /** Signs in to the meeting for the first time, by its page. Their place in the order of arrival. */
  async signIn(code, { unit, name, phone }) {
    const form = await this.get(`/m/${code}`);
    const csrf = form.match(/name="csrf" value="([^"]+)"/)[1];
    const done = await this.post(`/m/${code}/checkin`, { csrf, unit, name, phone });
    const place = done.match(/您是第<b class="figure">(\d+)<\/b>位/);
    if (!place) throw new Error(`${name} is not signed in: ${done}`);
    return Number(place[1]);
  }

  /** Marks the paper of a round, each item by the place of its option (`{m1: 0}`), and confirms where it asks to. */
  async vote(code, round, marks) {
    const path = `/m/${code}/ballots/${round}`;
    const paper = await this.get(path);
    const [csrf, op] = ["csrf", "op"].map((name) => paper.match(new RegExp(`name="${name}" value="([^"]+)"`))[1]);
    const said = await this.post(path, { csrf, op, ...marks });
    if (!said.includes("已表决")) throw new Error(`the vote was not taken: ${said}`);
  }
}
