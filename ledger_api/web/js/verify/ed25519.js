// Ed25519, strictly: RFC 8032 without cofactor, canonical encodings, no points of small order.
// The library's own `verify` multiplies by the cofactor, so the equation is checked here.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { concat, sameBytes, sha256, utf8 } from "./bytes.js";
import { demand, Fault } from "./fault.js";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

export const keyId = (alg, publicKey) => sha256(concat(utf8(alg), Uint8Array.of(0), publicKey));

export function checkPublicKey(publicKey) {
  readPoint(publicKey, "PUBLIC_KEY_INVALID", "public key");
}

export function verifyStrict(publicKey, signature, message) {
  const A = readPoint(publicKey, "PUBLIC_KEY_INVALID", "public key");
  demand(signature.length === 64, "SIGNATURE_INVALID", "signature has the wrong length");
  const R = signature.subarray(0, 32);
  readPoint(R, "SIGNATURE_INVALID", "signature's R");
  const S = littleEndian(signature.subarray(32));
  demand(S < ORDER, "SIGNATURE_INVALID", "signature's S is not below the group order");
  const k = littleEndian(sha512(concat(R, publicKey, message))) % ORDER;
  const found = multiply(Point.BASE, S).subtract(multiply(A, k));
  demand(sameBytes(found.toBytes(), R), "SIGNATURE_INVALID", "signature does not match");
}

function readPoint(encoded, code, name) {
  let point;
  try {
    point = Point.fromBytes(encoded, false);
  } catch {
    throw new Fault(code, `${name} is not a canonical point`);
  }
  demand(!point.isSmallOrder(), code, `${name} has small order`);
  return point;
}

// Nothing here is secret, so the faster multiplication will do.
const multiply = (point, scalar) => (scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar));

function littleEndian(bytes) {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
