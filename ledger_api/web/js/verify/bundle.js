// Read a proof bundle strictly: its one written form, exact members, limits.
// Source: docs/formats.md, sections 0 and 8.

import { b64uDecode, b64uEncode, leafHash } from "./bytes.js";
import { parseEnvelope } from "./envelope.js";
import { demand } from "./fault.js";
import { KIND_NUMBERS } from "./fields.js";
import { canonicalBytes, parseCanonical } from "./json.js";
import { binary, digests, integer, items, members, text } from "./shapes.js";

const SUITE = "itemproof-1";
const MAX_BUNDLE_BYTES = 16 * 2 ** 20;
const MAX_BUNDLE_DEPTH = 40;
const MAX_FIELDS = 65_536;
const MAX_CHECKPOINT = 1_024;
const MAX_STATUS_RUNS = 2;
const MAX_STATUS_LEAVES = 1_024;
const MAX_NODES = 65;
const REQUIRED = [
  "suite",
  "record",
  "entry",
  "state",
  "key",
  "registration",
  "status",
  "genesis",
  "checkpoint",
];
const OPTIONAL = ["card", "lot", "anchor", "seen_proof"];
const STATUS_KINDS = ["corrected", "recalled", "recall_lifted", "erased"];

export function parseBundle(bytes) {
  const limits = { maxBytes: MAX_BUNDLE_BYTES, maxDepth: MAX_BUNDLE_DEPTH };
  const found = members(parseCanonical(bytes, limits), "/", REQUIRED, OPTIONAL);
  demand(found.suite === SUITE, "BUNDLE_VALUE", `suite is unknown: expected ${SUITE}`);
  const isAlone = "seen_proof" in found && !("anchor" in found);
  demand(!isAlone, "BUNDLE_MEMBERS", "seen_proof stands without anchor");
  return {
    record: readRecord(found.record),
    entry: readEntry(found.entry),
    state: readLogged(found.state, "/state"),
    key: readKey(found.key),
    registration: readLogged(found.registration, "/registration"),
    status: readStatus(found.status),
    genesis: parseEnvelope(found.genesis, "/genesis"),
    checkpoint: readCheckpoint(found.checkpoint),
    card: "card" in found ? readCard(found.card) : null,
    lot: "lot" in found ? readLot(found.lot) : null,
    anchor: "anchor" in found ? readEvidence(found.anchor, "/anchor") : null,
    seenProof: "seen_proof" in found ? readSeenProof(found.seen_proof) : null,
  };
}

function readRecord(value) {
  const found = members(value, "/record", ["kind", "index", "path", "fields"]);
  const isKind = KIND_NUMBERS.has(text(found.kind, "/record/kind"));
  demand(isKind, "BUNDLE_VALUE", "record kind is unknown");
  return {
    kind: found.kind,
    index: integer(found.index, "/record/index"),
    path: digests(found.path, "/record/path"),
    fields: readDisclosure(found.fields, "/record/fields"),
  };
}

function readLot(value) {
  const found = members(value, "/lot", ["path", "fields"]);
  return {
    path: digests(found.path, "/lot/path"),
    fields: readDisclosure(found.fields, "/lot/fields"),
  };
}

function readCard(value) {
  return readDisclosure(members(value, "/card", ["fields"]).fields, "/card/fields");
}

// A disclosure is {isComplete, fields} and, if partial, {count, indexes, paths} beside fields.
function readDisclosure(value, at) {
  if (typeof value === "object" && value !== null && "complete" in value) {
    const { complete } = members(value, at, ["complete"]);
    const fields = items(complete, at, MAX_FIELDS).map((leaf) => readField(leaf, at));
    return { isComplete: true, fields };
  }
  // In Python's order, so that of two faults both name the same.
  const found = members(value, at, ["count", "partial"]);
  const partial = items(found.partial, at, MAX_FIELDS);
  const count = integer(found.count, at);
  const shown = partial.map((one) => readShown(one, at));
  return {
    isComplete: false,
    count,
    indexes: shown.map(({ index }) => index),
    fields: shown.map(({ field }) => field),
    paths: shown.map(({ path }) => path),
  };
}

