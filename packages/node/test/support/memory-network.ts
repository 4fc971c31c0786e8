import { nobleEllSwift, performKeyWork } from '@btcp2p/bip324';
import {
  BlockIndexStore, ChainstateManager, CoinsStore, MemoryBlockFiles, MemoryStore,
  SequentialScriptChecker,
} from '@btcp2p/chainstate';
import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import { PeerIds, SeededRng, type PeerId, type Time } from '@btcp2p/machine';
import { BLOCK_HEADER_SIZE, regtest, type BlockView } from '@btcp2p/wire';
import {
  Node, type BlockOutcome, type ChainEvent, type FilterJob, type Job, type JobResult, type NodeEvent,
  type NodeOptions,
} from '../../src/index.ts';

/** One end of a connection in memory. */
interface End {
  readonly host: Host;
  readonly peer: PeerId;
  other: End | undefined;
}

/** A node, what it has stored, and what it has said. */
export class Host {
  readonly address: string;
  readonly node: Node;
  readonly headers: HeaderTree;
  readonly events: NodeEvent[] = [];
  /** Its chain, with headers of its own. */
  readonly chain: ChainstateManager;
  /** What the chain has told and the node has not been told. */
  chainEvents: ChainEvent[] = [];
  readonly storedHeaders: Uint8Array[] = [];
  readonly peerIds = new PeerIds();
  readonly ends = new Map<PeerId, End>();
  readonly paused = new Set<PeerId>();
  /** Slow steps of handshakes that were taken, and what each is said to take, in milliseconds. */
  keyWork = 0;
  keyWorkTime = 1;
  readonly #rng: SeededRng;
  readonly #files = new MemoryBlockFiles();
  /** Answers what is asked of the index of filters; there is none unless this is set. */
  filterJob: (job: FilterJob) => JobResult = () => ({ type: 'failed', detail: 'no index' });
  /** Set to have every write fail. */
  diskFailure: string | undefined;

  constructor(address: string, seed: bigint, options: Partial<NodeOptions> = {}) {
    this.address = address;
    this.#rng = new SeededRng(seed).fork('keys');
    const params = consensusParams(regtest);
    this.headers = new HeaderTree({ params, anchor: genesisAnchor(regtest) });
    this.chain = new ChainstateManager({
      network: regtest,
      params,
      headers: new HeaderTree({ params, anchor: genesisAnchor(regtest) }),
      index: new BlockIndexStore(new MemoryStore()),
      coins: new CoinsStore(new MemoryStore()),
      files: this.#files,
      scripts: new SequentialScriptChecker(),
      notify: (event) => {
        if (event.type !== 'log') this.chainEvents.push(event);
      },
    });
    this.chain.load();
    this.chainEvents = [];
    this.node = new Node({
      network: regtest,
      params,
      headers: this.headers,
      rng: new SeededRng(seed),
      userAgent: '/test:0.1/',
      ...options,
    });
  }

  perform(job: Job, { unix }: Time): JobResult {
    if (job.type === 'key-work') {
      this.keyWork++;
      const result = performKeyWork(job.work, nobleEllSwift, this.#rng);
      return { type: 'key-work', result, elapsed: this.keyWorkTime };
    }
    if (isFilterJob(job)) return this.filterJob(job);
    if (job.type !== 'read-block' && this.diskFailure !== undefined) {
      return { type: 'failed', detail: this.diskFailure };
    }
    switch (job.type) {
      case 'append-headers':
        this.storedHeaders.push(job.headers);
        for (let at = 0; at < job.headers.length; at += BLOCK_HEADER_SIZE) {
          this.chain.headers.addTrusted(job.headers.slice(at, at + BLOCK_HEADER_SIZE));
        }
        return { type: 'appended' };
      case 'process-block': {
        const outcome = this.chain.processBlock(job.bytes, unix, { requested: true });
        if (outcome.status === 'accepted') {
          const { isNew, verdict } = outcome;
          return { type: 'processed', outcome: { status: 'accepted', isNew, verdict } };
        }
        return { type: 'processed', outcome };
      }
      case 'read-block': {
        const entry = this.chain.headers.find(job.hash);
        try {
          const block = entry === undefined ? undefined : this.chain.readBlock(entry);
          if (block === undefined) return { type: 'failed', detail: 'no such block' };
          return { type: 'block', bytes: block.bytes };
        } catch (error) {
          return { type: 'failed', detail: (error as Error).message };
        }
      }
    }
  }

  /** What is stored can no longer be read. */
  loseBlocks(): void {
    for (const file of this.#files.files().keys()) this.#files.remove(file);
  }

  /** The events of one type. */
  eventsOf<T extends NodeEvent['type']>(type: T): Extract<NodeEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<NodeEvent, { type: T }>[];
  }
}

/**
 * Nodes connected in memory. Everything that is on its way waits in one queue and is delivered in
 * order; time passes only when nothing is.
 */
export class MemoryNetwork {
  readonly hosts: Host[] = [];
  readonly #queue: (() => void)[] = [];
  #instant = 0;
  /** Unix time at the start: after any block that the tests mine. */
  #unixStart: number;
  /** Largest number of bytes of one delivery; the rest comes in another. */
  chunk = Infinity;

