// Read the statements that a bundle carries, and statuses, strictly: members, types, ranges.
// Source: docs/formats.md, sections 3 and 4.

import { b64uDecode, compareBytes, concat, fromHex, sameBytes, sha256, uintBytes, utf8 } from "./bytes.js";
import { keyId } from "./ed25519.js";
import { STATEMENT_TYPE } from "./envelope.js";
import { demand, Fault } from "./fault.js";
import { parseCanonical } from "./json.js";
import { isObject } from "./shapes.js";
import { ALGS, keyBytes } from "./signatures.js";

const SUITE = "itemproof-1";
const ADDRESS = /^0x[0-9a-f]{40}$/;
const PREFIX = /^[0-9]{1,12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ROLES = ["auditor", "carrier", "distributor", "operator", "producer", "retailer", "supplier"];
const STATUS_KINDS = ["corrected", "recalled", "recall_lifted", "erased"];
const STATUS_REASONS = [
  ..."contamination counterfeit court_order did_not_occur duplicate incorrect_data".split(" "),
  ..."labelling mistaken other personal_data quality regulation resolved".split(" "),
  ..."retention_ended safety".split(" "),
];
const ERASURE_BASES = [
  ..."child_data consent_withdrawn court_order legal_obligation objection other".split(" "),
  ..."purpose_fulfilled retention_ended service_ended trade_secret".split(" "),
  "unlawful_processing",
];
const TYPES = ["genesis", "key", "batch", "status", "score", "state"];

// Takes members one by one; `end` refuses what is left.
class Members {
  constructor(value) {
    demand(isObject(value), "STATEMENT_INVALID", "statement is not an object");
    this.left = new Map(Object.entries(value));
  }

  fault(name, what) {
    return new Fault("STATEMENT_INVALID", `member ${name} ${what}`);
  }

  has(name) {
    return this.left.has(name);
  }

  take(name) {
    if (!this.left.has(name)) throw this.fault(name, "is missing");
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  text(name, pattern) {
    const value = this.take(name);
    if (typeof value !== "string" || !pattern.test(value)) throw this.fault(name, "is malformed");
    return value;
  }

  oneOf(name, allowed) {
    const value = this.take(name);
    if (!allowed.includes(value)) throw this.fault(name, "is unknown");
    return value;
  }

  number(name, least = 0) {
    const value = this.take(name);
    if (!Number.isSafeInteger(value) || value < least) throw this.fault(name, "is out of range");
    return value;
  }

  data(name, length = 32) {
    const value = this.take(name);
    if (typeof value !== "string") throw this.fault(name, "is not base64url text");
    try {
      return b64uDecode(value, length);
    } catch {
      throw this.fault(name, "is malformed");
    }
  }

  members(name) {
    return new Members(this.take(name));
  }

  texts(name, pattern) {
    const value = this.take(name);
    const isWhole =
      Array.isArray(value) &&
      value.every((part) => typeof part === "string" && pattern.test(part)) &&
      value.every((part, i) => i === 0 || compareBytes(utf8(value[i - 1]), utf8(part)) < 0);
    if (!isWhole) throw this.fault(name, "is malformed");
    return value;
  }

  time(name) {
    const value = this.text(name, TIME);
    const isTime = !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value;
    if (!isTime) throw this.fault(name, "is not a time");
    return value;
  }

  end() {
    for (const name of this.left.keys()) throw this.fault(name, "is unknown");
  }
}

const READERS = {
  genesis: readGenesis,
  register: readRegistration,
  batch: readBatch,
  status: readStatus,
  state: readState,
};

// `wanted` is genesis, register, batch, status or state.
export function readStatement(envelope, wanted) {
  const isStatement = envelope.payloadType === STATEMENT_TYPE;
  demand(isStatement, "STATEMENT_TYPE_WRONG", "entry is no statement");
  const value = parseCanonical(envelope.payload, { maxBytes: 4_096, maxDepth: 32 });
  const found = new Members(value);
  demand(found.take("suite") === SUITE, "STATEMENT_INVALID", "suite is unknown");
  const type = found.oneOf("type", TYPES);
  const isWanted =
    wanted === "register" ? type === "key" && value.action !== "revoke" : type === wanted;
  demand(isWanted, "STATEMENT_TYPE_WRONG", `entry is of another type: ${type}`);
  const header = wanted === "genesis" ? {} : readHeader(found);
  const statement = { ...header, ...READERS[wanted](found) };
  found.end();
  return statement;
}

export function checkLog(statement, log) {
  demand(sameBytes(statement.log, log), "STATEMENT_OF_OTHER_LOG", "statement is for another log");
}

export function checkAuthor(statement, { alg, publicKey }) {
  const isAuthor = sameBytes(statement.key, keyId(alg, publicKey));
  demand(isAuthor, "AUTHOR_MISMATCH", "statement names another author");
}

// H("itemproof/log/1\n" ‖ uint256 chain id ‖ contract ‖ opener ‖ leaf hash of genesis).
export function logId(genesis, genesisLeaf) {
  return sha256(
    concat(
      utf8("itemproof/log/1\n"),
      uintBytes(genesis.chainId, 32),
      fromHex(genesis.contract.slice(2)),
      fromHex(genesis.opener.slice(2)),
      genesisLeaf,
    ),
  );
}

function readHeader(found) {
  return {
    log: found.data("log"),
    key: found.data("key"),
    sequence: found.number("sequence"),
    previous: found.data("previous"),
    claimedTime: found.time("claimed_time"),
  };
}

// A log's own keys: verifiers everywhere know Ed25519.
function readKey(part) {
  const key = { alg: part.oneOf("alg", ["ed25519"]), publicKey: part.data("public_key") };
  part.end();
  return key;
}

function readHead(part) {
  const head = { treeSize: part.number("tree_size", 1), rootHash: part.data("root_hash") };
  part.end();
  return head;
}

function readGenesis(found) {
  if (found.has("succeeds")) {
    const part = found.members("succeeds");
    part.data("log");
    readHead(part);
  }
  return {
    chainId: found.number("chain_id", 1),
    contract: found.text("contract", ADDRESS),
    opener: found.text("opener", ADDRESS),
    logKey: readKey(found.members("log_key")),
    registrarKey: readKey(found.members("registrar_key")),
  };
}

function readRegistration(found) {
  found.oneOf("action", ["register"]);
  const scopes = found.members("scopes");
  const roles = scopes.texts("roles", /^[a-z][a-z0-9_]{0,39}$/);
  const areKnown = roles.length > 0 && roles.every((role) => ROLES.includes(role));
  demand(areKnown, "STATEMENT_INVALID", "roles are unknown");
  const prefixes = scopes.texts("prefixes", PREFIX);
  scopes.end();
  const alg = found.oneOf("alg", ALGS);
  return {
    roles,
    prefixes,
    newKey: { alg, publicKey: found.data("public_key", keyBytes(alg)) },
    participant: found.data("participant", 16),
    custody: found.oneOf("custody", ["self", "operator"]),
    card: found.data("card"),
  };
}

function readBatch(found) {
  return {
    seen: readHead(found.members("seen")),
    participant: found.data("participant", 16),
    recordCount: found.number("record_count", 1),
    batchRoot: found.data("batch_root"),
  };
}

function readStatus(found) {
  const records = found.take("records");
  const kind = found.oneOf("kind", STATUS_KINDS);
  const ranges = records === -1 ? -1 : readRanges(records, 0, found.fault("records", "are malformed"));
  const status = {
    records: ranges,
    kind,
    entry: found.data("entry"),
    reason: found.oneOf("reason", STATUS_REASONS),
  };
  if (found.has("replacement")) {
    const part = found.members("replacement");
    status.replacement = { entry: part.data("entry"), record: part.number("record") };
    part.end();
  }
  return kind === "erased" ? { ...status, erasure: readErasure(found, ranges) } : status;
}

// Of several records no single fields can be meant.
function readErasure(found, records) {
  const part = found.members("erasure");
  const erasure = {
    requester: part.data("requester", 16),
    basis: part.oneOf("basis", ERASURE_BASES),
  };
  if (part.has("fields")) {
    const fault = part.fault("fields", "are malformed, or of several records");
    erasure.fields = readRanges(part.take("fields"), 1, fault);
    const isOne = records !== -1 && records.length === 1 && records[0][0] === records[0][1];
    if (!isOne) throw fault;
  }
  part.end();
  return erasure;
}

// Ascending, disjoint, not adjacent: two adjacent ranges would be one, written as two.
function readRanges(value, least, fault) {
  if (!Array.isArray(value) || value.length === 0) throw fault;
  let free = least;
  for (const range of value) {
    const isRange = Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger);
    if (!isRange || range[0] < free || range[1] < range[0] || range[1] >= 2 ** 32) throw fault;
    free = range[1] + 2;
  }
  return value;
}

function readState(found) {
  return {
    index: found.number("index", 1),
    previousState: found.data("previous_state"),
    keysSize: found.number("keys_size"),
    keysRoot: found.data("keys_root"),
    statusSize: found.number("status_size"),
    statusRoot: found.data("status_root"),
  };
}
