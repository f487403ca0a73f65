// Asking for a car to be moved: a keyboard of plates, a smaller picture, the phone's place. The form works without any
// of it.
import { toast } from "./lib/dialog.js";
import { fillPlace } from "./lib/place.js";

/** The longer side of a picture that is sent, in pixels, and the bytes above which it is made smaller. */
const SIDE = 1600;
const LARGE = 1500000;

const form = document.querySelector("form[data-car]");
if (form) {
  keyboard(form);
  photo(form);
  place(form);
  map(form);
  urgency(form);
}

function keyboard(form) {
  const keys = form.querySelector("[data-keys]");
  const rows = { province: keys.querySelector("[data-row=province]"), signs: keys.querySelector("[data-row=signs]") };
  let field = null;
  const draw = () => {
    const signs = [...field.value].length;
    rows.province.hidden = signs > 0;
    rows.signs.hidden = signs === 0;
  };
  form.querySelectorAll("[data-plate]").forEach((input) => {
    // Our keys instead of the phone's; a computer's keyboard types as ever.
    input.setAttribute("inputmode", "none");
    input.addEventListener("focus", () => {
      field = input;
      input.closest(".weui-cells").after(keys);
      keys.hidden = false;
      draw();
    });
    input.addEventListener("input", () => field && draw());
  });
  keys.addEventListener("mousedown", (event) => event.preventDefault());
  keys.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button || !field) return;
    const signs = [...field.value];
    if (button.dataset.sign) {
      if (signs.length < 8) field.value += button.dataset.sign;
    } else if (button.dataset.key === "back") {
      field.value = signs.slice(0, -1).join("");
    } else if (button.dataset.key === "clear") {
      field.value = "";
    } else {
      keys.hidden = true;
      field.blur();
      return;
    }
    draw();
  });
}

function photo(form) {
  const input = form.querySelector("input[type=file]");
  const shown = form.querySelector("[data-photo-shown]");
  const name = form.querySelector("[data-photo-name]");
  // The label is the button, and says what was chosen.
  input.classList.add("pick-hidden");
  input.addEventListener("change", async () => {
    const file = input.files[0];
    shown.hidden = !file;
    if (!file) return;
    const small = await smaller(file).catch(() => null);
    const reader = new FileReader();
    reader.onload = () => (shown.src = reader.result);
    reader.readAsDataURL(small || file);
    if (small) {
      try {
        const files = new DataTransfer();
        files.items.add(small);
        input.files = files.files;
      } catch (_) {
        // An old browser sends the picture as it is.
      }
    }
    name.textContent = `已选好，${Math.max(1, Math.round((small || file).size / 1024))} KB`;
  });
}

/** A smaller JPEG that keeps what the camera wrote about the place; the server checks it and drops it. */
async function smaller(file) {
  if (file.size < LARGE) return null;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  const head = exif(new Uint8Array(await file.slice(0, 131072).arrayBuffer()));
  const parts = head ? [blob.slice(0, 2), head, blob.slice(2)] : [blob];
  return new File(parts, "photo.jpg", { type: "image/jpeg" });
}

/** The EXIF segment of a JPEG, with the orientation set to upright: the canvas has turned the picture. */
function exif(bytes) {
  let at = 2;
  while (bytes[at] === 0xff && at + 10 < bytes.length) {
    const end = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (bytes[at + 1] === 0xe1 && String.fromCharCode(...bytes.slice(at + 4, at + 8)) === "Exif") {
      if (end > bytes.length) return null;
      const segment = bytes.slice(at, end);
      const view = new DataView(segment.buffer);
      const tiff = 10;
      const little = view.getUint16(tiff) === 0x4949;
      const entries = tiff + view.getUint32(tiff + 4, little);
      const count = view.getUint16(entries, little);
      for (let entry = entries + 2; entry < entries + 2 + count * 12; entry += 12) {
        if (view.getUint16(entry, little) === 0x0112) view.setUint16(entry + 8, 1, little);
      }
      return segment;
    }
    at = end;
  }
  return null;
}

function place(form) {
  const row = form.querySelector("[data-locate-row]");
  const said = form.querySelector("[data-located]");
  row.hidden = false;
  row.querySelector("[data-locate-now]").addEventListener("click", async () => {
    said.textContent = "正在定位…";
    // `fillPlace` asks only where the form says so: here, when the person taps.
    form.setAttribute("data-locate", "");
    await fillPlace(form);
    form.removeAttribute("data-locate");
    const found = /^(gcj02|wgs84),/.test(form.querySelector("input[name=place]").value);
    said.textContent = found ? "已定位" : "";
    if (!found) toast("没有取得位置，请在上面写明停在哪里。", 4000);
  });
}

/** What was filled in is kept while its person is on the map. */
function map(form) {
  const link = form.querySelector("[data-pick]");
  if (!link) return;
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    fields.set("keep", "1");
    await fetch(form.action, { method: "POST", body: fields }).catch(() => null);
    location.assign(link.href);
  });
}

function urgency(form) {
  const sure = form.querySelector("[data-sure]");
  const draw = () => {
    const chosen = form.querySelector("input[name=reason]:checked");
    sure.hidden = !(chosen && chosen.hasAttribute("data-urgent"));
  };
  form.addEventListener("change", draw);
  draw();
}
