import type { Node } from '@btcp2p/node';
import type { ChainControl } from './chain-control.ts';
import { addressMethods } from './descriptors/address-methods.ts';
import { BlockTemplates } from './mining/block-templates.ts';
import { Miner } from './mining/miner.ts';
import { miningMethods } from './mining/mining-methods.ts';
import type { Log } from './log.ts';
import type { NetworkControl } from './network-control.ts';
import type { NodeOptions } from './node-options.ts';
import type { ChainContext } from './rpc/chain-context.ts';
import type { ControlContext } from './rpc/context.ts';
import { blockchainMethods } from './rpc/methods/blockchain.ts';
import type { MempoolPart } from './rpc/mempool/mempool-part.ts';
import { mempoolMethods } from './rpc/methods/mempool.ts';
import { networkMethods } from './rpc/methods/network.ts';
import { rawTransactionMethods } from './rpc/methods/raw-transactions.ts';
import type { NetworkContext } from './rpc/network-context.ts';
import { startRpc, type RpcServer } from './rpc/start-rpc.ts';

/** The parts of a running node that methods work on. */
export interface NodeParts {
  readonly node: Node;
  readonly chain: ChainControl;
  readonly network: NetworkControl;
  /** Stops the time at a Unix second; 0 lets it go with the system's again. */
  setMockTime(unix: number): void;
  /** Brings what is scheduled forward by this many seconds. */
  mockForward(seconds: number): void;
  requestShutdown(): void;
}

/** What {@link NodeRpc} is started with. */
export interface NodeRpcOptions {
  readonly options: NodeOptions;
  /** Of the chain. */
  readonly directory: string;
  readonly log: Log;
  /** Unix seconds. */
  readonly unixTime: () => number;
}

/** Everything that methods work on. */
interface NodeRpcContext {
  readonly control: ControlContext;
  readonly chain: ChainContext;
  readonly network: NetworkContext;
  readonly mining: { readonly miner: Miner; readonly templates: BlockTemplates };
  readonly addresses: { readonly chain: NodeOptions['network']['chain'] };
  readonly mempool: MempoolPart['mempool'];
}

/** JSON-RPC over a node that is first started and then there. */
export class NodeRpc {
  readonly #start: NodeRpcOptions;
  #server: RpcServer | undefined;
  #context: NodeRpcContext | undefined;

  private constructor(start: NodeRpcOptions) {
    this.#start = start;
  }

  /**
   * Listens, and refuses every call until {@link ready}.
   *
   * @throws NodeError
   */
  static async start(start: NodeRpcOptions): Promise<NodeRpc> {
    const rpc = new NodeRpc(start);
    const { options, directory, log } = start;
    const present = (): NodeRpcContext => rpc.#context!;
    // No method runs before there is something to work on: calls are refused till then.
    const context: NodeRpcContext = {
      get control() {
        return present().control;
      },
      get chain() {
        return present().chain;
      },
      get network() {
        return present().network;
      },
      get mining() {
        return present().mining;
      },
      get addresses() {
        return present().addresses;
      },
      get mempool() {
        return present().mempool;
      },
    };
    const methods = [
      ...blockchainMethods,
      ...mempoolMethods,
      ...rawTransactionMethods,
      ...networkMethods,
      ...miningMethods,
      ...addressMethods,
    ];
    rpc.#server = await startRpc({ options: options.rpc, directory, context, methods, log });
    return rpc;
  }

  /** What calls are refused with for now. */
  setStatus(status: string): void {
    this.#server?.setWarmupStatus(status);
  }

  /** Executes calls from now on. */
  ready(parts: NodeParts): void {
    const { options, log, unixTime } = this.#start;
    const miner = new Miner(parts.chain, options.mining);
    this.#context = {
      control: {
        startTime: unixTime(),
        unixTime,
        isMockable: options.network.chain === 'regtest',
        requestShutdown: () => parts.requestShutdown(),
        setMockTime: (unix) => parts.setMockTime(unix),
        mockForward: (seconds) => parts.mockForward(seconds),
        log,
      },
      chain: parts.chain,
      network: parts.network,
      mining: { miner, templates: new BlockTemplates(miner) },
      addresses: { chain: options.network.chain },
      mempool: options.mempool,
    };
    this.#server?.finishWarmup();
  }

  /** Answers the calls under way, and no more. */
  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}
