// Keeps a page that shows how far some work is up to date, and goes on when the work is done. Without this
// script the page has a link that does the same.
const PAUSE = 2000;

async function look() {
  let answer;
  try {
    answer = await fetch(location.href, { credentials: "same-origin" });
  } catch {
    return false; // the next look may find the line again
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const shown = document.querySelector("[data-waits] progress");
  const now = page.querySelector("[data-waits] progress");
  if (!now || page.querySelector("h1").textContent !== document.querySelector("h1").textContent) return true;
  shown.max = now.max;
  shown.value = now.value;
  const words = document.getElementById("rows-read");
  words.textContent = page.getElementById("rows-read").textContent;
  return false;
}

async function watch() {
  if (await look()) location.reload();
  else setTimeout(watch, PAUSE);
}

setTimeout(watch, PAUSE);
