// Quick polls and questions on a phone: the page asks now and then whether something changed, and exchanges the parts
// that did. What somebody types or has chosen stays. No connection is held.
//
//   <div data-interaction="/m/K7Q2/polls/status" data-stage="…"></div>   … <div data-part="list">…</div>
//
// The address answers JSON {"now": ms, "next": ms until the next question, "stage": text | null}. data-stage: how it
// stood when the page was drawn; a page without one takes the first answer for it.

import { toast } from "./dialog.js";

const FAILED = 5000;
let following = null;

export function followInteraction(root) {
  const place = root.querySelector("[data-interaction]");
  if (!place || place === following) return;
  following = place;
  let { stage } = place.dataset;
  let timer = 0;
  const plan = (wait) => {
    window.clearTimeout(timer);
    // A hall full of phones must not ask in the same second.
    timer = window.setTimeout(look, wait * (0.7 + 0.6 * Math.random()));
  };
  const gone = () => following !== place || !document.body.contains(place);
  const look = async () => {
    // Nobody looks: the phone is put away. It asks at once when it is taken up again.
    if (gone() || document.hidden) return;
    keepVoteAway();
    try {
      const response = await fetch(place.dataset.interaction, { headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (!response.ok) throw new Error(String(response.status));
      if (stage === undefined) stage = answer.stage;
      if (answer.stage && answer.stage !== stage) stage = (await renew()) || answer.stage;
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

/** `<form data-quiet>`: one tap of many on a page that stays where it is. Without this it posts like any other. */
export function tapQuietly(root) {
  root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-quiet]")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "text/html" },
      });
      if (!response.ok) toast("没有成功，请刷新页面后再点一次。");
      await renew();
    } catch (_) {
      toast("网络不太通畅，请再点一次。");
    }
    delete form.dataset.busy;
  });
}

/** Reads the page again and exchanges its parts; how it stands now. */
export async function renew() {
  const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.querySelectorAll("main [data-part]").forEach((now) => {
    const next = page.querySelector(`[data-part="${now.dataset.part}"]`);
    if (!next || typing(now)) return;
    // A form's operation id names what its user is about to do, and stays until they do it.
    const op = now.querySelector("input[name=op]");
    if (op) next.querySelectorAll("input[name=op]").forEach((input) => input.setAttribute("value", op.value));
    if (!now.isEqualNode(next)) now.replaceWith(document.adoptNode(next));
  });
  const place = page.querySelector("[data-interaction]");
  return place ? place.dataset.stage : undefined;
}

/** A vote takes phones to its page, but nobody away from what they are writing; the page's link stays. */
function keepVoteAway() {
  const vote = document.querySelector("main [data-ballot]");
  const field = document.querySelector("main .ask-form textarea");
  if (vote && field) vote.toggleAttribute("data-filling", field.value !== "");
}

/** Somebody is writing here. */
function typing(part) {
  const field = part.querySelector("textarea");
  return Boolean(field) && (field.value !== "" || field === document.activeElement);
}
