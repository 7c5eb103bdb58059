// Keeps what one person entered from the next one who holds the same device.
const given = document.querySelector("script[data-handed-on]").dataset;
const { handedOn: page, start } = given;
const [WARN_AFTER, TIME_TO_ANSWER, THANKS_FOR] = [given.warnAfter, given.timeToAnswer, given.thanksFor].map(
  (seconds) => seconds * 1000,
);

// On a device of one's own: whether this tab has sent a form. It goes when the tab is closed.
const SENT = "sent";
const wasSent = () => {
  try {
    return sessionStorage.getItem(SENT) !== null;
  } catch {
    return true; // a browser that keeps nothing for us: rather empty than shown to others
  }
};
const noteSent = () => {
  try {
    sessionStorage.setItem(SENT, "");
  } catch {
    // Then nothing is noted, and every kept page is emptied.
  }
};

const leave = () => {
  document.querySelector("main").replaceChildren(); // nothing stays to be seen while the line is slow
  window.location.replace(start);
};

// A page that the browser kept whole when it was left, and brings back as it was.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && page !== "sent" && (page !== "own" || wasSent())) leave();
});

let touched = Date.now();
const touch = () => {
  touched = Date.now();
};
const everySecond = (look) => {
  for (const kind of ["pointerdown", "keydown", "input", "scroll"]) {
    document.addEventListener(kind, touch, { passive: true });
  }
  setInterval(look, 1000);
};

if (page === "sent") noteSent();

// Another language takes along what is entered: the button at the end of the form does, a link cannot.
document.querySelector("a[hreflang]")?.addEventListener("click", (event) => {
  const boxes = [...document.querySelectorAll("main textarea")];
  const entered = document.querySelector("main input:checked") || boxes.some((box) => box.value);
  const keeping = document.querySelector("button[formaction]");
  if (!entered || !keeping) return;
  event.preventDefault();
  keeping.click();
});

// A tablet that waits in the language of somebody who went away.
if (page === "start" && window.location.search) {
  everySecond(() => {
    if (Date.now() - touched >= WARN_AFTER) leave();
  });
}

if (page === "thanks") {
  document.querySelector("[data-by-itself]").hidden = false;
  everySecond(() => {
    if (Date.now() - touched >= THANKS_FOR) leave();
  });
}

if (page === "paper") {
  // Going back to this page, or loading it again, must not bring back what was posted to it.
  window.history.replaceState(null, "", start);
  const warning = document.getElementById("time-warning");
  const left = warning.querySelector("[data-left]");
  const said = warning.querySelector("[data-said]");
  let clearAt = 0;
  warning.querySelector("button").addEventListener("click", () => warning.close());
  warning.addEventListener("close", touch); // by the button or by the Escape key
  everySecond(() => {
    if (!warning.open) {
      if (Date.now() - touched < WARN_AFTER) return;
      clearAt = Date.now() + TIME_TO_ANSWER; // counted from now: the device may have slept
      said.textContent = "";
      warning.showModal();
    }
    const seconds = Math.ceil((clearAt - Date.now()) / 1000);
    left.textContent = seconds === 1 ? said.dataset.oneSecond : said.dataset.seconds.replace("{n}", seconds);
    if (seconds === 10) said.textContent = said.dataset.nearly;
    if (seconds <= 0) leave();
  });
}
