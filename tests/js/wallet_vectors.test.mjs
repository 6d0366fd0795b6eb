// Signatures of wallets: the verdicts of tests/vectors/secp256k1.json, which Python reads too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fromHex, hex, utf8 } from "../../ledger_api/web/js/verify/bytes.js";
import { parseEnvelope, verifyEnvelope } from "../../ledger_api/web/js/verify/envelope.js";
import { parseCanonical } from "../../ledger_api/web/js/verify/json.js";
import {
  checkPublicKey,
  fromWallet,
  recoverPublicKey,
  typedDataHash,
} from "../../ledger_api/web/js/verify/secp256k1.js";
import { verifySignature } from "../../ledger_api/web/js/verify/signatures.js";

const FILE = new URL("../vectors/secp256k1.json", import.meta.url);
const VECTORS = JSON.parse(readFileSync(FILE, "utf8"));
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function judge({ ok, code }, check) {
  if (ok) check();
  else assert.throws(check, { code });
}

for (const vector of VECTORS.signatures) {
  test(`wallet: ${vector.name}`, () => {
    const envelope = { payloadType: vector.payload_type, payload: fromHex(vector.payload) };
    const key = { alg: VECTORS.alg, publicKey: fromHex(vector.public_key) };
    judge(vector, () => verifySignature(key, envelope, fromHex(vector.signature)));
  });
}

for (const vector of VECTORS.keys) {
  test(`wallet key: ${vector.name}`, () => {
    judge(vector, () => checkPublicKey(fromHex(vector.public_key)));
  });
}

for (const vector of VECTORS.envelopes) {
  test(`envelope: ${vector.name}`, () => {
    const value = parseCanonical(utf8(vector.text), { maxBytes: 4_096, maxDepth: 32 });
    const keys = vector.keys.map((key) => ({ alg: key.alg, publicKey: fromHex(key.public_key) }));
    judge(vector, () => verifyEnvelope(parseEnvelope(value, ""), keys));
  });
}

test("digests of typed data", () => {
  for (const { payload_type: kind, payload, digest } of VECTORS.digests) {
    assert.equal(hex(typedDataHash(kind, fromHex(payload))), digest);
  }
});

const GOOD = VECTORS.signatures.filter(({ ok }) => ok);

test("the key is found from a signature, for one of the two parities", () => {
  for (const vector of GOOD) {
    const digest = typedDataHash(vector.payload_type, fromHex(vector.payload));
    const found = [0, 1].map((parity) =>
      hex(recoverPublicKey(fromHex(vector.signature), parity, digest)),
    );
    assert.equal(found.filter((key) => key === vector.public_key).length, 1, vector.name);
  }
});

test("a wallet's larger s becomes the smaller, and its key stays the same", () => {
  const [vector] = GOOD;
  const digest = typedDataHash(vector.payload_type, fromHex(vector.payload));
  const [r, s] = [0, 64].map((at) => BigInt(`0x${vector.signature.slice(at, at + 64)}`));
  const right = [27, 28].find((v) => {
    const { signature, parity } = fromWallet(r, s, v);
    return hex(recoverPublicKey(signature, parity, digest)) === vector.public_key;
  });
  const { signature, parity } = fromWallet(r, ORDER - s, 55 - right);
  assert.equal(hex(signature), vector.signature);
  assert.equal(hex(recoverPublicKey(signature, parity, digest)), vector.public_key);
  const plain = fromWallet(r, s, right - 27);
  assert.equal(plain.parity, parity);
});
