// Citizen and attendee pages. Every form and link works without this; it makes them kinder.
import { confirmFirst } from "./lib/dialog.js";
import { keepHonest } from "./lib/countersign.js";
import { submitOnce } from "./lib/submit.js";
import { tidyFields } from "./lib/fields.js";
import { followInteraction, tapQuietly } from "./lib/poll.js";
import { followBallot } from "./lib/vote.js";
import { turnLive } from "./lib/wait.js";

confirmFirst(document);
submitOnce(document);
tidyFields(document);
turnLive(document);
followBallot(document);
followInteraction(document);
tapQuietly(document);
keepHonest(document);

// WeChat brings back a page from memory on "back"; what it shows may be long out of date.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
