// Signing a batch here and sending it until it is answered: never two statements under one number.
// The steps are those of traceability/client/submitting.py; the outbox is this browser's database.

import { b64uDecode, b64uEncode, fromHex, hex } from "../verify/bytes.js";
import { keyId } from "../verify/ed25519.js";
import { demand, Fault } from "../verify/fault.js";
import { checkContinued } from "./heads.js";
import { batchPayload, checkReceipt, entryHash, signStatement } from "./statements.js";
import { drop, read, reserve, settle, write } from "./store.js";

const REFUSALS = [400, 403, 409, 413];
const OF_THE_CALLER = ["NOT_AUTHENTICATED", "API_ROLE_MISSING"];

export class Signer {
  constructor(node, trust, key) {
    this.node = node;
    this.trust = trust;
    this.key = key;
    this.keyHex = hex(keyId(key.alg, key.publicKey));
    this.name = `${hex(trust.log)}/${this.keyHex}`;
  }

  // What the node says of the key: registered or not, live, its next number.
  registration() {
    return this.node.json(`/api/keys/${this.keyHex}`);
  }

  // Sends what was signed and not answered; null if there was nothing.
  async resume() {
    const left = await read("outbox", this.name);
    return left === undefined ? null : this.deliver(left);
  }

  async submit(draft) {
    await this.resume();
    const head = await this.head();
    const { chain, participant } = await this.next(head);
    const statement = { log: this.trust.log, key: this.key, participant, chain, head, draft };
    const payload = batchPayload({ ...statement, now: new Date() });
    const envelope = await signStatement(this.key, payload);
    const signed = { envelope, sequence: chain.sequence, records: draft.records };
    await reserve(this.name, signed);
    return this.deliver(signed);
  }

  // The served head, which must continue the one that this browser saw last.
  async head() {
    const seen = (await read("chains", hex(this.trust.log))) ?? null;
    const note = await this.node.note();
    const fetchTile = (path) => this.node.tile(path);
    const head = await checkContinued(seen, note, { trust: this.trust, fetchTile });
    await write("chains", hex(this.trust.log), note);
    return head;
  }

  async next(head) {
    const found = await this.registration();
    demand(found.live, "KEY_NOT_USABLE", "the key is revoked");
    const isLogged = found.registered_at !== null && head.treeSize > found.registered_at;
    demand(isLogged, "KEY_NOT_USABLE", "the key's registration is not in the log yet");
    const chain = { sequence: found.next_sequence, previous: found.previous };
    b64uDecode(chain.previous, 32);
    const known = await read("chains", this.name);
    const isSame =
      known === undefined ||
      (known.sequence === chain.sequence && known.previous === chain.previous);
    demand(isSame, "KEY_CHAIN_DIFFERS", "node and browser do not agree on what the key has signed");
    return { chain, participant: fromHex(found.participant) };
  }

  async deliver({ envelope, sequence, records }) {
    const { status, value } = await this.node.sendBatch(JSON.stringify({ envelope, records }));
    if (status !== 200 && status !== 201) await this.refused(status, value);
    const receipt = checkReceipt(value.receipt, envelope, this.trust);
    const previous = b64uEncode(entryHash(envelope));
    await settle(this.name, { sequence: sequence + 1, previous });
    return { ...receipt, sequence, count: records.length, receipt: value.receipt };
  }

  // Only a refusal that names its reason frees the number; everything else is sent again.
  async refused(status, value) {
    const isJudged =
      REFUSALS.includes(status) && value.code && !OF_THE_CALLER.includes(value.code);
    if (isJudged) await drop("outbox", this.name);
    const code = value.code ?? "NODE_UNAVAILABLE";
    throw new Fault(code, value.detail ?? `the node answers ${status}`);
  }
}
