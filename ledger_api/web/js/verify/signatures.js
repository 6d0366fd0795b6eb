// The signature schemes by their names, `alg`: what each signs of a payload, and how it is checked.
// Source: docs/formats.md, section 3.

import { concat, utf8 } from "./bytes.js";
import * as ed25519 from "./ed25519.js";
import { demand } from "./fault.js";
import * as secp256k1 from "./secp256k1.js";

const SCHEMES = new Map([
  ["ed25519", { keyBytes: 32, message: pae, ...pick(ed25519) }],
  ["secp256k1-eip712", { keyBytes: 33, message: secp256k1.typedDataHash, ...pick(secp256k1) }],
]);
// Of participants' keys; those of a log and its registrar are Ed25519 only.
export const ALGS = [...SCHEMES.keys()];

export const keyBytes = (alg) => SCHEMES.get(alg).keyBytes;

// What a key of this scheme signs.
export const signedMessage = (alg, payloadType, payload) =>
  schemeOf(alg).message(payloadType, payload);

export function verifySignature({ alg, publicKey }, envelope, signature) {
  const scheme = schemeOf(alg);
  scheme.verifyStrict(publicKey, signature, scheme.message(envelope.payloadType, envelope.payload));
}

// DSSE's pre-authentication encoding.
export function pae(payloadType, payload) {
  const kind = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${kind.length} `), kind, utf8(` ${payload.length} `), payload);
}

function pick({ verifyStrict }) {
  return { verifyStrict };
}

function schemeOf(alg) {
  demand(SCHEMES.has(alg), "SCHEME_UNKNOWN", `signature scheme is unknown: ${alg}`);
  return SCHEMES.get(alg);
}
