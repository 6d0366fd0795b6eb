// Statuses of a record: that none is missing, and what they add up to.
// Source: docs/formats.md, sections 4 (status tree) and 8 (runs).

import { compareBytes, EMPTY_ROOT, sameBytes } from "./bytes.js";
import { demand } from "./fault.js";
import { verifyInclusion } from "./merkle.js";

const WHOLE_BATCH = -1;

const invalid = (condition, message) => demand(condition, "STATUS_RUN_INVALID", message);

// One run brackets (entry, −1) and (entry, record), or two do; returns the record's leaves.
export function checkStatusRuns(runs, entryHash, recordIndex, { treeSize, root }) {
  if (treeSize === 0) {
    const isEmpty = runs.length === 1 && runs[0].length === 0 && sameBytes(root, EMPTY_ROOT);
    invalid(isEmpty, "tree of statuses is empty: expected one empty run and its root");
    return [];
  }
  for (const run of runs) checkRun(run, treeSize, root);
  const whole = { entryHash, recordIndex: WHOLE_BATCH };
  const single = { entryHash, recordIndex };
  const isBracketed =
    runs.length === 1
      ? brackets(runs[0], whole, single, treeSize)
      : runs.length === 2 &&
        brackets(runs[0], whole, whole, treeSize) &&
        brackets(runs[1], single, single, treeSize);
  invalid(isBracketed, "status run does not bracket the record");
  // One form: each run as short as can be, and two only where one fails.
  const [first, second = first] = runs;
  const isShort =
    runs.length === 1
      ? isTight(first, whole, single)
      : isTight(first, whole, whole) && isTight(second, single, single);
  invalid(isShort, "status run is too long");
  const isNeedless = runs.length > 1 && runs.some((run) => brackets(run, whole, single, treeSize));
  invalid(!isNeedless, "status run is needless: one of the two brackets the record alone");
  const isMine = (leaf) => comparePlaces(leaf, whole) === 0 || comparePlaces(leaf, single) === 0;
  const byIndex = new Map(runs.flat().map((leaf) => [leaf.index, leaf]));
  return [...byIndex.values()].filter(isMine).sort(compareTimes);
}

// A standing recall outweighs the rest.
export function deriveStatus(leaves) {
  const kinds = leaves.map(({ kind }) => kind);
  const recalls = leaves.filter(({ kind }) => ["recalled", "recall_lifted"].includes(kind));
  // The first of the latest, as in the order of the leaves.
  const latest = recalls.reduce((a, b) => (b.entryIndex > a.entryIndex ? b : a), recalls[0]);
  if (latest?.kind === "recalled") return "recalled";
  return ["erased", "corrected"].find((kind) => kinds.includes(kind)) ?? "current";
}

function checkRun(run, treeSize, root) {
  invalid(run.length > 0, "status run is empty, but the tree is not");
  for (const { leaf, index, path } of run) verifyInclusion(leaf, index, { treeSize, path, root });
  for (let i = 1; i < run.length; i++) {
    invalid(run[i].index === run[i - 1].index + 1, "status run has a gap");
    invalid(compareLeaves(run[i - 1], run[i]) < 0, "tree of statuses is not sorted");
  }
}

function brackets(run, low, high, treeSize) {
  const begins = run[0].index === 0 || comparePlaces(run[0], low) < 0;
  const ends = run.at(-1).index === treeSize - 1 || comparePlaces(run.at(-1), high) > 0;
  return begins && ends;
}

// One neighbour on each side at most.
function isTight(run, low, high) {
  const isOver = run.length > 1 && comparePlaces(run[1], low) < 0;
  return !isOver && !(run.length > 1 && comparePlaces(run.at(-2), high) > 0);
}

function comparePlaces(a, b) {
  return compareBytes(a.entryHash, b.entryHash) || a.recordIndex - b.recordIndex;
}

function compareLeaves(a, b) {
  return comparePlaces(a, b) || compareText(a.kind, b.kind) || a.entryIndex - b.entryIndex;
}

function compareTimes(a, b) {
  return (
    a.entryIndex - b.entryIndex || a.recordIndex - b.recordIndex || compareText(a.kind, b.kind)
  );
}

const compareText = (a, b) => (a < b ? -1 : Number(a > b));
