// Strict Ed25519: RFC 8032's own vectors, and each way to be almost a signature.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex } from "../../ledger_api/web/js/verify/bytes.js";
import { checkPublicKey, verifyStrict } from "../../ledger_api/web/js/verify/ed25519.js";

// RFC 8032, section 7.1, test 3.
const KEY = fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
const MESSAGE = fromHex("af82");
const SIGNATURE = fromHex(
  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
);
const IDENTITY = fromHex("01".padEnd(64, "0"));
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const littleEndian = (number) => fromHex(number.toString(16).padStart(64, "0")).reverse();
const joined = (r, s) => Uint8Array.from([...r, ...s]);
const refused = { code: "SIGNATURE_INVALID" };

test("accepts the signature of RFC 8032", () => {
  verifyStrict(KEY, SIGNATURE, MESSAGE);
});

test("refuses every flipped bit of a signature", () => {
  for (let bit = 0; bit < 512; bit += 7) {
    const changed = Uint8Array.from(SIGNATURE);
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.throws(() => verifyStrict(KEY, changed, MESSAGE), refused);
  }
});

test("refuses another message", () => {
  assert.throws(() => verifyStrict(KEY, SIGNATURE, fromHex("af83")), refused);
});

test("refuses S plus the group order", () => {
  const s = BigInt(`0x${Buffer.from(SIGNATURE.slice(32)).reverse().toString("hex")}`);
  const changed = joined(SIGNATURE.slice(0, 32), littleEndian(s + ORDER));
  assert.throws(() => verifyStrict(KEY, changed, MESSAGE), refused);
});

test("refuses 63 and 65 bytes", () => {
  assert.throws(() => verifyStrict(KEY, SIGNATURE.slice(0, 63), MESSAGE), refused);
  assert.throws(() => verifyStrict(KEY, joined(SIGNATURE, [0]), MESSAGE), refused);
});

test("refuses the identity point as key, though the equation holds for every message", () => {
  const forged = joined(IDENTITY, new Uint8Array(32));
  const weak = { code: "PUBLIC_KEY_INVALID" };
  assert.throws(() => verifyStrict(IDENTITY, forged, MESSAGE), weak);
});

test("refuses all points of small order, in every encoding", () => {
  const p = 2n ** 255n - 19n;
  const eighth = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
  for (const y of [0n, 1n, p - 1n, eighth, p - eighth, p, p + 1n]) {
    for (const sign of [0n, 2n ** 255n]) {
      const point = littleEndian(y + sign);
      assert.throws(() => checkPublicKey(point), { code: "PUBLIC_KEY_INVALID" });
    }
  }
});

test("refuses a key of 31 bytes", () => {
  assert.throws(() => checkPublicKey(KEY.slice(1)), { code: "PUBLIC_KEY_INVALID" });
});

test("refuses a key that is no point of the curve", () => {
  const key = littleEndian(2n);
  assert.throws(() => verifyStrict(key, SIGNATURE, MESSAGE), refused);
});
