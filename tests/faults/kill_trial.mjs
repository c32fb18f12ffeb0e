// The procedure of kill.test.mjs: load, kill -9, restart, look for what was acknowledged. Round after round on one
// database.

import { settled, sleep } from '../harness/wait.mjs';
import { Load } from './load.mjs';

export class KillTrial {
  load;
  #server;
  #random;
  #round = 0;

  constructor(t, server, random) {
    this.load = new Load(t, random);
    this.#server = server;
    this.#random = random;
  }

  // One round; afterwards the server runs again. Returns what was acknowledged and is lost: a list of sentences,
  // empty if all is well.
  async round() {
    this.#round += 1;
    await this.load.start(this.#server);
    await this.#wait();
    await this.#server.kill();
    await settled('the clients to notice that the server is gone', this.load.closed);
    await this.load.end();
    await this.#server.launch();
    return this.load.findLossesOn(this.#server);
  }

  // Most rounds end in the middle of the load. In every tenth all leave first, so that rooms are being folded and
  // unloaded.
  async #wait() {
    if (this.#round % 10 !== 0) return sleep(this.#random.integer(0, 700));
    await sleep(this.#random.integer(200, 700));
    this.load.leave();
    return sleep(this.#random.integer(1500, 3000));
  }
}