  constructor(unixStart: number) {
    this.#unixStart = unixStart;
  }

  get now(): Time {
    return { instant: this.#instant, unix: this.#unixStart + Math.floor(this.#instant / 1_000) };
  }

  host(name: string, seed: bigint, options: Partial<NodeOptions> = {}): Host {
    const host = new Host(name, seed, options);
    this.hosts.push(host);
    return host;
  }

  /** Gives a node a command, and carries out what follows. */
  command<T>(host: Host, run: (node: Node, now: Time) => T): T {
    const result = run(host.node, this.now);
    this.#drain(host);
    this.settle();
    return result;
  }

  /** Gives a node a block. Returns what `submitblock` says: undefined, or what is wrong with it. */
  submit(host: Host, block: BlockView): string | undefined {
    let outcome: BlockOutcome | undefined;
    this.command(host, (node, now) => node.submitBlock(block, now, (result) => (outcome = result)));
    if (outcome === undefined) return 'failed';
    if (outcome.status === 'rejected') return outcome.reason;
    if (!outcome.isNew) return 'duplicate';
    const { verdict } = outcome;
    return verdict === 'valid' || verdict === undefined ? undefined : verdict.reason;
  }

  /** Delivers all that is on its way, without letting time pass. */
  settle(): void {
    for (let step = this.#queue.shift(); step; step = this.#queue.shift()) step();
  }

  /** Lets time pass, running every timeout at its moment. */
  advance(milliseconds: number): void {
    const end = this.#instant + milliseconds;
    for (;;) {
      this.settle();
      const due = this.hosts.map((host) => host.node.deadline() ?? Infinity);
      const next = Math.min(...due);
      if (next > end) break;
      this.#instant = Math.max(this.#instant, next);
      for (const host of this.hosts) {
        host.node.handleTimeout(this.now);
        this.#drain(host);
      }
    }
    this.#instant = end;
  }

  /** Cuts every connection of a host. */
  cut(host: Host): void {
    for (const end of host.ends.values()) this.#close(end);
    this.settle();
  }

  #drain(host: Host): void {
    for (let effect = host.node.poll(); effect; effect = host.node.poll()) {
      switch (effect.type) {
        case 'connect':
          this.#dial(host, effect.attempt, effect.address);
          break;
        case 'send':
          this.#send(host.ends.get(effect.peer), effect.data);
          break;
        case 'disconnect': {
          const end = host.ends.get(effect.peer);
          if (end) this.#queue.push(() => this.#close(end));
          break;
        }
        case 'pause':
          host.paused.add(effect.peer);
          break;
        case 'resume':
          host.paused.delete(effect.peer);
          break;
        case 'request': {
          const { token, job } = effect;
          this.#queue.push(() => this.#complete(host, token, job));
          break;
        }
        case 'event':
          host.events.push(effect.event);
      }
    }
  }

  #complete(host: Host, token: number, job: Job): void {
    const result = host.perform(job, this.now);
    for (const event of host.chainEvents.splice(0)) this.#give(host, { type: 'chain', event });
    this.#give(host, { type: 'completed', token, result });
  }

  #give(host: Host, input: Parameters<Node['handle']>[0]): void {
    host.node.handle(input, this.now);
    this.#drain(host);
  }

  #dial(from: Host, attempt: number, address: string): void {
    const to = this.hosts.find((host) => host.address === address);
    this.#queue.push(() => {
      if (to === undefined) {
        this.#give(from, { type: 'connect-failed', attempt, cause: 'connection refused' });
        return;
      }
      const near: End = { host: from, peer: from.peerIds.next(), other: undefined };
      const far: End = { host: to, peer: to.peerIds.next(), other: near };
      near.other = far;
      from.ends.set(near.peer, near);
      to.ends.set(far.peer, far);
      const localAddress = from.address;
      this.#give(from, { type: 'connected', peer: near.peer, address, localAddress, attempt });
      this.#give(to, {
        type: 'connected',
        peer: far.peer,
        address: localAddress,
        localAddress: address,
        attempt: undefined,
      });
    });
  }

  #send(from: End | undefined, data: Uint8Array): void {
    if (from === undefined) return;
    for (let at = 0; at < data.length; at += this.chunk) {
      const part = data.subarray(at, at + this.chunk);
      this.#queue.push(() => {
        const to = from.other;
        if (to === undefined) return;
        this.#give(to.host, { type: 'received', peer: to.peer, data: part });
      });
    }
    this.#queue.push(() => {
      if (from.other !== undefined) this.#give(from.host, { type: 'drained', peer: from.peer });
    });
  }

  #close(end: End): void {
    const { other } = end;
    if (other === undefined) return;
    end.other = undefined;
    other.other = undefined;
    for (const { host, peer } of [end, other]) {
      host.ends.delete(peer);
      this.#give(host, { type: 'disconnected', peer, cause: 'connection closed' });
    }
  }
}

function isFilterJob(job: Job): job is FilterJob {
  return job.type.startsWith('read-filter');
}
