// Judges proofs and bundles in one long-lived process, for `make attack`: a line of JSON asks, a
// line of JSON answers.
//
//   {"proofs": {"cases": [[kind, first, size, nodes]…], "words": base64}} → verdicts, "10…"
//   {"trust": {…}}                                                       → "ok"; for what follows
//   {"bundles": [{"bytes": base64, "accept", "code"}…]}                  → reports

import { createInterface } from "node:readline";

import { verifyConsistency, verifyInclusion } from "../../ledger_api/web/js/verify/merkle.js";
import { Fault } from "../../ledger_api/web/js/verify/fault.js";
import { verifyBundle } from "../../ledger_api/web/js/verify/verifier.js";

const HASH = 32;
let trust = null;

const bytesOf = (base64) => new Uint8Array(Buffer.from(base64, "base64"));

function holds(kind, first, size, hashes) {
  const [start, root, ...path] = hashes;
  const verify = kind === "inclusion" ? verifyInclusion : verifyConsistency;
  const [one, other] = kind === "inclusion" ? [start, first] : [first, start];
  try {
    verify(one, other, { treeSize: size, path, root });
    return true;
  } catch (fault) {
    if (fault instanceof Fault) return false;
    throw fault;
  }
}

function judgeProofs({ cases, words }) {
  const all = bytesOf(words);
  let at = 0;
  const verdicts = cases.map(([kind, first, size, nodes]) => {
    const hashes = [];
    for (const end = at + HASH * (nodes + 2); at < end; at += HASH) {
      hashes.push(all.subarray(at, at + HASH));
    }
    return holds(kind, first, size, hashes) ? "1" : "0";
  });
  return verdicts.join("");
}

function judgeBundle({ bytes, accept = "final", code = null }) {
  try {
    const { exit_status, state, status, steps } = verifyBundle(bytesOf(bytes), trust, { accept, code });
    const failed = steps.find(({ result }) => result === "failed");
    return [exit_status, state, status, failed?.step ?? null, failed?.code ?? null];
  } catch (error) {
    // No bundle may break the verifier; whoever asked sees that this one has.
    return ["broke", null, null, null, String(error?.stack ?? error)];
  }
}

function answer(asked) {
  if (asked.proofs) return judgeProofs(asked.proofs);
  if (asked.bundles) return asked.bundles.map(judgeBundle);
  trust = asked.trust;
  return "ok";
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
