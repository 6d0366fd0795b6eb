// A log's head in the anchor contract's storage, from slot to block hash.
// Source: Ethereum yellow paper, appendices B, C and D; EIP-1186.

import { keccak_256 as keccak } from "@noble/hashes/sha3.js";

import { concat, fromHex, hex, sameBytes, uintBytes } from "./bytes.js";
import { demand, Fault } from "./fault.js";

const MAX_HEADER_BYTES = 16_384;
const MAX_NODE_BYTES = 1_024;
const MAX_NODES = 65;
const MAX_RLP_DEPTH = 8;
const MAX_TIME = 253_402_300_799n;
const MASK = 2n ** 64n - 1n;

const isBytes = (item) => item instanceof Uint8Array;
const isHash = (item) => isBytes(item) && item.length === 32;

// Returns {rootHash, treeSize, blockNumber, timestamp, headerNumber, headerTime, headerHash},
// numbers as BigInt. Whether that block is canonical and final is not decided here.
export function checkEvidence({ header, account, slots }, log, trust) {
  const block = parseHeader(header);
  const address = fromHex(trust.contract.slice(2));
  const storageRoot = parseAccount(trieValue(block.stateRoot, address, account), trust.codeHash);
  const first = toNumber(keccak(concat(log, new Uint8Array(32))));
  const [root, packed] = slots.map((nodes, offset) => {
    const key = uintBytes((first + BigInt(offset)) % 2n ** 256n, 32);
    return number(decodeRlp(trieValue(storageRoot, key, nodes)), 32, "storage value");
  });
  const head = {
    rootHash: uintBytes(root, 32),
    treeSize: packed & MASK,
    blockNumber: (packed >> 64n) & MASK,
    timestamp: (packed >> 128n) & MASK,
    headerNumber: block.number,
    headerTime: block.time,
    headerHash: keccak(header),
  };
  demand(head.timestamp <= head.headerTime, "SLOT_INVALID", "anchor is later than its block");
  const isNative = trust.blockNumber === "native";
  const isBehind = !isNative || head.blockNumber <= head.headerNumber;
  demand(isBehind, "SLOT_INVALID", "anchor is later than its block");
  return head;
}

function parseHeader(data) {
  const fault = (condition, message) => demand(condition, "HEADER_INVALID", message);
  fault(data.length <= MAX_HEADER_BYTES, "header too long");
  const fields = decodeRlp(data);
  fault(Array.isArray(fields) && fields.length >= 15, "header too short");
  fault(isHash(fields[3]), "header's state root is no hash");
  const found = {
    stateRoot: fields[3],
    number: number(fields[8], 8, "header number"),
    time: number(fields[11], 8, "header time"),
  };
  fault(found.time <= MAX_TIME, "header time is no time");
  return found;
}

function parseAccount(data, codeHash) {
  const fields = decodeRlp(data);
  const isAccount = Array.isArray(fields) && fields.length === 4;
  demand(isAccount, "ACCOUNT_INVALID", "account is not of exactly 4 items");
  number(fields[0], 8, "account nonce");
  number(fields[1], 32, "account balance");
  demand(isHash(fields[2]), "ACCOUNT_INVALID", "account's storage root is no hash");
  const isCode = isBytes(fields[3]) && sameBytes(fields[3], codeHash);
  demand(isCode, "CODE_HASH_MISMATCH", "contract code differs from the trust file");
  return fields[2];
}

const toNumber = (bytes) => BigInt(`0x${hex(bytes) || "0"}`);

function number(item, most, name) {
  demand(isBytes(item) && item.length <= most, "RLP_INVALID", `${name} is no number`);
  demand(item[0] !== 0, "RLP_INVALID", `${name} has a leading zero`);
  return toNumber(item);
}

// The trie: every node must be used.

export function trieValue(root, key, nodes) {
  const fault = (condition, message) => demand(condition, "TRIE_PROOF_INVALID", message);
  fault(nodes.length <= MAX_NODES, "trie proof too long");
  const unread = [...nodes].reverse();
  let [reference, path, isValue] = [root, hex(keccak(key)), false];
  while (!isValue) {
    const node = isBytes(reference) ? openNode(reference, unread, fault) : reference;
    [reference, path, isValue] = descend(node, path, fault);
  }
  fault(unread.length === 0, "trie proof has unused nodes");
  fault(isBytes(reference) && reference.length > 0, "trie proof ends without a value");
  return reference;
}

function openNode(reference, unread, fault) {
  fault(reference.length > 0, "trie holds nothing under the key");
  fault(unread.length > 0, "trie proof too short");
  const data = unread.pop();
  fault(data.length <= MAX_NODE_BYTES, "trie node too long");
  fault(sameBytes(keccak(data), reference), "trie node has another hash");
  const node = decodeRlp(data);
  fault(Array.isArray(node), "trie node is no list");
  return node;
}

function descend(node, path, fault) {
  if (node.length === 17 && path) return [node[Number.parseInt(path[0], 16)], path.slice(1), false];
  fault(node.length === 2 && isBytes(node[0]), "trie node has wrong shape");
  const [isLeaf, part] = hexPrefix(node[0], fault);
  if (isLeaf && part === path) return [node[1], "", true];
  fault(!isLeaf && part && path.startsWith(part), "trie holds nothing under the key");
  return [node[1], path.slice(part.length), false];
}

function hexPrefix(encoded, fault) {
  const text = hex(encoded);
  const flags = Number.parseInt(text[0] ?? "f", 16);
  const isOdd = (flags & 1) === 1;
  fault(flags <= 3 && (isOdd || text[1] === "0"), "trie node's path has a wrong hex prefix");
  return [(flags & 2) === 2, text.slice(isOdd ? 1 : 2)];
}

// RLP.

export function decodeRlp(data) {
  const items = decodeItems(data, 0);
  demand(items.length === 1, "RLP_INVALID", "rlp is not one item");
  return items[0];
}

function decodeItems(data, depth) {
  demand(depth <= MAX_RLP_DEPTH, "RLP_INVALID", "rlp nested too deep");
  const items = [];
  for (let start = 0; start < data.length; ) {
    const prefix = data[start];
    const [begin, end] = payloadBounds(data, start, prefix);
    if (end > data.length) throw new Fault("RLP_INVALID", "rlp ends early");
    const payload = data.subarray(begin, end);
    const isNeedless = begin !== start && prefix < 0xc0 && payload.length === 1 && payload[0] < 0x80;
    demand(!isNeedless, "RLP_INVALID", "rlp byte has a needless prefix");
    items.push(prefix >= 0xc0 ? decodeItems(payload, depth + 1) : payload);
    start = end;
  }
  return items;
}

function payloadBounds(data, start, prefix) {
  if (prefix < 0x80) return [start, start + 1];
  const short = prefix - (prefix >= 0xc0 ? 0xc0 : 0x80);
  if (short <= 55) return [start + 1, start + 1 + short];
  const begin = start + 1 + short - 55;
  const digits = data.subarray(start + 1, begin);
  const length = Number(toNumber(digits));
  const isShortest = digits.length > 0 && digits[0] !== 0 && length > 55;
  demand(isShortest, "RLP_INVALID", "rlp length is not in its shortest form");
  return [begin, begin + length];
}
