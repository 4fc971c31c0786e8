import { resolve } from 'node:path';
import type { ChainEvent } from '@btcp2p/chainstate';
import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import {
  Node,
  type BlockOutcome,
  type Job,
  type JobResult,
  type NodeEvent,
  type NodeStatus,
} from '@btcp2p/node';
import {
  KeyWorker,
  nativeAead,
  nativeSha256d,
  Reactor,
  secureRng,
} from '@btcp2p/reactor';
import { BLOCK_HEADER_SIZE, hashToHex, ServiceFlags, type BlockView } from '@btcp2p/wire';
import { ChainControl } from './chain-control.ts';
import type { LoadedChain } from './chain/chain-messages.ts';
import { chainSettings } from './chain/chain-settings.ts';
import { ChainThread } from './chain/chain-thread.ts';
import { ChainWarnings } from './chain-warnings.ts';
import type { Configuration } from './configuration.ts';
import { MessageCapture } from './message-capture.ts';
import { MOCK_TICK_MS, MockableClock } from './mockable-clock.ts';
import { NetworkControl } from './network-control.ts';
import { openDataDirectory, type DataDirectory } from './data-directory.ts';
import { EventLog } from './event-log.ts';
import { listenAddresses } from './listen-addresses.ts';
import { Log } from './log.ts';
import { fileError, NodeError, systemErrorText } from './node-error.ts';
import type { BindAddress, NodeOptions } from './node-options.ts';
import { CLIENT_NAME, CLIENT_VERSION } from './client.ts';
import { NodeRpc } from './node-rpc.ts';
import { NodeWarnings } from './node-warnings.ts';
import { NotifyCommands } from './notify-commands.ts';
import { createPidFile, type PidFile } from './pid-file.ts';
import type { Phase, StatusSnapshot } from './status.ts';
import { withDefaultPort } from './default-port.ts';

/** What a run may need besides its configuration. */
export interface RunOptions {
  readonly configuration: Configuration;
  /** Prints a line for the console; it ends with a newline. */
  readonly print: (line: string) => void;
  /** Called once, when the node cannot go on or has reached what it was to reach. */
  readonly ended: (error: NodeError | undefined) => void;
  /** Aborted when the node is to end, so that it does not take long to start before. */
  readonly signal?: AbortSignal;
}

/** A node over its data directory, its sockets and its log, from start to stop. */
export class RunningNode {
  readonly #options: NodeOptions;
  readonly #directory: DataDirectory;
  readonly #log: Log;
  readonly #chain: ChainThread;
  readonly #chainControl: ChainControl;
  readonly #rpc: NodeRpc | undefined;
  readonly #pidFile: PidFile | undefined;
  readonly #commands: NotifyCommands;
  readonly #warnings: NodeWarnings;
  readonly #chainWarnings: ChainWarnings;
  readonly #keyWorker = new KeyWorker();
  readonly #clock: MockableClock;
  readonly #capture: MessageCapture | undefined;
  /** Asks the node again and again what is due, while its clock is one that the user sets. */
  #ticking: NodeJS.Timeout | undefined;
  readonly #node: Node;
  readonly #reactor: Reactor<Job, JobResult, NodeEvent>;
  readonly #ended: (error: NodeError | undefined) => void;
  #addresses: readonly string[] = [];
  #stopping: Promise<void> | undefined;

