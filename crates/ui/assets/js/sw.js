// Keeps the look and the page "no network"; never a page of a person, never an answer of the server.
const cacheName = "haidang-" + "%HASH%";
const shell = ["%SHELL%"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(shell)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name)))),
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (shell.includes(url.pathname) && url.pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === "navigate") {
    const offline = url.pathname.startsWith("/en") ? "/en/ngoai-tuyen" : "/vi/ngoai-tuyen";
    event.respondWith(fetch(request).catch(() => caches.match(offline)));
  }
});
