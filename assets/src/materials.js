// Materials at the desk: several files at once with their progress, each to be tried again; and a list that shows how
// far the previews are. The computer's page of 在电脑上打开 waits here for the phone.
const form = document.querySelector("form[data-upload]");
/** Uploads that run at once: more only share the same line. */
const AT_ONCE = 3;
const LOOK_EVERY = 2000;

if (form) uploads(form);

function uploads(form) {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-uploads]");
  const drop = form.querySelector("[data-drop]");
  const submit = form.querySelector("button[type=submit]");
  const waiting = [];
  let running = 0;
  let rank = Number(form.elements.rank.value);

  input.multiple = true;
  input.required = false;
  choose(input);
  submit.hidden = true;
  form.querySelector("[data-drop-hint]").hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  ["dragenter", "dragover"].forEach((name) =>
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    }),
  );
  ["dragleave", "drop"].forEach((name) =>
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.remove("over");
    }),
  );
  drop.addEventListener("drop", (event) => take(event.dataTransfer.files));
  window.addEventListener("beforeunload", (event) => {
    if (running > 0 || waiting.length > 0) event.preventDefault();
  });

  function take(files) {
    // What is chosen above holds for the files that are added now.
    [...files].forEach((file) => {
      const row = document.createElement("li");
      row.innerHTML = "<span></span><progress max=1 value=0></progress><em></em>";
      row.firstChild.textContent = file.name;
      list.append(row);
      const fields = new FormData(form);
      fields.delete("file");
      fields.set("op", unique());
      // Several arrive at once, in any order; they stand in the order in which they were chosen.
      fields.set("rank", rank);
      rank += 1;
      waiting.push({ file, row, fields });
      say(row, "等待上传");
    });
    list.hidden = list.children.length === 0;
    next();
  }

  function next() {
    while (running < AT_ONCE && waiting.length > 0) send(waiting.shift());
  }

  function send(one) {
    running += 1;
    const { file, row, fields } = one;
    const bar = row.querySelector("progress");
    const body = new FormData();
    fields.forEach((value, name) => body.append(name, value));
    // The file comes last: what stands before it decides before its first byte is stored.
    body.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = event.loaded / event.total;
      say(row, event.loaded < event.total ? `${Math.floor(bar.value * 100)}%` : "正在检查");
    });
    const done = (text, failed) => {
      running -= 1;
      say(row, text);
      row.classList.toggle("failed", failed);
      row.classList.toggle("done", !failed);
      if (failed) retry(one);
      else bar.value = 1;
      next();
      refresh();
    };
    request.addEventListener("load", () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch (_) {
        // A page of the proxy in front; the words below say enough.
      }
      if (request.status === 201) done(answer.problem ? `已上传。${answer.problem}` : "已上传", false);
      else done(answer.message || "没有上传成功，请再试一次。", true);
    });
    request.addEventListener("error", () => done("网络不太通畅，没有上传成功。", true));
    request.send(body);
  }

  /** The same act again, under the same operation: what had arrived already is not there twice. */
  function retry(one) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = "重试";
    button.addEventListener("click", () => {
      button.remove();
      one.row.classList.remove("failed");
      waiting.push(one);
      next();
    });
    one.row.append(button);
  }
}

const say = (row, text) => (row.querySelector("em").textContent = text);

/** A button with our words in the place of the browser's own, which speaks the language of its installation. */
function choose(input) {
  const button = document.createElement("label");
  button.className = "b";
  button.htmlFor = input.id;
  button.textContent = "选择文件";
  input.classList.add("unseen");
  input.after(button);
}

function unique() {
  if (window.crypto.randomUUID) return window.crypto.randomUUID();
  const bytes = [...window.crypto.getRandomValues(new Uint8Array(16))];
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// ── The list, while previews are made ──────────────────────────────────────────────────────────
let timer = 0;
const part = () => document.querySelector('[data-part="list"][data-moving]');

async function refresh() {
  window.clearTimeout(timer);
  const now = part();
  if (!now) return;
  const busy = document.hidden || document.querySelector("[role=alertdialog]") || now.contains(document.activeElement);
  if (!busy) {
    try {
      const response = await fetch(window.location.pathname, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.querySelector('[data-part="list"]');
      if (response.ok && next && !now.isEqualNode(next)) now.replaceWith(document.adoptNode(next));
    } catch (_) {
      // The next look may work.
    }
  }
  plan();
}

function plan() {
  const now = part();
  if (now && now.dataset.moving === "true") timer = window.setTimeout(refresh, LOOK_EVERY);
}
plan();

// ── The computer waits for the phone ───────────────────────────────────────────────────────────
const asking = document.querySelector("[data-pull-status]");
if (asking) {
  const look = window.setInterval(async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(asking.dataset.pullStatus, { headers: { Accept: "application/json" } });
      if (!(await response.json()).open) return;
      window.clearInterval(look);
      window.location.assign("/pull");
    } catch (_) {
      // The next look may work.
    }
  }, LOOK_EVERY);
  // The code serves five minutes.
  window.setTimeout(() => window.location.reload(), 280000);
}
