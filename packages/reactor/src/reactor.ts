import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  Outbox,
  PeerIds,
  SECOND,
  type Machine,
  type NetworkEffect,
  type NetworkInput,
  type PeerId,
  type Time,
} from '@btcp2p/machine';
import { DeadlineTimer } from './deadline-timer.ts';
import { dial } from './dial.ts';
import { formatSocketAddress } from './socket-address.ts';
import { systemTime } from './system-time.ts';
import { TcpConnection } from './tcp-connection.ts';

/**
 * Milliseconds until a dial is given up (Core `DEFAULT_CONNECT_TIMEOUT`, netbase.h, and `-timeout`).
 */
export const DEFAULT_CONNECT_TIMEOUT = 5 * SECOND;

/**
 * Milliseconds that a connection which is being ended has to get rid of what is queued for it. Our
 * choice: Core drops what it has not sent, but then a last answer would be lost more often than not.
 */
export const DEFAULT_GRACE = 2 * SECOND;

/** What drives a machine, and what it may need. */
export interface ReactorOptions<Job, Result, Event> {
  /** The reactor calls it from now on, and nobody else does. */
  readonly machine: Machine<NetworkInput<Result>, NetworkEffect<Job, Event>>;
  /**
   * Does the slow work of a `request`. A failure is a `Result` too: a promise that rejects, like a
   * call that throws, is a bug, and ends the reactor.
   */
  perform(job: Job): Promise<Result>;
  /** Hears what the machine tells, in the middle of a turn: what it gives the reactor is queued. */
  onEvent(event: Event): void;
  /** Milliseconds; {@link DEFAULT_CONNECT_TIMEOUT} by default. */
  readonly connectTimeout?: number;
  /** Milliseconds; {@link DEFAULT_GRACE} by default. */
  readonly grace?: number;
  /** The clocks, {@link systemTime} by default. Timers run on those of the system in any case. */
  readonly time?: () => Time;
}

/** Where a reactor listens. */
export interface ReactorAddress {
  readonly host: string;
  readonly port: number;
  /** Off by default. */
  readonly ipv6Only?: boolean;
}

type Command = (now: Time) => void;

/**
 * Drives one machine over TCP on Node.js: the one place that calls it.
 *
 * **Turns.** Each input (and each command of the application's) makes a turn: the machine handles
 * it, its effects are carried out in order, what was sent goes out in one write for each
 * connection, and the one timer follows the machine's deadline. An input that comes during a turn
 * is queued and has its turn right after. So the machine is never called from inside itself.
 *
 * **Memory.** Nothing is queued here but what the machine sent and the system has not taken yet; a
 * machine that waits for `drained` decides how much that is. Reading goes at the machine's pace:
 * there is no queue of input.
 *
 * **Fairness.** A chunk has at most 64 KB, and after at most 32 chunks of one connection the event
 * loop turns to the next and to timers (libuv). So a machine that needs t milliseconds for 64 KB is
 * late for everything else by at most 32 t for each connection that sends without pause.
 *
 * **Bugs.** When the machine, `onEvent` or `perform` throws, all connections are cut, the machine
 * is never called again, and the exception goes on: nothing here catches it.
 */
export class Reactor<Job, Result, Event> {
  readonly #machine: Machine<NetworkInput<Result>, NetworkEffect<Job, Event>>;
  readonly #perform: (job: Job) => Promise<Result>;
  readonly #onEvent: (event: Event) => void;
  readonly #connectTimeout: number;
  readonly #grace: number;
  readonly #time: () => Time;

