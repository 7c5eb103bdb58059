// One key for each step of correcting a comment. Keys count only while the focus is in the region, so
// that none is pressed by accident by someone who speaks to the computer or reads elsewhere on the page.
const region = document.querySelector("[data-one-key]");
const said = region.querySelector("[data-said]");
const press = (name) => region.querySelector(`[data-key="${name}"]`);

region.querySelector("[data-legend]").hidden = false;

// The sentiments of the theme that has the focus, if it is ticked; else those of the whole comment.
const stancesAtFocus = () => {
  const at = document.activeElement;
  const group = at.closest("[data-stances]")?.dataset.stances ?? (at.checked && at.dataset.factor);
  return region.querySelector(`[data-stances="${group || "all"}"]`);
};

const tick = (box) => {
  box.click(); // the design system shows or hides what hangs on it
  box.focus();
  said.textContent = `${box.dataset.label}: ${box.checked ? "ticked" : "not ticked"}`;
};

const choose = (key) => {
  const group = stancesAtFocus();
  const radio = group.querySelector(`[data-stance="${key}"]`);
  radio.checked = true;
  said.textContent = `${group.dataset.label}: ${radio.dataset.label}`;
};

const deeds = {
  0: () => (region.querySelector('[data-stances="all"] :checked') ?? region).focus(),
  s: () => press("s")?.click(),
  enter: () => press("enter").click(),
};
for (let number = 1; press(number); number += 1) deeds[number] = () => tick(press(number));
for (const key of "pmn") deeds[key] = () => choose(key);

region.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !Object.hasOwn(deeds, key)) return;
  // On a link or a button the Enter key does what it always does.
  if (key === "enter" && event.target.closest("a, button, summary")) return;
  event.preventDefault();
  deeds[key]();
});
