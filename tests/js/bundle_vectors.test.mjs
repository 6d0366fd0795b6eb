// The proof bundles of tests/vectors/bundles: the same verdict, step and reason as in Python.
// Source: scripts/make_bundle_vectors.py; tests/conformance/test_bundle_vectors.py reads them too.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { verifyBundle } from "../../ledger_api/web/js/verify/verifier.js";

const FOLDER = new URL("../vectors/bundles/", import.meta.url);
const ENCODER = new TextEncoder();

// Yields a file's cases with their bundles as bytes, what was shortened put back.
function* read({ trust, cases }) {
  const texts = new Map();
  for (const found of cases) {
    yield { ...found, trust: trust[found.trust], bytes: bytesOf(found, texts) };
  }
}

function bytesOf(found, texts) {
  if (found.bundle_hex !== undefined) return Uint8Array.from(Buffer.from(found.bundle_hex, "hex"));
  if (found.splice === undefined) {
    texts.set(found.name, found.bundle);
    return ENCODER.encode(found.bundle);
  }
  const [start, removed, inserted] = found.splice;
  const base = texts.get(found.base);
  return ENCODER.encode(base.slice(0, start) + inserted + base.slice(start + removed));
}

// One parser cannot tell every fault of JSON apart: any code of its kind will do.
const kindOf = (reason) => (reason?.startsWith("JSON_") ? "NOT_CANONICAL" : reason);

for (const file of readdirSync(FOLDER)) {
  const body = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  for (const { name, bytes, trust, accept, code, expected } of read(body)) {
    test(`${file.replace(".json", "")}/${name}`, () => {
      const report = verifyBundle(bytes, trust, { accept, code: code ?? null });
      const failed = report.steps.find(({ result }) => result === "failed");
      const found = {
        exit_status: report.exit_status,
        state: report.state,
        status: report.status,
        step: failed?.step ?? null,
        reason: kindOf(failed?.code ?? null),
        warnings: report.warnings.map(({ code }) => code),
      };
      assert.deepEqual(found, { ...expected, reason: kindOf(expected.reason) });
      assert.equal(report.verified, report.exit_status === 0);
    });
  }
}
