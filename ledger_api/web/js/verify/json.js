// RFC 8785 canonical JSON (JCS), and reading that accepts nothing else.
// Reading compares the bytes with the canonical form of what was read: that refuses duplicate
// keys, other number forms, white space and half surrogate pairs at once.

import { compareBytes, utf8 } from "./bytes.js";
import { demand, Fault } from "./fault.js";

const SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
// Skips strings, so that brackets in them do not count.
const TOKENS = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs;

export function canonicalize(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return canonicalNumber(value);
  if (typeof value === "string") return canonicalString(value);
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(",")}]`;
  // The default order of `sort` is by UTF-16 code units, as RFC 8785 demands.
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${canonicalString(name)}:${canonicalize(value[name])}`).join(",")}}`;
}

export const canonicalBytes = (value) => utf8(canonicalize(value));

export function parseCanonical(bytes, { maxBytes, maxDepth }) {
  demand(bytes.length <= maxBytes, "JSON_TOO_LARGE", `JSON is longer than ${maxBytes} bytes`);
  const text = decodeText(bytes);
  checkDepth(text, maxDepth);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Fault("JSON_SYNTAX", "the text is not JSON");
  }
  const isCanonical = compareBytes(canonicalBytes(value), bytes) === 0;
  demand(isCanonical, "NOT_CANONICAL", "JSON is not in canonical form (RFC 8785)");
  return value;
}

function canonicalNumber(value) {
  demand(Number.isFinite(value), "JSON_NUMBER", "number is not finite");
  // ECMAScript's own form is JCS's; minus zero loses its sign and is refused when compared.
  return String(value);
}

function canonicalString(value) {
  demand(!SURROGATE.test(value), "JSON_STRING", "string holds half of a surrogate pair");
  return JSON.stringify(value);
}

function decodeText(bytes) {
  try {
    // ignoreBOM keeps a byte order mark, which JSON.parse then refuses.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Fault("JSON_ENCODING", "JSON is not UTF-8");
  }
}

function checkDepth(text, maxDepth) {
  let depth = 0;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "[" || token === "{") depth += 1;
    if (token === "]" || token === "}") depth -= 1;
    demand(depth <= maxDepth, "JSON_DEPTH", `JSON is nested deeper than ${maxDepth}`);
  }
}
