// The countersign on the page of somebody who is signed in: good for its minute, and then only after another look.
//
//   <p data-countersign="1789003600000" data-now="1789000000000"><b>蓝色·松柏</b></p>
import { now, setClock } from "./clock.js";

export function keepHonest(root) {
  const place = root.querySelector("[data-countersign]");
  if (!place) return;
  setClock(place.dataset.now);
  const until = Number(place.dataset.countersign);
  const expire = () => {
    place.className = "countersign old";
    place.firstElementChild.textContent = "已更换，请刷新";
  };
  window.setTimeout(expire, Math.max(0, until - now()));
  // Taking the phone out again for the doorkeeper shows the one of this minute.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && now() >= until && document.body.contains(place)) window.location.reload();
  });
}
