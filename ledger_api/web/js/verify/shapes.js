// Read strict JSON shapes: exact members, exact types, canonical base64url, limits.
// Source: docs/formats.md, section 0.

import { b64uDecode } from "./bytes.js";
import { demand, Fault } from "./fault.js";

// A tree of 2^53 leaves needs 53 hashes; 64 is the next round number.
const MAX_PATH_HASHES = 64;

export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function members(value, at, required, optional = []) {
  demand(isObject(value), "BUNDLE_VALUE", `value at ${at} is no object`);
  for (const name of required) {
    demand(Object.hasOwn(value, name), "BUNDLE_MEMBERS", `object at ${at} lacks ${name}`);
  }
  for (const name of Object.keys(value)) {
    const isKnown = required.includes(name) || optional.includes(name);
    demand(isKnown, "BUNDLE_MEMBERS", `object at ${at} has an unknown member: ${name}`);
  }
  return value;
}

export function items(value, at, most) {
  demand(Array.isArray(value), "BUNDLE_VALUE", `value at ${at} is no array`);
  demand(value.length <= most, "BUNDLE_LIMIT", `array at ${at} is too long`);
  return value;
}

export function integer(value, at) {
  const isWhole = Number.isSafeInteger(value) && value >= 0;
  demand(isWhole, "BUNDLE_VALUE", `value at ${at} is no whole number below 2^53`);
  return value;
}

export function text(value, at) {
  demand(typeof value === "string", "BUNDLE_VALUE", `value at ${at} is no string`);
  return value;
}

export function binary(value, at, length) {
  const encoded = text(value, at);
  try {
    return b64uDecode(encoded, length);
  } catch (fault) {
    throw new Fault("BUNDLE_BASE64", `base64url at ${at} is refused: ${fault.message}`);
  }
}

export function digests(value, at) {
  return items(value, at, MAX_PATH_HASHES).map((part) => binary(part, at, 32));
}
