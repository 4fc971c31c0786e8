import type { ChainMempool, ChainstateManager } from '@btcp2p/chainstate';
import {
  ancestorsOf,
  descendantsOf,
  Mempool,
  scriptVerification,
  type AcceptResult,
  type Chunk,
  type MempoolChain,
  type MempoolEntry,
  type Refusal,
} from '@btcp2p/mempool';
import { AddonGate, nativeScriptHashes, nativeSha256d, nativeVerifier } from '@btcp2p/reactor';
import { TransactionView, type BlockView, type OutPoint } from '@btcp2p/wire';
import type { ChainSettings, QueryJob } from './chain-messages.ts';
import type {
  EntryAnswer,
  EntryChoice,
  EntrySums,
  MempoolCoinAnswer,
  MempoolInfo,
  MempoolJob,
  MempoolResults,
  MempoolStatus,
  MempoolVerdict,
  SelectionAnswer,
  SendAnswer,
  TransactionsWanted,
} from './mempool-messages.ts';

/** Core `MAX_BIP125_RBF_SEQUENCE` (util/rbf.h). */
const MAX_BIP125_RBF_SEQUENCE = 0xffff_fffd;

/** Whether a job is for the mempool. */
export function isMempoolJob(job: QueryJob): job is MempoolJob {
  return job.type.startsWith('mempool-');
}

/** The mempool of the chain thread, over the coins of the active chain. */
export class MempoolService implements ChainMempool {
  readonly #mempool: Mempool;
  readonly #check: boolean;
  #manager: ChainstateManager | undefined;
  #toldUpdates = 0;
  /** Unix seconds, of the job at hand: what comes back from blocks gets it. */
  now: number;

