// Verifies a scanned text without the server: the same order of checks and the same results as healthcode.domain.tokens.
// What is not exactly one of our codes is "unreadable"; nothing of a code is used before its signature holds.

const PREFIX = "JK1:";
const MAX_CHARACTERS = 400;
const ANY_PREFIX = /^[A-Z0-9]{1,8}:/;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const DIGIT = new Map([...ALPHABET].map((character, value) => [character, value]));
const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const EXP = 4n;
const IAT = 6n;
const CTI = 7n;
const STATEMENT = -65537n;
const MIN_UINT32 = 0x10000n;
const MAX_UINT32 = 0xffffffffn;
const DAY = 24 * 3600;

/** How long the keys, lists and policies of this device may go on without the server, in seconds. */
export const DATA_LIFE = DAY;
const SKEW = { offline: 30, online: 5 };
const SCREEN = { life: 90 };
// By kind; `listed` where the code carries its index in a status list. What is not here is no code of ours.
const LIVES = {
  1: { plain: SCREEN },
  2: { listed: { life: 14 * DAY } },
  3: { plain: SCREEN },
  4: { plain: SCREEN },
  5: { listed: { life: DAY } },
  6: { plain: SCREEN, listed: { life: 90 * DAY } },
  7: { plain: { life: 7 * DAY } },
  8: { plain: { life: 600, offlineOnly: true } },
};
export const RESERVE = 8;
export const PAPER = 2;
const COLOURS = ["green", "yellow", "red", null];

/** A text that is no code, with the result it gets. */
class Refused extends Error {
  constructor(result, why) {
    super(why);
    this.result = result;
  }
}
const unreadable = (why) => new Refused("unreadable", why);

// --- base45 (RFC 9285) --------------------------------------------------------------------------------------

function digitsOf(text) {
  return Array.from(text, (character) => {
    const digit = DIGIT.get(character);
    if (digit === undefined) throw unreadable("not base45");
    return digit;
  });
}

/** The bytes of a base45 text; each text has one meaning and each meaning one text. */
export function fromBase45(text) {
  const digits = digitsOf(text);
  if (digits.length % 3 === 1) throw unreadable("not base45: a single character is left over");
  const data = [];
  for (let at = 0; at < digits.length; at += 3) {
    const [c, d, e] = digits.slice(at, at + 3);
    const whole = e !== undefined;
    const value = c + 45 * d + (whole ? 2025 * e : 0);
    if (value > (whole ? 0xffff : 0xff)) throw unreadable("not base45: a group is too large");
    if (whole) data.push(value >> 8);
    data.push(value & 0xff);
  }
  return Uint8Array.from(data);
}

// --- deterministic CBOR (RFC 8949), of this one shape -------------------------------------------------------

/** Reads bytes from front to back; whatever is not the shortest form of what is expected is unreadable. */
class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(length) {
    if (this.at + length > this.data.length) throw unreadable("too short");
    const found = this.data.subarray(this.at, this.at + length);
    this.at += length;
    return found;
  }

  expect(...bytes) {
    const found = this.take(bytes.length);
    if (bytes.some((byte, place) => found[place] !== byte)) throw unreadable("not of our shape");
  }

  /** Major type and argument. */
  head() {
    const [first] = this.take(1);
    const short = first & 0x1f;
    if (short < 24) return [first >> 5, BigInt(short)];
    if (short > 27) throw unreadable("no such head");
    const size = 1 << (short - 24);
    const argument = this.take(size).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    const least = size === 1 ? 24n : 1n << BigInt(4 * size);
    if (argument < least) throw unreadable("not the shortest form");
    return [first >> 5, argument];
  }

  integer() {
    const [major, argument] = this.head();
    if (major > 1) throw unreadable("not an integer");
    return major ? -1n - argument : argument;
  }

  bytes() {
    const [major, length] = this.head();
    if (major !== 2) throw unreadable("not bytes");
    return this.take(Number(length));
  }

  integers() {
    const [major, length] = this.head();
    if (major !== 4 || (length !== 3n && length !== 4n)) throw unreadable("not our statement");
    return Array.from({ length: Number(length) }, () => this.integer());
  }

  end() {
    if (this.at !== this.data.length) throw unreadable("something follows");
  }
}

