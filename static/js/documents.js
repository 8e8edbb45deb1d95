// Reads what the server publishes for verifiers and believes it only as far as the root goes that came with the page:
// root → publisher's certificate → document. The counterpart of healthcode.domain.tokens.documents.
import { fromBase64url, holds, importPublic } from "./verify.js";

const CERTIFICATE = "hc-publisher+jwt";
const CERTIFICATE_LIFE = 365 * 24 * 3600;
const SKEW = 300; // this device's clock may be behind the publisher's
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MEMBERS = "payload,protected,signature";

/** A document that must not be believed; `fromFuture` where this device's clock seems to be behind. */
export class BadDocument extends Error {
  constructor(why, fromFuture = false) {
    super(why);
    this.fromFuture = fromFuture;
  }
}

function parse(bytes) {
  const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw new BadDocument("not a JSON object");
  return found;
}

function takeApart({ protected: head, payload, signature }) {
  const header = parse(fromBase64url(head));
  if (header.alg !== "ES256" || "crit" in header) throw new BadDocument("another algorithm, or an extension nobody knows");
  return { header, payload, signature: fromBase64url(signature), signed: new TextEncoder().encode(`${head}.${payload}`) };
}

/** The payload of a JWS of this type that `key` signed and that holds at `at`. */
async function checked(jws, key, typ, at) {
  if (jws.header.typ !== typ) throw new BadDocument(`of type ${jws.header.typ}, not ${typ}`);
  if (!(await holds(key, jws.signature, jws.signed))) throw new BadDocument("the signature does not hold");
  const payload = parse(fromBase64url(jws.payload));
  const { iat, exp } = payload;
  if (!Number.isInteger(iat) || !Number.isInteger(exp) || iat < 0 || iat >= exp) throw new BadDocument("without its instants");
  if (at < iat - SKEW) throw new BadDocument("from the future", true);
  if (at >= exp) throw new BadDocument("past its life");
  return payload;
}

async function thumbprint({ x, y }) {
  const text = JSON.stringify({ crv: "P-256", kty: "EC", x, y });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...digest)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function publisherOf(header, root, at) {
  const parts = typeof header.cert === "string" ? header.cert.split(".") : [];
  if (parts.length !== 3) throw new BadDocument("no certificate");
  const [head, payload, signature] = parts;
  const said = await checked(takeApart({ protected: head, payload, signature }), await importPublic(root), CERTIFICATE, at);
  if (said.exp - said.iat > CERTIFICATE_LIFE) throw new BadDocument("the certificate lives longer than a year");
  if (said.kid !== (await thumbprint(said.jwk)) || header.kid !== said.kid) throw new BadDocument("the certificate is another key's");
  return { key: await importPublic(said.jwk), issuer: said.iss };
}

/** The payload of a document (flattened JWS) of type `typ` at `at` seconds; rejects with BadDocument for anything else. */
export async function readDocument(text, { typ, root, at }) {
  try {
    const found = JSON.parse(text);
    if (Object.keys(found).sort().join() !== MEMBERS) throw new BadDocument("not a flattened JWS");
    const jws = takeApart(found);
    const { key, issuer } = await publisherOf(jws.header, root, at);
    const payload = await checked(jws, key, typ, at);
    if ("iss" in payload && payload.iss !== issuer) throw new BadDocument("the publisher signs for another issuer");
    return payload;
  } catch (error) {
    if (error instanceof BadDocument) throw error;
    throw new BadDocument(`${error.name}: ${error.message}`);
  }
}

/** The bytes of a published status list. */
export async function unpackList(payload) {
  const claim = payload.status_list;
  if (claim?.bits !== 1) throw new BadDocument("no status list of one bit a code");
  const stream = new Blob([fromBase64url(claim.lst)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const packed = [];
  let size = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_LIST_BYTES) throw new BadDocument("the list unpacks without end");
    packed.push(value);
  }
  return new Uint8Array(await new Blob(packed).arrayBuffer());
}

/** Whether the code of an index is revoked; null for an index past the end, of which the list says nothing. */
export function isSet(packed, index) {
  const place = Math.floor(index / 8);
  return place < packed.length ? Boolean((packed[place] >> (index % 8)) & 1) : null;
}

/** A list with the bits of a slice of changes set. */
export function withBits(packed, indices) {
  const changed = Uint8Array.from(packed);
  for (const index of indices) {
    const place = Math.floor(index / 8);
    if (!Number.isInteger(index) || index < 0 || place >= changed.length) throw new BadDocument("a bit past the end of the list");
    changed[place] |= 1 << (index % 8);
  }
  return changed;
}
