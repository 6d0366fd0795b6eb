// From disclosed fields to the record that the signer committed to, and the rules of their form.
// Source: docs/formats.md, sections 1 and 2.

import { b64uEncode, compareBytes, concat, leafHash, nodeHash, uintBytes, utf8 } from "./bytes.js";
import { demand } from "./fault.js";
import { canonicalBytes } from "./json.js";
import { verifyInclusion } from "./merkle.js";
import { isObject } from "./shapes.js";

export const KIND_NUMBERS = new Map([
  ["event", 1],
  ["item", 2],
  ["participant", 3],
  ["document", 4],
]);
const MAX_FIELDS = 65_536;
export const EVENT_HEADER = ["type", "action", "eventTime", "eventTimeZoneOffset", "bizStep", "disposition"];
const REQUIRED = {
  event: ["type", "eventTime", "eventTimeZoneOffset"],
  item: ["id"],
  participant: [],
  document: ["media_type"],
};
const ALLOWED = { ...REQUIRED, event: [...EVENT_HEADER, "declared_error"] };
export const EVENT_TYPES = [
  "ObjectEvent",
  "AggregationEvent",
  "TransactionEvent",
  "TransformationEvent",
  "AssociationEvent",
];
// Names that no field may have, so that nothing can contradict the header.
export const RESERVED = ["kind", "recordTime"];

const invalid = (condition, message) => demand(condition, "DISCLOSURE_INVALID", message);

export const splitsByMember = (name) => name === "ilmd" || name.includes(":");

const fieldLeaf = ({ path, salt, value }) =>
  leafHash(canonicalBytes([path, b64uEncode(salt), value]));

// Leaf 0 is always disclosed.
export function headerOf(disclosure) {
  const first = disclosure.fields[0];
  const isHeader = first !== undefined && first.path.length === 0 && isObject(first.value);
  demand(isHeader, "HEADER_NOT_SHOWN", "disclosure does not begin with its record's header");
  return first.value;
}

// The commitment that the disclosure leads to: {fieldCount, fieldRoot, leaf}.
export function commitmentOf(kind, disclosure) {
  const fieldCount = disclosure.isComplete ? disclosure.fields.length : disclosure.count;
  const fieldRoot = disclosure.isComplete
    ? rootOf(disclosure.fields.map(fieldLeaf))
    : rootFromHeader(disclosure);
  const data = concat(
    utf8("itemproof/rec/1\n"),
    Uint8Array.of(KIND_NUMBERS.get(kind), 0),
    uintBytes(fieldCount, 4),
    fieldRoot,
  );
  return { fieldCount, fieldRoot, leaf: leafHash(data) };
}

export function checkDisclosure(kind, disclosure, commitment) {
  if (!disclosure.isComplete) {
    disclosure.fields.forEach((field, i) => {
      verifyInclusion(fieldLeaf(field), disclosure.indexes[i], {
        treeSize: disclosure.count,
        path: disclosure.paths[i],
        root: commitment.fieldRoot,
      });
    });
    const ascend = disclosure.indexes.every((n, i) => i === 0 || disclosure.indexes[i - 1] < n);
    invalid(ascend, "disclosed leaf indexes do not ascend");
  }
  checkFields(kind, disclosure.fields, commitment.fieldCount);
  if (disclosure.isComplete) checkComplete(kind, disclosure.fields);
  else if (kind === "event") checkContext(disclosure.fields.slice(1));
}

// An extension means nothing without the context that explains its name.
function checkContext(fields) {
  if (fields.some(({ path }) => path[0] === "@context")) return;
  const bare = fields.find(({ path, value }) => needsContext(path, value));
  invalid(bare === undefined, `extension ${bare?.path[0]} is disclosed without its @context`);
}

function needsContext(path, value) {
  if (path.some((step) => typeof step === "string" && step.includes(":"))) return true;
  if (Array.isArray(value)) return value.some((part) => needsContext([], part));
  return isObject(value) && Object.entries(value).some(([name, part]) => needsContext([name], part));
}

