// The simulator's page: phones side by side, each one person with WeChat.
//
// The world lives in the simulator; this script asks every second what each phone shows, and draws it.
import { get, post } from "./simulator/api.js";
import { Phone } from "./simulator/phone.js";

const stage = document.getElementById("phones");
const trouble = document.getElementById("trouble");
const account = document.body.dataset.account;
const phones = new Map();

async function refresh() {
  const world = await get("/phones");
  world.phones.forEach((state, index) => {
    let phone = phones.get(state.openid);
    if (!phone) {
      phone = new Phone(index, account, refresh);
      phones.set(state.openid, phone);
      stage.append(phone.element);
    }
    phone.update(state, world);
  });
}

async function keepRefreshing() {
  if (!document.hidden) {
    try {
      await refresh();
      trouble.textContent = "";
    } catch (error) {
      trouble.textContent = "模拟器没有应答，恢复后会自动继续。";
    }
  }
  setTimeout(keepRefreshing, 1000);
}

document.getElementById("add").addEventListener("click", async () => {
  try {
    await post("/phones", {});
    await refresh();
    stage.lastElementChild.scrollIntoView({ behavior: "smooth", inline: "end" });
  } catch (error) {
    trouble.textContent = "手机数量已到上限。";
  }
});

keepRefreshing();
