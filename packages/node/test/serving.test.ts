import { describe, expect, test } from '@jest/globals';
import type { HeaderEntry } from '@btcp2p/consensus';
import { RegtestChain } from '@btcp2p/regtest';
import {
  hashToHex, regtest, unspecifiedAddress, V1Transport, type BlockView,
  type InventoryVector, type Message, type MessageOf,
} from '@btcp2p/wire';
import type { PeerId, Time } from '@btcp2p/machine';
import { Host } from './support/memory-network.ts';

/** A peer of which we write every word, and the node that it talks to. */
class Script {
  readonly host: Host;
  readonly chain = new RegtestChain();
  readonly #transport = new V1Transport({ magic: regtest.magic });
  readonly peer = 0 as PeerId;
  readonly #heard: Message[] = [];
  /** Jobs that the node waits for. */
  readonly #jobs: (() => void)[] = [];
  paused = false;
  #unix: number;

  constructor(blocks: number) {
    this.chain.mine(blocks);
    this.host = new Host('10.0.0.1:1', 1n, { maxTipAge: 1_000_000_000 });
    this.#unix = this.chain.headers.time(this.chain.headers.best) + 60;
    for (const block of this.chain.blocks) {
      this.submit(block);
    }
  }

  get now(): Time {
    return { instant: 1_000, unix: this.#unix };
  }

  /** Gives the node a block, and has it judged. */
  submit(block: BlockView, now = this.now): void {
    this.host.node.submitBlock(block, now, (outcome) => {
      expect(outcome).toMatchObject({ status: 'accepted', isNew: true });
    });
    this.#drain();
    this.finishJobs();
  }

  connect(): void {
    const { node } = this.host;
    const localAddress = this.host.address;
    node.handle(
      { type: 'connected', peer: this.peer, address: '10.0.0.2:2', localAddress, attempt: undefined },
      this.now,
    );
    this.say({
      type: 'version',
      payload: {
        version: 70016, services: 9n, timestamp: BigInt(this.#unix), receiver: unspecifiedAddress,
        sender: unspecifiedAddress, nonce: 5n, userAgent: '/script/', startHeight: 0, relay: true,
      },
    });
    this.say({ type: 'verack', payload: {} });
    this.heard();
  }

  say(message: Message): void {
    this.#transport.send(message);
    for (let data = this.#transport.pollBytes(); data; data = this.#transport.pollBytes()) {
      this.host.node.handle({ type: 'received', peer: this.peer, data }, this.now);
      this.#drain();
    }
  }

  /** What the node has said since the last time. */
  heard(): Message[] {
    return this.#heard.splice(0);
  }

  /** The same, of one type. */
  heardOf<T extends Message['type']>(type: T): MessageOf<T>['payload'][] {
    return this.heard().filter((message) => message.type === type).map(({ payload }) => payload) as
      MessageOf<T>['payload'][];
  }

  /** Has storage do one job, or all. */
  finishJobs(count = Infinity): void {
    for (let i = 0; i < count; i++) {
      const job = this.#jobs.shift();
      if (job === undefined) return;
      job();
    }
  }

  /** All that the node sent has left. */
  read(): void {
    this.host.node.handle({ type: 'drained', peer: this.peer }, this.now);
    this.#drain();
  }

  #drain(): void {
    const { node } = this.host;
    for (let effect = node.poll(); effect; effect = node.poll()) {
      if (effect.type === 'send') this.#transport.receive(effect.data);
      if (effect.type === 'pause') this.paused = true;
      if (effect.type === 'resume') this.paused = false;
      if (effect.type === 'event') this.host.events.push(effect.event);
      if (effect.type === 'request') {
        const { token, job } = effect;
        this.#jobs.push(() => {
          const result = this.host.perform(job, this.now);
          for (const event of this.host.chainEvents.splice(0)) {
            node.handle({ type: 'chain', event }, this.now);
          }
          node.handle({ type: 'completed', token, result }, this.now);
          this.#drain();
        });
      }
    }
    for (let event = this.#transport.poll(); event; event = this.#transport.poll()) {
      if (event.type !== 'message') throw new Error(`the node sent something ${event.type}`);
      this.#heard.push(event.message);
    }
  }

  hash(height: number): Uint8Array {
    const { headers } = this.chain;
    return headers.hash(headers.ancestor(headers.best, height));
  }
}

