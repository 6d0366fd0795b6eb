// The trust file: what a verifier believes before it reads a bundle.
// Source: docs/formats.md, section 8.

import { b64uDecode, fromHex, hex } from "./bytes.js";
import { checkPublicKey } from "./ed25519.js";
import { demand } from "./fault.js";
import { integer, isObject, items, members, text } from "./shapes.js";

const REQUIRED = ["chain_id", "contract", "code_hash", "log", "log_key", "origin"];
const OPTIONAL = ["block_hashes", "endpoints", "block_number"];
const ADDRESS = /^0x[0-9a-f]{40}$/;
const DIGEST = /^0x[0-9a-f]{64}$/;
const DECIMAL = /^(0|[1-9][0-9]{0,15})$/;
const ORIGIN = /^[^\s/+]+\/log\/([0-9a-f]{64})$/;

// `value` is the parsed JSON of the trust file. Block hashes are kept by number, as text.
export function readTrust(value) {
  members(value, "trust", REQUIRED, OPTIONAL);
  const key = members(value.log_key, "log_key", ["alg", "public_key"]);
  demand(key.alg === "ed25519", "TRUST_FILE_INVALID", "log key has an unknown scheme");
  const publicKey = b64uDecode(text(key.public_key, "log_key"), 32);
  checkPublicKey(publicKey);
  const log = b64uDecode(text(value.log, "log"), 32);
  const origin = matching(value.origin, ORIGIN);
  const isSame = origin.endsWith(hex(log));
  demand(isSame, "TRUST_FILE_INVALID", "origin names another log than `log`");
  const blockNumber = value.block_number ?? "native";
  const isKnown = ["native", "foreign"].includes(blockNumber);
  demand(isKnown, "TRUST_FILE_INVALID", "block_number is neither native nor foreign");
  return {
    chainId: integer(value.chain_id, "chain_id"),
    contract: matching(value.contract, ADDRESS),
    codeHash: fromHex(matching(value.code_hash, DIGEST).slice(2)),
    log,
    logKey: { alg: key.alg, publicKey },
    origin,
    blockHashes: blockHashes(value.block_hashes ?? {}),
    endpoints: items(value.endpoints ?? [], "endpoints", 16).map((url) => text(url, "endpoints")),
    blockNumber,
  };
}

function blockHashes(value) {
  demand(isObject(value), "TRUST_FILE_INVALID", "block_hashes is no object");
  const found = Object.entries(value).map(([number, hash]) => [
    matching(number, DECIMAL),
    fromHex(matching(hash, DIGEST).slice(2)),
  ]);
  return new Map(found);
}

function matching(value, pattern) {
  const isRight = pattern.test(text(value, "trust"));
  demand(isRight, "TRUST_FILE_INVALID", `value has the wrong form: ${value}`);
  return value;
}
