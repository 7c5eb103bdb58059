// A button that copies the words of a text box. Without this script, and in a browser that keeps pages from
// copying, there is no button: the words can be marked and copied as ever.
for (const button of navigator.clipboard ? document.querySelectorAll("[data-copies]") : []) {
  const box = document.getElementById(button.dataset.copies);
  const said = document.getElementById(button.getAttribute("aria-describedby"));
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(box.value);
      said.textContent = "Copied. You can paste it now.";
    } catch {
      box.select();
      said.textContent = "Your browser did not allow it. The words are marked: copy them with your keyboard.";
    }
  });
}
