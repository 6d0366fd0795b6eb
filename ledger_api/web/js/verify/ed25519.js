// Ed25519, strictly: RFC 8032 without cofactor, canonical encodings, no points of small order.
// The library's own `verify` multiplies by the cofactor, so the equation is checked here.

import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

import { concat, hex, sameBytes, sha256, utf8 } from "./bytes.js";
import { demand, Fault } from "./fault.js";

const ORDER = Point.CURVE().n;
const P = 2n ** 255n - 19n;
const Y_MASK = 2n ** 255n - 1n;
// The y coordinates of the eight points of small order: orders 1, 2, 4 and 8.
const EIGHTH = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER_Y = new Set([1n, P - 1n, 0n, EIGHTH, P - EIGHTH]);

export const keyId = (alg, publicKey) => sha256(concat(utf8(alg), Uint8Array.of(0), publicKey));

export function checkPublicKey(publicKey) {
  demand(publicKey.length === 32, "PUBLIC_KEY_INVALID", "public key has the wrong length");
  const isStrict = isStrictPoint(publicKey);
  demand(isStrict, "PUBLIC_KEY_INVALID", "public key is not a canonical point of large order");
}

export function verifyStrict(publicKey, signature, message) {
  checkPublicKey(publicKey);
  demand(signature.length === 64, "SIGNATURE_INVALID", "signature has the wrong length");
  const R = signature.subarray(0, 32);
  demand(isStrictPoint(R), "SIGNATURE_INVALID", "signature's R has small order or another form");
  const S = littleEndian(signature.subarray(32));
  demand(S < ORDER, "SIGNATURE_INVALID", "signature's S is not below the group order");
  const k = littleEndian(sha512(concat(R, publicKey, message))) % ORDER;
  const found = multiply(Point.BASE, S).subtract(multiply(readPoint(publicKey), k));
  demand(sameBytes(found.toBytes(), R), "SIGNATURE_INVALID", "signature does not match");
}

function isStrictPoint(encoded) {
  const y = littleEndian(encoded) & Y_MASK;
  return y < P && !SMALL_ORDER_Y.has(y);
}

function readPoint(encoded) {
  try {
    return Point.fromBytes(encoded, false);
  } catch {
    throw new Fault("SIGNATURE_INVALID", "public key is no point of the curve");
  }
}

// Nothing here is secret, so the faster multiplication will do.
const multiply = (point, scalar) => (scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar));

function littleEndian(bytes) {
  return BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);
}