const isUint32 = (value) => value >= MIN_UINT32 && value <= MAX_UINT32;
const isRegion = (value) => value >= 100_000n && value <= 999_900n && value % 100n === 0n;

function readUint32(reader, name) {
  if (reader.integer() !== name) throw unreadable("not our claims");
  const value = reader.integer();
  if (!isUint32(value)) throw unreadable("exp or iat is not a uint32");
  return Number(value);
}

function readStatement(values) {
  const [kind, colour, region, index] = values;
  const lives = kind >= 0n && kind <= 255n ? LIVES[Number(kind)] : undefined;
  if (!lives) throw new Refused("wrong_kind", `kind ${kind}`);
  const life = index === undefined ? lives.plain : lives.listed;
  if (!life || (index !== undefined && (index < 0n || index > MAX_UINT32))) throw unreadable("an index where none belongs, or none");
  if (colour < 0n || colour > 3n || !isRegion(region)) throw unreadable("no such colour or region");
  return {
    kind: Number(kind),
    colour: COLOURS[Number(colour)],
    region: Number(region),
    index: index === undefined ? null : Number(index),
    life,
  };
}

function readClaims(payload) {
  const reader = new Reader(payload);
  reader.expect(0xa4);
  const exp = readUint32(reader, EXP);
  const iat = readUint32(reader, IAT);
  if (reader.integer() !== CTI) throw unreadable("not our claims");
  const cti = reader.bytes();
  if (cti.length !== 16) throw unreadable("cti is not 16 bytes");
  if (reader.integer() !== STATEMENT) throw unreadable("not our claims");
  const values = reader.integers();
  reader.end();
  return { exp, iat, cti, ...readStatement(values) };
}

// ["Signature1", protected, b"", payload] (RFC 9052 §4.4), up to the protected header
const SIGNED_HEAD = [0x84, 0x6a, ...new TextEncoder().encode("Signature1")];

function headOf(bytes) {
  return bytes.length < 24 ? [0x40 | bytes.length] : [0x58, bytes.length];
}

/** Takes a code apart: { kid, claims, signed, signature }; of right shape, nothing verified. Throws `Refused`. */
export function readToken(text) {
  if (Array.from(text).length > MAX_CHARACTERS) throw unreadable("too long");
  if (!text.startsWith(PREFIX)) {
    const other = ANY_PREFIX.exec(text);
    if (!other) throw unreadable("no prefix");
    fromBase45(text.slice(other[0].length));
    throw new Refused("wrong_kind", `prefix ${other[0]}`);
  }
  const reader = new Reader(fromBase45(text.slice(PREFIX.length)));
  reader.expect(0xd2, 0x84); // tag 18, an array of four
  const header = reader.bytes();
  const inside = new Reader(header);
  inside.expect(0xa2, 0x01, 0x26, 0x04, 0x44); // {1: -7, 4: kid}
  const kid = inside.take(4);
  inside.end();
  reader.expect(0xa0); // nothing unprotected
  const payload = reader.bytes();
  const signature = reader.bytes();
  reader.end();
  if (signature.length !== 64) throw unreadable("not a signature of 64 bytes");
  const claims = readClaims(payload);
  const signed = Uint8Array.from([...SIGNED_HEAD, ...headOf(header), ...header, 0x40, ...headOf(payload), ...payload]);
  return { kid: hex(kid), claims, signed, signature };
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// --- keys ---------------------------------------------------------------------------------------------------

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** The bytes of a base64url text without padding; throws for any other form of the same bytes. */
export function fromBase64url(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text)) throw new TypeError("not base64url");
  const data = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  return data;
}

/** Whether a JWK's point lies on P-256: no browser is trusted to look. */
function isOnCurve({ x, y }) {
  const [a, b] = [x, y].map((text) => {
    const data = fromBase64url(text);
    return data.length === 32 ? BigInt(`0x${hex(data)}`) : P;
  });
  return a < P && b < P && (b * b - (a * a * a - 3n * a + B)) % P === 0n;
}

