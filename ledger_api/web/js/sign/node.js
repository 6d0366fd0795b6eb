// The node that serves this page, asked over HTTP; nothing that it says is believed unchecked.

import { Fault } from "../verify/fault.js";

const TRIES = 4;
const BUSY = [429, 502, 503, 504];
const BATCH = "application/vnd.itemproof.batch+json";

export class Node {
  constructor(apiKey, language) {
    this.headers = { "Accept-Language": language };
    if (apiKey) this.headers.Authorization = `Bearer ${apiKey}`;
  }

  async note() {
    return (await this.ask("/log/checkpoint")).text();
  }

  async tile(path) {
    return new Uint8Array(await (await this.ask(`/log/${path}`)).arrayBuffer());
  }

  async json(path) {
    return (await this.ask(path)).json();
  }

  // Sends a JSON text; a node that is busy is asked again. Returns {status, value}.
  async send(path, body, type = "application/json") {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.fetch(path, {
        method: "POST",
        body,
        headers: { ...this.headers, "Content-Type": type },
      });
      const isBusy = BUSY.includes(answer.status);
      if (isBusy && attempt < TRIES) {
        await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
        continue;
      }
      if (isBusy) throw new Fault("NODE_UNAVAILABLE", `the node answers ${answer.status}`);
      return { status: answer.status, value: await valueOf(answer) };
    }
  }

  sendBatch(body) {
    return this.send("/api/batches", body, BATCH);
  }

  async ask(path) {
    const answer = await this.fetch(path, { headers: this.headers });
    if (answer.ok) return answer;
    const problem = await valueOf(answer);
    throw new Fault(problem.code ?? "NODE_UNAVAILABLE", problem.detail ?? `${path}: ${answer.status}`);
  }

  async fetch(path, options) {
    try {
      return await fetch(path, options);
    } catch {
      throw new Fault("NODE_UNAVAILABLE", "the node does not answer");
    }
  }
}

async function valueOf(answer) {
  try {
    return await answer.json();
  } catch {
    return {};
  }
}
