// The gate page. With a network the server gives every verdict; without one this device does, says so plainly, and
// keeps what it let in until it can be sent. Without this script the form still works.
import { isClockWrong, judge, loadData, now, refreshData } from "./gate_data.js";
import { askSession, nonceOf, remember, upload, waiting } from "./gate_queue.js";
import { makeReader, openCamera, readPhoto } from "./scanner.js";

const PATIENCE = 4_000; // ms that the server may take to answer a scan
const SYNC_EVERY = 30_000; // ms between two looks at the queue
const REFRESH_EVERY = 600; // seconds between two fetches of keys, policies and lists
const ZONE = "Asia/Shanghai"; // the clock of the gates
const language = document.documentElement.lang;

const verdict = document.querySelector("[data-verdict]");
const scanner = document.querySelector("[data-scanner]");
const gate = document.querySelector("[data-gate]");
const answer = document.querySelector("[data-answer]");
const part = (name) => scanner.querySelector(`[data-scan-${name}]`);
const line = (name) => gate.querySelector(`[data-state-${name}]`);
const field = (name) => document.getElementById(scanner.dataset[`${name}Field`]);
const url = gate && {
  keys: gate.dataset.keys,
  policy: gate.dataset.policy,
  lists: gate.dataset.lists,
  root: gate.dataset.root ? JSON.parse(gate.dataset.root) : null,
};

let reader;
let stop;
let data; // what this device knows, once it is loaded
let refreshedAt = 0;
// The page kept for when there is no network answers by itself, always; the other one when the server does not.
const isKept = Boolean(scanner) && !part("form").hasAttribute("action");
let isOffline = isKept;
let mayReturn = false; // from the kept page to the server's, between two people
let refusedCount = 0;

// --- what the device says of itself -------------------------------------------------------------------------

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes ago", or ahead; in the language of the page. */
function ago(seconds) {
  const [unit, size] = UNITS.find(([, least]) => Math.abs(seconds) >= 2 * least) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(language).format(-Math.trunc(seconds / size), unit);
}

// A clock that is behind what the server said has its own line; data is never from tomorrow.
const ageAt = (at) => Math.max(0, at - data.asOf);
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const counted = (name, count) => {
  line(name).textContent = count ? filled(gate.dataset[`text${name[0].toUpperCase()}${name.slice(1)}`], { count }) : "";
};

async function paint() {
  gate.hidden = false;
  const { asOf, venue } = data;
  const { here, elsewhere } = await waiting(venue);
  counted("queue", here);
  counted("elsewhere", elsewhere);
  counted("refused", refusedCount);
  line("clock").hidden = !isClockWrong(data);
  line("offline").hidden = !isOffline;
  line("age").textContent = asOf === null ? gate.dataset.textNodata : filled(gate.dataset.textAge, { age: ago(ageAt(now())) });
  const mode = document.querySelector("[data-mode]");
  if (mode) {
    mode.textContent = isOffline ? mode.dataset.textOffline : mode.dataset.textOnline;
    mode.classList.toggle("mode--offline", isOffline);
  }
  const place = document.querySelector("[data-place]");
  if (place && venue) place.textContent = venue.name;
}

function setOffline(on) {
  isOffline = on;
  return paint();
}

/** Brings this device up to date and empties its queue, as far as there is a network and somebody signed in. */
async function sync() {
  try {
    const session = await askSession(gate.dataset.session);
    isOffline = isKept;
    mayReturn = session.signed_in;
    if (url.root && now() - refreshedAt > REFRESH_EVERY) {
      await refreshData(url);
      refreshedAt = now();
    }
    if (session.signed_in) refusedCount += await upload(gate.dataset.passages, session);
    line("session").hidden = session.signed_in || !(await waiting(data.venue)).here;
  } catch {
    // No network, or the server is down: nothing is lost, the next look tries again.
    isOffline ||= !navigator.onLine;
    mayReturn = false;
  }
  data = await loadData();
  await paint();
}

async function install() {
  if (!navigator.serviceWorker) return;
  const { worker, scope } = gate.dataset;
  await navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" });
  // The page that is kept speaks the language that this one does.
  (await navigator.serviceWorker.ready).active.postMessage("refresh");
}

// --- scanning -----------------------------------------------------------------------------------------------

const say = (name) => {
  part("status").textContent = name ? scanner.dataset[`text${name}`] : "";
};
const read = () => (reader ??= makeReader(scanner.dataset.wasm));

function showCamera(on) {
  part("view").hidden = !on;
  part("stop").hidden = !on;
  part("start").hidden = on;
}

function close() {
  stop?.();
  stop = null;
  if (scanner) showCamera(false);
}

function fail(error) {
  close();
  if (error.name === "NotAllowedError") return say("Denied");
  if (error.name !== "NotFoundError") reader = null; // the reader itself may have failed to load: fetch it again next time
  say("Nocamera");
}

