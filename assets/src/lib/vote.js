// Votes on a phone: the page asks now and then whether a round opened or changed, and goes there by itself. No
// connection is held. And the paper: how many are chosen, and a question before it is sent.
//
//   <div data-ballot="/m/K7Q2/ballots/status" data-at="/m/K7Q2/ballots/" data-now="1789000000000"
//        data-own="…" data-stage="…" data-filling data-retries></div>
//
// The address answers JSON {"now": ms, "next": ms until the next question, "open": id | null, "stage": text | null}.
// data-own: the round of this page, data-stage: how it stood; data-filling: somebody fills in a paper here, who must
// not be taken elsewhere; data-retries: whoever is refused now may be let in a moment later.
import { inWords, now, setClock } from "./clock.js";

const RETRY = 8000;
const FAILED = 5000;
let following = null;

/** A round takes its people to its page once; who goes back stays back. */
const taken = {
  key: "yst-ballot",
  has(id) {
    try {
      return window.sessionStorage.getItem(this.key) === id;
    } catch (_) {
      return true;
    }
  },
  add(id) {
    try {
      window.sessionStorage.setItem(this.key, id);
    } catch (_) {
      // Without storage nobody is taken anywhere; the page has a link.
    }
  },
};

export function followBallot(root) {
  keepPaper(root);
  countDown(root);
  const place = root.querySelector("[data-ballot]");
  if (!place || place === following) return;
  following = place;
  setClock(place.dataset.now);
  const { ballot, at, own, stage } = place.dataset;
  if (own) taken.add(own);
  const opened = Date.now();
  const gone = () => !document.body.contains(place);
  let timer = 0;
  const plan = (wait) => {
    window.clearTimeout(timer);
    // A hall full of phones must not ask in the same second.
    timer = window.setTimeout(look, wait * (0.7 + 0.6 * Math.random()));
  };
  const reload = () => {
    following = null;
    window.setTimeout(() => window.location.reload(), 1500 * Math.random());
  };
  const look = async () => {
    if (gone() || following !== place) return;
    // Nobody looks: the phone is put away. It asks at once when it is taken up again.
    if (document.hidden) return;
    try {
      const response = await fetch(ballot, { headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (!response.ok) throw new Error(String(response.status));
      setClock(answer.now);
      const filling = place.hasAttribute("data-filling");
      if (stage !== undefined && answer.stage && answer.stage !== stage) return reload();
      if (place.hasAttribute("data-retries") && Date.now() - opened > RETRY) return reload();
      if (at && answer.open && answer.open !== own && !filling && !taken.has(answer.open)) {
        taken.add(answer.open);
        window.location.assign(at + answer.open);
        return;
      }
      plan(answer.next || FAILED);
    } catch (_) {
      plan(FAILED);
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !gone()) look();
  });
  look();
}

/** Counts down to the end of the round. */
function countDown(root) {
  const place = root.querySelector("[data-left]");
  if (!place) return;
  const tick = () => {
    if (!document.body.contains(place)) return;
    const left = Number(place.dataset.left) - now();
    place.textContent = left > 0 ? `还剩 ${inWords(left)}` : "时间到";
    place.classList.toggle("short", left < 15000);
    window.setTimeout(tick, 1000 - (now() % 1000));
  };
  tick();
}

/** Says how many are chosen and asks before the paper goes; the server counts again. */
function keepPaper(root) {
  const form = root.querySelector("form.paper-form");
  if (!form) return;
  const asked = form.dataset.confirm;
  const seats = Number(form.dataset.seats);
  const chosen = () =>
    [...form.querySelectorAll("input[type=radio]:checked")].map((input) => ({
      place: input.value,
      label: input.parentElement.textContent.trim(),
      of: input.closest("fieldset").querySelector("legend b"),
    }));
  const tell = () => {
    const all = chosen();
    const line = form.querySelector("[data-chosen]");
    if (line && seats) {
      const yes = all.filter((one) => one.place === form.dataset.yesPlace);
      const over = yes.length > seats;
      line.textContent = over ? `已选 ${yes.length} 人，超出 ${yes.length - seats} 人` : `已选 ${yes.length} 人`;
      line.parentElement.classList.toggle("over", over);
      const names = yes.map((one) => one.of && one.of.textContent).join("、");
      const what = yes.length ? `您选了 ${yes.length} 人：${names}。` : "您没有选任何人。";
      if (asked) form.dataset.confirm = what + asked;
    } else if (asked && all.length === 1) {
      form.dataset.confirm = `您选的是「${all[0].label}」。${asked}`;
    }
  };
  form.addEventListener("change", tell);
  tell();
}
