// A toast and a question, in WeUI's looks. Texts are set as text, never as markup.

const element = (name, className, text) => {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

/** Shows a short line for a while; screen readers speak it. */
export function toast(text, milliseconds = 3500) {
  const wrap = element("div", "weui-toast__wrp");
  wrap.setAttribute("role", "alert");
  const box = element("div", "weui-toast weui-toast_text");
  box.append(element("p", "weui-toast__content", text));
  wrap.append(box);
  // The person may go on typing or tapping underneath.
  wrap.style.pointerEvents = "none";
  document.body.append(wrap);
  window.setTimeout(() => wrap.remove(), milliseconds);
}

/** Asks a question; resolves to true for yes. Escape and a tap outside mean no. */
export function ask(text, yes = "确定", no = "取消") {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const root = element("div", "ask");
    root.setAttribute("role", "alertdialog");
    root.setAttribute("aria-modal", "true");
    root.setAttribute("aria-label", text);
    const mask = element("div", "weui-mask");
    const box = element("div", "weui-dialog");
    const refuse = element("button", "weui-dialog__btn weui-dialog__btn_default", no);
    const accept = element("button", "weui-dialog__btn weui-dialog__btn_primary", yes);
    const foot = element("div", "weui-dialog__ft");
    foot.append(refuse, accept);
    box.append(element("div", "weui-dialog__bd", text), foot);
    root.append(mask, box);

    const close = (answer) => {
      document.removeEventListener("keydown", keys, true);
      root.remove();
      if (before && before.focus) before.focus();
      resolve(answer);
    };
    const keys = (event) => {
      if (event.key === "Escape") close(false);
      if (event.key === "Tab") {
        event.preventDefault();
        (document.activeElement === accept ? refuse : accept).focus();
      }
    };
    refuse.type = "button";
    accept.type = "button";
    refuse.addEventListener("click", () => close(false));
    accept.addEventListener("click", () => close(true));
    mask.addEventListener("click", () => close(false));
    document.addEventListener("keydown", keys, true);
    document.body.append(root);
    accept.focus();
  });
}

/** `<form data-confirm="…">` is asked about before it is sent. */
export function confirmFirst(root) {
  root.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const question = form.dataset.confirm;
      if (!question || form.dataset.confirmed) {
        delete form.dataset.confirmed;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      ask(question, form.dataset.yes, form.dataset.no).then((answer) => {
        if (!answer) return;
        form.dataset.confirmed = "1";
        if (button && form.requestSubmit) button.click();
        else if (form.requestSubmit) form.requestSubmit();
        else form.submit();
      });
    },
    true,
  );
}
