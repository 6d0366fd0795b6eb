// DSSE envelopes: exact bytes, signed. Source: secure-systems-lab/dsse, protocol and envelope.

import { b64Decode, b64uDecode, leafHash, sameBytes } from "./bytes.js";
import { keyId } from "./ed25519.js";
import { demand } from "./fault.js";
import { canonicalBytes } from "./json.js";
import { isObject } from "./shapes.js";
import { verifySignature } from "./signatures.js";

export const STATEMENT_TYPE = "application/vnd.itemproof.statement+json";
export const RECEIPT_TYPE = "application/vnd.itemproof.receipt+json";
const MAX_ENTRY_BYTES = 4_096;
const MAX_SIGNATURES = 4;

// Returns {payloadType, payload, signatures: [{keyid, sig}], leaf}; leaf is its hash in a log.
export function parseEnvelope(value, at) {
  const hasMembers = hasExactly(value, ["payload", "payloadType", "signatures"]);
  demand(
    hasMembers &&
      typeof value.payload === "string" &&
      typeof value.payloadType === "string" &&
      Array.isArray(value.signatures) &&
      value.signatures.length >= 1 &&
      value.signatures.length <= MAX_SIGNATURES,
    "ENVELOPE_INVALID",
    `envelope at ${at} is malformed`,
  );
  const payload = b64Decode(value.payload);
  const signatures = value.signatures.map(parseSignature);
  const data = canonicalBytes(value);
  demand(data.length <= MAX_ENTRY_BYTES, "BUNDLE_LIMIT", `entry at ${at} is too long`);
  return { payloadType: value.payloadType, payload, signatures, leaf: leafHash(data) };
}

// Demands signatures by exactly these keys, {alg, publicKey}, in this order.
export function verifyEnvelope(envelope, keys) {
  const wanted = keys.map(({ alg, publicKey }) => keyId(alg, publicKey));
  const isSame =
    wanted.length === envelope.signatures.length &&
    wanted.every((id, i) => sameBytes(id, envelope.signatures[i].keyid));
  demand(isSame, "SIGNERS_INVALID", "envelope has other signers than required");
  keys.forEach((key, i) => verifySignature(key, envelope, envelope.signatures[i].sig));
}

function parseSignature(value) {
  const isWhole = hasExactly(value, ["keyid", "sig"]);
  demand(
    isWhole && typeof value.keyid === "string" && typeof value.sig === "string",
    "ENVELOPE_INVALID",
    "signature is malformed",
  );
  return { keyid: b64uDecode(value.keyid, 32), sig: b64Decode(value.sig) };
}

function hasExactly(value, names) {
  return isObject(value) && Object.keys(value).sort().join() === names.join();
}
