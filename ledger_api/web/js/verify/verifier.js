// Verify a proof bundle in the browser: the same steps, in the same order, as
// traceability/verify/verifier.py, which explains them. tests/vectors/bundles holds both
// to the same verdicts. Step (10) is checked only against block hashes in the trust file.

import { b64uEncode, sameBytes } from "./bytes.js";
import { parseBundle, recordUrn } from "./bundle.js";
import { verifyCheckpoint } from "./checkpoint.js";
import { keyId } from "./ed25519.js";
import { verifyEnvelope } from "./envelope.js";
import { checkEvidence } from "./evidence.js";
import { demand, Fault, NotChecked } from "./fault.js";
import { checkDisclosure, commitmentOf, headerOf } from "./fields.js";
import { verifyConsistency, verifyInclusion } from "./merkle.js";
import { checkCode, checkLot, checkPrefixes, checkRole } from "./scope.js";
import { checkAuthor, checkLog, logId, readStatement } from "./statement.js";
import { checkStatusRuns, deriveStatus } from "./statuses.js";
import { readTrust } from "./trust.js";

export const STEP_NAMES = {
  0: "bundle",
  1: "fields",
  2: "record",
  3: "statement",
  4: "key",
  5: "entry",
  6: "state",
  7: "log",
  8: "checkpoint",
  9: "anchor",
  10: "block",
};
export const STEP_ORDER = [0, 7, 8, 5, 6, 4, 3, 2, 1, 9, 10];
const LAST_STEP = { logged: 8, anchored: 9, final: 10 };
const EXIT_BY_CODE = { CHAIN_NOT_ASKED: 2, CHAIN_UNAVAILABLE: 3 };

// `bytes` is a Uint8Array; `trust` the parsed trust file. Returns the report, whose members are
// those of Report.to_json in traceability/verify/report.py.
export function verifyBundle(bytes, trust, { accept = "final", code = null } = {}) {
  const steps = new Map();
  const trusted = readTrust(trust);
  let proven = null;
  let times = {};
  try {
    proven = checkRecord(steps, bytes, trusted, code);
    times = checkChain(steps, proven, trusted);
  } catch (fault) {
    // A fault is already on record; anything else is a defect of this program.
    if (!(fault instanceof Fault)) throw fault;
    proven = null;
  }
  return report(steps, accept, proven, times);
}

function take(steps, number, check) {
  try {
    const found = check();
    steps.set(number, { result: "passed", code: null, reason: null });
    return found;
  } catch (fault) {
    const { code, message: reason } = fault;
    if (fault instanceof NotChecked) {
      steps.set(number, { result: "not_checked", code, reason });
      return null;
    }
    steps.set(number, { result: "failed", code, reason });
    throw fault;
  }
}

function checkRecord(steps, bytes, trust, code) {
  // (0) One form.
  const bundle = take(steps, 0, () => parseBundle(bytes));
  // (7) Genesis.
  const genesis = take(steps, 7, () => checkGenesis(bundle.genesis, trust));
  // (8) Checkpoint.
  const { origin, logKey } = trust;
  const checkpoint = take(steps, 8, () =>
    verifyCheckpoint(bundle.checkpoint, { origin, publicKey: logKey.publicKey }),
  );
  // (5) Entry in log.
  const batch = take(steps, 5, () => checkEntry(bundle, trust, checkpoint));
  // (6) State entry, key, statuses.
  const statuses = take(steps, 6, () => checkState(bundle, trust, checkpoint));
  // (4) Key valid, and allowed to.
  const registration = take(steps, 4, () => {
    const found = checkRegistration(bundle, genesis, trust, checkpoint);
    checkKey(bundle, batch, found);
    checkScopes(bundle, found);
    return found;
  });
  // (3) Signature.
  take(steps, 3, () => checkSignature(bundle, batch, registration));
  // (2) Record in batch.
  const commitments = take(steps, 2, () => checkBatch(bundle, batch));
  // (1) Fields in record.
  take(steps, 1, () => {
    checkFields(bundle, commitments);
    checkCode(bundle.record, code, recordUrn(bundle.entry.envelope.leaf, bundle.record.index));
  });
  return { bundle, checkpoint, batch, registration, statuses, commitment: commitments[0] };
}

function checkChain(steps, { bundle, checkpoint, batch }, trust) {
  // (9) Anchored.
  const heads = take(steps, 9, () => checkAnchor(bundle, trust, checkpoint, batch.seen));
  // (10) Final.
  const final = take(steps, 10, () => checkBlocks(heads, trust));
  return final ?? heads ?? {};
}

// (7) Genesis → log id.

function checkGenesis(envelope, trust) {
  const genesis = readStatement(envelope, "genesis");
  verifyEnvelope(envelope, [genesis.logKey, genesis.registrarKey]);
  const isLog = sameBytes(logId(genesis, envelope.leaf), trust.log);
  demand(isLog, "LOG_MISMATCH", "genesis is of another log");
  const isSame =
    genesis.chainId === trust.chainId &&
    genesis.contract === trust.contract &&
    sameBytes(genesis.logKey.publicKey, trust.logKey.publicKey);
  demand(isSame, "GENESIS_MISMATCH", "genesis names another chain, contract or log key");
  return genesis;
}

