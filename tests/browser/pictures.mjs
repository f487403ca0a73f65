// `make pictures`: walks through the running demo as people do, and takes the pictures of the README files
// (docs/pictures/) and of the manual (assets/img/help/).
//
// Where Debian's `faketime` is installed, the demo's clock shows a working morning; else pictures show the time of day.
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { cars } from "./pictures-cars.mjs";
import { paperless } from "./pictures-papers.mjs";
import { votes } from "./pictures-votes.mjs";
import { PASSWORD, organiser, phone, startBrowser, startDemo, visit } from "./support.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const folders = { readme: join(root, "docs/pictures"), help: join(root, "assets/img/help") };
/** As demos begin at a quarter of an hour before the meeting, this is a good time to scan. */
const MORNING = { TZ: "Asia/Shanghai", FAKETIME: "@2026-09-19 08:37:20", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
const SHORT_PHONE = { width: 375, height: 667 };
const LONG_PHONE = { width: 375, height: 812 };
const MONITOR = { width: 1440, height: 900 };
/** What the manual shows is read on a phone: less on it, and larger. */
const SMALL_MONITOR = { width: 1200, height: 675 };
/** No picture may be larger: they are read on phones, and kept in the repository. */
const LARGEST = 150 * 1024;

/** The library that moves a program's clock, where it is installed. */
function fakeTime() {
  const libraries = "/usr/lib";
  const all = readdirSync(libraries).map((name) => join(libraries, name, "faketime/libfaketimeMT.so.1"));
  return all.find((path) => existsSync(path));
}

const library = fakeTime();
const demo = await startDemo(library ? { ...MORNING, LD_PRELOAD: library } : {});
const browser = await startBrowser();
const staff = await organiser(demo.site);
const running = await staff.ask("GET", `/meetings/${demo.dashboard.split("/").pop()}`);
const taken = [];

/** Takes `part` of `page`, once its pictures and letters are there. */
async function take(page, folder, name, part = page) {
  await page.evaluate(() => document.fonts.ready);
  const path = join(folders[folder], name);
  // The screen's ground is a gradient, for which PNG needs four times the bytes.
  const format = name.endsWith(".jpg") ? { type: "jpeg", quality: 85 } : {};
  await part.screenshot({ path, animations: "disabled", ...format });
  taken.push(path);
}

/** A page as an office's monitor shows it. */
async function monitor(density = 1) {
  const context = await browser.newContext({
    viewport: MONITOR,
    deviceScaleFactor: density,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    reducedMotion: "reduce",
  });
  return context.newPage();
}

async function handset() {
  const page = await phone(browser, 2);
  await page.setViewportSize(SHORT_PHONE);
  return page;
}

/** The demo's own time, which may not be ours, in milliseconds since 1970. */
async function now() {
  return Date.parse((await fetch(`${demo.site}/healthz`)).headers.get("date"));
}

/** A meeting whose sign-in opens and closes about so many minutes from now, at round times. */
async function meeting({ title, opens = -30, closes = 60, policy = "open", code = "static" }) {
  const at = await now();
  const minutes = (count) => new Date(Math.round((at + count * 60000) / 300000) * 300000).toISOString();
  return staff.ask("POST", "/meetings", {
    title,
    summary: "",
    place: "市行政中心 3 号会议室",
    starts_at: minutes(closes - 15),
    ends_at: minutes(closes + 90),
    checkin: { opens_at: minutes(opens), closes_at: minutes(closes), policy, code },
  });
}

async function fill(view, { unit, name, number }) {
  await view.getByLabel("单位").fill(unit);
  await view.getByLabel("姓名").fill(name);
  await view.getByLabel("手机号").fill(number);
  // The cursor leaves the fields: pictures have no use for it.
  await view.locator("h1").click();
}
const press = (view, name) => view.getByRole("button", { name }).click();
const heading = (view, name) => view.getByRole("heading", { name }).waitFor();
const open = (page, { code }, who) => visit(page, `${demo.site}/m/${code}`, who);

const ME = { unit: "市金融工作办公室", name: "江一帆", number: "13812346021" };

/** Somebody new scans and fills in; the dashboard and the screen, open all the while, move. */
async function signIn(desk, attendee) {
  await desk.goto(demo.dashboard);
  await desk.getByLabel("用户名").fill("admin");
  await desk.getByLabel("密码").fill(PASSWORD);
  await press(desk, "登录");
  await desk.goto(demo.dashboard);
  const screen = await monitor();
  await screen.goto(demo.screen);

  await open(attendee, running, "oPicture");
  await fill(attendee, ME);
  await take(attendee, "help", "help-form.png");
  await attendee.setViewportSize(LONG_PHONE);
  const form = await attendee.screenshot();
  await press(attendee, "确认签到");
  await heading(attendee, "签到成功");
  const done = await attendee.screenshot();
  await attendee.setViewportSize(SHORT_PHONE);
  await take(attendee, "help", "help-done.png");

  await Promise.all([desk, screen].map((page) => page.getByText(ME.name).first().waitFor()));
  await take(desk, "readme", "dashboard.png");
  await take(screen, "readme", "screen.jpg");
  await screen.setViewportSize(SMALL_MONITOR);
  await take(screen, "help", "help-screen.jpg");
  return [form, done];
}

/** Two phones side by side. */
async function pair(pictures, name) {
  const page = await monitor(1.25);
  await page.setViewportSize({ width: 830, height: 860 });
  const images = pictures.map((bytes) => `<img src="data:image/png;base64,${bytes.toString("base64")}">`);
  await page.setContent(`<style>body{margin:24px;display:flex;gap:32px;background:#fff}
    img{width:375px;height:812px;border-radius:24px;box-shadow:0 0 0 1px #c9d2dc}</style>${images.join("")}`);
  await take(page, "readme", name);
}

/** The other states of a meeting on the phone. Returns a meeting with a code of its own. */
async function states(attendee) {
  const again = await meeting({ title: "全市安全生产工作例会" });
  await open(attendee, again);
  await take(attendee, "help", "help-tap.png");
  await press(attendee, "确认签到");
  await heading(attendee, "签到成功");

  await open(attendee, await meeting({ title: "全市防汛工作调度会", code: "rotating" }));
  await take(attendee, "help", "help-code.png");
  await open(attendee, await meeting({ title: "全市招商引资推进会", opens: 12, closes: 90 }));
  await take(attendee, "help", "help-early.png");
  await open(attendee, await meeting({ title: "文明城市创建动员会", opens: -90, closes: -10 }));
  await take(attendee, "help", "help-late.png");
  await attendee.goto(`${demo.site}/m`);
  await take(attendee, "help", "help-mine.png");
  return again;
}

/** What organisers do before and during a meeting. */
async function organise(desk) {
  await desk.setViewportSize(SMALL_MONITOR);
  await desk.goto(`${demo.site}/desk/meetings/new`);
  await desk.getByLabel("会议名称").fill("全市智慧政务建设培训会");
  await desk.getByLabel("地点").fill("市行政中心 3 号会议室");
  await desk.locator("h1").click();
  await take(desk, "help", "help-new.png");

  const listed = await meeting({ title: "民营经济座谈会", policy: "roster" });
  const rows = [
    "姓名,单位,手机号,角色,座位",
    "林建华,市生态环境局,13912341187,参会,1 排 1 座",
    "陈晓燕,东山街道办事处,13712349034,参会,1 排 2 座",
    "欧阳文静,市市政园林管理局,1381234,参会,1 排 3 座",
    "王海,市公安局,13612345566,列席,1 排 4 座",
  ];
  const file = { name: "参会名单.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${rows.join("\n")}\n`) };
  await desk.goto(`${demo.site}/desk/meetings/${listed.id}/roster`);
  await desk.getByLabel("文件", { exact: true }).setInputFiles(file);
  await press(desk, "上传并预览");
  await heading(desk, /导入预览/);
  await take(desk, "help", "help-import.png");
  await press(desk, /确认导入/);

  const asking = [
    { unit: "市工商业联合会", name: "徐志强", number: "13512347720" },
    { unit: "市生态环境局", name: "林建华", number: "13912341178" },
  ];
  for (const [index, person] of asking.entries()) {
    const page = await handset();
    await open(page, listed, `oPictureAsks${index}`);
    await fill(page, person);
    await press(page, "确认签到");
    await press(page, "请会务人员核对");
    await page.getByText("已请会务人员核对").waitFor();
    await page.context().close();
  }
  await desk.goto(`${demo.site}/desk/meetings/${listed.id}/requests`);
  await take(desk, "help", "help-requests.png");
  await desk.goto(`${demo.dashboard}/people`);
  await take(desk, "help", "help-list.png");
}

/** Two phones of the simulator: one fills in the form, the other did and is signed in to `again` by its scan. */
async function simulate(again) {
  const stage = await monitor();
  await stage.setViewportSize({ width: 860, height: 910 });
  if (library) await stage.clock.install({ time: await now() });
  await stage.goto(demo.simulator);
  await press(stage, "添加手机");
  const [left, right] = [0, 1].map((index) => stage.locator("section.phone").nth(index));
  await right.waitFor();
  const scan = async (device, { code }) => {
    if (await device.getByRole("button", { name: "关注公众号" }).isVisible()) await press(device, "关注公众号");
    await press(device, "公众号设置");
    await press(device, "扫一扫");
    await device.locator(".codes button").filter({ hasText: `m_${code}` }).click();
  };
  const introduce = async (device, person) => {
    await device.getByText("点这里填写并签到").last().click();
    const view = device.frameLocator("iframe");
    await fill(view, person);
    return view;
  };
  await scan(left, running);
  const view = await introduce(left, { unit: "市总工会", name: "王海", number: "13612348810" });
  await press(view, "确认签到");
  await heading(view, "签到成功");
  await press(left, "关闭网页");
  await scan(left, again);
  await left.getByText("签到成功").waitFor();
  await scan(right, running);
  await introduce(right, { unit: "市科学技术局", name: "李思远", number: "13512340067" });
  await right.getByText("签到 · ").waitFor();
  await take(stage, "readme", "simulator.png");
  // In the manual it stands beside the others, which are shorter.
  await stage.addStyleTag({ content: ".phone{height:667px;border-radius:0;box-shadow:none}" });
  await left.locator(".chat").evaluate((chat) => chat.scrollTo(0, chat.scrollHeight));
  await take(stage, "help", "help-chat.png", left);
}

try {
  Object.values(folders).forEach((folder) => mkdirSync(folder, { recursive: true }));
  const [desk, attendee] = [await monitor(), await handset()];
  await pair(await signIn(desk, attendee), "phone.png");
  const again = await states(attendee);
  await organise(desk);
  await simulate(again);
  const sizes = { long: LONG_PHONE, short: SHORT_PHONE };
  const stage = { desk, attendee, monitor, take, folders, taken, ...sizes, site: demo.site, dashboard: demo.dashboard };
  const paper = await meeting({ title: "全市智慧政务建设推进会" });
  await open(attendee, paper);
  await press(attendee, "确认签到");
  await heading(attendee, "签到成功");
  await pair(await paperless(stage, paper), "reading.jpg");
  const council = await meeting({ title: "瑞宁市人大常委会第十次会议", policy: "roster" });
  await pair(await votes({ ...stage, staff, me: ME }, council), "voting.jpg");
  await pair(await cars({ ...stage, browser, demo }), "car.jpg");
} finally {
  await browser.close();
  await demo.stop();
}
for (const path of taken) {
  const { size } = statSync(path);
  console.log(`${relative(root, path).padEnd(36)} ${Math.round(size / 1024)} KiB`);
  if (size > LARGEST) {
    console.error(`${relative(root, path)} is larger than ${LARGEST / 1024} KiB`);
    process.exitCode = 1;
  }
}
