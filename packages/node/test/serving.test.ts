import { describe, expect, test } from '@jest/globals';
import type { HeaderEntry } from '@btcp2p/consensus';
import { RegtestChain } from '@btcp2p/regtest';
import {
  hashToHex, regtest, ServiceFlags, toHex, unspecifiedAddress, V1Transport, type BlockView,
  type InventoryVector, type Message, type MessageOf,
} from '@btcp2p/wire';
import type { PeerId, Time } from '@btcp2p/machine';
import {
  parseWhitelist, type FilterJob, type JobResult, type NodeOptions, type PermissionRules, type Whitelist,
} from '../src/index.ts';
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

  constructor(blocks: number, options: Partial<NodeOptions> = {}) {
    this.chain.mine(blocks);
    this.host = new Host('10.0.0.1:1', 1n, { maxTipAge: 1_000_000_000, ...options });
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

/** Has no peer let go. */
const trusting: PermissionRules = {
  whitelists: [parseWhitelist('noban@10.0.0.2') as Whitelist],
  whitebinds: [],
  relay: true,
  forceRelay: false,
};

function wanted(type: InventoryVector['type'], ...hashes: Uint8Array[]): Message {
  return { type: 'getdata', payload: { inventory: hashes.map((hash) => ({ type, hash })) } };
}

function connected(blocks: number, options: Partial<NodeOptions> = {}): Script {
  const script = new Script(blocks, options);
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
    // It may be that the peer cannot read before we do: so 5 MB more are read, and left for later.
    const more: Message = {
      type: 'unknown', payload: { messageType: 'more', bytes: new Uint8Array(3_000_000) },
    };
    script.say(more);
    expect(script.paused).toBe(false);
    script.say(more);
    expect(script.paused).toBe(true);
    script.read();
    script.finishJobs();
    expect(script.heardOf('block').length).toBeGreaterThan(1_000);
  });

  test('of blocks that are too old for a node with the last ones only ends the connection', () => {
    const services = ServiceFlags.NODE_WITNESS | ServiceFlags.NODE_NETWORK_LIMITED;
    const script = connected(295, { services });
    script.say(wanted('witness_block', script.hash(295 - 290)));
    script.finishJobs();
    expect(script.heardOf('block')).toHaveLength(1);
    script.say(wanted('witness_block', script.hash(295 - 291)));
    expect(script.host.eventsOf('peer-disconnected')).toMatchObject([{
      reason: 'block-below-threshold',
      detail: 'Ignore block request below NODE_NETWORK_LIMITED threshold, disconnecting peer=0',
    }]);
    // A node with all blocks, and one that trusts the peer, give them.
    for (const options of [{}, { services, permissions: trusting }]) {
      const other = connected(295, options);
      other.say(wanted('witness_block', other.hash(4)));
      other.finishJobs();
      expect(other.heardOf('block')).toHaveLength(1);
    }
  });

  test('of old blocks is not for a node that has yet to prove the coins it goes on from', () => {
    const script = new Script(295);
    const { node, headers } = script.host;
    const entries = [10, 20, 295].map((height) => headers.ancestor(headers.best, height));
    const [first, second, tip] = entries as [HeaderEntry, HeaderEntry, HeaderEntry];
    const { NODE_NETWORK } = ServiceFlags;
    const all = node.services;
    expect(all & NODE_NETWORK).toBe(NODE_NETWORK);
    node.handle({ type: 'chain', event: { type: 'snapshot', tip, background: first } }, script.now);
    expect(node.services).toBe(all & ~NODE_NETWORK);
    node.handle({ type: 'chain', event: { type: 'background', tip: second } }, script.now);
    expect(node.services).toBe(all & ~NODE_NETWORK);
    script.connect();
    node.handle({ type: 'chain', event: { type: 'background', tip } }, script.now);
    expect(node.services).toBe(all);
    // It was told otherwise.
    script.say(wanted('witness_block', script.hash(4)));
    expect(script.host.eventsOf('peer-disconnected')).toMatchObject([{ reason: 'block-below-threshold' }]);
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

describe('filters (BIP 157)', () => {
  const { NODE_NETWORK, NODE_WITNESS, NODE_COMPACT_FILTERS } = ServiceFlags;
  const FILTER_BYTES = 40_000;

  /** A filter, told by its height, and the hash and the header that go with it. */
  const filterAt = (height: number): Uint8Array => {
    const filter = new Uint8Array(FILTER_BYTES);
    new DataView(filter.buffer).setUint32(0, height);
    return filter;
  };
  const hashAt = (height: number): Uint8Array => new Uint8Array(32).fill(height);
  const headerAt = (height: number): Uint8Array => new Uint8Array(32).fill(height).fill(9, 0, 1);

  /** A node that offers filters. It gives ten at a time; of `lost` blocks there are none. */
  function offering(blocks: number, lost = Infinity): { script: Script; jobs: FilterJob[] } {
    const script = connected(blocks, {
      services: NODE_NETWORK | NODE_WITNESS | NODE_COMPACT_FILTERS, v2Transport: false,
    });
    const jobs: FilterJob[] = [];
    const { headers } = script.host;
    const range = (from: number, to: number): number[] => {
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    };
    script.host.filterJob = (job): JobResult => {
      jobs.push(job);
      const stop = headers.height(job.stop);
      if (stop >= lost) return { type: 'failed', detail: 'lost' };
      if (job.type === 'read-filter-checkpoints') {
        return { type: 'filter-checkpoints', headers: [headerAt(stop)] };
      }
      const { startHeight } = job;
      if (job.type === 'read-filter-hashes') {
        const hashes = range(startHeight, stop).map(hashAt);
        return { type: 'filter-hashes', previousHeader: headerAt(startHeight - 1), hashes };
      }
      const heights = range(startHeight, Math.min(stop, startHeight + 9));
      const filters = heights.map((height) => (
        { blockHash: headers.hash(headers.ancestor(job.stop, height)), filter: filterAt(height) }
      ));
      return { type: 'filters', filters };
    };
    return { script, jobs };
  }

  const getFilters = (startHeight: number, stopHash: Uint8Array, filterType = 0): Message => (
    { type: 'getcfilters', payload: { filterType, startHeight, stopHash } }
  );
  const getHeaders = (startHeight: number, stopHash: Uint8Array): Message => (
    { type: 'getcfheaders', payload: { filterType: 0, startHeight, stopHash } }
  );
  const ping: Message = { type: 'ping', payload: { nonce: 3n } };

  test('each in order, and what was asked after them comes after them', () => {
    const { script } = offering(25);
    script.say(getFilters(3, script.hash(25)));
    script.say(ping);
    expect(script.heard()).toEqual([]);
    script.finishJobs();
    const heard = script.heard();
    expect(heard.map(({ type }) => type)).toEqual([...Array(23).fill('cfilter'), 'pong']);
    for (const [i, message] of heard.slice(0, 23).entries()) {
      if (message.type !== 'cfilter') throw new Error(message.type);
      const { filterType, blockHash, filter } = message.payload;
      expect(filterType).toBe(0);
      expect(toHex(blockHash)).toBe(toHex(script.hash(3 + i)));
      expect(toHex(filter)).toBe(toHex(filterAt(3 + i)));
    }
  });

  test('no more are read than the peer takes', () => {
    const { script, jobs } = offering(200);
    script.say(getFilters(0, script.hash(200)));
    script.finishJobs();
    // 400,000 bytes each: the third fills what may wait.
    expect(jobs).toHaveLength(3);
    expect(script.heardOf('cfilter')).toHaveLength(30);
    script.say(ping);
    for (let i = 0; i < 10; i++) {
      script.read();
      script.finishJobs();
    }
    const rest = script.heard();
    expect(rest).toHaveLength(201 - 30 + 1);
    expect(rest.at(-1)?.type).toBe('pong');
    expect(jobs).toHaveLength(21);
  });

  test('hashes, and headers of checkpoints', () => {
    const { script } = offering(30);
    script.say(getHeaders(5, script.hash(30)));
    script.say(getHeaders(0, script.hash(0)));
    const stopHash = script.hash(20);
    script.say({ type: 'getcfcheckpt', payload: { filterType: 0, stopHash } });
    script.say(ping);
    for (let i = 0; i < 3; i++) script.finishJobs();
    const heard = script.heard();
    expect(heard.map(({ type }) => type)).toEqual(['cfheaders', 'cfheaders', 'cfcheckpt', 'pong']);
    expect(heard[0]?.payload).toEqual({
      filterType: 0, stopHash: script.hash(30), previousFilterHeader: headerAt(4),
      filterHashes: Array.from({ length: 26 }, (_, i) => hashAt(5 + i)),
    });
    expect(heard[2]?.payload).toEqual({ filterType: 0, stopHash, filterHeaders: [headerAt(20)] });
  });

  test('what the index does not have is not answered', () => {
    const { script } = offering(10, 5);
    script.say(getFilters(0, script.hash(5)));
    script.say(getHeaders(0, script.hash(6)));
    script.say({ type: 'getcfcheckpt', payload: { filterType: 0, stopHash: script.hash(7) } });
    script.say(ping);
    for (let i = 0; i < 3; i++) script.finishJobs();
    expect(script.heard().map(({ type }) => type)).toEqual(['pong']);
    const notices = script.host.events.flatMap((event) => (event.type === 'notice' ? [event.detail] : []));
    expect(notices.filter((text) => text.startsWith('Failed to find block filter'))).toHaveLength(3);
  });

  test('requests that end the connection', () => {
    const unknown = new Uint8Array(32).fill(7);
    const cases: readonly (readonly [Message | ((script: Script) => Message), string])[] = [
      [getFilters(0, unknown), 'peer requested invalid block hash: 0707'],
      [(script) => getFilters(4, script.hash(3)), 'start height 4 and stop height 3'],
      [
        (script) => getFilters(0, script.hash(1_000)),
        'peer requested too many cfilters/cfheaders: 1001 / 1000',
      ],
      [(script) => getFilters(0, script.hash(3), 1), 'peer requested unsupported block filter type: 1'],
    ];
    for (const [message, detail] of cases) {
      const { script, jobs } = offering(1_000);
      script.say(typeof message === 'function' ? message(script) : message);
      const ends = script.host.events.filter(({ type }) => type === 'peer-disconnected');
      expect(ends).toMatchObject([{ detail: expect.stringContaining(detail) }]);
      expect(ends).toMatchObject([{ detail: expect.stringContaining(', disconnecting peer=0') }]);
      expect(jobs).toEqual([]);
    }
    const { script } = offering(1_000);
    script.say(getFilters(1, script.hash(1_000)));
    script.say(getHeaders(0, script.hash(1_000)));
    expect(script.host.events.filter(({ type }) => type === 'peer-disconnected')).toEqual([]);
  }, 20_000);

  test('a peer that goes away while it is served', () => {
    const { script } = offering(50);
    script.say(getFilters(0, script.hash(50)));
    script.host.node.handle({ type: 'disconnected', peer: script.peer, cause: 'gone' }, script.now);
    script.finishJobs();
    expect(script.heardOf('cfilter')).toEqual([]);
  });
});
