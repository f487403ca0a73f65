// Makes what people type easier to accept; the server tidies it again by its own rule.
import { fit } from "./fit.js";

const FULL_WIDTH_DIGITS = /[０-９]/g;

/** "+86 138-0000 ００００" → "13800000000". Anything that is not such a number is left as typed. */
export function phone(text) {
  const digits = text
    .replace(FULL_WIDTH_DIGITS, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[\s\u00a0\u3000\u2010-\u2015\uff0d().（）-]/g, "")
    .replace(/^(\+|＋|00)?86(?=1\d{10}$)/, "");
  return /^\d+$/.test(digits) ? digits : text;
}

/** Outer blanks, doubled blanks, the full-width blank. */
export function line(text) {
  return text.replace(/[\s\u3000]+/g, " ").trim();
}

const TEXT = "input[type=text], input:not([type])";

/** A unit of twenty characters is read whole, smaller, instead of cut. */
export const fitFields = (root) =>
  root.querySelectorAll(TEXT).forEach((input) => fit(input, 0.7));

export function tidyFields(root) {
  fitFields(root);
  root.addEventListener("input", (event) => {
    if (event.target.matches(TEXT)) fit(event.target, 0.7);
  });
  root.addEventListener("change", (event) => {
    const input = event.target;
    if (input.matches("input[type=tel]")) input.value = phone(input.value);
    else if (input.matches(TEXT)) input.value = line(input.value);
    // What was marked as wrong has been touched: say no more until the server looks again.
    if (input.matches("[aria-invalid=true]")) input.removeAttribute("aria-invalid");
  });
}
