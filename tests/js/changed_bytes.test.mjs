// Every byte of a bundle counts: changed, it is refused and a step is named.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { verifyBundle } from "../../ledger_api/web/js/verify/verifier.js";

const FILE = new URL("../vectors/bundles/good.json", import.meta.url);
const { trust, cases } = JSON.parse(readFileSync(FILE, "utf8"));
const GOOD = cases.find(({ name }) => name === "item-final");
const BYTES = new TextEncoder().encode(GOOD.bundle);
// Python's property test takes every byte; here every seventh must do.
const STRIDE = 7;

test("every change of a byte is refused at a named step", () => {
  assert.ok(verifyBundle(BYTES, trust[GOOD.trust]).verified);
  for (let at = 0; at < BYTES.length; at += STRIDE) {
    const changed = Uint8Array.from(BYTES);
    changed[at] ^= 1;
    const report = verifyBundle(changed, trust[GOOD.trust]);
    assert.ok(!report.verified, `byte ${at}`);
    // A changed block number leads to a block whose hash the trust file does not have.
    const { step, result } = report.steps.find((found) => found.result !== "passed");
    assert.ok(result === "failed" || step === 10, `byte ${at}`);
  }
});

test("a bundle cut anywhere is refused", () => {
  for (let size = 0; size < BYTES.length; size += 97) {
    assert.equal(verifyBundle(BYTES.slice(0, size), trust[GOOD.trust]).exit_status, 1);
  }
});
