// GS1 keys in the browser: the verdicts of tests/vectors/codes.json, which Python reads too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  canonicalOf,
  gtinOf,
  lotOf,
  parseCode,
  sameItem,
} from "../../ledger_api/web/js/verify/codes.js";

const VECTORS = JSON.parse(readFileSync(new URL("../vectors/codes.json", import.meta.url), "utf8"));

for (const { urn, elements, link, canonical, gtin, lot } of VECTORS.accepted) {
  for (const form of [urn, elements, link, canonical].filter(Boolean)) {
    test(`reads ${form}`, () => {
      const code = parseCode(form);
      assert.equal(canonicalOf(code), canonical);
      assert.equal(gtinOf(code), gtin);
      // A URN, and the canonical form, name a serial without its lot.
      if (form === elements || form === link) assert.equal(lotOf(code), lot);
    });
  }
}

for (const { text, code, why } of VECTORS.refused) {
  test(`refuses ${text.slice(0, 60)}: ${why}`, () => {
    assert.throws(() => parseCode(text), { code });
  });
}

for (const { first, second, same } of VECTORS.same) {
  test(`${same ? "same" : "not the same"}: ${first} and ${second}`, () => {
    assert.equal(sameItem(first, second), same);
    assert.equal(sameItem(second, first), same);
  });
}
