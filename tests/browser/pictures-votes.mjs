// The pictures of a vote: the paper on the phone, the chair's page, the hall's screen and the report. Called by
// pictures.mjs, whose demo, desk and phone it goes on with.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Handset, together } from "./hall.mjs";

const MEMBERS = 42;
const QUESTION = "关于批准瑞宁市 2026 年市级预算调整方案的决议";
const FAMILY = [..."王李张刘陈杨黄赵吴周徐孙马朱"];
const GIVEN = ["建国", "晓燕", "志强"];
const UNITS = ["东山街道", "安阳街道", "塘下镇"];
const members = Array.from({ length: MEMBERS }, (_, n) => ({
  name: `${FAMILY[n % FAMILY.length]}${GIVEN[Math.floor(n / FAMILY.length)]}`,
  unit: `${UNITS[n % UNITS.length]}代表小组`,
  phone: `1391234${String(n).padStart(4, "0")}`,
}));

/** All of it; `stage` is what pictures.mjs goes about with. Returns two phones' pictures for the README files. */
export async function votes({ desk, attendee, monitor, take, folders, taken, site, staff, long, short, me }, meeting) {
  const people = [{ name: me.name, unit: me.unit, phone: me.number }, ...members];
  await staff.ask("POST", `/meetings/${meeting.id}/roster`, { people });
  await attendee.goto(`${site}/m/${meeting.code}`);
  await attendee.getByRole("button", { name: "确认签到" }).click();
  await attendee.getByRole("heading", { name: "签到成功" }).waitFor();
  const others = members.slice(0, MEMBERS - 6).map((_, n) => new Handset(site, `oPictureMember${n}`));
  await together(others, (handset, n) => handset.signIn(meeting.code, members[n]));
  const draft = { template: "standing_committee", question: QUESTION, text: "会议听取并审议了市人民政府的说明，决定批准调整方案。" };
  const round = await staff.ask("POST", `/meetings/${meeting.id}/rounds`, draft);
  const act = (verb) => staff.ask("POST", `/meetings/${meeting.id}/rounds/${round.id}/${verb}`, {});
  const page = `${site}/desk/meetings/${meeting.id}/ballots/${round.id}`;
  await act("ready");
  await act("open");
  const screen = await monitor();
  await screen.goto(meeting.screen_url);

  await attendee.goto(`${site}/m/${meeting.code}/ballots/${round.id}`);
  await attendee.getByRole("radio", { name: "赞成" }).check();
  await take(attendee, "help", "help-paper.png");
  await attendee.setViewportSize(long);
  const paper = await attendee.screenshot();
  await together(others, (handset, n) => handset.vote(meeting.code, round.id, { m1: n < 28 ? 0 : n < 32 ? 1 : 2 }));
  await desk.goto(page);
  await desk.getByText(`还有 1 人没有表决`).waitFor();
  await take(desk, "help", "help-vote-open.png");
  await screen.locator(".ballot .count").getByText(String(others.length), { exact: true }).waitFor();
  await screen.setViewportSize({ width: 1200, height: 675 });
  await take(screen, "help", "help-vote-screen.jpg");

  await attendee.getByRole("button", { name: "投票" }).click();
  await attendee.getByRole("button", { name: "确认提交" }).click();
  await attendee.getByRole("heading", { name: "已表决" }).waitFor();
  await act("close");
  await screen.setViewportSize({ width: 1440, height: 900 });
  await screen.locator(".verdict").getByText("通过", { exact: true }).waitFor();
  await take(screen, "readme", "vote-screen.jpg");
  await act("confirm");
  await act("publish");
  await attendee.goto(`${site}/m/${meeting.code}/ballots/${round.id}`);
  const result = await attendee.screenshot();
  await attendee.setViewportSize(short);
  await desk.goto(page);
  const saved = desk.waitForEvent("download");
  await desk.getByRole("link", { name: "下载 PDF" }).click();
  const path = join(folders.readme, "report");
  const pdf = await (await saved).path();
  execFileSync("pdftoppm", ["-png", "-r", "80", "-f", "1", "-singlefile", "-gray", pdf, path]);
  taken.push(`${path}.png`);
  return [paper, result];
}
