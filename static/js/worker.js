// The service worker of the gates. It keeps one page that says nothing of anybody, and static files: the written list
// and nothing else. Answers of the server to anything else are never kept. The server tells it, in self.GATE, its
// version, the page and the list; a new version replaces the whole of the old one.
const { version, shell, assets } = self.GATE;
const CACHE = `gate-${version}`;
const PATIENCE = 4_000; // ms until a page that does not come is taken for none

async function fill() {
  const cache = await caches.open(CACHE);
  const fresh = (url) => new Request(url, { cache: "reload" });
  await cache.addAll([...assets.map(fresh), fresh(shell)]);
}

async function clear() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("gate-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The shell again, for its language and type size may have been changed; the old one stays when that fails. */
async function refreshShell() {
  const response = await fetch(shell, { cache: "reload" });
  if (response.ok && !response.redirected) await (await caches.open(CACHE)).put(shell, response);
}

const kept = async (url) => (await caches.open(CACHE)).match(url);

const tooLate = () => new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("no answer in time")));

async function page(request) {
  try {
    return await Promise.race([fetch(request), tooLate()]);
  } catch (error) {
    const found = await kept(shell);
    if (!found) throw error;
    return found;
  }
}

const file = async (request) => (await kept(request)) ?? fetch(request);

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(clear()));
self.addEventListener("message", (event) => event.data === "refresh" && event.waitUntil(refreshShell().catch(() => {})));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (assets.includes(pathname)) event.respondWith(file(request));
});
