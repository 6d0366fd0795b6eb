// Inclusion and consistency proofs. Source: RFC 9162, sections 2.1.3.2 and 2.1.4.2; the step
// numbers are the standard's. Sizes are below 2^53, so indexes are handled as BigInt bits.

import { nodeHash, sameBytes } from "./bytes.js";
import { demand } from "./fault.js";

export function verifyInclusion(leaf, leafIndex, { treeSize, path, root }) {
  const fault = (condition, message) => demand(condition, "INCLUSION_PROOF", message);
  // Step 1.
  fault(leafIndex >= 0 && leafIndex < treeSize, "leaf index outside the tree");
  // Steps 2 and 3.
  let [fn, sn, r] = [BigInt(leafIndex), BigInt(treeSize) - 1n, leaf];
  // Step 4.
  for (const p of path) {
    fault(sn !== 0n, "inclusion path too long");
    if (fn & 1n || fn === sn) {
      r = nodeHash(p, r);
      [fn, sn] = skipZeroBits(fn, sn);
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  // Step 5.
  fault(sn === 0n, "inclusion path too short");
  fault(sameBytes(r, root), "inclusion proof leads to another root");
}

export function verifyConsistency(fromSize, fromRoot, { treeSize, path, root }) {
  const fault = (condition, message) => demand(condition, "CONSISTENCY_PROOF", message);
  fault(fromSize > 0 && fromSize <= treeSize, "sizes out of order");
  if (fromSize === treeSize) {
    fault(path.length === 0 && sameBytes(fromRoot, root), "two roots for one size");
    return;
  }
  // Step 1.
  fault(path.length > 0, "consistency path empty");
  // Step 2.
  const isPowerOfTwo = (BigInt(fromSize) & (BigInt(fromSize) - 1n)) === 0n;
  const hashes = isPowerOfTwo ? [fromRoot, ...path] : path;
  const [fr, sr] = replay(hashes, BigInt(fromSize) - 1n, BigInt(treeSize) - 1n, fault);
  // Step 7.
  fault(sameBytes(fr, fromRoot) && sameBytes(sr, root), "consistency proof leads to another root");
}

function replay(hashes, fn, sn, fault) {
  // Steps 3 and 4.
  while (fn & 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  // Step 5.
  let [fr, sr] = [hashes[0], hashes[0]];
  // Step 6.
  for (const c of hashes.slice(1)) {
    fault(sn !== 0n, "consistency path too long");
    if (fn & 1n || fn === sn) {
      [fr, sr] = [nodeHash(c, fr), nodeHash(c, sr)];
      [fn, sn] = skipZeroBits(fn, sn);
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  fault(sn === 0n, "consistency path too short");
  return [fr, sr];
}

function skipZeroBits(fn, sn) {
  while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
  return [fn, sn];
}
