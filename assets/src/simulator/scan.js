// The scanner without a camera: pick a code of this machine, paste its content, or read a picture.
import { button, h, moment } from "./dom.js";

/** `take({url} | {scene})` gets what was read. */
export function scanner(phone, take, close) {
  const line = h("input.line", { type: "text", placeholder: "粘贴网址或场景值", "aria-label": "二维码内容", autocomplete: "off" });
  const read = (event) => {
    event.preventDefault();
    const text = line.value.trim();
    if (text !== "") take(content(text));
  };
  const codes = phone.world.codes;
  return h("div.scanner", {},
    h("div.scan-bar", {}, button("close", "", close, { "aria-label": "关闭" }), h("b", {}, "扫一扫")),
    h("form.scan-form", { onsubmit: read }, line, h("button.send", { type: "submit" }, "识别")),
    "BarcodeDetector" in window ? picture(phone, take) : "",
    h("h3", {}, codes.length > 0 ? "本机生成的二维码" : "还没有生成过二维码"),
    h("ul.codes", {}, codes.map((code) => h("li", {}, h("button.code", { type: "button", onclick: () => take({ url: code.url }) },
      h("img", { src: `/cgi-bin/showqrcode?ticket=${encodeURIComponent(code.ticket)}`, alt: "", loading: "lazy" }),
      h("span", {}, h("b", {}, code.scene), h("small", {}, until(code))))))));
}

const until = (code) => (code.expires_at ? `${moment(code.expires_at)} 前有效` : "长期有效");

/** An address is opened or recognised; anything else is a scene. */
const content = (text) => (/^https?:\/\//i.test(text) ? { url: text } : { scene: text });

function picture(phone, take) {
  const choose = async (event) => {
    try {
      const found = await new window.BarcodeDetector({ formats: ["qr_code"] }).detect(
        await createImageBitmap(event.target.files[0]));
      if (found.length > 0) return take(content(found[0].rawValue));
    } catch (error) {
      // Falls through to the same words: there is nothing else that the person could do.
    }
    return phone.toast("图片里没有识别到二维码");
  };
  return h("label.pick", {}, "从相册选取", h("input", { type: "file", accept: "image/*", onchange: choose }));
}