// (5) Entry in log.

function inLog(checkpoint, leaf, index, path) {
  verifyInclusion(leaf, index, { treeSize: checkpoint.treeSize, path, root: checkpoint.rootHash });
}

function checkEntry({ entry }, trust, checkpoint) {
  const batch = readStatement(entry.envelope, "batch");
  checkLog(batch, trust.log);
  inLog(checkpoint, entry.envelope.leaf, entry.index, entry.path);
  return batch;
}

// (6) State entry, key and statuses.

function checkState(bundle, trust, checkpoint) {
  const { envelope, path } = bundle.state;
  const state = readStatement(envelope, "state");
  checkLog(state, trust.log);
  checkAuthor(state, trust.logKey);
  const isLast = state.index === checkpoint.treeSize - 1;
  demand(isLast, "STATE_STALE", "state entry is not the checkpoint's last");
  const isLater = state.index > bundle.entry.index;
  demand(isLater, "STATE_TOO_EARLY", "state entry does not cover the entry");
  verifyEnvelope(envelope, [trust.logKey]);
  inLog(checkpoint, envelope.leaf, state.index, path);
  const { key } = bundle;
  const keys = { treeSize: state.keysSize, path: key.path, root: state.keysRoot };
  verifyInclusion(key.leaf, key.index, keys);
  const statusTree = { treeSize: state.statusSize, root: state.statusRoot };
  const entryHash = bundle.entry.envelope.leaf;
  return checkStatusRuns(bundle.status, entryHash, bundle.record.index, statusTree);
}

// (4) Key valid at the entry's index, by tree and registration; scopes; card.

function checkRegistration(bundle, { registrarKey }, trust, checkpoint) {
  const { envelope, path } = bundle.registration;
  const registration = readStatement(envelope, "register");
  checkAuthor(registration, registrarKey);
  verifyEnvelope(envelope, [registrarKey, registration.newKey]);
  checkLog(registration, trust.log);
  inLog(checkpoint, envelope.leaf, bundle.key.registeredAt, path);
  return registration;
}

function checkKey({ key, entry }, batch, registration) {
  const registered = keyId(registration.newKey.alg, registration.newKey.publicKey);
  const isOne = sameBytes(key.keyId, registered) && sameBytes(registered, batch.key);
  demand(isOne, "KEY_MISMATCH", "key leaf, registration and statement name different keys");
  const isOwn = sameBytes(batch.participant, registration.participant);
  demand(isOwn, "KEY_MISMATCH", "statement and registration name different participants");
  demand(key.registeredAt < entry.index, "KEY_NOT_VALID", "key was registered too late");
  const isLive = key.until === null || entry.index < key.until;
  demand(isLive, "KEY_NOT_VALID", "key was revoked");
}

function checkScopes({ record, card }, registration) {
  headerOf(record.fields);
  checkRole(record.kind, registration.roles);
  checkPrefixes(record.kind, record.fields.fields, registration.prefixes);
  if (card === null) return;
  headerOf(card);
  const commitment = commitmentOf("participant", card);
  const isOwn = sameBytes(commitment.leaf, registration.card);
  demand(isOwn, "CARD_MISMATCH", "card is not the one that the registration names");
  checkDisclosure("participant", card, commitment);
}

// (3) The statement's signature, and what its author had seen.

function checkSignature({ entry, key }, batch, registration) {
  verifyEnvelope(entry.envelope, [registration.newKey]);
  const { treeSize } = batch.seen;
  const isInRange = treeSize > key.registeredAt && treeSize <= entry.index;
  demand(isInRange, "SEEN_OUT_OF_RANGE", "signer saw a checkpoint out of range");
}

// (2) Record → batch, and the lot's.

function checkBatch({ record, lot }, batch) {
  const parts = [record, ...(lot ? [{ kind: "document", index: 0, ...lot }] : [])];
  return parts.map(({ kind, index, path, fields }) => {
    headerOf(fields);
    const commitment = commitmentOf(kind, fields);
    const place = { treeSize: batch.recordCount, path, root: batch.batchRoot };
    verifyInclusion(commitment.leaf, index, place);
    return commitment;
  });
}

// (1) Fields → record.

function checkFields({ record, lot }, commitments) {
  checkDisclosure(record.kind, record.fields, commitments[0]);
  if (lot === null) return;
  checkDisclosure("document", lot.fields, commitments[1]);
  checkLot(record, lot);
}

// (9) Slots → state root → header hash.

function checkAnchor({ anchor, seenProof }, trust, checkpoint, seen) {
  if (anchor === null) throw new NotChecked("ANCHOR_MISSING", "the bundle has no anchor");
  const head = checkEvidence(anchor, trust.log, trust);
  checkHead(head, checkpoint);
  if (seenProof === null) return { head };
  verifyConsistency(seen.treeSize, seen.rootHash, {
    treeSize: checkpoint.treeSize,
    path: seenProof.consistency,
    root: checkpoint.rootHash,
  });
  const seenHead = checkEvidence(seenProof.anchor, trust.log, trust);
  checkHead(seenHead, seen);
  return { head, seen: seenHead };
}

