// What every browser test needs: the real program on free ports, a real Chromium, and phones that WeChat knows.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "../../assets/node_modules/playwright-core/index.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const program = join(root, "target/debug/yishiting");
const WECHAT =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.50";

export const PASSWORD = "browser-tests";

/**
 * Starts the demo in a folder of its own, with `more` in its environment; resolves when it is ready.
 * Call `stop()` in the end.
 */
export async function startDemo(more = {}) {
  const folder = await mkdtemp(join(tmpdir(), "yst-browser-"));
  const child = spawn(program, ["demo"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      YST_CONFIG_DIR: join(root, "wechat-config"),
      YST_LISTEN: "127.0.0.1:0",
      YST_SIMULATOR_LISTEN: "127.0.0.1:0",
      YST_ADMIN_PASSWORD: PASSWORD,
      YST_LOG: "error",
      ...more,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = [];
  let site;
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    site = line.match(/^ready (\S+)/)?.[1];
    if (site) break;
  }
  if (!site) throw new Error(`the demo ended before it was ready:\n${said.join("\n")}`);
  child.stdout.resume();
  const address = (name) => said.find((line) => line.includes(name)).match(/https?:\/\/[^\s　]+/)[0];
  return {
    site,
    simulator: address("手机"),
    dashboard: address("工作台"),
    screen: address("大屏"),
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function startBrowser() {
  const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--lang=zh-CN"];
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-quic"];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...flags, ...quiet],
  });
}

/** A phone of 375×812 in WeChat; `density` is its pixels to each of ours. */
export async function phone(browser, density = 1) {
  const context = await browser.newContext({
    viewport: { width: 375, height: 812 },
    deviceScaleFactor: density,
    userAgent: WECHAT,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    hasTouch: true,
  });
  return context.newPage();
}

/** Opens a page as `openid`: where WeChat asks who this is, it is told so. */
export async function visit(page, url, openid) {
  await page.goto(url);
  if (page.url().includes("/connect/oauth2/authorize")) {
    await page.goto(`${page.url().split("#")[0]}&sim_openid=${openid}`);
  }
}

/** A browser window at the desk, 1440×900, signed in as the administrator. */
export async function desk(browser, site) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  await page.goto(`${site}/desk/login`);
  await page.getByLabel("用户名").fill("admin");
  await page.getByLabel("密码").fill(PASSWORD);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("heading", { name: "会议" }).first().waitFor();
  return page;
}

/** A big screen, 1920×1080, that nobody is signed in at. */
export async function wall(browser) {
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  return page;
}

/** A wire to `site` that can be cut and mended; `url` is its near end. */
export async function wire(site) {
  const open = new Set();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(Number(new URL(site).port), "127.0.0.1");
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    whole = false;
    open.forEach((socket) => socket.destroy());
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    mend: () => (whole = true),
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The JSON API as a program of the organisers uses it. */
export async function organiser(site) {
  const call = async (method, path, body, token) => {
    const response = await fetch(`${site}/api/v1${path}`, {
      method,
      headers: {
        "Content-Type": "application/json",
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(method === "GET" ? {} : { "Idempotency-Key": randomUUID() }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const { token } = await call("POST", "/login", { username: "admin", password: PASSWORD });
  const ask = (method, path, body) => call(method, path, body, token);
  const at = (minutes) => new Date(Date.now() + minutes * 60000).toISOString();
  return {
    ask,
    /** A meeting whose window is open from `opens` to `closes` minutes from now. */
    meeting: ({ title, opens = -10, closes = 60, policy = "open", code = "static" }) =>
      ask("POST", "/meetings", {
        title,
        summary: "",
        place: "市行政中心 3 号会议室",
        starts_at: at(closes - 1),
        ends_at: at(closes + 90),
        checkin: { opens_at: at(opens), closes_at: at(closes), policy, code },
      }),
  };
}
