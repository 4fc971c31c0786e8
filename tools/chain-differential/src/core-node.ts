import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { BLOCK_HEADER_SIZE, hashToHex, toHex } from '@btcp2p/wire';
import type { ChainTip, Subject } from './subject.ts';

/** A bitcoind, asked by RPC. */
export class CoreNode implements Subject {
  readonly #peer: BitcoindPeer;
  #now = 0;

  private constructor(peer: BitcoindPeer) {
    this.#peer = peer;
  }

  static async start(binary: string, args: readonly string[]): Promise<CoreNode> {
    const own = ['-nodebug', '-connect=0', '-disablewallet'];
    return new CoreNode(await startBitcoind(binary, [...own, ...args]));
  }

  stop(): Promise<void> {
    return this.#peer.stop();
  }

  async submitBlock(bytes: Uint8Array, now: number): Promise<string | null> {
    await this.#setTime(now);
    return this.#peer.rpc<string | null>('submitblock', toHex(bytes));
  }

  async submitHeader(bytes: Uint8Array, now: number): Promise<string | null> {
    await this.#setTime(now);
    return this.#fault('submitheader', toHex(bytes.subarray(0, BLOCK_HEADER_SIZE)));
  }

  async propose(bytes: Uint8Array, now: number): Promise<string | null> {
    await this.#setTime(now);
    const request = { mode: 'proposal', rules: ['segwit'], data: toHex(bytes) };
    return this.#peer.rpc<string | null>('getblocktemplate', request);
  }

  invalidate(hash: Uint8Array): Promise<string | null> {
    return this.#fault('invalidateblock', hashToHex(hash));
  }

  reconsider(hash: Uint8Array): Promise<string | null> {
    return this.#fault('reconsiderblock', hashToHex(hash));
  }

  precious(hash: Uint8Array): Promise<string | null> {
    return this.#fault('preciousblock', hashToHex(hash));
  }

  async best(): Promise<{ readonly hash: string; readonly headers: number }> {
    const { bestblockhash, headers } = await this.#peer.rpc<{
      readonly bestblockhash: string;
      readonly headers: number;
    }>('getblockchaininfo');
    return { hash: bestblockhash, headers };
  }

  tips(): Promise<ChainTip[]> {
    return this.#peer.rpc<ChainTip[]>('getchaintips');
  }

  async coinsHash(): Promise<string> {
    const { hash_serialized_3: hash } = await this.#peer.rpc<{ readonly hash_serialized_3: string }>(
      'gettxoutsetinfo',
    );
    return hash;
  }

  async #setTime(now: number): Promise<void> {
    if (now === this.#now) return;
    await this.#peer.rpc('setmocktime', now);
    this.#now = now;
  }

  /** What an RPC throws, without its name, which comes first; null if it does not. */
  async #fault(method: string, ...params: readonly unknown[]): Promise<string | null> {
    try {
      await this.#peer.rpc(method, ...params);
      return null;
    } catch (error) {
      const { message } = error as Error;
      const prefix = `${method}: `;
      if (!message.startsWith(prefix)) throw error;
      return message.slice(prefix.length);
    }
  }
}