function readShown(value, at) {
  const { index, leaf, path } = members(value, at, ["index", "leaf", "path"]);
  return { index: integer(index, at), field: readField(leaf, at), path: digests(path, at) };
}

function readField(value, at) {
  const parts = items(value, at, 3);
  demand(parts.length === 3, "BUNDLE_VALUE", `field at ${at} is not [path, salt, value]`);
  const path = items(parts[0], at, 2);
  for (const part of path) if (typeof part !== "string") integer(part, at);
  return { path, salt: binary(parts[1], at, 16), value: parts[2] };
}

function readEntry(value) {
  const found = members(value, "/entry", ["envelope", "index", "path"]);
  return {
    envelope: parseEnvelope(found.envelope, "/entry/envelope"),
    index: integer(found.index, "/entry/index"),
    path: digests(found.path, "/entry/path"),
  };
}

function readLogged(value, at) {
  const found = members(value, at, ["envelope", "path"]);
  return { envelope: parseEnvelope(found.envelope, at), path: digests(found.path, at) };
}

function readKey(value) {
  const found = members(value, "/key", ["leaf", "index", "path"]);
  return { ...readKeyLeaf(found.leaf), ...readPlace(found, "/key") };
}

function readStatus(value) {
  return items(value, "/status", MAX_STATUS_RUNS).map((run) =>
    items(run, "/status", MAX_STATUS_LEAVES).map((part) => {
      const found = members(part, "/status", ["leaf", "index", "path"]);
      return { ...readStatusLeaf(found.leaf), ...readPlace(found, "/status") };
    }),
  );
}

function readPlace(found, at) {
  const leaf = leafHash(canonicalBytes(found.leaf));
  return { leaf, index: integer(found.index, at), path: digests(found.path, at) };
}

const isIndex = (value) => Number.isSafeInteger(value) && value >= 0;
const isIndexOrNull = (value) => value === null || isIndex(value);

function readKeyLeaf(value) {
  const fault = (condition) => demand(condition, "STATE_LEAF_INVALID", "key leaf is malformed");
  fault(Array.isArray(value) && value.length === 5 && value[0] === "key");
  fault(typeof value[1] === "string");
  const keyId = b64uDecode(value[1], 32);
  const [, , registeredAt, until, suspectFrom] = value;
  fault(isIndex(registeredAt) && isIndexOrNull(until) && isIndexOrNull(suspectFrom));
  return { keyId, registeredAt, until, suspectFrom };
}

function readStatusLeaf(value) {
  const fault = (condition) => demand(condition, "STATE_LEAF_INVALID", "status leaf is malformed");
  fault(Array.isArray(value) && value.length === 5 && value[0] === "status");
  const [, hash, recordIndex, kind, entryIndex] = value;
  fault(typeof hash === "string" && STATUS_KINDS.includes(kind));
  const entryHash = b64uDecode(hash, 32);
  fault((recordIndex === -1 || isIndex(recordIndex)) && isIndex(entryIndex));
  return { entryHash, recordIndex, kind, entryIndex };
}

function readCheckpoint(value) {
  const note = text(value, "/checkpoint");
  demand([...note].length <= MAX_CHECKPOINT, "BUNDLE_LIMIT", "checkpoint is too long");
  return note;
}

function readSeenProof(value) {
  const found = members(value, "/seen_proof", ["consistency", "anchor"]);
  return {
    consistency: digests(found.consistency, "/seen_proof/consistency"),
    anchor: readEvidence(found.anchor, "/seen_proof/anchor"),
  };
}

function readEvidence(value, at) {
  const found = members(value, at, ["header", "account", "slots"]);
  const slots = items(found.slots, at, 2);
  demand(slots.length === 2, "BUNDLE_VALUE", "evidence has the wrong number of slots");
  const nodes = (list) => items(list, at, MAX_NODES).map((node) => binary(node, at));
  return {
    header: binary(found.header, at),
    account: nodes(found.account),
    slots: slots.map(nodes),
  };
}

export const recordUrn = (entryHash, recordIndex) =>
  `urn:itemproof:record:${b64uEncode(entryHash)}:${recordIndex}`;
