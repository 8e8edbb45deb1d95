// Keeps the code on the screen alive: clock, countdown, a fresh signed code each minute, and none at all once it has died.
// Every sentence stands in the card's data attributes, translated by the server.
//
// GET data-refresh-url answers 200 with JSON, all instants ISO 8601 with their zone:
//   {"token": "JK1:…", "colour": "green", "now": …, "issued_at": …, "expires_at": …,
//    "reserve": {"token": "JK1:…", "expires_at": …}}            reserve only when one is handed over
// A redirect or any 4xx but 429 means that this page no longer holds: the code goes and the page is loaded again.
import { drawQr } from "./qr.js";

const ZONE = "Asia/Shanghai"; // the clock of the gates, wherever the phone thinks it is
const PATIENCE = 10_000; // ms: after this long an unanswered refresh counts as failed
const card = document.querySelector("[data-code-card]");
const part = (name) => card.querySelector(`[data-${name}]`);
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { timeZone: ZONE, timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { timeZone: ZONE, dateStyle: "full" });

let heard; // the server's time and what both local clocks said when it came
let code; // { until, reserve } of what is on the screen, or null
let spare; // { token, until } to fall back on when no refresh succeeds
let dueAt;
let failures = 0;
let busy = false;

// The later of two local clocks: one stops while a phone sleeps, the other can be set back. Both err towards hiding the code.
const now = () => heard.server + Math.max(performance.now() - heard.steady, Date.now() - heard.wall);

function hear({ now: server, issued_at, expires_at, reserve }) {
  heard = { server: Date.parse(server), steady: performance.now(), wall: Date.now() };
  code = { until: Date.parse(expires_at), reserve: false };
  spare = reserve ? { token: reserve.token, until: Date.parse(reserve.expires_at) } : null;
  dueAt = Date.parse(issued_at) + Number(card.dataset.refreshSeconds) * 1000;
  failures = 0;
}

function remove() {
  code = null;
  part("qr").replaceChildren();
}

/** The login is gone or the colour has changed: only a new page can say so truly. */
function leave() {
  remove();
  location.reload();
}

async function ask() {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(card.dataset.refreshUrl, { headers, cache: "no-store", redirect: "manual", signal: stop.signal });
    const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
    if (refused || answer.type === "opaqueredirect") return null;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.json();
  } finally {
    clearTimeout(timer);
  }
}

async function refresh() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    const fresh = await ask();
    if (!fresh || fresh.colour !== card.dataset.colour) return leave();
    drawQr(part("qr"), fresh.token);
    hear(fresh);
  } catch {
    failures += 1;
    // Spread out, so that a server coming back is not met by everybody in the same second.
    dueAt = now() + Math.min(30, 5 * failures) * 1000 * (1 + Math.random() / 2);
  } finally {
    busy = false;
  }
  paint();
}

function state() {
  if (!code) return failures ? "gone" : "waiting";
  if (code.reserve) return "reserve";
  return failures ? "offline" : "live";
}

/** Text of the card with its places filled in; written only when it changes, so that it is read aloud once. */
function say(name, text, values = {}) {
  const full = text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  if (part(name).textContent !== full) part(name).textContent = full;
}

function paint() {
  if (code && now() >= code.until) remove();
  if (!code && failures && spare && now() < spare.until) {
    drawQr(part("qr"), spare.token);
    code = { until: spare.until, reserve: true };
  }
  const texts = card.dataset;
  const left = Math.max(0, Math.ceil((dueAt - now()) / 1000));
  const today = state();
  card.dataset.state = today;
  say("clock", clock.format(now()));
  if (day.format(now()) !== day.format(heard.server)) say("date", day.format(now()));
  say("countdown", today === "live" ? (left === 1 ? texts.textNextOne : texts.textNext) : "", { seconds: left });
  const notes = { live: "", waiting: texts.textWaiting, offline: texts.textOffline, reserve: texts.textReserve, gone: texts.textGone };
  say("note", notes[today], { time: code ? clock.format(code.until) : "" });
  part("progress").value = today === "live" ? left : 0;
  part("reload").hidden = today !== "gone";
}

function tick() {
  if (document.hidden) return;
  paint();
  if (now() >= dueAt) refresh();
}

function wake() {
  if (document.hidden) return;
  paint();
  refresh();
}

if (card?.dataset.refreshUrl) {
  const { now: server, issuedAt, expiresAt, reserve, reserveUntil } = card.dataset;
  const kept = reserve ? { token: reserve, expires_at: reserveUntil } : null;
  hear({ now: server, issued_at: issuedAt, expires_at: expiresAt, reserve: kept });
  for (const node of card.querySelectorAll("[data-plain]")) node.hidden = true;
  for (const node of card.querySelectorAll("[data-live]")) node.hidden = false;
  setInterval(tick, 1000);
  tick();
  document.addEventListener("visibilitychange", wake);
  // A page out of the browser's store carries an old time: what it says about its own age can't be trusted.
  addEventListener("pageshow", (event) => event.persisted && wake());
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") wake();
}
