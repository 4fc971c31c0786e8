import { connect, createServer, type Server, type Socket } from 'node:net';
import type {
  Instant,
  Machine,
  NetworkEffect,
  NetworkInput,
  PeerId,
  Time,
} from '@btcp2p/machine';
import { Outbox } from '@btcp2p/machine';
import { Reactor, type ReactorOptions } from '../src/reactor.ts';

export type Input = NetworkInput<string>;
export type InputOf<T extends Input['type']> = Extract<Input, { readonly type: T }>;
export type Effect = NetworkEffect<string, string>;

/** A machine that a test scripts: it keeps its inputs, and does what the test tells it. */
export class ScriptedMachine implements Machine<Input, Effect> {
  readonly inputs: Input[] = [];
  readonly timeouts: Time[] = [];
  readonly #outbox = new Outbox<Effect>();
  #waiters: (() => void)[] = [];
  #isInside = false;
  onInput: (input: Input, now: Time) => void = () => {};
  onTimeout: (now: Time) => void = () => {};
  due: Instant | undefined;

  handle(input: Input, now: Time): void {
    this.#enter(() => {
      this.inputs.push(input);
      this.onInput(input, now);
    });
  }

  handleTimeout(now: Time): void {
    this.#enter(() => {
      this.timeouts.push(now);
      this.due = undefined;
      this.onTimeout(now);
    });
  }

  poll(): Effect | undefined {
    if (this.#isInside) throw new Error('polled from inside');
    return this.#outbox.poll();
  }

  deadline(): Instant | undefined {
    return this.due;
  }

  /** Adds an effect. To be called from inside a turn. */
  want(effect: Effect): void {
    this.#outbox.push(effect);
  }

  ofType<T extends Input['type']>(type: T): InputOf<T>[] {
    return this.inputs.filter((input): input is InputOf<T> => input.type === type);
  }

  /** Bytes received from a peer, or from all. */
  received(peer?: PeerId): number {
    let bytes = 0;
    for (const input of this.ofType('received')) {
      if (peer === undefined || input.peer === peer) bytes += input.data.length;
    }
    return bytes;
  }

  /** Resolves as soon as the condition holds; looked at after each input. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** The input of that type which came or comes as the `count`-th. */
  async next<T extends Input['type']>(type: T, count = 1): Promise<InputOf<T>> {
    await this.until(() => this.ofType(type).length >= count);
    return this.ofType(type)[count - 1]!;
  }

  #enter(body: () => void): void {
    if (this.#isInside) throw new Error('called from inside');
    this.#isInside = true;
    try {
      body();
    } finally {
      this.#isInside = false;
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

export interface Driven {
  readonly machine: ScriptedMachine;
  readonly reactor: Reactor<string, string, string>;
  readonly events: string[];
  /** Gives effects to the machine, in a turn. */
  do(...effects: Effect[]): void;
}

const open = new Set<{ close: () => unknown }>();

/** A reactor with a scripted machine, closed by {@link closeAll}. */
export function drive(options: Partial<ReactorOptions<string, string, string>> = {}): Driven {
  const machine = new ScriptedMachine();
  const events: string[] = [];
  const reactor = new Reactor<string, string, string>({
    machine,
    perform: (job) => Promise.resolve(`${job} done`),
    onEvent: (event) => void events.push(event),
    ...options,
  });
  open.add(reactor);
  return {
    machine,
    reactor,
    events,
    do: (...effects) =>
      reactor.run(() => {
        for (const effect of effects) machine.want(effect);
      }),
  };
}

/** Closes whatever the test has opened through this file. */
export async function closeAll(): Promise<void> {
  const all = [...open];
  open.clear();
  await Promise.all(all.map((one) => one.close()));
}

/** Two reactors with a connection between them. */
export async function pair(
  options: Partial<ReactorOptions<string, string, string>> = {},
): Promise<{ a: Driven; b: Driven; ofA: PeerId; ofB: PeerId; address: string }> {
  const a = drive(options);
  const b = drive(options);
  const address = await b.reactor.listen({ host: '127.0.0.1', port: 0 });
  a.do({ type: 'connect', attempt: 1, address });
  const { peer: ofA } = await a.machine.next('connected');
  const { peer: ofB } = await b.machine.next('connected');
  return { a, b, ofA, ofB, address };
}

/** A plain TCP server on a free port, and its address. */
export async function plainServer(
  onSocket: (socket: Socket) => void,
): Promise<{ server: Server; address: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.add({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  const { port } = server.address() as { port: number };
  return { server, address: `127.0.0.1:${port}` };
}

/** A plain TCP connection. */
export async function plainSocket(address: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(address.split(':')[1]) });
  socket.on('error', () => {});
  open.add({ close: () => socket.destroy() });
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** The timers that code under test has set and that have neither fired nor been cleared. */
const timers = new Set<unknown>();
const { setTimeout: set, clearTimeout: clear } = globalThis;

// jest has timers of its own, so those of the process cannot simply be counted.
globalThis.setTimeout = ((callback: () => void, delay: number) => {
  const timer = set(() => {
    timers.delete(timer);
    callback();
  }, delay);
  timers.add(timer);
  return timer;
}) as typeof setTimeout;
globalThis.clearTimeout = ((timer: NodeJS.Timeout | undefined) => {
  timers.delete(timer);
  clear(timer);
}) as typeof clearTimeout;

/** How many sockets, listeners and timers there are, once what is closing has closed. */
export async function handles(): Promise<Record<string, number>> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  const counts: Record<string, number> = { TCPSocketWrap: 0, TCPServerWrap: 0 };
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind in counts) counts[kind]! += 1;
  }
  return { ...counts, timers: timers.size };
}

/** `length` bytes that depend on their position. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) + seed) & 0xff;
  return bytes;
}
