// Keys of the workbench. Every action is also a link, a box or a button; single letters work only while no field has
// the focus, and can be switched off on the page itself (WCAG 2.1.4).
const store = { get: () => localStorage.getItem("hd-keys"), set: (value) => localStorage.setItem("hd-keys", value) };

const rows = () => [...document.querySelectorAll("[data-row]")];
const link = (row) => row.querySelector("a");
const current = () => rows().findIndex((row) => row.contains(document.activeElement));

function go(step) {
  const list = rows();
  if (list.length === 0) return;
  const open = list.findIndex((row) => row.classList.contains("is-open"));
  const from = current() >= 0 ? current() : open;
  const next = Math.min(Math.max(from + step, 0), list.length - 1);
  link(list[next])?.focus();
}

const actions = {
  "/": () => document.querySelector("#hd-find, [data-find]")?.focus(),
  j: () => go(1),
  k: () => go(-1),
  x: () => rows()[current()]?.querySelector("input[type=checkbox]")?.click(),
  "?": () => {
    const help = document.querySelector("[data-keys-help]");
    if (!help) return;
    if (help instanceof HTMLDetailsElement) help.open = true;
    help.querySelector("summary")?.focus();
    help.scrollIntoView({ block: "nearest" });
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || store.get() === "off") return;
  const field = event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (field) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// A row's link opens the case; Enter on the focused link is the browser's own.
for (const button of document.querySelectorAll("[data-keys-switch]")) {
  const show = () => button.setAttribute("aria-pressed", store.get() === "off" ? "true" : "false");
  button.hidden = false;
  button.addEventListener("click", () => {
    store.set(store.get() === "off" ? "on" : "off");
    show();
  });
  show();
}

// "Đã chọn 12": counts the chosen rows for the bar of bulk actions.
const count = document.querySelector("[data-chosen]");
if (count) {
  const bar = count.closest("[data-bulk]");
  const tell = () => {
    const chosen = document.querySelectorAll("[data-row] input[type=checkbox]:checked").length;
    count.textContent = String(chosen);
    bar?.classList.toggle("is-empty", chosen === 0);
  };
  document.addEventListener("change", tell);
  tell();
}
for (const all of document.querySelectorAll("input[data-choose-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("[data-row] input[type=checkbox]")) box.checked = all.checked;
    document.dispatchEvent(new Event("change"));
  });
}
