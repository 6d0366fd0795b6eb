// What the supplier page computes before it signs: the vectors of Python, and JSON without loss.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Nodes, tilePath } from "../../ledger_api/web/js/sign/heads.js";
import { draftBatch, recordsOf, saltedFields } from "../../ledger_api/web/js/sign/drafts.js";
import { parseStrict } from "../../ledger_api/web/js/sign/strict.js";
import { b64uEncode, concat, fromHex, hex, sha256, utf8 } from "../../ledger_api/web/js/verify/bytes.js";
import { commitmentOf } from "../../ledger_api/web/js/verify/fields.js";
import { canonicalize } from "../../ledger_api/web/js/verify/json.js";
import { verifyConsistency } from "../../ledger_api/web/js/verify/merkle.js";
import { root } from "./tree.mjs";

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));

for (const vector of vectors("commitments").records) {
  test(`splits, salts and commits: ${vector.name}`, () => {
    const options = { secret: fromHex(vector.secret), mediaType: vector.media_type ?? undefined };
    const fields = saltedFields(vector.kind, vector.payload, options);
    const found = fields.map(({ path, salt, value }) => [path, b64uEncode(salt), value]);
    assert.deepEqual(found, vector.fields);
    const commitment = commitmentOf(vector.kind, { isComplete: true, fields });
    assert.equal(hex(commitment.leaf), vector.leaf_hash);
  });
}

for (const { name, kind, payload } of vectors("commitments").not_committed) {
  test(`does not commit to ${name}`, () => {
    const list = payload.epcList;
    const whole = list?.repeat ? { ...payload, epcList: new Array(list.repeat).fill("x") } : payload;
    const options = { secret: new Uint8Array(32), mediaType: "application/json" };
    assert.throws(() => saltedFields(kind, whole, options), { code: "RECORD_INVALID" });
  });
}

for (const { name, hex: text, canonical_hex: canonical } of vectors("json").read) {
  test(`reads as submitted: ${name}`, () => {
    assert.equal(canonicalize(parseStrict(fromHex(text), 32)), new TextDecoder().decode(fromHex(canonical)));
  });
}

for (const { name, hex: text } of vectors("json").refused) {
  test(`refuses what would be lost: ${name}`, () => {
    assert.throws(() => parseStrict(fromHex(text), 32), (fault) => Boolean(fault.code));
  });
}

const EVENT = { type: "ObjectEvent", eventTime: "x", eventTimeZoneOffset: "y" };

test("events take their document's context first, and none of its entries twice", () => {
  const outer = ["https://a", { b: "https://b/" }];
  const event = { ...EVENT, "@context": [{ b: "https://b/" }, { c: "https://c/" }] };
  const document = {
    "@context": outer,
    type: "EPCISDocument",
    epcisBody: { eventList: [EVENT, event] },
    epcisHeader: { epcisMasterData: { vocabularyList: [{ type: "v" }] } },
  };
  const records = recordsOf(document);
  assert.deepEqual(records.map(({ kind }) => kind), ["event", "event", "document"]);
  assert.deepEqual(records[0].payload["@context"], outer);
  assert.deepEqual(records[1].payload["@context"], [...outer, { c: "https://c/" }]);
  assert.deepEqual(records[2].payload, { vocabularyList: [{ type: "v" }], "@context": outer });
});

test("a document without events is refused", () => {
  const empty = { type: "EPCISDocument", epcisBody: { eventList: [] } };
  for (const value of [empty, {}, [], "x", { type: "EPCISDocument" }]) {
    assert.throws(() => recordsOf(value), { code: "RECORD_INVALID" });
  }
});

test("secrets are drawn anew for each record", () => {
  const records = recordsOf([{ ...EVENT, "@context": "c" }, { ...EVENT, "@context": "c" }]);
  const draft = draftBatch(records);
  assert.equal(draft.count, 2);
  assert.notEqual(draft.records[0].secret, draft.records[1].secret);
  assert.notDeepEqual(draft.root, draftBatch(records).root);
});

test("a proof of growth is put together from tiles", async () => {
  const leaves = Array.from({ length: 700 }, (_, i) => sha256(utf8(String(i))));
  const rows = [leaves, []];
  for (let at = 0; at + 256 <= leaves.length; at += 256) rows[1].push(root(leaves.slice(at, at + 256)));
  for (const treeSize of [1, 2, 3, 255, 256, 257, 511, 512, 513, 700]) {
    const asked = [];
    const fetchTile = async (path) => {
      asked.push(path);
      const [, level, index] = /^tile\/(\d)\/(\d{3})/.exec(path);
      return concat(...rows[level].slice(index * 256, index * 256 + 256));
    };
    for (const fromSize of [1, 2, 128, 255, 256, 257, 300, 512, 699, 700].filter((n) => n <= treeSize)) {
      const path = await new Nodes(treeSize, fetchTile).consistency(fromSize);
      const later = { treeSize, path, root: root(leaves.slice(0, treeSize)) };
      verifyConsistency(fromSize, root(leaves.slice(0, fromSize)), later);
      if (fromSize === treeSize) assert.deepEqual(path, []);
    }
    assert.ok(asked.every((path) => path.startsWith("tile/")));
  }
});

test("tiles have the paths of C2SP", () => {
  assert.equal(tilePath(0, 0, 5), "tile/0/000.p/5");
  assert.equal(tilePath(1, 1_234_067, 256), "tile/1/x001/x234/067");
});