  private constructor(
    run: RunOptions,
    parts: {
      readonly directory: DataDirectory;
      readonly log: Log;
      readonly thread: ChainThread;
      readonly headers: HeaderTree;
      readonly loaded: LoadedChain;
      readonly clock: MockableClock;
      readonly rpc: NodeRpc | undefined;
      readonly pidFile: PidFile | undefined;
    },
  ) {
    const { options } = run.configuration;
    const { directory, log, thread, headers, loaded, clock, rpc, pidFile } = parts;
    const params = consensusParams(options.network, options.chain.consensus);
    this.#options = options;
    this.#directory = directory;
    this.#log = log;
    this.#clock = clock;
    this.#chain = thread;
    this.#rpc = rpc;
    this.#pidFile = pidFile;
    const commands = new NotifyCommands(options.notify, (line) => log.warning(line));
    this.#commands = commands;
    this.#warnings = new NodeWarnings((text) => commands.alert(text));
    this.#ended = run.ended;
    if (options.captureMessages) {
      this.#capture = new MessageCapture(directory.chain, () => clock.wallMilliseconds());
    }
    this.#node = new Node({
      network: options.network,
      params,
      headers,
      services: offeredServices(options),
      chain: {
        tip: loaded.tip,
        stored: loaded.stored,
        ...(loaded.background && { background: loaded.background }),
      },
      rng: secureRng,
      sha256d: nativeSha256d,
      aead: nativeAead,
      v2Transport: options.v2Transport,
      userAgent: options.userAgent,
      maxConnections: options.maxConnections,
      maxInbound: maxInbound(options),
      permissions: options.permissions,
      onionBinds: listenAddresses(options).filter(({ onion }) => onion).map(bindText),
      peerTimeout: options.peerTimeout,
      maxTipAge: options.maxTipAge,
      traceMessages: log.isLogged('net') || options.captureMessages,
      capturePayloads: options.captureMessages,
      ...(options.minimumChainWork !== undefined && { minimumChainWork: options.minimumChainWork }),
    });
    const node = this.#node;
    const { powTargetSpacing } = params;
    const events = new EventLog(log, headers, {
      get isInitialBlockDownload() {
        return node.status.isInitialBlockDownload;
      },
      unixTime: () => clock.now().unix,
      powTargetSpacing,
      chainFacts: (tip) => ({
        warnings: node.status.isInitialBlockDownload ? [] : this.#chainWarnings.upcoming(tip),
      }),
    });
    this.#reactor = new Reactor<Job, JobResult, NodeEvent>({
      machine: this.#node,
      perform: (job) => this.#perform(job),
      onEvent: (event) => {
        if (event.type === 'message') this.#capture?.write(event);
        events.log(event);
        this.#follow(event);
      },
      connectTimeout: options.connectTimeout,
      time: clock.now,
    });
    this.#chainControl = new ChainControl({
      node,
      thread,
      network: options.network,
      params,
      headers,
      directory: directory.chain,
      pruneTarget: options.chain.prune === 'manual' ? 1 : options.chain.prune,
      fastPrune: options.chain.fastPrune,
      run: (command) => this.#reactor.run(command),
      unixTime: () => clock.now().unix,
      warnings: () => this.#warnings.texts,
    });
    this.#chainWarnings = new ChainWarnings({
      headers,
      versionBits: this.#chainControl.versionBits,
      warnings: this.#warnings,
      log: (line) => log.warning(line),
    });
    this.#keepTicking();
  }

  /**
   * Opens the data directory, loads what it holds, and connects.
   *
   * @throws NodeError with one line for the user; nothing is left open
   */
  static async start(options: RunOptions): Promise<RunningNode> {
    return RunningNode.#start({ ...options, ended: once(options.ended) });
  }

  static async #start(run: RunOptions): Promise<RunningNode> {
    const { options, dataDirectory, notices } = run.configuration;
    const directory = await openDataDirectory(
      dataDirectory,
      options.network.chain,
      options.blocksDirectory,
    );
    const log = new Log(options.log, run.print);
    const clock = new MockableClock(options.mockTime);
    let pidFile: PidFile | undefined;
    let rpc: NodeRpc | undefined;
    let thread: ChainThread | undefined;
    let node: RunningNode | undefined;
    try {
      if (options.pidFile !== undefined) pidFile = createPidFile(resolve(directory.chain, options.pidFile));
      log.open(directory.chain);
      log.setMockTime(options.mockTime);
      log.info(`${CLIENT_NAME} version ${CLIENT_VERSION}`);
      for (const { text, level } of notices) log[level ?? 'info'](text);
      if (options.rpc.server) {
        const unixTime = (): number => clock.now().unix;
        rpc = await NodeRpc.start({ options, directory: directory.chain, log, unixTime });
      }
      log.info('init message: Loading block index…');
      rpc?.setStatus('Loading block index…');
      const started = await ChainThread.start({
        settings: chainSettings(options, directory, clock.now().unix),
        onEvent: (event) => {
          if (event.type === 'log') log[event.level === 'debug' ? 'info' : event.level](event.text);
          else if (node === undefined) return;
          else if (event.type === 'mempool') node.#chainControl.mempoolChanged(event);
          else node.#handleChainEvent(event);
        },
        onFailure: (error) => {
          log.error(error.message);
          run.ended(error);
        },
        ...(run.signal && { signal: run.signal }),
      });
      thread = started.thread;
      const headers = loadHeaders(started.chain, run, log);
      node = new RunningNode(run, {
        directory, log, thread, headers, loaded: started.chain, clock, rpc, pidFile,
      });
      const tip = node.#node.chain.tip();
      const best = `hashBestChain=${hashToHex(headers.hash(tip))} height=${headers.height(tip)}`;
      log.info(`Loaded best chain: ${best}`);
      await node.#connect();
      node.#admit(run);
      log.info('init message: Done loading');
      node.#stopAtHeight();
      node.#commands.started();
      return node;
    } catch (error) {
      await rpc?.stop();
      if (node !== undefined) {
        await node.#reactor.close({ grace: 0 });
        await node.#keyWorker.close();
      }
      await thread?.close().catch(() => {});
      if (error instanceof NodeError) log.error(error.message);
      log.close();
      pidFile?.remove();
      directory.release();
      throw error;
    }
  }

  /** Where the node listens, `host:port`. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** What `getpeerinfo` says of the connections. */
  peers(): ReturnType<Node['peers']> {
    return this.#node.peers(this.#clock.now());
  }

  /** The connections, for the methods about the network. */
  get network(): NetworkControl {
    return new NetworkControl({
      node: this.#node,
      options: this.#options,
      run: (command) => this.#reactor.run(command),
      now: this.#clock.now,
      warnings: () => this.#warnings.texts,
    });
  }

  /** Stops the time at a Unix second; 0 lets it go with the system's again. */
  setMockTime(unix: number): void {
    this.#clock.set(unix);
    this.#log.setMockTime(unix);
    this.#keepTicking();
    this.#tick();
  }

  /** Answers calls of JSON-RPC from now on. */
  #admit(run: RunOptions): void {
    this.#rpc?.ready({
      node: this.#node,
      chain: this.#chainControl,
      network: this.network,
      setMockTime: (unix) => this.setMockTime(unix),
      mockForward: (seconds) => this.setMockTime(this.#clock.now().unix + seconds),
      requestShutdown: () => run.ended(undefined),
    });
  }

  #keepTicking(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
    if (!this.#clock.isMocked) return;
    this.#ticking = setInterval(() => this.#tick(), MOCK_TICK_MS).unref();
  }

  #tick(): void {
    if (!this.#reactor.isClosed) this.#reactor.run((now) => this.#node.handleTimeout(now));
  }

  /** The state of things, for a display. */
  get status(): StatusSnapshot {
    const status = this.#node.status;
    const { inbound, outbound, height, headers, received, presyncHeight, expectedHeight } = status;
    return {
      phase: this.#phase(status),
      chain: this.#options.network.chain,
      height,
      headers,
      ...(presyncHeight !== undefined && { presyncHeight }),
      expectedHeight,
      inbound,
      outbound,
      received,
    };
  }

  /** Takes a block, as `submitblock` does. */
  submitBlock(block: BlockView): Promise<BlockOutcome> {
    return new Promise((resolve, reject) => {
      this.#reactor.run((now) => {
        this.#node.submitBlock(block, now, (outcome) => {
          if (outcome === undefined) reject(new NodeError('io', 'The chain cannot be kept any more'));
          else resolve(outcome);
        });
      });
    });
  }

  /** Opens debug.log anew, because something moved it. */
  reopenLog(): void {
    this.#log.reopen();
  }

  /** Ends connections, writes what is left, and gives the data directory back. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearInterval(this.#ticking);
    await this.#commands.shutDown();
    this.#log.info('Shutdown in progress...');
    this.#chain.interrupt();
    this.#chainControl.close();
    await this.#rpc?.stop();
    if (!this.#reactor.isClosed) this.#reactor.run(() => this.#node.stop());
    await this.#reactor.close();
    try {
      await this.#keyWorker.close();
      await this.#chain.close();
    } finally {
      this.#log.info('Shutdown done');
      this.#log.close();
      this.#pidFile?.remove();
      this.#directory.release();
    }
  }

  async #perform(job: Job): Promise<JobResult> {
    if (job.type !== 'key-work') {
      return this.#chain.perform(job, this.#clock.now().unix);
    }
    const result = await this.#keyWorker.perform(job.work);
    return { type: 'key-work', result, elapsed: result.elapsed };
  }

  #handleChainEvent(event: Exclude<ChainEvent, { type: 'log' }>): void {
    if (this.#reactor.isClosed) return;
    this.#reactor.run((now) => this.#node.handle({ type: 'chain', event }, now));
  }

  async #connect(): Promise<void> {
    const { network, connect, addnode } = this.#options;
    const addresses: string[] = [];
    this.#reactor.run((now) => this.#node.setNetworkActive(this.#options.networkActive, now));
    for (const { host, port } of listenAddresses(this.#options)) {
      try {
        const address = await this.#reactor.listen({ host, port, ipv6Only: true });
        addresses.push(address);
        this.#log.info(`Bound to ${address}`);
      } catch (error) {
        // Where the user named no address, a system without IPv6 is no obstacle (Core `InitBinds`).
        if (this.#options.bind.length > 0 || host !== '::') throw bindError(host, port, error);
      }
    }
    this.#addresses = addresses;
    this.#reactor.run((now) => {
      for (const address of [...(connect ?? []), ...addnode]) {
        this.#node.addNode(withDefaultPort(address, network.defaultPort), now);
      }
    });
  }

  #follow(event: NodeEvent): void {
    if (event.type === 'fatal') {
      this.#ended(fileError(new NodeError('io', event.detail), this.#directory.blocks));
    }
    if (event.type === 'tip') this.#chainControl.tipChanged();
    if (event.type === 'tip' || event.type === 'block-rejected') this.#checkChain();
    if (event.type === 'tip' && !this.#node.status.isInitialBlockDownload) {
      this.#commands.tipChanged(hashToHex(this.#chainControl.headers.hash(event.tip)));
    }
    if (event.type === 'tip') this.#stopAtHeight();
  }

  /** Ends the node where the user wanted it to (`-stopatheight`). */
  #stopAtHeight(): void {
    const { stopAtHeight } = this.#options;
    if (stopAtHeight > 0 && this.#node.chain.height >= stopAtHeight) this.#ended(undefined);
  }

  #checkChain(): void {
    if (!this.#node.status.isInitialBlockDownload) this.#chainWarnings.check(this.#node.chain.tip());
  }

  #phase({ height, headers, presyncHeight, inbound, outbound }: NodeStatus): Phase {
    if (this.#stopping !== undefined) return 'stopping';
    if (inbound + outbound === 0) return 'connecting';
    if (presyncHeight !== undefined) return 'presync';
    if (height < headers) return this.#node.isSyncingHeaders ? 'headers' : 'blocks';
    return this.#node.isSyncingHeaders ? 'headers' : 'synced';
  }
}

