// EPC URNs to keys. Source: GS1 EPC Tag Data Standard 2.0, sections 6 and 7.

import { checkDigit } from "./codes.js";
import { demand, Fault } from "./fault.js";

// ai: of the primary key. digits: of company prefix and reference (0: the reference is free
// text). parts: components. last: ai of the last component. indicator: the reference's first
// digit stands before the company prefix. filler: what stands before all.
const scheme = (ai, digits, parts, { last = "", indicator = false, filler = "" } = {}) => ({
  ai,
  digits,
  parts,
  last,
  indicator,
  filler,
});
const SCHEMES = new Map([
  ["sgtin", scheme("01", 13, 3, { last: "21", indicator: true })],
  ["lgtin", scheme("01", 13, 3, { last: "10", indicator: true })],
  ["upui", scheme("01", 13, 3, { last: "235", indicator: true })],
  ["itip", scheme("8006", 13, 5, { last: "21", indicator: true })],
  ["sscc", scheme("00", 17, 2, { indicator: true })],
  ["sgln", scheme("414", 12, 3, { last: "254" })],
  ["pgln", scheme("417", 12, 2)],
  ["grai", scheme("8003", 12, 3, { filler: "0" })],
  ["giai", scheme("8004", 0, 2)],
  ["gsrn", scheme("8018", 17, 2)],
  ["gsrnp", scheme("8017", 17, 2)],
  ["gdti", scheme("253", 12, 3)],
  ["sgcn", scheme("255", 12, 3)],
  ["cpi", scheme("8010", 0, 3, { last: "8011" })],
  ["ginc", scheme("401", 0, 2)],
  ["gsin", scheme("402", 16, 2)],
]);
// EPC schemes that are not GS1 keys: kept as they are.
const FOREIGN = new Set(["gid", "usdod", "adi", "bic", "imovn"]);
const CLASSES = new Set(["sgtin", "grai", "gdti", "sgcn", "cpi", "itip", "upui"]);

export function parseUrn(text, identify) {
  const [, , kind = "", name = "", ...rest] = text.split(":");
  const body = rest.join(":");
  const isWhole = text.split(":").length >= 5;
  if (isWhole && kind === "id" && FOREIGN.has(name) && decode(body)) {
    return { ai: "", key: text, qualifiers: [] };
  }
  if (isWhole && kind === "id" && SCHEMES.has(name) && name !== "lgtin") {
    return build(name, body, true, identify);
  }
  if (isWhole && kind === "class" && name === "lgtin") return build(name, body, true, identify);
  const isPattern = body.split("*").length === 2 && body.endsWith(".*");
  if (isWhole && kind === "idpat" && CLASSES.has(name) && isPattern) {
    return build(name, body.slice(0, -2), false, identify);
  }
  throw new Fault("CODE_SYNTAX", "EPC URN is not one of a thing or class");
}

// A class URN lacks the last component.
function build(name, body, isWhole, identify) {
  const found = SCHEMES.get(name);
  const fields = splitAt(body, isWhole ? found.parts : found.parts - 1);
  const [prefix, reference] = fields;
  demand(/^[0-9]*$/.test(prefix) && prefix, "CODE_CHARACTER", "company prefix is no number");
  const isPrefix = prefix.length >= 6 && prefix.length <= 12;
  demand(isPrefix, "CODE_LENGTH", "company prefix is not of 6 to 12 digits");
  const last = isWhole && fields.length > 2 ? decode(fields.at(-1)) : "";
  let key = found.digits ? numericKey(found, prefix, reference) : prefix + decode(reference);
  if (name === "itip") key += pieces(fields.slice(2, 4));
  if (!found.last) return identify(found.ai, key + last);
  // A GLN without extension has the serial 0.
  const isPlain = !last || (found.last === "254" && last === "0");
  return identify(found.ai, key, isPlain ? [] : [[found.last, last]]);
}

function splitAt(body, count) {
  const parts = body.split(".");
  demand(parts.length >= count, "CODE_SYNTAX", "EPC URN has too few components");
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(".")];
}

function numericKey({ digits, indicator, filler }, prefix, reference) {
  const isLong = prefix.length + reference.length === digits;
  demand(isLong, "CODE_LENGTH", "EPC URN has the wrong length");
  demand(/^[0-9]*$/.test(reference), "CODE_CHARACTER", "reference is no number");
  const split = indicator ? 1 : 0;
  const key = filler + reference.slice(0, split) + prefix + reference.slice(split);
  return key + checkDigit(key);
}

function pieces(fields) {
  const areShort = fields.every((part) => part.length === 2);
  demand(areShort, "CODE_LENGTH", "ITIP piece or total is not of 2 digits");
  return fields.join("");
}

function decode(component) {
  demand(component !== "", "CODE_LENGTH", "last component of EPC URN is empty");
  const isWhole = /^(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})*$/.test(component);
  demand(isWhole, "CODE_CHARACTER", "EPC URN has a character that must be escaped");
  return component.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