  readonly #peerIds = new PeerIds();
  readonly #connections = new Map<PeerId, TcpConnection>();
  readonly #servers = new Set<Server>();
  /** How to give up each dial. */
  readonly #dials = new Set<(cause: string) => void>();
  readonly #timer: DeadlineTimer;
  readonly #inbox = new Outbox<NetworkInput<Result> | Command>();
  #unflushed: TcpConnection[] = [];
  #isInTurn = false;
  #requests = 0;
  #stage: 'open' | 'closing' | 'closed' = 'open';
  #closed: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: ReactorOptions<Job, Result, Event>) {
    this.#machine = options.machine;
    this.#perform = (job) => options.perform(job);
    this.#onEvent = (event) => options.onEvent(event);
    this.#connectTimeout = options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT;
    this.#grace = options.grace ?? DEFAULT_GRACE;
    this.#time = options.time ?? systemTime;
    this.#timer = new DeadlineTimer(
      () => this.#time().instant,
      () => this.#take((now) => this.#machine.handleTimeout(now)),
    );
    // A machine may have effects and a deadline before its first input. Not at once: `onEvent` may
    // use the variable that this reactor is about to be assigned to.
    queueMicrotask(() => this.#turn());
  }

  /** How many connections stand, those included that are being ended. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Whether {@link close} was called, or a bug ended the reactor. */
  get isClosed(): boolean {
    return this.#stage !== 'open';
  }

  /**
   * Takes connections at an address of this machine. Port 0 takes any free one.
   *
   * @param options.ipv6Only whether `::` is every IPv6 address alone, and not every IPv4 one too
   * @returns the address, `host:port`
   * @throws what the system says, as a rejection: `EADDRINUSE` and so on in its `code`
   */
  async listen({ host, port, ipv6Only = false }: ReactorAddress): Promise<string> {
    this.#assertOpen();
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#servers.add(server);
    server.once('close', () => {
      this.#servers.delete(server);
      this.#reportIdle();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        server.close();
        reject(error);
      });
      server.listen({ host, port, ipv6Only }, resolve);
    });
    // Later errors (no file descriptors left) concern one connection, and the listener goes on.
    server.on('error', () => {});
    if (this.#stage !== 'open') {
      server.close();
      this.#assertOpen();
    }
    const { address, port: actual } = server.address() as AddressInfo;
    return formatSocketAddress(address, actual);
  }

  /** Gives the machine an input, in a turn of its own. */
  input(input: NetworkInput<Result>): void {
    this.#assertOpen();
    this.#take(input);
  }

  /**
   * Calls `command`, which may give commands to the machine, in a turn of its own: at once, or,
   * from inside `onEvent`, when the present turn is over. What it throws at once is thrown here,
   * after its effects have been carried out; what it throws later is a bug.
   */
  run(command: (now: Time) => void): void {
    this.#assertOpen();
    if (this.#isInTurn) return this.#take(command);
    let failure: { readonly error: unknown } | undefined;
    this.#take((now) => {
      try {
        command(now);
      } catch (error) {
        failure = { error };
      }
    });
    if (failure !== undefined) throw failure.error;
  }

  /**
   * Ends everything: listeners and timers at once, connections as by `disconnect`. Resolves when
   * they are gone and requests answered, but no later than after the grace; a grace of 0 cuts all
   * at once. Until it resolves the machine still hears of it, though what it wants to dial is not
   * dialled; after that it is never called again, and nothing here keeps the process alive.
   */
  close({ grace = this.#grace }: { readonly grace?: number } = {}): Promise<void> {
    if (grace <= 0) this.#cut();
    this.#closed ??= this.#shutDown(grace);
    return this.#closed;
  }

  async #shutDown(grace: number): Promise<void> {
    if (this.#stage === 'closed') return;
    this.#stage = 'closing';
    this.#timer.set(undefined);
    for (const server of this.#servers) server.close();
    for (const giveUp of this.#dials) giveUp('closed');
    for (const connection of this.#connections.values()) connection.end('closed', grace);
    if (!this.#isIdle) {
      const { promise, stop } = timeLimit(grace);
      await Promise.race([new Promise<void>((resolve) => (this.#onIdle = resolve)), promise]);
      stop();
    }
    this.#cut();
  }

  get #isIdle(): boolean {
    const standing = this.#connections.size + this.#servers.size + this.#requests;
    return standing === 0 && !this.#isInTurn;
  }

  #reportIdle(): void {
    if (this.#isIdle) this.#onIdle?.();
  }

  /** Ends everything now. */
  #cut(): void {
    this.#stage = 'closed';
    this.#timer.set(undefined);
    for (const server of this.#servers) server.close();
    for (const giveUp of this.#dials) giveUp('closed');
    for (const connection of this.#connections.values()) connection.destroy('closed');
    this.#connections.clear();
    this.#onIdle?.();
  }

  #assertOpen(): void {
    if (this.#stage !== 'open') throw new Error('the reactor is closed');
  }

  // Turns.

  #take(step: NetworkInput<Result> | Command): void {
    if (this.#stage === 'closed') return;
    this.#inbox.push(step);
    this.#turn();
  }

  #turn(): void {
    if (this.#isInTurn || this.#stage === 'closed') return;
    this.#isInTurn = true;
    let isWhole = false;
    try {
      this.#drain();
      for (let step = this.#next(); step !== undefined; step = this.#next()) {
        if (typeof step === 'function') step(this.#time());
        else this.#machine.handle(step, this.#time());
        this.#drain();
      }
      isWhole = true;
    } finally {
      this.#isInTurn = false;
      if (!isWhole) this.#cut();
    }
    if (this.#stage === 'open') this.#timer.set(this.#machine.deadline());
    else this.#reportIdle();
  }

  /** The next step to take, as long as steps are taken. */
  #next(): NetworkInput<Result> | Command | undefined {
    return this.#stage === 'closed' ? undefined : this.#inbox.poll();
  }

  /** Carries out what the machine wants, in order. */
  #drain(): void {
    for (let effect = this.#machine.poll(); effect; effect = this.#machine.poll()) {
      this.#carryOut(effect);
    }
    if (this.#unflushed.length === 0) return;
    const unflushed = this.#unflushed;
    this.#unflushed = [];
    for (const connection of unflushed) connection.flush();
  }

  #carryOut(effect: NetworkEffect<Job, Event>): void {
    switch (effect.type) {
      case 'send': {
        const connection = this.#connections.get(effect.peer);
        if (connection?.send(effect.data) === true) this.#unflushed.push(connection);
        return;
      }
      case 'event':
        return this.#onEvent(effect.event);
      case 'pause':
        return this.#connections.get(effect.peer)?.pause();
      case 'resume':
        return this.#connections.get(effect.peer)?.resume();
      case 'disconnect':
        return this.#connections.get(effect.peer)?.end('disconnected', this.#grace);
      case 'connect':
        return this.#connect(effect.attempt, effect.address);
      case 'request':
        void this.#request(effect.token, effect.job);
    }
  }

  async #request(token: number, job: Job): Promise<void> {
    this.#requests++;
    try {
      const result = await this.#perform(job);
      this.#requests--;
      this.#take({ type: 'completed', token, result });
    } catch (error) {
      this.#cut();
      // Out of the promise, so that it is an uncaught exception and not a rejection.
      process.nextTick(() => {
        throw error;
      });
    }
  }

  // Connections.

  #connect(attempt: number, address: string): void {
    // Answering it could make the machine try again, and so on without end.
    if (this.#stage !== 'open') return;
    const giveUp = dial(address, this.#connectTimeout, {
      onConnected: (socket) => {
        this.#dials.delete(giveUp);
        this.#open(socket, attempt, address);
      },
      onFailed: (cause) => {
        this.#dials.delete(giveUp);
        this.#take({ type: 'connect-failed', attempt, cause });
      },
    });
    this.#dials.add(giveUp);
  }

  #accept(socket: Socket): void {
    // One that is gone already has no address.
    if (this.#stage === 'open' && socket.remoteAddress !== undefined) return this.#open(socket);
    socket.on('error', () => {});
    socket.destroy();
  }

  #open(socket: Socket, attempt?: number, dialled = ''): void {
    const peer = this.#peerIds.next();
    const connection = new TcpConnection(socket, {
      received: (data) => this.#take({ type: 'received', peer, data }),
      drained: () => this.#take({ type: 'drained', peer }),
      closed: (cause) => {
        this.#connections.delete(peer);
        this.#take({ type: 'disconnected', peer, cause });
      },
    });
    this.#connections.set(peer, connection);
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    const address = textOf(remoteAddress, remotePort) ?? dialled;
    const local = textOf(localAddress, localPort) ?? '';
    this.#take({ type: 'connected', peer, address, localAddress: local, attempt });
  }
}

function textOf(host: string | undefined, port: number | undefined): string | undefined {
  return host === undefined || port === undefined ? undefined : formatSocketAddress(host, port);
}

/** A promise that resolves after that many milliseconds, unless it is stopped. */
function timeLimit(milliseconds: number): { promise: Promise<void>; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return { promise, stop: () => clearTimeout(timer) };
}
