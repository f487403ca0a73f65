// Where the phone is, for meetings that ask: `<form data-locate>` with `<input type="hidden" name="place">`. It is asked
// for when the person taps, once, and a form without an answer is sent all the same: what follows is the server's rule.

const PATIENCE = 6000;

/** By the browser, which speaks WGS-84. WeChat's own answer, where its script is on the page, is better. */
function fromBrowser() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve("unavailable");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve(words("wgs84", coords)),
      (error) => resolve(error.code === error.PERMISSION_DENIED ? "refused" : "unavailable"),
      { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 0 },
    );
  });
}

/** As the server reads it: system, latitude, longitude, and how exact in metres. */
export const words = (system, { latitude, longitude, accuracy }) =>
  [system, Number(latitude).toFixed(6), Number(longitude).toFixed(6), Math.round(accuracy || 0)].join(",");

/** Fills in the form's place; never fails, and never takes much longer than `PATIENCE`. */
export async function fillPlace(form) {
  const input = form.matches("[data-locate]") && form.querySelector("input[name=place]");
  if (!input) return;
  const late = new Promise((resolve) => window.setTimeout(resolve, PATIENCE + 1000, "unavailable"));
  const wechat = document.askWechatForPlace;
  const answer = wechat ? wechat().then((place) => place || fromBrowser()) : fromBrowser();
  input.value = await Promise.race([answer, late]);
}
