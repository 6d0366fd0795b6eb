// GS1 keys in any written form: Digital Link URI, EPC URN, bracketed string; refused, never
// repaired. Source: GS1 Digital Link, URI Syntax 1.6; General Specifications, sections 3 and 7.9.
// Says the same as traceability/codes; tests/vectors/codes.json holds the two together.

import { demand, Fault } from "./fault.js";
import { parseUrn } from "./urns.js";

const SET_82 = "!\"%&'()*+,\\-./0-9:;<=>?A-Z_a-z";
const SET_39 = "#\\-/0-9A-Z";
const MAX_CODE = 2_000;

// Application identifier: digits, then a variable part; where a check digit ends.
const element = (digits, { least = 0, most = 0, set = SET_82, check = null } = {}) => ({
  digits,
  least,
  most,
  check,
  pattern: new RegExp(`^[0-9]{${digits}}${most ? `[${set}]{${least},${most}}` : ""}$`),
});
const free = (most) => element(0, { least: 1, most });
const ELEMENTS = new Map([
  ["00", element(18, { check: [0, 18] })],
  ["01", element(14, { check: [0, 14] })],
  ["10", free(20)],
  ["21", free(20)],
  ["22", free(20)],
  ["235", free(28)],
  ["253", element(13, { most: 17, check: [0, 13] })],
  ["254", free(20)],
  ["255", element(13, { most: 12, set: "0-9", check: [0, 13] })],
  ["401", element(4, { least: 1, most: 26 })],
  ["402", element(17, { check: [0, 17] })],
  ["414", element(13, { check: [0, 13] })],
  ["417", element(13, { check: [0, 13] })],
  ["7040", element(1, { least: 3, most: 3, set: "A-Z0-9a-z_-" })],
  ["8003", element(14, { most: 16, check: [1, 14] })],
  ["8004", element(4, { least: 1, most: 26 })],
  ["8006", element(18, { check: [0, 14] })],
  ["8010", element(4, { least: 1, most: 26, set: SET_39 })],
  ["8011", element(1, { most: 11, set: "0-9" })],
  ["8017", element(18, { check: [0, 18] })],
  ["8018", element(18, { check: [0, 18] })],
  ["8019", element(1, { most: 9, set: "0-9" })],
]);

// Primary keys, and the orders of qualifiers that each takes.
const KEYS = new Map([
  ["00", []],
  ["01", [["22", "10", "21"], ["235"]]],
  ["253", []],
  ["255", []],
  ["401", []],
  ["402", []],
  ["414", [["254"], ["7040"]]],
  ["417", [["7040"]]],
  ["8003", []],
  ["8004", [["7040"]]],
  ["8006", [["22", "10", "21"]]],
  ["8010", [["8011"]]],
  ["8017", [["8019"]]],
  ["8018", [["8019"]]],
]);
const QUALIFIERS = new Set([...KEYS.values()].flat(2));
// The finest qualifier wins: a serial over a lot. A variant or relation does not identify.
const FINEST = new Map([
  ["01", ["21", "235", "10"]],
  ["8006", ["21", "10"]],
  ["414", ["254"]],
  ["8010", ["8011"]],
]);

export function checkDigit(digits) {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  }
  return String((10 - (sum % 10)) % 10);
}

