// The gate page: brings the verdict to the reader's attention, and lets camera and photo fill in the form that a
// keyboard could fill in. The server gives every verdict; without this script the form still works.
import { makeReader, openCamera, readPhoto } from "./scanner.js";

const verdict = document.querySelector("[data-verdict]");
const scanner = document.querySelector("[data-scanner]");
let reader;
let stop;

const part = (name) => scanner.querySelector(`[data-scan-${name}]`);
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
  showCamera(false);
}

function submit(text) {
  const form = part("form");
  say("Found");
  document.getElementById(scanner.dataset.codeField).value = text;
  document.getElementById(scanner.dataset.photoField).value = "";
  form.submit();
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
    const opened = await openCamera(part("view").querySelector("video"), await read(), { onText: submit, onError: fail });
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
    if (text) submit(text);
    else say("Nophoto");
  } catch {
    // Not a picture this browser can open: it stays in the form, and the server has its own reader.
    say("Nophoto");
  }
}

async function allowedBefore() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false; // a browser that can't say is asked by the button
  }
}

// A page kept by the browser's "back" still holds the number of the scan before: ask for a new one.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
verdict?.focus({ preventScroll: true });

if (scanner) {
  document.getElementById(scanner.dataset.photoField).addEventListener("change", photo);
  if (navigator.mediaDevices?.getUserMedia) {
    showCamera(false);
    part("start").addEventListener("click", start);
    part("stop").addEventListener("click", () => {
      close();
      say("");
    });
    document.addEventListener("visibilitychange", () => document.hidden && close());
    if (!verdict && (await allowedBefore())) start();
  }
}