  /** Nothing works before {@link attach}. */
  constructor({
    mempool,
    addonGate,
    now,
  }: Pick<ChainSettings, 'mempool' | 'addonGate' | 'now'>) {
    const { verifier } = nativeVerifier(new AddonGate(addonGate));
    this.#mempool = new Mempool({
      maxBytes: mempool.maxBytes,
      minRelayFeeRate: mempool.minRelayFeeRate,
      verifyScripts: scriptVerification(verifier, nativeScriptHashes),
      sha256d: nativeSha256d,
    });
    this.#check = mempool.check;
    this.now = now;
  }

  attach(manager: ChainstateManager): void {
    this.#manager = manager;
  }

  // --- what the chain tells ----------------------------------------------------------------------

  get size(): number {
    return this.#mempool.size;
  }

  blockConnected(block: BlockView, txids: readonly Uint8Array[]): void {
    this.#mempool.blockConnected(block, txids);
  }

  blockDisconnected(block: BlockView, txids: readonly Uint8Array[]): void {
    this.#mempool.blockDisconnected(block, txids);
  }

  settle(bringBack: boolean): void {
    this.#mempool.settle(this.#chain(), this.now, { bringBack });
    if (this.#check) this.#mempool.assertConsistent(this.#chain());
  }

  /** What there is to tell, if it has changed since this was last called. */
  news(): MempoolStatus | undefined {
    const { size, updates } = this.#mempool;
    if (updates === this.#toldUpdates) return undefined;
    this.#toldUpdates = updates;
    return { type: 'mempool', size, updates };
  }

  // --- what others ask ---------------------------------------------------------------------------

  query(job: MempoolJob): MempoolResults[MempoolJob['type']] {
    const mempool = this.#mempool;
    switch (job.type) {
      case 'mempool-test':
        return job.transactions.map((bytes) => this.#test(TransactionView.of(bytes)));
      case 'mempool-send':
        return this.#send(TransactionView.of(job.transaction), job.maxFee);
      case 'mempool-info':
        return this.#info();
      case 'mempool-txids': {
        const txids = new Uint8Array(mempool.size * 32);
        let at = 0;
        for (const { entries } of mempool.chunks()) {
          for (const { txid } of entries) {
            txids.set(txid, at);
            at += 32;
          }
        }
        return { txids, sequence: mempool.sequence };
      }
      case 'mempool-entries':
        return this.#entries(job.choice);
      case 'mempool-transaction':
        return mempool.get(job.txid)?.view.bytes;
      case 'mempool-spenders':
        return job.outpoints.map((outpoint) => mempool.spender(outpoint)?.txid);
      case 'mempool-coin':
        return this.#coin({ txid: job.txid, index: job.index });
      case 'mempool-select':
        return this.#select(job);
    }
  }

  #present(): ChainstateManager {
    if (this.#manager === undefined) throw new Error('the mempool has no chain yet');
    return this.#manager;
  }

  #chain(): MempoolChain {
    const { headers, chain, tip, coins } = this.#present();
    return {
      height: chain.height,
      medianTimePast: headers.medianTimePast(tip),
      medianTimePastAt: (height) => headers.medianTimePast(chain.at(height)!),
      coins,
    };
  }

  #accept(view: TransactionView, testOnly: boolean): AcceptResult {
    return this.#mempool.accept(view, { chain: this.#chain(), now: this.now, testOnly });
  }

  #test(view: TransactionView): MempoolVerdict {
    const result = this.#accept(view, true);
    if (result.status === 'refused') return refused(result);
    const { fee, virtualSize } = result.entry;
    return { status: 'accepted', fee, virtualSize };
  }

  /** Core `BroadcastTransaction` (node/transaction.cpp), but for telling others. */
  #send(view: TransactionView, maxFee: bigint): SendAnswer {
    const { coins } = this.#present();
    const txid = view.txid(nativeSha256d);
    const isInChain = view
      .transaction()
      .outputs.some((_, index) => coins.hasCoin({ txid, index }));
    if (isInChain) return { status: 'in-chain' };
    if (this.#mempool.get(txid) !== undefined) return { status: 'in-mempool' };
    if (maxFee > 0n) {
      const test = this.#accept(view, true);
      if (test.status === 'refused') return refused(test);
      if (test.entry.fee > maxFee) return { status: 'max-fee-exceeded' };
    }
    const result = this.#accept(view, false);
    if (result.status === 'refused') return refused(result);
    this.#mempool.addUnbroadcast(txid);
    return { status: 'sent' };
  }

  #info(): MempoolInfo {
    const { size, virtualSize, usage, totalFee, unbroadcastCount, clusterLimit, clusterSizeLimit } =
      this.#mempool;
    return { size, virtualSize, usage, totalFee, unbroadcastCount, clusterLimit, clusterSizeLimit };
  }

  #entries(choice: EntryChoice): readonly EntryAnswer[] | undefined {
    const mempool = this.#mempool;
    if (choice.what === 'all') {
      return mempool
        .chunks()
        .flatMap((chunk) => chunk.entries.map((entry) => this.#answerOf(entry, chunk)));
    }
    const entry = mempool.get(choice.txid);
    if (entry === undefined) return undefined;
    const chosen =
      choice.what === 'one' ? [entry]
      : choice.what === 'ancestors' ? ancestorsOf(entry)
      : descendantsOf(entry);
    return [...chosen].map((each) => this.#answerOf(each, mempool.chunkOf(each)));
  }

  #answerOf(entry: MempoolEntry, chunk: Chunk): EntryAnswer {
    const { txid, wtxid, virtualSize, weight, time, height, fee, parents, children } = entry;
    const ancestors = ancestorsOf(entry).add(entry);
    return {
      txid,
      wtxid,
      virtualSize,
      weight,
      time,
      height,
      fee,
      ancestors: sumsOf(ancestors),
      descendants: sumsOf(descendantsOf(entry).add(entry)),
      chunk: { weight: chunk.size, fee: chunk.fee },
      parents: [...parents].map((parent) => parent.txid),
      children: [...children].map((child) => child.txid),
      isReplaceable: [...ancestors].some(signalsReplaceability),
      isUnbroadcast: this.#mempool.isUnbroadcast(entry),
    };
  }

  #coin(outpoint: OutPoint): MempoolCoinAnswer | undefined {
    const { txid, index } = outpoint;
    if (this.#mempool.spender(outpoint) !== undefined) return undefined;
    const entry = this.#mempool.get(txid);
    if (entry === undefined) {
      const coin = this.#present().coins.getCoin(outpoint);
      return coin && { coin: { txid, index, ...coin }, isUnconfirmed: false };
    }
    const output = entry.view.transaction().outputs[index];
    if (output === undefined) return undefined;
    const { value, scriptPubKey } = output;
    const coin = { txid, index, value, scriptPubKey, height: 0, isCoinbase: false };
    return { coin, isUnconfirmed: true };
  }

  #select({ maxWeight, maxSigOpCost, minFeeRate }: TransactionsWanted): SelectionAnswer {
    const { height, medianTimePast } = this.#chain();
    const selected = this.#mempool.select({
      maxWeight, maxSigOpCost, minFeeRate, height: height + 1, medianTimePast,
    });
    return {
      tip: this.#present().tip,
      updates: this.#mempool.updates,
      transactions: selected.map(({ view, fee, sigOpCost }) => ({ bytes: view.bytes, fee, sigOpCost })),
    };
  }
}

function refused({ kind, reason, debug }: Refusal): Extract<MempoolVerdict, { status: 'refused' }> {
  return { status: 'refused', isMissingInputs: kind === 'missing-inputs', reason, debug };
}

function sumsOf(entries: Iterable<MempoolEntry>): EntrySums {
  const sums = { count: 0, virtualSize: 0, fee: 0n };
  for (const { virtualSize, fee } of entries) {
    sums.count++;
    sums.virtualSize += virtualSize;
    sums.fee += fee;
  }
  return sums;
}

function signalsReplaceability({ view }: MempoolEntry): boolean {
  return view.transaction().inputs.some(({ sequence }) => sequence <= MAX_BIP125_RBF_SEQUENCE);
}
