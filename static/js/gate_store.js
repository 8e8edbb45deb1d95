// What a gate keeps in the browser (IndexedDB): documents and the venue under their names, passages under their nonces.
const NAME = "gate";
let opened;

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("kept");
      request.result.createObjectStore("queue", { keyPath: "nonce" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opened = null;
      reject(request.error);
    };
  });
  return opened;
}

const store = async (name, mode) => (await open()).transaction(name, mode).objectStore(name);

export const recall = async (name) => answer((await store("kept", "readonly")).get(name));
export const keep = async (name, value) => answer((await store("kept", "readwrite")).put(value, name));
export const queued = async () => answer((await store("queue", "readonly")).getAll());
export const enqueue = async (passage) => answer((await store("queue", "readwrite")).put(passage));

/** Takes passages out of the queue, all or none. */
export async function dequeue(nonces) {
  const queue = await store("queue", "readwrite");
  await Promise.all(nonces.map((nonce) => answer(queue.delete(nonce))));
}