const NOTHING: Uint8Array = new Uint8Array(32);

function wanted(type: InventoryVector['type'], ...hashes: Uint8Array[]): Message {
  return { type: 'getdata', payload: { inventory: hashes.map((hash) => ({ type, hash })) } };
}

function connected(blocks: number): Script {
  const script = new Script(blocks);
  script.connect();
  return script;
}

describe('getheaders', () => {
  function ask(script: Script, locator: Uint8Array[], hashStop = NOTHING): number[] | undefined {
    script.say({ type: 'getheaders', payload: { version: 70016, locator, hashStop } });
    const [answer] = script.heardOf('headers');
    const { headers } = script.host;
    return answer?.headers.map((header) => headers.height(headers.find(header.prevBlockHash)!) + 1);
  }

  test('is answered from the first hash that is on the chain, to the stop or the end', () => {
    const script = connected(30);
    expect(ask(script, [script.hash(28)])).toEqual([29, 30]);
    expect(ask(script, [new Uint8Array(32).fill(7), script.hash(28), script.hash(2)])).toEqual([29, 30]);
    expect(ask(script, [script.hash(5)], script.hash(8))).toEqual([6, 7, 8]);
    expect(ask(script, [new Uint8Array(32).fill(7)])).toHaveLength(30);
    expect(ask(script, [script.hash(30)])).toEqual([]);
    // A stop behind the start is never met.
    expect(ask(script, [script.hash(27)], script.hash(3))).toEqual([28, 29, 30]);
  });

  test('without a locator names one header, or nothing that we have', () => {
    const script = connected(3);
    expect(ask(script, [], script.hash(2))).toEqual([2]);
    expect(ask(script, [], new Uint8Array(32).fill(7))).toBeUndefined();
  });

  test('gives 2,000 at most', () => {
    const script = connected(2_005);
    expect(ask(script, [script.hash(0)])).toHaveLength(2_000);
    expect(ask(script, [script.hash(2_000)])).toEqual([2_001, 2_002, 2_003, 2_004, 2_005]);
  });

  test('of a stale block is answered for a month, and for no longer', () => {
    const script = new Script(10);
    const { headers } = script.chain;
    const fork = headers.ancestor(headers.best, 9);
    const [stale] = script.chain.mine(1, { parent: fork, extraNonce: 9 });
    script.submit(stale!);
    script.connect();
    script.finishJobs();
    expect(ask(script, [], stale!.hash())).toEqual([10]);
    // A month of blocks later, at ten minutes each.
    for (const block of script.chain.mine(30 * 144)) {
      script.submit(block, { instant: 1_000, unix: script.now.unix + 40 * 86_400 });
    }
    script.finishJobs();
    script.heard();
    expect(ask(script, [], stale!.hash())).toBeUndefined();
  });
});

test('getblocks is answered by 500 hashes, and the rest is told of when the last is fetched', () => {
  const script = connected(620);
  script.say({
    type: 'getblocks',
    payload: { version: 70016, locator: [script.hash(10)], hashStop: NOTHING },
  });
  const [first] = script.heardOf('inv');
  const hex = (vectors: readonly InventoryVector[]): string[] => vectors.map(({ hash }) => hashToHex(hash));
  expect(first!.inventory).toHaveLength(500);
  expect(hex(first!.inventory).at(-1)).toBe(hashToHex(script.hash(510)));
  script.say(wanted('block', script.hash(510)));
  script.finishJobs();
  const messages = script.heard();
  expect(messages.map(({ type }) => type)).toEqual(['block', 'inv']);
  expect(hex((messages[1] as MessageOf<'inv'>).payload.inventory)).toEqual([hashToHex(script.hash(620))]);
});