// Returns {ai, key, qualifiers: [[ai, data]…]}; ai is "" for EPCs that are no GS1 keys.
export function parseCode(text) {
  demand(text.length <= MAX_CODE, "CODE_LENGTH", "code is too long");
  if (text.startsWith("urn:epc:")) return parseUrn(text, identify);
  if (text.startsWith("(")) return parseBracketed(text);
  if (/^https?:\/\/[^/?#]+\//i.test(text)) return parseDigitalLink(text);
  throw new Fault("CODE_SYNTAX", "code has an unknown form");
}

export function identify(ai, key, qualifiers = []) {
  checkElement(ai, key);
  const names = qualifiers.map(([name]) => name);
  const fits = (order) => String(order.filter((name) => names.includes(name))) === String(names);
  demand(names.length === 0 || KEYS.get(ai).some(fits), "CODE_SYNTAX", "qualifiers are wrong");
  for (const [name, data] of qualifiers) checkElement(name, data);
  return { ai, key, qualifiers };
}

export const lotOf = (code) => code.qualifiers.find(([name]) => name === "10")?.[1] ?? null;

export const gtinOf = (code) => (["01", "8006"].includes(code.ai) ? code.key.slice(0, 14) : null);

// The URI that identifies: GS1's own domain, the finest key only.
export function canonicalOf(code) {
  if (!code.ai) return code.key;
  const uri = `https://id.gs1.org${pathOf(code.ai, code.key)}`;
  for (const wanted of FINEST.get(code.ai) ?? []) {
    const found = code.qualifiers.find(([ai, data]) => ai === wanted && `${ai}${data}` !== "2540");
    if (found) return uri + pathOf(...found);
  }
  return uri;
}

// Other absolute URIs stay as they are; a faulty code, or text that is no URI, is refused.
export function canonicalUri(text) {
  demand(text.length <= MAX_CODE, "CODE_LENGTH", "code is too long");
  if (isMeantAsCode(text)) return canonicalOf(parseCode(text));
  const isUri = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>"{}|\\^`]+$/.test(text);
  demand(isUri, "CODE_SYNTAX", "identifier is no absolute URI");
  return text;
}

export function sameItem(first, second) {
  const [one, other] = [readable(first), readable(second)];
  if (typeof one === "string" || typeof other === "string") return one === other;
  const [lot, otherLot] = [lotOf(one), lotOf(other)];
  const lotsAgree = lot === null || otherLot === null || lot === otherLot;
  return lotsAgree && canonicalOf(one) === canonicalOf(other);
}

// The parsed code; text that is none, or a faulty one, stays text.
export function readable(code) {
  if (typeof code !== "string") return code;
  try {
    return parseCode(code);
  } catch (fault) {
    if (fault instanceof Fault) return code;
    throw fault;
  }
}

function isMeantAsCode(text) {
  if (/^(urn:epc:(id|class|idpat):|\()/.test(text)) return true;
  if (!/^https?:\/\/[^/?#]+\//i.test(text)) return false;
  const pairs = keyPairs(segmentsOf(text));
  return pairs.length > 0 && /^[0-9]{4}/.test(pairs[0][1]);
}

function checkElement(ai, data) {
  const { digits, least, most, check, pattern } = ELEMENTS.get(ai);
  const isLong = data.length >= digits + least && data.length <= digits + most;
  demand(isLong, "CODE_LENGTH", `(${ai}) has the wrong length`);
  demand(pattern.test(data), "CODE_CHARACTER", `(${ai}) has a wrong character`);
  if (check) {
    const part = data.slice(...check);
    const isRight = part.at(-1) === checkDigit(part.slice(0, -1));
    demand(isRight, "CODE_CHECK_DIGIT", `(${ai}) has a wrong check digit`);
  }
  checkMore(ai, data);
}

function checkMore(ai, data) {
  const syntax = (condition, message) => demand(condition, "CODE_SYNTAX", message);
  if (ai === "8003") syntax(data[0] === "0", "GRAI has a wrong first digit");
  if (ai === "8011") syntax(data[0] !== "0" || data === "0", "CPI serial has a leading zero");
  if (ai === "8006") {
    const [piece, total] = [data.slice(14, 16), data.slice(16, 18)];
    syntax(piece >= "01" && piece <= total, "ITIP has a wrong piece");
  }
}

// Digital Link.

function segmentsOf(text) {
  const segments = text.split("#")[0].split("?")[0].split("/");
  if (segments.at(-1) === "") segments.pop();
  return segments;
}

// Key and qualifiers, undecoded: pairs from the right until a primary key.
function keyPairs(segments) {
  for (let at = segments.length - 2; at >= 3; at -= 2) {
    if (KEYS.has(segments[at])) {
      const tail = segments.slice(at);
      return tail.flatMap((name, i) => (i % 2 === 0 ? [[name, tail[i + 1]]] : []));
    }
    if (!QUALIFIERS.has(segments[at])) break;
  }
  return [];
}

function parseDigitalLink(text) {
  const pairs = keyPairs(segmentsOf(text)).map(([ai, data]) => [ai, decode(data)]);
  demand(pairs.length > 0, "CODE_SYNTAX", "web address is no Digital Link URI");
  const query = text.split("#")[0].split("?").slice(1).join("?");
  checkAttributes(
    query
      .split(/[&;]/)
      .map((pair) => [pair.split("=")[0], pair.split("=").slice(1).join("=")])
      .filter(([name]) => /^[0-9]{2,4}$/.test(name))
      .map(([name, value]) => [name, decode(value)]),
  );
  return identify(...pairs[0], pairs.slice(1));
}

function decode(data) {
  const isWhole = /^(?:[^%]|%[0-9A-Fa-f]{2})*$/s.test(data);
  demand(isWhole, "CODE_SYNTAX", "percent-encoding is broken");
  return data.replace(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function checkAttributes(pairs) {
  const names = pairs.map(([name]) => name);
  for (const [name, value] of pairs) {
    const isAttribute = !KEYS.has(name) && !QUALIFIERS.has(name);
    demand(isAttribute, "CODE_SYNTAX", `(${name}) is no attribute`);
    const isOnce = names.indexOf(name) === names.lastIndexOf(name);
    demand(isOnce, "CODE_SYNTAX", `(${name}) stands twice`);
    const isPlain = new RegExp(`^[${SET_82} ]{1,90}$`).test(value);
    demand(isPlain, "CODE_CHARACTER", `(${name}) has a wrong value`);
  }
}

// Characters that encodeURIComponent leaves and a canonical URI does not.
const escaped = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
const pathOf = (ai, data) =>
  `/${ai}/${encodeURIComponent(data).replace(/[!'()*]/g, escaped)}`;

// Brackets.

function parseBracketed(text) {
  const pattern = /\(([0-9]{2,4})\)((?:[^()\\]|\\[()])+)/y;
  const pairs = [];
  let at = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    pairs.push([match[1], match[2].replace(/\\([()])/g, "$1")]);
    at = pattern.lastIndex;
  }
  demand(at === text.length && pairs.length > 0, "CODE_SYNTAX", "bracketed string is broken");
  return fromElements(pairs);
}

function fromElements(pairs) {
  const keys = pairs.filter(([ai]) => KEYS.has(ai));
  demand(keys.length === 1, "CODE_SYNTAX", `bracketed string has ${keys.length} primary keys`);
  const order = KEYS.get(keys[0][0]).flat();
  const place = ([ai]) => (order.includes(ai) ? order.indexOf(ai) : order.length);
  const qualifiers = pairs.filter(([ai]) => QUALIFIERS.has(ai));
  qualifiers.sort((a, b) => place(a) - place(b));
  checkAttributes(pairs.filter(([ai]) => !QUALIFIERS.has(ai) && !KEYS.has(ai)));
  return identify(...keys[0], qualifiers);
}