async function start() {
  say("Starting");
  showCamera(true);
  try {
    const opened = await openCamera(part("view").querySelector("video"), await read(), { onText: check, onError: fail });
    // Pressed "stop", or turned to another page, while the camera was still waking up.
    if (part("view").hidden || document.hidden) return opened(), close();
    stop = opened;
    say("Looking");
  } catch (error) {
    fail(error);
  }
}

async function photo(event) {
  const [file] = event.target.files;
  if (!file) return;
  say("Reading");
  try {
    const text = await readPhoto(await read(), file);
    if (text) await check(text);
    else say("Nophoto");
  } catch {
    // Not a picture this browser can open: it stays in the form, and the server has its own reader.
    say("Nophoto");
  }
}

// --- one code -----------------------------------------------------------------------------------------------

/** Asks the server and goes to its verdict; false when there is no answer. */
async function askServer() {
  if (isKept) return false;
  const form = part("form");
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body: new FormData(form), signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    return false;
  }
  if (response.status >= 500) return false;
  if (response.redirected) location.assign(response.url);
  else form.submit(); // refused as a whole: its own page says why
  return true;
}

async function check(text) {
  close();
  say("Found");
  field("code").value = text;
  field("photo").value = "";
  if (!(await askServer())) await answerAlone(text);
}

async function answerAlone(text) {
  const at = now();
  data ??= await loadData();
  const found = await judge(text, data, at);
  if (data.venue) {
    const nonce = await nonceOf(part("form").elements.nonce.value, text);
    await remember({ nonce, text, claims: found.claims, shown: found.shown, at, venue: data.venue });
  }
  show(found, at);
  await setOffline(true);
}

const copyOf = (name) => gate.querySelector(`template[${name}]`).content.cloneNode(true);

function show(found, at) {
  const facts = copyOf("data-facts");
  const state = {
    data: data.asOf === null ? null : ago(ageAt(at)),
    colour: found.shown in { pass: 1, restricted: 1, refuse: 1 } ? found.claims.colour : null,
    age: found.age === undefined ? null : ago(found.age),
    place: data.venue?.category,
    clock: new Intl.DateTimeFormat(language, { timeZone: ZONE, timeStyle: "medium", hourCycle: "h23" }).format(at * 1000),
  };
  for (const [name, value] of Object.entries(state)) {
    const row = facts.querySelector(`[data-fact=${name}]`);
    // Words of colours and places stand in the row; all else is its own word.
    if (value) row.querySelector("dd").textContent = row.getAttribute(`data-${value}`) ?? value;
    else row.remove();
  }
  answer.replaceChildren(copyOf(`data-panel="${found.panel}"`), facts);
  answer.querySelector("[data-again]").addEventListener("click", again);
  scanner.hidden = true;
  answer.hidden = false;
  document.querySelector("[data-title]").hidden = true;
  answer.querySelector("h1").focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Another number for another scan: a page out of some store brings back the one it had. */
function renumber() {
  part("form").elements.nonce.value = crypto.randomUUID();
}

/** The next person, who must not get the answer of the one before. */
async function again() {
  if (isKept && mayReturn) return location.assign(gate.dataset.scope);
  part("form").reset();
  renumber();
  answer.hidden = true;
  answer.replaceChildren();
  scanner.hidden = false;
  document.querySelector("[data-title]").hidden = false;
  say("");
  if (await allowedBefore()) await start();
}

function submit(event) {
  const text = field("code").value;
  // A photo that could not be read here goes to the server as it is.
  if (!text && !isKept) return;
  event.preventDefault();
  if (text) check(text);
  else say("Nophoto");
}

async function allowedBefore() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false; // a browser that can't say is asked by the button
  }
}

async function prepareScanner() {
  renumber();
  part("form").addEventListener("submit", submit);
  field("photo").addEventListener("change", photo);
  if (!navigator.mediaDevices?.getUserMedia) return;
  showCamera(false);
  part("start").addEventListener("click", start);
  part("stop").addEventListener("click", () => {
    close();
    say("");
  });
  document.addEventListener("visibilitychange", () => document.hidden && close());
  if (!verdict && (await allowedBefore())) await start();
}

async function prepareGate() {
  data = await loadData();
  isOffline ||= !navigator.onLine;
  await paint();
  addEventListener("online", sync);
  addEventListener("offline", () => setOffline(true));
  setInterval(sync, SYNC_EVERY);
  install().catch(() => {}); // a browser without workers, or a private window: the page works while it is open
  await sync();
}

// A page kept by the browser's "back" still holds the number of the scan before: ask for a new one.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
verdict?.focus({ preventScroll: true });
if (scanner) prepareScanner();
if (gate) prepareGate();
