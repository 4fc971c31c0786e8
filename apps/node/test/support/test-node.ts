import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BlockView } from '@btcp2p/wire';
import { configure } from '../../src/configuration.ts';
import { RunningNode, type RunOptions } from '../../src/running-node.ts';

/** A node of this process, in a data directory of its own. */
export class TestNode {
  readonly directory: string;
  readonly #args: readonly string[];
  readonly #run: Partial<RunOptions>;
  #node: RunningNode | undefined;

  private constructor(args: readonly string[], run: Partial<RunOptions>) {
    this.directory = mkdtempSync(join(tmpdir(), 'btcp2p-node-'));
    this.#args = args;
    this.#run = run;
  }

  /** Starts a regtest node that listens on a port of its own. */
  static async start(
    args: readonly string[] = [],
    run: Partial<RunOptions> = {},
    chain: 'regtest' | 'main' = 'regtest',
  ): Promise<TestNode> {
    const node = new TestNode([`-chain=${chain}`, '-printtoconsole=0', '-server=0', ...args], run);
    await node.restart();
    return node;
  }

  /** Starts it, again if it was stopped, over the same data; this time with more options. */
  async restart(more: readonly string[] = []): Promise<void> {
    const request = configure([`-datadir=${this.directory}`, ...this.#args, ...more]);
    if (request.type !== 'run') throw new Error('not a run');
    const { configuration } = request;
    const options = { ...configuration.options, bind: [{ host: '127.0.0.1', port: 0, onion: false }] };
    this.#node = await RunningNode.start({
      configuration: { ...configuration, options },
      print: () => {},
      ended: () => {},
      ...this.#run,
    });
  }

  get running(): RunningNode {
    if (this.#node === undefined) throw new Error('the node is stopped');
    return this.#node;
  }

  /** Its own address, `host:port`. */
  get address(): string {
    return this.running.addresses[0]!;
  }

  get height(): number {
    return this.running.status.height;
  }

  /** The chain's debug.log. */
  get log(): string {
    const chain = this.#args.includes('-chain=main') ? '' : 'regtest';
    return readFileSync(join(this.directory, chain, 'debug.log'), 'utf8');
  }

  /** Has it take blocks as `submitblock` does, one after the other; all have to be good. */
  async submit(blocks: readonly BlockView[]): Promise<void> {
    const outcomes = await Promise.all(blocks.map((block) => this.running.submitBlock(block)));
    for (const outcome of outcomes) {
      if (outcome.status === 'accepted' && outcome.isNew) continue;
      throw new Error(`a block is refused: ${JSON.stringify(outcome)}`);
    }
  }

  /** Resolves when the node has blocks up to a height; rejects after 20 seconds. */
  async reached(height: number): Promise<void> {
    await until(() => this.height >= height, () => `height ${this.height} instead of ${height}`);
  }

  async stop(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.stop();
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Looks until something holds; rejects after some seconds, saying how things stand. */
export async function until(probe: () => boolean, state: () => string, seconds = 20): Promise<void> {
  const limit = performance.now() + 1_000 * seconds;
  while (!probe()) {
    if (performance.now() > limit) throw new Error(`waited in vain: ${state()}`);
    await delay(10);
  }
}
