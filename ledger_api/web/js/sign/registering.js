// Registering a key that never leaves this browser: the operator draws a draft up, the key signs it.
// Source: docs/formats.md, section "key draft".

import { b64Decode, b64uEncode, sameBytes } from "../verify/bytes.js";
import { STATEMENT_TYPE } from "../verify/envelope.js";
import { demand, Fault } from "../verify/fault.js";
import { isObject } from "../verify/shapes.js";
import { readStatement } from "../verify/statement.js";
import { signStatement } from "./statements.js";

const FORMAT = "itemproof-key-draft-1";

// What the operator needs to know to draw a draft up.
export const requestOf = (key) => ({ alg: key.alg, public_key: b64uEncode(key.publicKey) });

// Returns what a draft would register, if it is for this key and log: nothing else is signed.
export function readDraft(text, key, trust) {
  let draft;
  try {
    draft = JSON.parse(text);
  } catch {
    throw new Fault("KEY_DRAFT_INVALID", "the draft is not JSON");
  }
  const isDraft = isObject(draft) && draft.format === FORMAT && typeof draft.payload === "string";
  demand(isDraft, "KEY_DRAFT_INVALID", "the file is no draft of a registration");
  const payload = b64Decode(draft.payload);
  const statement = readStatement({ payloadType: STATEMENT_TYPE, payload }, "register");
  const isOurLog = sameBytes(statement.log, trust.log);
  demand(isOurLog, "STATEMENT_OF_OTHER_LOG", "the draft is for another log");
  const { alg, publicKey } = statement.newKey;
  const isOurs = alg === key.alg && sameBytes(publicKey, key.publicKey);
  demand(isOurs, "KEY_DRAFT_OTHER", "the draft registers another key");
  return { draft, payload, statement, name: draft.card?.payload?.name ?? null };
}

// Returns the draft with this key's signature, ready to be handed in.
export async function cosign({ draft, payload }, key) {
  const { signatures } = await signStatement(key, payload);
  return { ...draft, signature: signatures[0] };
}
