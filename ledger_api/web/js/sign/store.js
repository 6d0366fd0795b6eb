// What this browser remembers: keys, where their chains stand, what was signed and not answered.
// A transaction is complete only when it is on the disk, as far as the browser promises it.

import { Fault } from "../verify/fault.js";

const NAME = "itemproof-signing";
const BUSY = "another window of this browser has signed with the key";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const table of ["keys", "chains", "outbox"]) request.result.createObjectStore(table);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function transact(tables, mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(tables, mode, { durability: "strict" });
      const request = work(transaction);
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error ?? new Fault("KEY_FOLDER_BUSY", BUSY));
    });
  } finally {
    database.close();
  }
}

export const read = (table, name) =>
  transact([table], "readonly", (transaction) => transaction.objectStore(table).get(name));

export const write = (table, name, value) =>
  transact([table], "readwrite", (transaction) => transaction.objectStore(table).put(value, name));

// Puts what was signed into the outbox, unless another window of this browser has signed meanwhile.
export const reserve = (name, signed) =>
  transact(["chains", "outbox"], "readwrite", (transaction) => {
    const outbox = transaction.objectStore("outbox");
    const chain = transaction.objectStore("chains").get(name);
    const left = outbox.get(name); // Answered after `chain`, being asked later.
    left.onsuccess = () => {
      const isOurs = chain.result === undefined || chain.result.sequence === signed.sequence;
      if (left.result === undefined && isOurs) outbox.put(signed, name);
      else transaction.abort();
    };
  });

// Notes an answer: the chain has moved on and the outbox is empty, both or neither. Another window
// may have got the answer first, and have gone on.
export const settle = (name, next) =>
  transact(["chains", "outbox"], "readwrite", (transaction) => {
    const [chains, outbox] = ["chains", "outbox"].map((table) => transaction.objectStore(table));
    const chain = chains.get(name);
    const left = outbox.get(name);
    left.onsuccess = () => {
      if (!(chain.result?.sequence >= next.sequence)) chains.put(next, name);
      if (left.result?.sequence === next.sequence - 1) outbox.delete(name);
    };
  });

export const drop = (table, name) =>
  transact([table], "readwrite", (transaction) => transaction.objectStore(table).delete(name));
