// The supplier page's "sign in this browser": a key, its registration, a batch, a receipt.
//
// Every step can be taken with the keyboard, says what it did, and shows what will be signed.

import { requestOf, readDraft, cosign } from "./sign/registering.js";
import { draftBatch, recordsOf } from "./sign/drafts.js";
import { Signer } from "./sign/flow.js";
import { makeKey, storedKey, walletKey } from "./sign/keys.js";
import { Node } from "./sign/node.js";
import { parseStrict } from "./sign/strict.js";
import { b64uEncode, hex } from "./verify/bytes.js";
import { keyId } from "./verify/ed25519.js";
import { readTrust } from "./verify/trust.js";

const part = (name) => document.querySelector(`[data-sign-${name}]`);
const words = JSON.parse(part("words").textContent);
const say = part("say");
const state = { key: null, draft: null, registration: null };

part("ui").hidden = false;
part("absent").hidden = true;
part("wallet").hidden = globalThis.ethereum === undefined;
part("no-wallet").hidden = globalThis.ethereum !== undefined;
on("make", async () => useKey(await makeKey()));
on("wallet", async () => useKey(await walletKey()));
on("ask", askRegistration);
on("draw", drawUp);
on("cosign", handIn);
on("send", sendBatch);
part("draft-file").addEventListener("change", () => run(openDraft));
part("file").addEventListener("change", () => run(openFile));
run(async () => {
  const key = await storedKey();
  if (key !== null) showKey(key);
});

function on(name, work) {
  part(name).addEventListener("click", () => run(work));
}

// Runs one step at a time; what went wrong is said in the reader's language, with its code.
async function run(work) {
  part("ui").setAttribute("aria-busy", "true");
  say.classList.remove("fault");
  try {
    await work();
  } catch (error) {
    console.warn("signing stopped:", error);
    const known = words.errors[error.code];
    const told = known ? `${known} ` : `${error.message} `;
    const code = document.createElement("code");
    code.textContent = error.code ?? error.name;
    say.replaceChildren(told, code);
    say.classList.add("fault");
  } finally {
    part("ui").removeAttribute("aria-busy");
  }
}

function tell(text, values = {}) {
  say.textContent = text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function node() {
  return new Node(part("api-key").value.trim(), document.documentElement.lang);
}

// The reader's own trust file; without one, this server's, which is only its own word.
async function trust() {
  const [file] = part("trust").files;
  const value = file ? JSON.parse(await file.text()) : await node().json("/log/trust.json");
  return readTrust(value);
}

async function signer() {
  return new Signer(node(), await trust(), state.key);
}

// The key.

async function useKey(key) {
  showKey(key);
  tell(words.key_ready);
}

function showKey(key) {
  state.key = key;
  part("key-id").textContent = hex(keyId(key.alg, key.publicKey));
  part("public-key").textContent = b64uEncode(key.publicKey);
  part("holder").textContent = words.holders[key.holder];
  part("request").textContent = JSON.stringify(requestOf(key));
  part("key").hidden = false;
  part("next").hidden = false;
}

// Its registration.

async function askRegistration() {
  try {
    state.registration = await (await signer()).registration();
  } catch (error) {
    if (error.code !== "KEY_NOT_FOUND") throw error;
    part("registering").hidden = false;
    tell(words.not_registered);
    return;
  }
  const { live, participant, next_sequence: number } = state.registration;
  part("registering").hidden = live;
  tell(live ? words.registered : words.revoked, { participant, number });
}

async function drawUp() {
  const participant = part("participant").value.trim();
  const asked = { ...requestOf(state.key), participant };
  const { status, value } = await node().send("/api/keys/drafts", JSON.stringify(asked));
  if (status !== 200) throw faultOf(status, value);
  await showDraft(JSON.stringify(value));
}

async function openDraft() {
  const [file] = part("draft-file").files;
  if (!file) return;
  const text = await file.text();
  part("draft-file").value = "";
  await showDraft(text);
}

async function showDraft(text) {
  state.draft = readDraft(text, state.key, await trust());
  const { statement, name } = state.draft;
  part("draft-participant").textContent = name ?? hex(statement.participant);
  part("draft-roles").textContent = statement.roles.map((role) => words.roles[role]).join(", ");
  part("draft-prefixes").textContent = statement.prefixes.join(", ") || "–";
  part("draft").hidden = false;
  part("cosign").focus();
}

async function handIn() {
  const signed = JSON.stringify(await cosign(state.draft, state.key));
  offer(part("draft-download"), signed, "key-draft-signed.json");
  const { status, value } = await node().send("/api/keys", signed);
  if (status !== 200 && status !== 201) throw faultOf(status, value);
  part("draft").hidden = true;
  await askRegistration();
}

function faultOf(status, value) {
  const fault = new Error(value.detail ?? `HTTP ${status}`);
  fault.code = value.code ?? "NODE_UNAVAILABLE";
  return fault;
}

// The batch.

async function openFile() {
  part("batch").hidden = true;
  const [file] = part("file").files;
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  // A file that was mended is chosen again under its name: browsers tell that only when none is.
  part("file").value = "";
  const records = recordsOf(parseStrict(bytes));
  state.batch = draftBatch(records);
  const kinds = new Map();
  for (const { kind, payload } of records) {
    const name = kind === "event" ? payload.type : words.master_data;
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
  }
  const rows = [...kinds].map(([name, count]) => `${name}: ${count}`);
  part("name").textContent = file.name;
  part("kinds").textContent = rows.join(", ");
  part("count").textContent = String(state.batch.count);
  part("root").textContent = hex(state.batch.root);
  part("batch").hidden = false;
  tell(words.ready);
}

async function sendBatch() {
  const found = await signer();
  const left = await found.resume();
  if (left !== null) tell(words.resumed, { number: left.sequence });
  const accepted = await found.submit(state.batch);
  offer(part("receipt"), JSON.stringify(accepted.receipt), "receipt.json");
  const when = new Date(accepted.anchoredBy).toLocaleString(document.documentElement.lang);
  tell(words.accepted, { count: accepted.count, leaf: accepted.leafIndex, when });
  part("batch").hidden = true;
}

function offer(link, text, name) {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.hidden = false;
}
