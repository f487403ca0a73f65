// Streets with blocked cars, for whoever walks through 自助移车: drivers, owners' telephones, and a clock to put forward.
import { Handset, together } from "./hall.mjs";
import { phone, visit } from "./support.mjs";

/** What owners of the demo's register are called at, by plate. */
export const OWNERS = { 浙C12345: "13800000001", 浙CD12345: "13800000002", 浙C88888: "13800000003", 浙C11111: "13800000004" };
export const PLACE = "罗阳大道 88 号门口";

/** A car in front of a gate, drawn so that no two (by `seed`) look alike: the same picture again would be held. */
export async function photo(page, seed) {
  const drawn = await page.evaluate((seed) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 480];
    const pen = canvas.getContext("2d");
    for (let n = 0; n < 72; n += 1) {
      const shade = 150 + ((((n * 7 + seed * 31 + n * n * seed) * 2654435761) >>> 0) % 90);
      pen.fillStyle = `rgb(${shade},${shade},${shade - 10})`;
      pen.fillRect((n % 9) * 72, Math.floor(n / 9) * 60, 72, 60);
    }
    const part = (color, ...box) => {
      pen.fillStyle = color;
      pen.beginPath();
      pen.roundRect(...box);
      pen.fill();
    };
    part("#31465e", 170, 150, 300, 150, 60);
    part("#9fb4c8", 200, 172, 240, 80, 30);
    part("#31465e", 110, 240, 420, 140, 40);
    part("#1b2634", 140, 350, 70, 60, 20);
    part("#1b2634", 430, 350, 70, 60, 20);
    part("#f4e9c3", 130, 270, 60, 34, 14);
    part("#f4e9c3", 450, 270, 60, 34, 14);
    part("#1d4ed8", 255, 318, 130, 38, 6);
    return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
  }, seed);
  return Buffer.from(drawn, "base64");
}

/** Puts the demo's clock forward, both its sides. */
export async function forward(demo, seconds) {
  const body = JSON.stringify({ forward_seconds: Math.round(seconds) });
  const answer = await fetch(`${new URL(demo.simulator).origin}/_sim/clock`, { method: "POST", body });
  if (!answer.ok) throw new Error(await answer.text());
}

/** How the carriers behave from now on; `{}`: well. */
export async function carriers(demo, phones) {
  const origin = new URL(demo.simulator).origin;
  for (const [path, body] of [["faults", { phones }], ["phones/receipts", {}]]) {
    const answer = await fetch(`${origin}/_sim/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** Calls ring by day only: at night the demo goes on to ten in the morning. */
export async function daylight(demo) {
  const [hour, minute] = new Date().toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" }).split(":").map(Number);
  if (hour < 8 || hour >= 19) await forward(demo, ((34 - hour) % 24) * 3600 - minute * 60);
}

/** The form, filled in with the keys of plates and a picture, as `openid`; `look(page, name)` takes pictures. A phone
 *  that is `located` says where it is, so that owners are called. */
export async function form(browser, demo, { openid, plate, seed, place = PLACE, located, look = async () => {} }) {
  const page = await phone(browser);
  page.setDefaultTimeout(20000);
  await visit(page, `${demo.site}/car`, openid);
  const buffer = await photo(page, seed);
  await page.getByLabel("车牌号").focus();
  await look(page, "keys");
  for (const [n, sign] of [...plate].entries()) {
    await page.locator("[data-keys] button:visible", { hasText: sign }).first().click();
    if (n === 1) await look(page, "signs");
  }
  await page.getByRole("button", { name: "完成" }).click();
  await page.locator("#photo").setInputFiles({ name: "car.jpg", mimeType: "image/jpeg", buffer });
  await page.getByText("已选好").waitFor();
  await page.getByLabel("停在哪里").fill(place);
  if (located) {
    const context = page.context();
    await context.grantPermissions(["geolocation"], { origin: demo.site });
    await context.setGeolocation({ latitude: 27.7783, longitude: 120.6551, accuracy: 12 });
    await page.getByRole("button", { name: "用我现在的位置" }).click();
    await page.getByText("已定位").waitFor();
  }
  await page.locator("h1").click();
  return page;
}

/** The link in the newest short message of `number`. */
export async function link(demo, number) {
  for (let tries = 0; tries < 400; tries += 1) {
    const inbox = await (await fetch(`${new URL(demo.simulator).origin}/_sim/phones/${number}/inbox`)).text();
    const found = inbox.match(/\/car\/o\/[a-z0-9]+/g);
    if (found) return demo.site + found[found.length - 1];
    await fetch(`${demo.site}/healthz`);
  }
  throw new Error("no short message came");
}

/** A driver without a browser asks for `plate`, from the middle of the city; their handset and the request's path. */
export async function asks(page, demo, { openid, plate, seed, place = PLACE, at = "27.7783,120.6551" }) {
  const handset = new Handset(demo.site, openid);
  const csrf = (await handset.get("/car")).match(/name="csrf" value="([^"]+)"/)[1];
  const fields = new FormData();
  const all = { csrf, plate, where: place, reason: "blocking", place: `gcj02,${at},10` };
  Object.entries(all).forEach(([name, value]) => fields.append(name, value));
  const picture = new Blob([await photo(page, seed)], { type: "image/jpeg" });
  fields.append("photo", picture, "car.jpg");
  const shown = await handset.post("/car", fields);
  const path = shown.match(/action="(\/car\/YC\d+)\/act"/);
  if (!path) throw new Error(`nothing was filed: ${shown}`);
  return { handset, path: path[1] };
}

/** Presses a button of a request's page. */
export async function acts({ handset, path }, act) {
  const csrf = (await handset.get(path)).match(/name="csrf" value="([^"]+)"/)[1];
  return handset.post(`${path}/act`, { csrf, act });
}

/** A morning of requests, most of them soon solved, so that there is something to count. */
export async function morning(page, demo, hours = 4) {
  const places = [["体育馆西门", "27.7783,120.6551"], ["隆山东路 188 号", "27.7881,120.6640"]];
  for (let hour = 0; hour < hours; hour += 1) {
    const drivers = Array.from({ length: 9 }, (_, n) => hour * 9 + n);
    const asked = await together(drivers, (n) => {
      const [place, at] = places[n % 3 === 2 ? 1 : 0];
      const plate = `浙C7${String(1000 + n)}`;
      return asks(page, demo, { openid: `car-morning-${n}`, plate, seed: 500 + n * 13, place, at });
    });
    await forward(demo, 240 + hour * 120);
    await together(asked, (one, n) => (n % 9 === 8 ? acts(one, "cancel") : acts(one, "moved")));
    await forward(demo, 3600 - 240 - hour * 120);
  }
}
