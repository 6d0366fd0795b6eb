// JSON as people submit it, read without loss: what a parser would drop or round is refused.
// Source: docs/formats.md, section 0. White space and the order of members are free here.

import { demand, Fault } from "../verify/fault.js";

const MAX_DEPTH = 29; // A signed batch wraps each record in three levels more, of 32 in all.
const MAX_NUMBER = 400;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[[\]{},:]/gs;
const SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export function parseStrict(bytes, maxDepth = MAX_DEPTH) {
  let text;
  let value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Fault("JSON_ENCODING", "the file is not UTF-8");
  }
  try {
    value = JSON.parse(text);
  } catch {
    throw new Fault("JSON_SYNTAX", "the file is not JSON");
  }
  checkTokens(text, maxDepth);
  return value;
}

// The text is JSON; each object's names and each number are looked at once more.
function checkTokens(text, maxDepth) {
  const open = []; // Names seen so far of each open object; null for an array.
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token);
  tokens.forEach((token, i) => {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token[0] === '"') checkString(token, tokens[i + 1] === ":", open.at(-1));
    else if (token !== "," && token !== ":") checkNumber(token);
    demand(open.length <= maxDepth, "JSON_DEPTH", `JSON is nested deeper than ${maxDepth}`);
  });
}

function checkString(token, isName, names) {
  const text = JSON.parse(token);
  demand(!SURROGATE.test(text), "JSON_STRING", "string holds half of a surrogate pair");
  if (!isName) return;
  demand(!names.has(text), "JSON_DUPLICATE_KEY", `member ${text} stands twice`);
  names.add(text);
}

function checkNumber(token) {
  const number = Number(token);
  const isPlain = token.length <= MAX_NUMBER && Number.isFinite(number) && !Object.is(number, -0);
  const isExact = isPlain && decimal(token) === decimal(String(number));
  demand(isExact, "JSON_NUMBER", `number ${token.slice(0, 40)} would be rounded`);
}

// The value of a decimal number in one form: sign, digits without outer zeros, power of ten.
function decimal(text) {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const bare = digits.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + digits.length - bare.length;
  return bare === "" ? "0" : `${sign}${bare}e${power}`;
}
