// The passages of a gate without a network: kept until the server has them. A nonce makes sending twice harmless.
import { dequeue, enqueue, keep, queued } from "./gate_store.js";

const AT_ONCE = 100;
const PATIENCE = 15_000; // ms
const LATER = "scanned_in_future"; // this device's clock was ahead; in a while it will no longer be

/** RFC 9562 version 5: the server makes the same of the page's own number and the text. */
export async function nonceOf(namespace, text) {
  const space = Uint8Array.from(namespace.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));
  const name = new TextEncoder().encode(text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", Uint8Array.from([...space, ...name])));
  const bytes = digest.slice(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text16 = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return text16.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Keeps one passage: a code of ours as it was read, which names nobody, and nothing of any other text. */
export function remember({ nonce, text, claims, shown, at, venue }) {
  return enqueue({ nonce, code: claims ? text : "", shown, scanned_at: new Date(at * 1000).toISOString(), venue: venue.id });
}

/** { here, elsewhere }: how many wait at this venue, and how many were let in at another one. */
export async function waiting(venue) {
  const all = await queued();
  const here = all.filter((passage) => passage.venue === venue?.id).length;
  return { here, elsewhere: all.length - here };
}

/** Who is signed in, from the server; the venue is kept for when there is no server. */
export async function askSession(url) {
  const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const session = await response.json();
  if (session.signed_in) await keep("venue", session.venue);
  return session;
}

async function send(url, passages, csrf) {
  const bare = passages.map(({ nonce, scanned_at, code, shown }) => ({ nonce, scanned_at, code, shown }));
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify({ passages: bare }),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return (await response.json()).results;
}

/** Sends what was let in at the venue of the session; only what the server has answered leaves the queue.
 *  Resolves to how many it would not take. */
export async function upload(url, session) {
  const mine = (await queued()).filter((passage) => passage.venue === session.venue.id);
  let refused = 0;
  for (let first = 0; first < mine.length; first += AT_ONCE) {
    const results = await send(url, mine.slice(first, first + AT_ONCE), session.csrf);
    const settled = results.filter(({ code }) => code !== LATER);
    refused += settled.filter(({ status }) => status === "refused").length;
    await dequeue(settled.map(({ nonce }) => nonce));
  }
  return refused;
}
