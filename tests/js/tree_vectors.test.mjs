// The tree vectors in JavaScript; Python and Solidity read the same file.
// Source: tests/vectors/trees.json, by scripts/make_tree_vectors.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { verifyConsistency, verifyInclusion } from "../../ledger_api/web/js/verify/merkle.js";

const VECTORS = JSON.parse(readFileSync(new URL("../vectors/trees.json", import.meta.url), "utf8"));

const binary = (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex"));

// Yields each case of a table with its own part of the paths.
function* cases(table) {
  for (const [i, name] of table.names.entries()) {
    const path = table.paths.slice(table.path_starts[i], table.path_starts[i + 1]).map(binary);
    const treeSize = table.tree_size[i];
    yield { i, name, valid: table.valid[i], proof: { treeSize, path, root: binary(table.root_hash[i]) } };
  }
}

function check(valid, verify, code) {
  if (valid) verify();
  else assert.throws(verify, { code });
}

const { inclusion, consistency } = VECTORS;

for (const { i, name, valid, proof } of cases(inclusion)) {
  test(`inclusion: ${name}`, () => {
    const leaf = binary(inclusion.leaf_hash[i]);
    check(valid, () => verifyInclusion(leaf, inclusion.leaf_index[i], proof), "INCLUSION_PROOF");
  });
}

for (const { i, name, valid, proof } of cases(consistency)) {
  test(`consistency: ${name}`, () => {
    const root = binary(consistency.from_root[i]);
    check(valid, () => verifyConsistency(consistency.from_size[i], root, proof), "CONSISTENCY_PROOF");
  });
}
