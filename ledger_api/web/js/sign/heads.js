// The log as this browser sees it: each signed head must continue the one seen before.
// Source: RFC 9162, section 2.1.4.1; C2SP tlog-tiles.

import { nodeHash } from "../verify/bytes.js";
import { verifyCheckpoint } from "../verify/checkpoint.js";
import { demand, Fault } from "../verify/fault.js";
import { verifyConsistency } from "../verify/merkle.js";

const WIDTH = 256;
const HEIGHT = 8;

export const readHead = (note, trust) =>
  verifyCheckpoint(note, { origin: trust.origin, publicKey: trust.logKey.publicKey });

// `fetchTile(path)` returns the bytes of a tile; `seen` is the note of the head seen last, or null.
export async function checkContinued(seen, note, { trust, fetchTile }) {
  const head = readHead(note, trust);
  if (seen === null) return head;
  const before = readHead(seen, trust);
  try {
    demand(before.treeSize <= head.treeSize, "SPLIT_VIEW", "the log has become shorter");
    const isSame = before.treeSize === head.treeSize;
    const nodes = new Nodes(head.treeSize, fetchTile);
    const path = isSame ? [] : await nodes.consistency(before.treeSize);
    const later = { treeSize: head.treeSize, path, root: head.rootHash };
    verifyConsistency(before.treeSize, before.rootHash, later);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault("SPLIT_VIEW", `the log does not continue the one seen before: ${error.message}`);
  }
  return head;
}

// Nodes of a tree, read through its tiles.
export class Nodes {
  constructor(treeSize, fetchTile) {
    this.treeSize = treeSize;
    this.fetchTile = fetchTile;
    this.tiles = new Map();
  }

  // PROOF(m, D[n]) of RFC 9162, section 2.1.4.1.
  consistency(fromSize) {
    return this.subproof(fromSize, 0, this.treeSize, true);
  }

  async subproof(m, start, size, isWhole) {
    if (m === size) return isWhole ? [] : [await this.hash(start, size)];
    const k = splitOf(size);
    if (m <= k) {
      const path = await this.subproof(m, start, k, isWhole);
      return [...path, await this.hash(start + k, size - k)];
    }
    const path = await this.subproof(m - k, start + k, size - k, false);
    return [...path, await this.hash(start, k)];
  }

  // The hash over `size` leaves from `start`; complete subtrees come from one tile.
  async hash(start, size) {
    const level = Math.log2(size);
    if (Number.isInteger(level)) return this.node(level, start / size);
    const k = splitOf(size);
    return nodeHash(await this.hash(start, k), await this.hash(start + k, size - k));
  }

  async node(level, index) {
    const tileLevel = Math.floor(level / HEIGHT);
    const within = level % HEIGHT;
    const first = index * 2 ** within;
    const tile = await this.tile(tileLevel, Math.floor(first / WIDTH));
    const offset = first % WIDTH;
    let row = Array.from({ length: 2 ** within }, (_, i) => {
      const hash = tile.subarray((offset + i) * 32, (offset + i + 1) * 32);
      demand(hash.length === 32, "SPLIT_VIEW", "a tile of the log is too short");
      return hash;
    });
    while (row.length > 1) {
      row = Array.from({ length: row.length / 2 }, (_, i) => nodeHash(row[2 * i], row[2 * i + 1]));
    }
    return row[0];
  }

  async tile(level, index) {
    const key = `${level}/${index}`;
    if (!this.tiles.has(key)) {
      const width = Math.min(WIDTH, Math.floor(this.treeSize / WIDTH ** level) - index * WIDTH);
      this.tiles.set(key, await this.fetchTile(tilePath(level, index, width)));
    }
    return this.tiles.get(key);
  }
}

const splitOf = (size) => 2 ** Math.floor(Math.log2(size - 1));

export function tilePath(level, index, width) {
  const groups = [];
  for (let rest = index; rest > 0 || groups.length === 0; rest = Math.floor(rest / 1_000)) {
    groups.unshift(String(rest % 1_000).padStart(3, "0"));
  }
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${name}${width < WIDTH ? `.p/${width}` : ""}`;
}