/** What peers may ask of us (BIPs 144, 157, 159, 324). Pruned, old blocks may be gone. */
function offeredServices({ chain, v2Transport }: NodeOptions): bigint {
  const { NODE_NETWORK, NODE_WITNESS, NODE_NETWORK_LIMITED, NODE_P2P_V2 } = ServiceFlags;
  let services = NODE_WITNESS | NODE_NETWORK_LIMITED;
  if (chain.prune === undefined) services |= NODE_NETWORK;
  if (chain.peerBlockFilters) services |= ServiceFlags.NODE_COMPACT_FILTERS;
  if (v2Transport) services |= NODE_P2P_V2;
  return services;
}

/** Storage and the node may both find that it is over: the first of them is told. */
function once<T>(call: (value: T) => void): (value: T) => void {
  let isCalled = false;
  return (value) => {
    if (!isCalled) call(value);
    isCalled = true;
  };
}

/** The same headers as the chain thread has, under the same numbers. */
function loadHeaders(loaded: LoadedChain, run: RunOptions, log: Log): HeaderTree {
  const { headers: bytes, invalid, stored } = loaded;
  const { network, chain } = run.configuration.options;
  const headers = new HeaderTree({
    params: consensusParams(network, chain.consensus),
    anchor: genesisAnchor(network),
    sha256d: nativeSha256d,
    salt: secureRng.u64(),
  });
  for (let at = 0; at < bytes.length; at += BLOCK_HEADER_SIZE) {
    headers.addTrusted(bytes.subarray(at, at + BLOCK_HEADER_SIZE));
  }
  for (const entry of invalid) headers.markInvalid(entry);
  log.info(`Loaded ${headers.size - 1} headers and ${stored.length} blocks`);
  return headers;
}

/** `host:port` of where to listen. */
function bindText({ host, port }: BindAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What is left for others of `-maxconnections` once Core's 11 automatic ones are set aside. */
function maxInbound({ maxConnections }: NodeOptions): number {
  return Math.max(0, maxConnections - 11);
}

function bindError(host: string, port: number, error: unknown): NodeError {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const { code } = error as { readonly code?: string };
  const text =
    code === 'EADDRINUSE'
      ? `Unable to bind to ${address} on this computer. ${CLIENT_NAME} is probably already running.`
      : `Unable to bind to ${address} on this computer (bind returned error ${systemErrorText(error)})`;
  return new NodeError('option', text, { cause: error });
}
