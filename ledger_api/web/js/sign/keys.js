// Keys that sign in this browser: made by WebCrypto where it can, else by a library; or a wallet's.
// Each is {alg, publicKey, holder, sign(payloadType, payload)}; nobody else gets the secret.

import { getPublicKey, hashes, sign as signEd25519 } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

import { fromHex, hex } from "../verify/bytes.js";
import { Fault } from "../verify/fault.js";
import { DOMAIN, fromWallet, recoverPublicKey, TYPES } from "../verify/secp256k1.js";
import { signedMessage } from "../verify/signatures.js";
import { randomBytes } from "./drafts.js";
import { read, write } from "./store.js";

const ED25519 = "ed25519";
const WALLET = "secp256k1-eip712";
const INTRODUCTION = "application/vnd.itemproof.introduction+json";

hashes.sha512 = sha512;

// Returns the key that was made in this browser, or null.
export async function storedKey() {
  const found = await read("keys", "own");
  if (found === undefined) return null;
  return found.privateKey ? byBrowser(found) : byLibrary(found.secret);
}

// Makes a key and keeps it; one that is there is never replaced.
export async function makeKey() {
  const before = await storedKey();
  if (before !== null) return before;
  await write("keys", "own", (await fromWebCrypto()) ?? { secret: randomBytes(32) });
  return storedKey();
}

// A secret that the browser itself does not give out again; missing on plain HTTP and before 2025.
async function fromWebCrypto() {
  if (globalThis.crypto?.subtle === undefined) return null;
  try {
    const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { privateKey: pair.privateKey, publicKey };
  } catch {
    return null;
  }
}

function byBrowser({ privateKey, publicKey }) {
  const sign = async (payloadType, payload) => {
    const message = signedMessage(ED25519, payloadType, payload);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message));
  };
  return { alg: ED25519, publicKey, holder: "browser", sign };
}

function byLibrary(secret) {
  const sign = async (payloadType, payload) =>
    signEd25519(signedMessage(ED25519, payloadType, payload), secret);
  return { alg: ED25519, publicKey: getPublicKey(secret), holder: "library", sign };
}

// Asks the wallet for an account; its public key is known once it has signed an introduction,
// whose payload type no statement has.
export async function walletKey() {
  const provider = globalThis.ethereum;
  if (provider === undefined) throw new Fault("WALLET_MISSING", "no wallet in this browser");
  const [account] = await provider.request({ method: "eth_requestAccounts" });
  const known = await read("keys", account.toLowerCase());
  if (known !== undefined) return byWallet(provider, account, known);
  const payload = new TextEncoder().encode('{"purpose":"show the public key of this account"}');
  const publicKey = (await askWallet(provider, account, INTRODUCTION, payload)).publicKey;
  await write("keys", account.toLowerCase(), publicKey);
  return byWallet(provider, account, publicKey);
}

function byWallet(provider, account, publicKey) {
  const sign = async (payloadType, payload) =>
    (await askWallet(provider, account, payloadType, payload)).signature;
  return { alg: WALLET, publicKey, holder: "wallet", sign };
}

async function askWallet(provider, account, payloadType, payload) {
  const message = { payloadType, payload: new TextDecoder().decode(payload) };
  const asked = { domain: DOMAIN, types: TYPES, primaryType: "Statement", message };
  const params = [account, JSON.stringify(asked)];
  const answer = await provider.request({ method: "eth_signTypedData_v4", params });
  const bytes = fromHex(String(answer).replace(/^0x/, ""));
  if (bytes.length !== 65) throw new Fault("SIGNATURE_INVALID", "the wallet gave no signature");
  const [r, s] = [0, 32].map((at) => BigInt(`0x${hex(bytes.subarray(at, at + 32))}`));
  const { signature, parity } = fromWallet(r, s, bytes[64]);
  const publicKey = recoverPublicKey(signature, parity, signedMessage(WALLET, payloadType, payload));
  return { signature, publicKey };
}
