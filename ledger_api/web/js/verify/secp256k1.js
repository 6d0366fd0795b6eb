// Signatures of Ethereum wallets: ECDSA on secp256k1 over EIP-712 typed data, in one strict form.
// Sources: SEC 1, sections 2.3.4, 4.1.4 and 4.1.6; EIP-2 (low S); EIP-712; docs/formats.md,
// section 3. Only signatures are checked here: nothing is secret, so time may tell what it likes.

import { keccak_256 as keccak } from "@noble/hashes/sha3.js";

import { concat, hex, uintBytes, utf8 } from "./bytes.js";
import { demand, Fault } from "./fault.js";

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
// Points are {X, Y, Z}, meaning x = X / Z² and y = Y / Z³; Z = 0 is the point at infinity.
const BASE = {
  X: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  Y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  Z: 1n,
};
const INFINITY = { X: 1n, Y: 1n, Z: 0n };

export const TYPES = {
  EIP712Domain: [
    { name: "name", type: "string" },
    { name: "version", type: "string" },
  ],
  Statement: [
    { name: "payloadType", type: "string" },
    { name: "payload", type: "string" },
  ],
};
export const DOMAIN = { name: "ItemProof", version: "1" };

const textHash = (text) => keccak(utf8(text));
const typeHash = (name) => {
  const members = TYPES[name].map((member) => `${member.type} ${member.name}`);
  return textHash(`${name}(${members.join()})`);
};

// Returns the digest that a wallet signs: keccak(0x1901 ‖ domain ‖ hashStruct(statement)).
export function typedDataHash(payloadType, payload) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    throw new Fault("SIGNATURE_INVALID", "payload is not UTF-8 text: no wallet can sign it");
  }
  const name = textHash(DOMAIN.name);
  const domain = keccak(concat(typeHash("EIP712Domain"), name, textHash(DOMAIN.version)));
  const statement = keccak(concat(typeHash("Statement"), textHash(payloadType), keccak(payload)));
  return keccak(concat(Uint8Array.of(0x19, 1), domain, statement));
}

export function checkPublicKey(publicKey) {
  readPoint(publicKey);
}

export function verifyStrict(publicKey, signature, digest) {
  const key = readPoint(publicKey);
  const [r, s] = readSignature(signature);
  const inverse = power(s, N - 2n, N);
  const first = (toNumber(digest) * inverse) % N;
  const found = combine(first, BASE, (r * inverse) % N, key);
  // x = X / Z² is r, or r + N where that is still below P.
  const isX = (x) => x < P && mod(x * found.Z * found.Z - found.X, P) === 0n;
  const isSame = found.Z !== 0n && (isX(r) || isX(r + N));
  demand(isSame, "SIGNATURE_INVALID", "signature does not match");
}

// Returns the compressed public key that signed; `parity` is that of the nonce point's y.
export function recoverPublicKey(signature, parity, digest) {
  const [r, s] = readSignature(signature);
  const nonce = readPoint(concat(Uint8Array.of(2 + parity), uintBytes(r, 32)));
  const inverse = power(r, N - 2n, N);
  const first = mod(-toNumber(digest) * inverse, N);
  const { X, Y, Z } = combine(first, BASE, (s * inverse) % N, nonce);
  demand(Z !== 0n, "SIGNATURE_INVALID", "signature has no key");
  const inverseZ = power(Z, P - 2n, P);
  const x = (X * inverseZ * inverseZ) % P;
  const y = (((Y * inverseZ * inverseZ) % P) * inverseZ) % P;
  return concat(Uint8Array.of(2 + Number(y & 1n)), uintBytes(x, 32));
}

// A wallet answers r ‖ s ‖ v in hex; some give a large s, whose twin is N - s with the other y.
export function fromWallet(r, s, v) {
  const isHigh = s > N / 2n;
  const parity = (v >= 27 ? v - 27 : v) ^ (isHigh ? 1 : 0);
  const signature = concat(uintBytes(r, 32), uintBytes(isHigh ? N - s : s, 32));
  return { signature, parity };
}

function readSignature(signature) {
  demand(signature.length === 64, "SIGNATURE_INVALID", "signature has the wrong length");
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(toNumber);
  demand(r >= 1n && r < N, "SIGNATURE_INVALID", "signature's r is out of range");
  demand(s >= 1n && s <= N / 2n, "SIGNATURE_INVALID", "signature's s is out of range");
  return [r, s];
}

function readPoint(encoded) {
  const isForm = encoded.length === 33 && (encoded[0] === 2 || encoded[0] === 3);
  demand(isForm, "PUBLIC_KEY_INVALID", "public key is not compressed, 33 bytes");
  const X = toNumber(encoded.subarray(1));
  const square = (X * X * X + 7n) % P;
  const root = power(square, (P + 1n) / 4n, P);
  const isPoint = X < P && (root * root) % P === square;
  demand(isPoint, "PUBLIC_KEY_INVALID", "public key is not a point of the curve");
  const isOdd = (root & 1n) === 1n;
  return { X, Y: isOdd === (encoded[0] === 3) ? root : P - root, Z: 1n };
}

const toNumber = (bytes) => BigInt(`0x${hex(bytes)}`);

function mod(number, modulus) {
  const rest = number % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function power(base, exponent, modulus) {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

// Returns a A + b B, the bits of both taken together.
function combine(a, A, b, B) {
  const both = add(A, B);
  let sum = INFINITY;
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = double(sum);
    const [isA, isB] = [(a >> bit) & 1n, (b >> bit) & 1n];
    if (isA && isB) sum = add(sum, both);
    else if (isA) sum = add(sum, A);
    else if (isB) sum = add(sum, B);
  }
  return sum;
}

function double({ X, Y, Z }) {
  const squareY = (Y * Y) % P;
  const S = (4n * X * squareY) % P;
  const M = (3n * X * X) % P;
  const x = mod(M * M - 2n * S, P);
  return { X: x, Y: mod(M * (S - x) - 8n * squareY * squareY, P), Z: (2n * Y * Z) % P };
}

function add(A, B) {
  if (A.Z === 0n) return B;
  if (B.Z === 0n) return A;
  const [squareA, squareB] = [(A.Z * A.Z) % P, (B.Z * B.Z) % P];
  const U = (A.X * squareB) % P;
  const S = (A.Y * squareB * B.Z) % P;
  const H = mod(B.X * squareA - U, P);
  const R = mod(B.Y * squareA * A.Z - S, P);
  if (H === 0n) return R === 0n ? double(A) : INFINITY;
  const squareH = (H * H) % P;
  const V = (U * squareH) % P;
  const X = mod(R * R - squareH * H - 2n * V, P);
  return { X, Y: mod(R * (V - X) - S * squareH * H, P), Z: (A.Z * B.Z * H) % P };
}