describe('getdata', () => {
  test('is answered in order, and what was sent after it waits', () => {
    const script = connected(5);
    script.say(wanted('witness_block', script.hash(3), script.hash(1)));
    script.say({ type: 'ping', payload: { nonce: 99n } });
    expect(script.heard()).toEqual([]);
    script.finishJobs(1);
    expect(script.heard().map(({ type }) => type)).toEqual(['block']);
    script.finishJobs(1);
    const [second, pong] = script.heard();
    expect(hashToHex((second as MessageOf<'block'>).payload.block.hash())).toBe(hashToHex(script.hash(1)));
    expect(pong).toEqual({ type: 'pong', payload: { nonce: 99n } });
  });

  test('of transactions is not found; of what is not ours or not known, there is no answer', () => {
    const script = connected(2);
    const hash = new Uint8Array(32).fill(1);
    script.say({
      type: 'getdata',
      payload: {
        inventory: [
          { type: 'wtx', hash }, { type: 'block', hash }, { type: 77, hash }, { type: 'witness_tx', hash },
        ],
      },
    });
    expect(script.heard()).toEqual([
      { type: 'notfound', payload: { inventory: [{ type: 'wtx', hash }, { type: 'witness_tx', hash }] } },
    ]);
  });

  test('from a peer that does not read ends at a megabyte, and goes on when it reads', () => {
    const script = connected(2);
    const inventory = Array.from({ length: 50_000 }, (): InventoryVector => ({
      type: 'witness_block', hash: script.hash(1),
    }));
    script.say({ type: 'getdata', payload: { inventory } });
    script.finishJobs();
    const size = 24 + script.chain.blocks[0]!.size;
    const sent = script.heardOf('block').length;
    expect(sent * size).toBeGreaterThan(900_000);
    expect(sent * size).toBeLessThan(1_000_000 + 2 * size);
    expect(script.paused).toBe(true);
    script.read();
    script.finishJobs();
    expect(script.heardOf('block').length).toBeGreaterThan(1_000);
  });

  test('a block that storage has lost costs the connection', () => {
    const script = connected(2);
    script.host.loseBlocks();
    script.say(wanted('block', script.hash(1)));
    script.finishJobs();
    expect(script.host.eventsOf('peer-disconnected')).toMatchObject([{ reason: 'block-unreadable' }]);
  });
});

describe('new blocks', () => {
  function announce(script: Script, blocks: readonly BlockView[]): Message[] {
    for (const block of blocks) {
      const late: Time = { instant: 2_000, unix: script.now.unix + 86_400 };
      script.submit(block, late);
    }
    script.read();
    script.finishJobs();
    return script.heard().filter(({ type }) => type === 'inv' || type === 'headers');
  }

  test('are announced by inv, and by headers to whom wants that and knows their parent', () => {
    const script = connected(5);
    const [sixth] = script.chain.mine(1);
    expect(announce(script, [sixth!])).toMatchObject([
      { type: 'inv', payload: { inventory: [{ type: 'block', hash: sixth!.hash() }] } },
    ]);
    script.say({ type: 'sendheaders', payload: {} });
    // It does not know the sixth, as far as we know.
    const [seventh] = script.chain.mine(1);
    expect(announce(script, [seventh!])).toMatchObject([{ type: 'inv' }]);
    script.say({
      type: 'getheaders',
      payload: { version: 70016, locator: [script.hash(0)], hashStop: NOTHING },
    });
    script.heard();
    const [eighth] = script.chain.mine(1);
    expect(announce(script, [eighth!])).toEqual([
      { type: 'headers', payload: { headers: [eighth!.header] } },
    ]);
  });

  test('a reorganisation is announced from the fork on', () => {
    const script = connected(5);
    script.say({ type: 'sendheaders', payload: {} });
    script.say({
      type: 'getheaders',
      payload: { version: 70016, locator: [script.hash(0)], hashStop: NOTHING },
    });
    script.heard();
    const { headers } = script.chain;
    const fork: HeaderEntry = headers.ancestor(headers.best, 4);
    const branch = script.chain.mine(2, { parent: fork, extraNonce: 3 });
    expect(announce(script, branch)).toEqual([
      { type: 'headers', payload: { headers: branch.map((block) => block.header) } },
    ]);
  });
});
