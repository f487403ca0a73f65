// `<form method="post" data-once>`: one tap is one request, and a lost connection is said so on the
// page instead of by the browser's error screen. The server is idempotent anyway, by the form's
// hidden operation id; this spares people the doubt.
import { toast } from "./dialog.js";
import { fitFields } from "./fields.js";
import { fillPlace } from "./place.js";
import { followInteraction } from "./poll.js";
import { followBallot } from "./vote.js";
import { turnLive } from "./wait.js";

const LOST = "网络不太通畅，还没有提交成功，请再点一次。";
const TIME_OUT = 15000;

export function submitOnce(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if (form.dataset.busy) {
      event.preventDefault();
      return;
    }
    // After one failure the browser's own submission has its turn: it can follow redirects
    // to other hosts, which a script may not.
    if (form.dataset.failed || form.enctype === "multipart/form-data") {
      busy(form, true);
      return;
    }
    event.preventDefault();
    send(form, event.submitter);
  });
  // Coming back to a page that was left while it was busy.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-busy]").forEach((form) => busy(form, false));
  });
}

async function send(form, button) {
  busy(form, true);
  await fillPlace(form);
  const body = new URLSearchParams(new FormData(form));
  if (button && button.name) body.append(button.name, button.value);
  const abort = new AbortController();
  const timer = window.setTimeout(() => abort.abort(), TIME_OUT);
  try {
    // Without the attribute, a button's `formAction` is the page's own address.
    const own = button && button.hasAttribute("formaction");
    const response = await fetch(own ? button.formAction : form.action, {
      method: "POST",
      body,
      headers: { Accept: "text/html" },
      signal: abort.signal,
    });
    if (response.redirected) {
      window.location.assign(response.url);
      return;
    }
    show(await response.text());
  } catch (_) {
    form.dataset.failed = "1";
    busy(form, false);
    toast(form.dataset.lost || LOST, 5000);
  } finally {
    window.clearTimeout(timer);
  }
}

/** Puts the answer's <main> in the place of ours: the form with its errors, or what happened. */
function show(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const next = answer.querySelector("main");
  const now = document.querySelector("main");
  if (!next || !now) throw new Error("the answer is not a page of ours");
  document.title = answer.title;
  now.replaceWith(next);
  turnLive(next);
  followBallot(next);
  followInteraction(next);
  fitFields(next);
  window.scrollTo(0, 0);
  const target = next.querySelector("[aria-invalid=true]") || next.querySelector("h1");
  if (target) {
    if (!target.matches("input, textarea, select")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
}

function busy(form, on) {
  const button = form.querySelector("[type=submit], button:not([type])");
  window.clearTimeout(Number(form.dataset.timer));
  if (on) {
    form.dataset.busy = "1";
    if (!button) return;
    button.setAttribute("aria-disabled", "true");
    // A fast answer needs no word; a slow one does.
    form.dataset.timer = window.setTimeout(() => {
      button.dataset.label = button.textContent;
      button.textContent = form.dataset.wait || "正在提交…";
    }, 300);
  } else {
    delete form.dataset.busy;
    if (!button) return;
    button.removeAttribute("aria-disabled");
    if (button.dataset.label) {
      button.textContent = button.dataset.label;
      delete button.dataset.label;
    }
  }
}
