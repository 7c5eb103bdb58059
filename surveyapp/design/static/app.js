// Starts the design system's scripts. A file of its own, because pages allow no inline script.
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
const { initAll } = await import(document.querySelector("script[data-design]").dataset.design);
initAll();