function checkHead(head, { treeSize, rootHash }) {
  const isSame = head.treeSize === BigInt(treeSize) && sameBytes(head.rootHash, rootHash);
  demand(isSame, "ANCHOR_MISMATCH", "anchored head is another");
}

// (10) The block is canonical and final.

function checkBlocks(heads, trust) {
  if (heads === null) throw new NotChecked("ANCHOR_MISSING", "the bundle has no anchor");
  checkCanonical(heads.head, trust);
  if (heads.seen === undefined) return heads;
  try {
    checkCanonical(heads.seen, trust);
  } catch (fault) {
    if (fault instanceof NotChecked) return { head: heads.head };
    throw fault;
  }
  return heads;
}

function checkCanonical({ headerNumber, headerHash }, { blockHashes, endpoints }) {
  const pinned = blockHashes.get(String(headerNumber));
  if (pinned === undefined) {
    const code = endpoints.length > 0 ? "CHAIN_UNAVAILABLE" : "CHAIN_NOT_ASKED";
    throw new NotChecked(code, `the hash of block ${headerNumber} is not known here`);
  }
  const isSame = sameBytes(pinned, headerHash);
  demand(isSame, "BLOCK_NOT_CANONICAL", `chain has another block ${headerNumber}`);
}

// The report.

function report(taken, accept, proven, { head, seen }) {
  const missing = { result: "not_checked", code: "NOT_REACHED", reason: "an earlier step failed" };
  const steps = STEP_ORDER.map((step) => ({
    step,
    name: STEP_NAMES[step],
    ...(taken.get(step) ?? missing),
  }));
  const status = exitStatus(steps, accept);
  return {
    verified: status === 0,
    exit_status: status,
    accept,
    state: stateOf(steps),
    steps,
    not_before: timeOf(proven && seen),
    not_after: timeOf(proven && head),
    ...factsOf(proven),
    status_as_of: proven && {
      tree_size: proven.checkpoint.treeSize,
      block_time: timeOf(head),
      later: "unknown",
    },
    warnings: proven === null ? [] : warningsOf(proven),
  };
}

// What a reader is to be told although every step passed; no verdict changes by it.
function warningsOf({ bundle }) {
  const suspectFrom = bundle.key.suspectFrom;
  const { index } = bundle.entry;
  if (suspectFrom === null || index < suspectFrom) return [];
  const reason = `the key is suspect from entry ${suspectFrom} on, and signed entry ${index}`;
  return [{ code: "KEY_SUSPECT", reason, suspect_from: suspectFrom, entry_index: index }];
}

function stateOf(steps) {
  const passed = new Set(steps.filter((s) => s.result === "passed").map(({ step }) => step));
  const isProven = (state) => STEP_ORDER.every((n) => n > LAST_STEP[state] || passed.has(n));
  return ["final", "anchored", "logged"].find(isProven) ?? null;
}

function exitStatus(steps, accept) {
  if (steps.some(({ result }) => result === "failed")) return 1;
  const open = steps.filter((s) => s.step <= LAST_STEP[accept] && s.result !== "passed");
  if (open.length === 0) return 0;
  return open.length === 1 ? (EXIT_BY_CODE[open[0].code] ?? 1) : 1;
}

function timeOf(head) {
  return head ? new Date(Number(head.timestamp) * 1_000).toISOString() : null;
}

function factsOf(proven) {
  const names = ["record", "fields", "lot", "signer", "claimed_time", "status", "statuses"];
  if (proven === null) return Object.fromEntries(names.map((name) => [name, null]));
  const { bundle, batch, commitment, statuses } = proven;
  const shown = (disclosure) => disclosure.fields.map(({ path, value }) => ({ path, value }));
  return {
    record: {
      kind: bundle.record.kind,
      entry: b64uEncode(bundle.entry.envelope.leaf),
      entry_index: bundle.entry.index,
      index: bundle.record.index,
      field_count: commitment.fieldCount,
      complete: bundle.record.fields.isComplete,
    },
    fields: shown(bundle.record.fields),
    lot: bundle.lot ? shown(bundle.lot.fields) : [],
    signer: signerOf(proven, bundle.card ? shown(bundle.card) : []),
    claimed_time: batch.claimedTime,
    status: deriveStatus(statuses),
    statuses: statuses.map(({ kind, entryIndex }) => ({ kind, entry_index: entryIndex })),
  };
}

function signerOf({ bundle, registration }, card) {
  const participant = b64uEncode(registration.participant);
  const named = card.find(({ path }) => path.length === 1 && path[0] === "name")?.value;
  const name = named ? oneText(named) : participant;
  const isOperator = registration.custody === "operator";
  return {
    participant,
    name,
    key: b64uEncode(bundle.key.keyId),
    custody: registration.custody,
    roles: registration.roles,
    suspect_from: bundle.key.suspectFrom,
    card,
    description: isOperator ? `signed by the operator for ${name}` : `signed by ${name}`,
  };
}

function oneText(value) {
  return typeof value === "object" ? String(Object.values(value)[0]) : String(value);
}