/** The WebCrypto key of a P-256 JWK; throws for anything else. */
export async function importPublic(jwk) {
  if (jwk.kty !== "EC" || jwk.crv !== "P-256" || !isOnCurve(jwk)) throw new TypeError("not a key on P-256");
  const { kty, crv, x, y } = jwk;
  return crypto.subtle.importKey("jwk", { kty, crv, x, y }, ES256, false, ["verify"]);
}

const STATES = ["staged", "signing", "verifying", "withdrawn"];

/** One published key as a record; throws for a malformed one. */
async function readKey(jwk) {
  const kid = fromBase64url(jwk.kid);
  const scope = jwk.scope.map((kind) => {
    if (!LIVES[kind]) throw new TypeError("no such kind");
    return Number(kind);
  });
  const whole = Number.isInteger(jwk.nbf) && Number.isInteger(jwk.exp) && jwk.nbf < jwk.exp;
  if (kid.length !== 4 || !scope.length || !whole || jwk.alg !== "ES256" || !STATES.includes(jwk.state)) {
    throw new TypeError("not a key of ours");
  }
  const key = await importPublic(jwk);
  return { kid: hex(kid), scope, nbf: jwk.nbf, exp: jwk.exp, state: jwk.state, list: jwk.status_list ?? "", key };
}

/** The keys a verifier knows. Malformed ones never enter. `asOf`: when they left the server, in seconds. */
export async function makeKeySet(jwks, asOf) {
  const read = await Promise.allSettled(jwks.map(readKey));
  return { keys: read.filter(({ status }) => status === "fulfilled").map(({ value }) => value), asOf };
}

const accepts = (key, at) => key.state !== "withdrawn" && key.nbf <= at && at < key.exp;

/** Whether the 64 bytes r || s sign the message. */
export const holds = (key, signature, message) => crypto.subtle.verify(ES256, key, signature, message);

async function findKey({ kid, claims, signed, signature }, { keys, at, online, kinds }) {
  const sharing = keys.keys.filter((key) => key.kid === kid);
  const inScope = sharing.filter((key) => key.scope.includes(claims.kind));
  const refused = !kinds.includes(claims.kind) || (online && claims.life.offlineOnly);
  if (refused || (sharing.length && !inScope.length)) return "wrong_kind";
  if (!online && (keys.asOf === null || at - keys.asOf > DATA_LIFE)) return "cannot_check";
  const usable = inScope.filter((key) => accepts(key, at));
  if (!usable.length) return keys.keys.some((key) => accepts(key, at)) ? "unknown_key" : "cannot_check";
  for (const key of usable) {
    if (await holds(key.key, signature, signed)) return key;
  }
  return "not_genuine";
}

function checkTime({ exp, iat, life }, at, skew) {
  if (at < iat - skew) return "not_yet_valid";
  const expires = Math.min(exp, iat + life.life);
  return expires <= iat || at >= expires + skew ? "expired" : "ok";
}

function checkStatus({ index }, key, revoked) {
  if (index === null) return "ok";
  const answer = revoked(key.list, index);
  if (answer === null) return "cannot_check";
  return answer ? "revoked" : "ok";
}

/**
 * Checks a scanned text. `at` in seconds; `keys` of makeKeySet; `kinds` those this place accepts; `revoked` from the id
 * of a status list and an index to true, false, or null where there is no list to ask.
 * Resolves to { result, claims, age } with the claims once the signature holds; never rejects for what a text holds.
 */
export async function verifyToken(text, { keys, at, online = false, kinds, revoked }) {
  let token;
  try {
    token = readToken(text);
  } catch (error) {
    if (error instanceof Refused) return { result: error.result };
    throw error;
  }
  const key = await findKey(token, { keys, at, online, kinds });
  if (typeof key === "string") return { result: key };
  const { claims } = token;
  const timely = checkTime(claims, at, online ? SKEW.online : SKEW.offline);
  const result = timely === "ok" ? checkStatus(claims, key, revoked) : timely;
  return { result, claims, age: Math.trunc(at - claims.iat) };
}
