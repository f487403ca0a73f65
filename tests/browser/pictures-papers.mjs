// The pictures of a meeting without paper: materials at the desk, on the phone and on a computer; reminders, figures,
// and the sheet for the files. Called by pictures.mjs, whose demo, desk and phone it goes on with.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { TITLE, papers } from "./papers.mjs";

const drawn = (page, number = 1) =>
  page.waitForFunction((n) => {
    const image = document.querySelector(`#p${n} img`);
    return image?.complete && image.naturalWidth > 300;
  }, number);

/** The office uploads what it has; the list is shown once all of it can be read. */
async function upload({ desk, site, take }, meeting) {
  for (const [title, speaker] of [["通报全市智慧政务建设情况", "陈晓燕"], ["部署下半年重点工作", "林建华"]]) {
    await desk.goto(`${site}/desk/meetings/${meeting.id}/agenda`);
    await desk.getByLabel("议题").fill(title);
    await desk.getByLabel("发言人").fill(speaker);
    await desk.getByRole("button", { name: "保存" }).click();
    await desk.locator(".point", { hasText: title }).waitFor();
  }
  const [report, ...others] = await papers();
  const send = async (files, point) => {
    await desk.goto(`${site}/desk/meetings/${meeting.id}/materials`);
    await desk.getByLabel("归属").selectOption({ label: point });
    await desk.getByRole("checkbox", { name: "下载", exact: true }).check();
    await desk.locator("input[type=file]").setInputFiles(files);
    for (const { name } of files) await desk.locator("[data-uploads] li.done", { hasText: name }).waitFor();
  };
  await send([report], "通报全市智慧政务建设情况");
  await send(others.slice(0, 2), "部署下半年重点工作");
  await send(others.slice(2), "整场会议");
  await take(desk, "help", "help-upload.png");
  for (const { name } of [report, ...others]) {
    const row = desk.locator(".papers tr", { hasText: name.replace(/\.\w+$/, "") });
    await row.getByText("可预览").waitFor({ timeout: 180000 });
  }
  await desk.goto(`${site}/desk/meetings/${meeting.id}/materials`);
  await desk.locator("[data-part=list]").evaluate((part) => part.scrollIntoView());
  await desk.evaluate(() => window.scrollBy(0, -14));
  await take(desk, "help", "help-materials.png");
}

/** What the phone shows of them, and the computer that borrows its rights. Returns two phones' pictures. */
async function read({ attendee, monitor, site, take, long, short }, meeting) {
  const root = `${site}/m/${meeting.code}`;
  await attendee.goto(root);
  await attendee.getByRole("heading", { name: "会议议程" }).evaluate((heading) => heading.scrollIntoView());
  await take(attendee, "help", "help-papers.png");
  const views = [];
  for (const name of [TITLE, "关于推进会议无纸化工作的通知"]) {
    await attendee.goto(root);
    await attendee.getByRole("link", { name }).first().click();
    await drawn(attendee);
    await attendee.setViewportSize(long);
    await attendee.waitForLoadState("networkidle");
    views.push(await attendee.screenshot());
    await attendee.setViewportSize(short);
    if (views.length === 1) await take(attendee, "help", "help-reader.jpg");
  }
  await attendee.goto(`${site}/m?q=${encodeURIComponent("一网通办")}`);
  await take(attendee, "help", "help-found.png");
  const computer = await monitor();
  await computer.setViewportSize({ width: 1200, height: 675 });
  await computer.goto(`${site}/pull`);
  await computer.locator("img").first().waitFor();
  await take(computer, "help", "help-pull.png");
  return views;
}

/** Reminders, figures and the sheet of the demo's own meeting, which many attend. */
async function file({ desk, dashboard, take, folders, taken }) {
  await desk.goto(`${dashboard}/reminders`);
  await take(desk, "help", "help-remind.png");
  await desk.goto(`${dashboard}/statistics`);
  await desk.locator("[data-chart] canvas").waitFor();
  await take(desk, "help", "help-statistics.png");
  await desk.setViewportSize({ width: 1440, height: 900 });
  await take(desk, "readme", "statistics.png");
  await desk.setViewportSize({ width: 1200, height: 675 });
  await desk.goto(`${dashboard}/sheet`);
  const saved = desk.waitForEvent("download");
  await desk.getByRole("button", { name: "导出 PDF" }).click();
  const pdf = await (await saved).path();
  await desk.reload();
  await take(desk, "help", "help-sheet.png");
  const path = join(folders.readme, "sheet");
  execFileSync("pdftoppm", ["-png", "-r", "80", "-f", "1", "-singlefile", "-gray", pdf, path]);
  taken.push(`${path}.png`);
}

/** All of it; `stage` is what pictures.mjs goes about with. Returns two phones' pictures for the README files. */
export async function paperless(stage, meeting) {
  stage.desk.setDefaultTimeout(60000);
  stage.attendee.setDefaultTimeout(60000);
  await upload(stage, meeting);
  const views = await read(stage, meeting);
  await file(stage);
  return views;
}
