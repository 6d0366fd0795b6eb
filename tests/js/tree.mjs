// Roots and inclusion paths by the recursive definitions of RFC 9162, section 2.1.

import { nodeHash } from "../../ledger_api/web/js/verify/bytes.js";

const splitOf = (size) => 2 ** Math.floor(Math.log2(size - 1));

export function root(hashes) {
  if (hashes.length === 1) return hashes[0];
  const k = splitOf(hashes.length);
  return nodeHash(root(hashes.slice(0, k)), root(hashes.slice(k)));
}

export function inclusionPath(index, hashes) {
  if (hashes.length === 1) return [];
  const k = splitOf(hashes.length);
  if (index < k) return [...inclusionPath(index, hashes.slice(0, k)), root(hashes.slice(k))];
  return [...inclusionPath(index - k, hashes.slice(k)), root(hashes.slice(0, k))];
}
