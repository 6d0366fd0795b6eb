// What this browser signs, and the receipt that answers it. Source: docs/formats.md, 3 and 7.

import { b64Encode, b64uDecode, b64uEncode, leafHash, sameBytes } from "../verify/bytes.js";
import { keyId } from "../verify/ed25519.js";
import {
  parseEnvelope,
  RECEIPT_TYPE,
  STATEMENT_TYPE,
  verifyEnvelope,
} from "../verify/envelope.js";
import { demand } from "../verify/fault.js";
import { canonicalBytes, parseCanonical } from "../verify/json.js";

const SUITE = "itemproof-1";
const RECEIPT_LIMITS = { maxBytes: 4_096, maxDepth: 32 };

// Returns the JCS payload of a batch statement; `chain` says which number the key signs next.
export function batchPayload({ log, key, participant, chain, head, draft, now }) {
  return canonicalBytes({
    suite: SUITE,
    type: "batch",
    log: b64uEncode(log),
    key: b64uEncode(keyId(key.alg, key.publicKey)),
    sequence: chain.sequence,
    previous: chain.previous,
    claimed_time: now.toISOString(),
    participant: b64uEncode(participant),
    seen: { tree_size: head.treeSize, root_hash: b64uEncode(head.rootHash) },
    record_count: draft.count,
    batch_root: b64uEncode(draft.root),
  });
}

// Has the key sign a statement's payload, checks its signature, and returns the envelope's JSON.
export async function signStatement(key, payload) {
  const sig = await key.sign(STATEMENT_TYPE, payload);
  const envelope = {
    payload: b64Encode(payload),
    payloadType: STATEMENT_TYPE,
    signatures: [{ keyid: b64uEncode(keyId(key.alg, key.publicKey)), sig: b64Encode(sig) }],
  };
  verifyEnvelope(parseEnvelope(envelope, "/envelope"), [key]);
  return envelope;
}

export const entryHash = (envelope) => leafHash(canonicalBytes(envelope));

// Returns what the operator promised, signed by the trusted log key, for exactly this entry.
export function checkReceipt(value, envelope, trust) {
  const receipt = parseEnvelope(value, "/receipt");
  const isReceipt = receipt.payloadType === RECEIPT_TYPE;
  demand(isReceipt, "RECEIPT_MISMATCH", "the answer holds no receipt");
  verifyEnvelope(receipt, [trust.logKey]);
  const said = parseCanonical(receipt.payload, RECEIPT_LIMITS);
  const isSame =
    said.suite === SUITE &&
    sameBytes(b64uDecode(said.log, 32), trust.log) &&
    sameBytes(b64uDecode(said.entry_leaf_hash, 32), entryHash(envelope));
  demand(isSame, "RECEIPT_MISMATCH", "the receipt is for something else than what was sent");
  return { leafIndex: said.leaf_index, anchoredBy: said.anchored_by };
}
