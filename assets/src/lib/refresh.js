// A page of the desk that keeps itself fresh: whenever the live figures change, the page is read again and its parts
// are exchanged where they differ. Search, filter and page are the address's; ticked boxes, what somebody types, and
// rows that did not change stay the very same nodes, so nothing flickers.
//
//   <section data-live="…" data-poll="…" data-refresh="41">   the version that the page shows
//     <nav data-part="chips">…</nav>
//     <div data-part="list"><table>…<tbody data-rows><tr data-key="…">…</tr></tbody></table></div>
//   </section>

/** At most one reading in this time: many arrive in a minute, and a page is hundreds of rows. */
const PAUSE = 1500;

export function keepFresh(root, after) {
  let shown = Number(root.dataset.refresh);
  let first = true;
  let timer = 0;
  let wanted = false;

  const busy = () =>
    document.hidden || document.querySelector("[role=alertdialog], dialog[open], form[data-busy]");
  const plan = () => {
    wanted = true;
    if (!timer) timer = window.setTimeout(read, PAUSE);
  };
  const read = async () => {
    timer = 0;
    if (busy()) return plan();
    wanted = false;
    try {
      const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (busy()) return plan();
      exchange(root, page);
      after();
    } catch (_) {
      // The next change, or the next connection, reads again.
    }
  };
  root.addEventListener("live", ({ detail }) => {
    const same = first && detail.version === shown;
    first = false;
    shown = detail.version;
    // Several events may carry one version: the roster was changed.
    if (!same) plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && wanted) plan();
  });
}

function exchange(root, page) {
  root.querySelectorAll("[data-part]").forEach((now) => {
    const next = page.querySelector(`[data-part="${now.dataset.part}"]`);
    if (!next) return;
    keepActs(now, next);
    if (now.isEqualNode(next)) return;
    const rows = now.querySelector("tbody[data-rows]");
    const fresh = next.querySelector("tbody[data-rows]");
    if (rows && fresh) {
      now.hidden = next.hidden;
      exchangeRows(rows, fresh);
    } else if (!now.contains(document.activeElement)) {
      now.replaceWith(document.adoptNode(next));
    }
  });
}

/** A form's operation id names what its user is about to do, and stays until they do it. */
function keepActs(now, next) {
  const op = now.querySelector("input[name=op]");
  if (op) next.querySelectorAll("input[name=op]").forEach((input) => input.setAttribute("value", op.value));
}

function exchangeRows(rows, fresh) {
  const known = new Map([...rows.children].map((row) => [row.dataset.key, row]));
  const list = [...fresh.children].map((row) => {
    const own = known.get(row.dataset.key);
    if (own && own.isEqualNode(row)) return own;
    const next = document.adoptNode(row);
    const [before, box] = [own, next].map((one) => one && one.querySelector("input[type=checkbox]"));
    if (before && box) box.checked = before.checked;
    return next;
  });
  const keep = new Set(list);
  [...rows.children].forEach((row) => keep.has(row) || row.remove());
  // Rows that stay are not moved: moving one would take the focus from it.
  list.forEach((row, index) => {
    if (rows.children[index] !== row) rows.insertBefore(row, rows.children[index] || null);
  });
}
