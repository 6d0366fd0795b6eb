// Bytes and their text forms: UTF-8, hex, canonical base64, SHA-256 and the hashes of a tree.
// Source: docs/formats.md, section 0; RFC 9162, section 2.1.1; RFC 4648.

import { sha256 } from "@noble/hashes/sha2.js";

import { Fault } from "./fault.js";

export { sha256 };

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;
const ENCODER = new TextEncoder();

export const EMPTY_ROOT = sha256(new Uint8Array(0));

export const utf8 = (text) => ENCODER.encode(text);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function compareBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

export const sameBytes = (a, b) => a.length === b.length && compareBytes(a, b) === 0;

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function uintBytes(number, length) {
  let rest = BigInt(number);
  const bytes = new Uint8Array(length);
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

export const leafHash = (data) => sha256(concat(Uint8Array.of(0), data));

export const nodeHash = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

// Base64: decoding refuses whatever encoding would not give back.

function encode(bytes, alphabet) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const count = Math.min(bytes.length - i, 3) + 1;
    for (let k = 0; k < count; k++) text += alphabet[(group >> (18 - 6 * k)) & 63];
  }
  return text;
}

function decode(text, alphabet) {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) throw new Fault("ENCODING_INVALID", "base64 text is malformed");
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
    }
  }
  return bytes.subarray(0, at);
}

function decodeCanonical(text, back, bytes, length) {
  if (back(bytes) !== text) throw new Fault("ENCODING_INVALID", "base64 text is not canonical");
  if (length !== undefined && bytes.length !== length) {
    throw new Fault("ENCODING_INVALID", `base64 text has the wrong length: expected ${length}`);
  }
  return bytes;
}

export const b64uEncode = (bytes) => encode(bytes, URL_SAFE);

export function b64Encode(bytes) {
  const text = encode(bytes, STANDARD);
  return text + "=".repeat(-text.length & 3);
}

export function b64uDecode(text, length) {
  return decodeCanonical(text, b64uEncode, decode(text, URL_SAFE), length);
}

export function b64Decode(text, length) {
  return decodeCanonical(text, b64Encode, decode(text.replace(/={1,2}$/, ""), STANDARD), length);
}
