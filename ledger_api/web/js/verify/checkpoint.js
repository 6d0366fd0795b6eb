// Signed tree heads. Source: C2SP signed-note and tlog-checkpoint; one signature, no extensions.

import { b64Decode, concat, sameBytes, sha256, utf8 } from "./bytes.js";
import { verifyStrict } from "./ed25519.js";
import { demand } from "./fault.js";

const MAX_NOTE_BYTES = 4_096;
const ED25519_TYPE = 1;

// Returns {treeSize, rootHash} of the note that the log key signed under this origin.
export function verifyCheckpoint(note, { origin, publicKey }) {
  const fault = (condition, message) => demand(condition, "CHECKPOINT_INVALID", message);
  fault(utf8(note).length <= MAX_NOTE_BYTES, "checkpoint is too long");
  const lines = note.split("\n");
  fault(lines.length === 6 && lines[3] === "" && lines[5] === "", "checkpoint has other lines");
  const [name, size, root, , signed] = lines;
  fault(/^[!-*,-~]+$/.test(name), "checkpoint's origin has a forbidden character");
  const isSize = /^[1-9][0-9]{0,15}$/.test(size) && Number.isSafeInteger(Number(size));
  fault(isSize, "checkpoint's size is not a canonical number from 1");
  const parts = signed.split(" ");
  fault(parts.length === 3 && parts[0] === "—", "checkpoint's signature line is malformed");
  const blob = b64Decode(parts[2], 68);
  const rootHash = b64Decode(root, 32);
  fault(name === origin, "checkpoint is of another log");
  const keyHash = noteKeyHash(origin, publicKey);
  const isOurs = parts[1] === origin && sameBytes(blob.subarray(0, 4), keyHash);
  fault(isOurs, "checkpoint is signed by another key than the log's");
  verifyStrict(publicKey, blob.subarray(4), utf8(`${name}\n${size}\n${root}\n`));
  return { treeSize: Number(size), rootHash };
}

function noteKeyHash(name, publicKey) {
  const typed = concat(utf8(`${name}\n`), Uint8Array.of(ED25519_TYPE), publicKey);
  return sha256(typed).subarray(0, 4);
}
