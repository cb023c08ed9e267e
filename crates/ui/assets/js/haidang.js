// Small help for every page; nothing here is needed to finish a task.

// A form is sent once: the pressed button says so and later presses are ignored.
// The server is safe against repeats in itself; this only tells the reader that something happens.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  if (form.dataset.sent === "yes") {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (!(button instanceof HTMLButtonElement) || !button.dataset.sending) return;
  setTimeout(() => {
    button.dataset.said = button.textContent;
    button.textContent = button.dataset.sending;
    button.setAttribute("aria-disabled", "true");
  }, 300);
});

// Back brings a page out of the browser's memory: forms are ready again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[data-said]")) {
    button.textContent = button.dataset.said;
    button.removeAttribute("aria-disabled");
    delete button.dataset.said;
  }
});

// Components of govuk-frontend, loaded only where a page has them.
const parts = {
  "govuk-error-summary": ["./govuk/error-summary.js", "ErrorSummary"],
  "govuk-character-count": ["./govuk/character-count.js", "CharacterCount"],
};
for (const [name, [file, component]] of Object.entries(parts)) {
  const elements = document.querySelectorAll(`[data-module="${name}"]`);
  if (elements.length === 0) continue;
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  import(file).then((module) => {
    for (const element of elements) new module[component](element);
  });
}

// A session ends when nothing is asked for a while: two minutes before, a dialog offers to go on.
const ending = document.getElementById("hd-session");
if (ending instanceof HTMLDialogElement) {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ending.showModal(), Math.max(Number(ending.dataset.seconds) - 120, 10) * 1000);
  };
  wait();
  document.addEventListener("htmx:after:swap", wait);
  ending.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const form = event.currentTarget;
    const headers = { "HX-Request": "true" };
    const answer = await fetch(form.action, { method: "POST", headers, body: new URLSearchParams(new FormData(form)) });
    const door = answer.headers.get("HX-Redirect");
    if (door) location.href = door;
    else if (answer.ok) {
      ending.close();
      wait();
    } else location.reload();
  });
}

if ("serviceWorker" in navigator && !document.documentElement.classList.contains("hd-ops")) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
