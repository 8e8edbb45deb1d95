// What a gate knows without the server: keys, policies, status lists. Fetched while there is a network, believed only
// when the root that came with the page stands behind them, and judged with as they were then.
import { BadDocument, isSet, readDocument, unpackList, withBits } from "./documents.js";
import { keep, recall } from "./gate_store.js";
import { DATA_LIFE, PAPER, RESERVE, makeKeySet, verifyToken } from "./verify.js";

const KEYS = "hc-keys+jwt";
const POLICY = "hc-policy+jwt";
const LIST = "statuslist+jwt";
const DELTA = "hc-status-delta+jwt";
const PATIENCE = 10_000; // ms
// Codes of one person, and the reserve of a phone that has no network either. A group of companions is known to the
// server alone; venue codes and reports are not for gates.
const KINDS = [1, 2, 3, 5, RESERVE];
const CLOCK_APART = 20; // seconds that this device's clock may differ from the server's before the page says so

export const now = () => Date.now() / 1000;

async function ask(url) {
  const response = await fetch(url, { cache: "no-cache", credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response;
}

async function fetchDocument(url, typ, root) {
  const response = await ask(url);
  return { payload: await readDocument(await response.text(), { typ, root, at: now() }), heard: response.headers.get("Date") };
}

async function freshList(config, id) {
  const { payload } = await fetchDocument(`${config.lists}${encodeURIComponent(id)}`, LIST, config.root);
  if (!String(payload.sub).endsWith(id)) throw new BadDocument("another list");
  const { version = null, iat, exp } = payload;
  return { id, packed: await unpackList(payload), version, iat, exp, wholeAt: iat };
}

/** A list brought up to date by what has changed since; the whole of it where that is not to be had. */
async function updatedList(config, id, known) {
  // Slices do not lengthen a list: once a day the whole of it comes with the room for the codes of today.
  if (!known || known.version === null || now() - known.wholeAt > DATA_LIFE) return freshList(config, id);
  try {
    const url = `${config.lists}${encodeURIComponent(id)}/since/${known.version}`;
    const { payload } = await fetchDocument(url, DELTA, config.root);
    if (!String(payload.sub).endsWith(id) || payload.from !== known.version) throw new BadDocument("another slice");
    return { ...known, packed: withBits(known.packed, payload.set), version: payload.to, iat: payload.iat, exp: payload.exp };
  } catch {
    return freshList(config, id);
  }
}

const isNewer = (payload, known) => !known || payload.iat >= known.iat;

/** Fetches all that is published and keeps it; what cannot be fetched or believed stays as it was. */
export async function refreshData(config) {
  const { payload: keys, heard } = await fetchDocument(config.keys, KEYS, config.root);
  // An older copy, out of some cache, must not bring back a key that was withdrawn since.
  if (isNewer(keys, await recall("keys"))) await keep("keys", keys);
  if (heard) await keep("heard", { server: Date.parse(heard) / 1000, here: now() });
  const { payload: policy } = await fetchDocument(config.policy, POLICY, config.root);
  if (isNewer(policy, await recall("policy"))) await keep("policy", policy);
  const known = (await recall("lists")) ?? {};
  const ids = [...new Set(keys.keys.map((key) => key.status_list).filter(Boolean))];
  const lists = await Promise.allSettled(ids.map((id) => updatedList(config, id, known[id])));
  const fresh = lists.filter(({ status }) => status === "fulfilled").map(({ value }) => [value.id, value]);
  await keep("lists", Object.fromEntries([...ids.filter((id) => known[id]).map((id) => [id, known[id]]), ...fresh]));
}

/** Everything kept, ready to judge with. `heard`: what the server's clock and this device's said when they last met. */
export async function loadData() {
  const [keys, policy, lists, venue, heard] = await Promise.all(["keys", "policy", "lists", "venue", "heard"].map(recall));
  const asOf = keys?.iat ?? null;
  const set = await makeKeySet(keys && now() < keys.exp ? keys.keys : [], asOf);
  return { keys: set, asOf, policy, lists: lists ?? {}, venue, heard };
}

/** Whether this device's clock is behind what the server's said before: then it is wrong for certain. */
const isBehind = ({ heard }, at) => Boolean(heard) && at < heard.server - CLOCK_APART;

/** Whether this device's clock is behind, or was wrong when the server was last heard. */
export const isClockWrong = (data) =>
  isBehind(data, now()) || (Boolean(data.heard) && Math.abs(data.heard.here - data.heard.server) > CLOCK_APART);

const isFresh = (document, at) => Boolean(document) && at < document.exp && at - document.iat <= DATA_LIFE;

function rule({ policy, venue }, { kind, colour }, at) {
  const table = isFresh(policy, at) ? policy.policies[venue?.category] : null;
  const ruling = table?.[colour ?? "none"];
  // A reserve code passes nobody by itself, and neither does paper: what would be a pass becomes a look at the document.
  const loose = kind === PAPER || kind === RESERVE;
  return loose && ruling?.verdict === "pass" ? table.none : ruling;
}

function panelOf({ condition }, { kind, colour }) {
  if (condition !== "document") return `${condition}.${colour}`;
  return kind === RESERVE ? "fallback" : "document";
}

/** What the gate does about a text, without the server: { panel, shown, claims, age }. */
export async function judge(text, data, at) {
  const revoked = (id, index) => (isFresh(data.lists[id], at) ? isSet(data.lists[id].packed, index) : null);
  const { result: found, claims, age } = await verifyToken(text, { keys: data.keys, at, kinds: KINDS, revoked });
  // By a clock that is behind, keys made lately are not valid yet: it is the clock that has to be set.
  const result = isBehind(data, at) && (found === "unknown_key" || found === "cannot_check") ? "not_yet_valid" : found;
  if (result !== "ok") return { panel: result, shown: result, claims, age };
  const ruling = rule(data, claims, at);
  if (!ruling) return { panel: "cannot_check", shown: "cannot_check", claims, age };
  return { panel: panelOf(ruling, claims), shown: ruling.verdict, claims, age };
}