export function rootOf(hashes) {
  if (hashes.length === 1) return hashes[0];
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

// Every sibling of leaf 0 stands on its right.
function rootFromHeader({ count, fields, indexes, paths }) {
  const isInside = count >= 1 && count <= MAX_FIELDS && indexes[0] === 0;
  const depth = Math.ceil(Math.log2(count));
  const isHeader = isInside && paths[0].length === depth;
  demand(isHeader, "HEADER_NOT_SHOWN", "header's index or path is not that of leaf 0");
  return paths[0].reduce(nodeHash, fieldLeaf(fields[0]));
}

function checkFields(kind, fields, fieldCount) {
  checkHeader(kind, fields[0].value);
  invalid(fieldCount <= MAX_FIELDS, "record has too many fields");
  invalid(kind !== "item" || fieldCount === 1, "item record has more than one field");
  const rest = fields.slice(1);
  for (const field of rest) {
    checkPath(kind, field.path);
    checkShape(kind, field);
  }
  const keys = rest.map(({ path }) => canonicalBytes(path));
  const ascend = keys.every((key, i) => i === 0 || compareBytes(keys[i - 1], key) < 0);
  invalid(ascend, "fields do not ascend by their paths");
  checkOneShape(rest);
  const hasDeclaration = kind === "event" && rest.some(({ path }) => path[0] === "errorDeclaration");
  const isDeclared = Object.hasOwn(fields[0].value, "declared_error");
  invalid(!hasDeclaration || isDeclared, "header does not declare the error that a field has");
}

function checkHeader(kind, header) {
  invalid(header.kind === kind, "header is of another kind");
  const given = Object.keys(header).filter((name) => name !== "kind");
  const isWhole =
    REQUIRED[kind].every((name) => given.includes(name)) &&
    given.every((name) => ALLOWED[kind].includes(name));
  invalid(isWhole, "header has missing or unknown members");
  for (const name of given) {
    const isTyped =
      name === "declared_error" ? header[name] === true : typeof header[name] === "string";
    invalid(isTyped, `header member ${name} has the wrong type`);
  }
  const isType = kind !== "event" || EVENT_TYPES.includes(header.type);
  invalid(isType, "header names no EPCIS event type");
}

function checkComplete(kind, fields) {
  const elements = new Map();
  for (const { path } of fields) {
    if (typeof path[1] !== "number") continue;
    const [count, last] = elements.get(path[0]) ?? [0, -1];
    elements.set(path[0], [count + 1, Math.max(last, path[1])]);
  }
  for (const [name, [count, last]] of elements) {
    invalid(last === count - 1, `elements of ${name} have a gap`);
  }
  if (kind !== "event") return;
  const names = fields.map(({ path }) => path[0]);
  invalid(names.includes("@context"), "event is disclosed without its @context");
  const isHollow =
    Object.hasOwn(fields[0].value, "declared_error") && !names.includes("errorDeclaration");
  invalid(!isHollow, "header declares an error that no field has");
}

function checkPath(kind, path) {
  const [name, part] = path;
  const isPath = (path.length === 1 || path.length === 2) && typeof name === "string";
  invalid(isPath, "path is not [member], [member, index] or [member, name]");
  const last = path.at(-1);
  const isIndex = Number.isSafeInteger(last) && last >= 0 && last < MAX_FIELDS;
  invalid(typeof last === "string" || isIndex, `path of ${name} ends in no index or name`);
  const isField = !ALLOWED[kind].includes(name) && !RESERVED.includes(name);
  invalid(isField, `path names ${name}, which is no field of such a record`);
  invalid(typeof part !== "string" || splitsByMember(name), `${name} may not be split by name`);
  invalid(path.length === 1 || name !== "@context", "@context may not be split");
}

function checkShape(kind, { path, value }) {
  if (path.length === 2) return;
  const [name] = path;
  if (name === "@context") {
    invalid(kind !== "event" || Array.isArray(value), "@context is no array");
    return;
  }
  const isWholeList = Array.isArray(value) && value.length > 0;
  const isWholeObject = isObject(value) && Object.keys(value).length > 0 && splitsByMember(name);
  invalid(!isWholeList && !isWholeObject, `member ${name} must be split`);
}

function checkOneShape(fields) {
  const shapes = new Map();
  for (const { path } of fields) {
    const shape = path.length === 1 ? "whole" : typeof path[1];
    const isSame = (shapes.get(path[0]) ?? shape) === shape;
    invalid(isSame, `member ${path[0]} has two shapes`);
    shapes.set(path[0], shape);
  }
}
