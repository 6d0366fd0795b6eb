// The small vectors in JavaScript: JSON, signatures, envelopes, checkpoints, commitments.
// Source: tests/vectors, by scripts/make_vectors.py; Python reads the same files.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { b64uDecode, fromHex, hex, leafHash, utf8 } from "../../ledger_api/web/js/verify/bytes.js";
import { verifyCheckpoint } from "../../ledger_api/web/js/verify/checkpoint.js";
import { keyId, verifyStrict } from "../../ledger_api/web/js/verify/ed25519.js";
import { parseEnvelope, verifyEnvelope } from "../../ledger_api/web/js/verify/envelope.js";
import { checkDisclosure, commitmentOf } from "../../ledger_api/web/js/verify/fields.js";
import { canonicalize, parseCanonical } from "../../ledger_api/web/js/verify/json.js";
import { inclusionPath } from "./tree.mjs";
import { logId, readStatement } from "../../ledger_api/web/js/verify/statement.js";

const STATEMENT = "application/vnd.itemproof.statement+json";
const READ = { maxBytes: 4_096, maxDepth: 32 };
const CARRIED = ["genesis", "batch", "status", "state"];

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));

function judge({ ok, code }, verify) {
  if (ok) verify();
  else assert.throws(verify, code === undefined ? undefined : { code });
}

for (const { name, hex: text, canonical_hex: canonical } of vectors("json").read) {
  test(`JSON: reads ${name} only in its canonical form`, () => {
    const form = fromHex(canonical);
    assert.equal(canonicalize(parseCanonical(form, READ)), new TextDecoder().decode(form));
    if (text !== canonical) assert.throws(() => parseCanonical(fromHex(text), READ));
  });
}

for (const { name, hex: text } of vectors("json").refused) {
  test(`JSON: refuses ${name}`, () => {
    assert.throws(() => parseCanonical(fromHex(text), READ), (fault) => Boolean(fault.code));
  });
}

test("JCS: writes the numbers and values of RFC 8785", () => {
  for (const { ieee754, text } of vectors("jcs").numbers) {
    assert.equal(canonicalize(Buffer.from(ieee754, "hex").readDoubleBE()), text);
  }
  for (const { text, canonical } of vectors("jcs").values) {
    assert.equal(canonicalize(JSON.parse(text)), canonical);
  }
});

for (const vector of vectors("ed25519").signatures) {
  test(`Ed25519: ${vector.name}`, () => {
    const [key, signature, message] = ["public_key", "signature", "message"].map((member) =>
      fromHex(vector[member]),
    );
    judge(vector, () => verifyStrict(key, signature, message));
  });
}

const ENVELOPE_READ_BY_TEXT = new Set(["JSON_TOO_LARGE"]);

for (const vector of vectors("dsse").envelopes) {
  // A bundle holds envelopes as objects and statements alone: length and type are checked there.
  if (ENVELOPE_READ_BY_TEXT.has(vector.code) || vector.name.startsWith("a receipt where")) continue;
  test(`DSSE: ${vector.name}`, () => {
    const verify = () => {
      const envelope = parseEnvelope(parseCanonical(utf8(vector.text), READ), "");
      if (vector.leaf_hash) assert.equal(hex(envelope.leaf), vector.leaf_hash);
      const keys = vector.public_keys.map((key) => ({ alg: "ed25519", publicKey: fromHex(key) }));
      verifyEnvelope(envelope, keys);
    };
    // JSON.parse drops a duplicate member, so that the form is no longer that of the text.
    const code = vector.code === "JSON_DUPLICATE_KEY" ? "NOT_CANONICAL" : vector.code;
    judge({ ...vector, code }, verify);
  });
}

test("key ids", () => {
  for (const { public_key: key, key_id: id } of vectors("dsse").key_ids) {
    assert.equal(hex(keyId("ed25519", fromHex(key))), id);
  }
});

const wantedOf = ({ type, action }) => (type === "key" ? action : type);
const envelopeOf = (payload) => ({ payloadType: STATEMENT, payload: utf8(payload) });

for (const { name, payload } of vectors("statements").good) {
  const wanted = wantedOf(JSON.parse(payload));
  if (![...CARRIED, "register"].includes(wanted)) continue;
  test(`statement: reads ${name}`, () => {
    readStatement(envelopeOf(payload), wanted);
  });
}

for (const { name, payload } of vectors("statements").refused) {
  const type = CARRIED.find((type) => name.startsWith(`${type} with`));
  const wanted = name.startsWith("key with") ? "register" : type;
  if (wanted === undefined) continue;
  test(`statement: refuses ${name}`, () => {
    assert.throws(() => readStatement(envelopeOf(payload), wanted), (fault) => Boolean(fault.code));
  });
}

test("log ids", () => {
  for (const vector of vectors("statements").log_ids) {
    const { contract, opener, genesis_leaf_hash: leaf } = vector;
    const genesis = { chainId: vector.chain_id, contract, opener };
    assert.equal(hex(logId(genesis, fromHex(leaf))), vector.log_id);
  }
});

for (const vector of vectors("checkpoints").checkpoints) {
  test(`checkpoint: ${vector.name}`, () => {
    const { origin, public_key: key } = vector;
    judge(vector, () => {
      const found = verifyCheckpoint(vector.note, { origin, publicKey: fromHex(key) });
      assert.equal(found.treeSize, vector.tree_size);
      assert.equal(hex(found.rootHash), vector.root_hash);
    });
  });
}

const fieldOf = ([path, salt, value]) => ({ path, salt: b64uDecode(salt), value });

for (const vector of [...vectors("commitments").records, ...vectors("commitments").items]) {
  test(`commitment: ${vector.name ?? vector.serial}`, () => {
    const fields = vector.fields.map(fieldOf);
    const kind = vector.kind ?? "item";
    const found = commitmentOf(kind, { isComplete: true, fields });
    assert.equal(hex(found.fieldRoot), vector.field_root);
    assert.equal(hex(found.leaf), vector.leaf_hash);
  });
}

for (const vector of vectors("commitments").complete) {
  test(`complete disclosure: ${vector.name}`, () => {
    const disclosure = { isComplete: true, fields: vector.fields.map(fieldOf) };
    judge({ ok: vector.ok, code: undefined }, () => {
      checkDisclosure(vector.kind, disclosure, commitmentOf(vector.kind, disclosure));
    });
  });
}

for (const vector of vectors("commitments").partial) {
  test(`partial disclosure: ${vector.name}`, () => {
    judge({ ok: vector.ok, code: undefined }, () => {
      const disclosure = partial(vector);
      checkDisclosure(vector.kind, disclosure, commitmentOf(vector.kind, disclosure));
    });
  });
}

// Builds a tree in which the shown leaves stand where the vector says.
function partial({ count, shown }) {
  const fields = shown.map(([, field]) => fieldOf(field));
  const indexes = shown.map(([index]) => index);
  const leaves = new Array(count).fill(leafHash(utf8("filler")));
  shown.forEach(([index, [path, salt, value]]) => {
    leaves[index] = leafHash(utf8(canonicalize([path, salt, value])));
  });
  const paths = indexes.map((index) => inclusionPath(index, leaves));
  return { isComplete: false, count, fields, indexes, paths };
}
