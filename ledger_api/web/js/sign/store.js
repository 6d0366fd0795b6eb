// What this browser remembers: keys, where their chains stand, what was signed and not answered.
// A transaction is complete only when it is on the disk, as far as the browser promises it.

const NAME = "itemproof-signing";

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
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const read = (table, name) =>
  transact([table], "readonly", (transaction) => transaction.objectStore(table).get(name));

export const write = (table, name, value) =>
  transact([table], "readwrite", (transaction) => transaction.objectStore(table).put(value, name));

// Notes an answer: the chain has moved on and the outbox is empty, both or neither.
export const settle = (name, chain) =>
  transact(["chains", "outbox"], "readwrite", (transaction) => {
    transaction.objectStore("chains").put(chain, name);
    return transaction.objectStore("outbox").delete(name);
  });

export const drop = (table, name) =>
  transact([table], "readwrite", (transaction) => transaction.objectStore(table).delete(name));
