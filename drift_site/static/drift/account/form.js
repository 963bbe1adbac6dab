// A password can be shown while it is typed.

for (const field of document.querySelectorAll('input[type="password"]')) {
  const input = /** @type {HTMLInputElement} */ (field);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button reveal";
  button.setAttribute("aria-controls", input.id);
  const row = document.createElement("div");
  row.className = "beside";
  input.replaceWith(row);
  row.append(input, button);

  const show = (/** @type {boolean} */ shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide the password" : "Show the password");
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // It must not leave the page as text, where the browser would keep it among what was typed before.
  input.form?.addEventListener("submit", () => show(false));
  show(false);
  if (input.autofocus) {
    input.focus();
  }
}
