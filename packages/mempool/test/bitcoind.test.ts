// The same blocks and transactions for a real bitcoind and for us: what is refused, and what waits.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { fromHex, hashToHex, toHex, type Transaction } from '@btcp2p/wire';
import { ancestorsOf, descendantsOf, refusalText } from '../src/index.ts';
import {
  Draws, hexOf, pay, TestChain, TRUE_SCRIPT, type MadeBlock, type Paid, type Payment, type Spendable,
} from './support.ts';

const OPTIONS = [
  '-acceptnonstdtxn=1', '-minrelaytxfee=0', '-checkmempool=1', '-connect=0', '-maxtxfee=10000',
];

interface CoreVerdict {
  readonly allowed?: boolean;
  readonly vsize?: number;
  readonly fees?: { readonly base: number };
  readonly 'reject-reason'?: string;
  readonly 'reject-details'?: string;
}

interface CoreEntry {
  readonly vsize: number;
  readonly weight: number;
  readonly height: number;
  readonly ancestorcount: number;
  readonly ancestorsize: number;
  readonly descendantcount: number;
  readonly descendantsize: number;
  readonly fees: { readonly base: number; readonly ancestor: number; readonly chunk: number };
  readonly chunkweight: number;
}

const satoshis = (bitcoins: number): bigint => BigInt(Math.round(bitcoins * 1e8));

/** Both nodes. */
class Pair {
  readonly chain = new TestChain();
  readonly core: BitcoindPeer;
  /** Chunks that were compared, and those that are not the same. */
  chunks = 0;
  otherChunks = 0;

  constructor(core: BitcoindPeer) {
    this.core = core;
  }

  /** Hands a block to both, which must agree. Returns whether it was taken. */
  async submit(block: MadeBlock): Promise<boolean> {
    const answer = await this.core.rpc<string | null>('submitblock', toHex(block.bytes));
    const isGood = answer === null || answer === 'inconclusive';
    if (isGood) this.chain.submit(block);
    else expect(() => this.chain.submit(block)).toThrow(answer);
    return isGood;
  }

  async extend(parent: MadeBlock, count: number): Promise<MadeBlock> {
    let at = parent;
    for (let i = 0; i < count; i++) {
      at = this.chain.make(at);
      await this.submit(at);
    }
    return at;
  }

  /** What both say of a transaction. */
  async verdicts(one: Paid): Promise<{ readonly ours: object; readonly core: object }> {
    const result = this.chain.accept(one, true);
    const [theirs] = await this.core.rpc<CoreVerdict[]>('testmempoolaccept', [hexOf(one)], 0);
    const core = theirs!.allowed === true
      ? { vsize: theirs!.vsize, fee: satoshis(theirs!.fees!.base) }
      : { reason: theirs!['reject-reason'], details: theirs!['reject-details'] };
    if (result.status === 'accepted') {
      return { ours: { vsize: result.entry.virtualSize, fee: result.entry.fee }, core };
    }
    if (result.kind === 'missing-inputs') return { ours: { reason: 'missing-inputs' }, core };
    return { ours: { reason: result.reason, details: refusalText(result) }, core };
  }

  /** Hands a transaction to both, which must agree. Returns whether it was taken. */
  async send(one: Paid): Promise<boolean> {
    const ours = this.chain.answer(one);
    const theirs = await this.core.rpc<string>('sendrawtransaction', hexOf(one), 0, 21_000_000).then(
      () => 'ok',
      (error: Error) => error.message,
    );
    if (ours === 'ok') expect(theirs).toBe('ok');
    else expect(theirs).toContain(ours);
    return ours === 'ok';
  }

  /** Compares all that both tell of what waits. */
  async compare(): Promise<void> {
    const { chain, core } = this;
    expect(await core.rpc('getbestblockhash')).toBe(chain.tipId);
    const theirs = await core.rpc<Record<string, CoreEntry>>('getrawmempool', true);
    expect(chain.ids()).toEqual(Object.keys(theirs).sort());
    for (const entry of chain.mempool.entries()) {
      const other = theirs[hashToHex(entry.txid)]!;
      const chunk = chain.mempool.chunkOf(entry);
      const ancestors = [...ancestorsOf(entry).add(entry)];
      const descendants = [...descendantsOf(entry).add(entry)];
      const sum = (entries: typeof ancestors): number =>
        entries.reduce((all, { virtualSize }) => all + virtualSize, 0);
      expect({
        vsize: entry.virtualSize, weight: entry.weight, height: entry.height, fee: entry.fee,
        ancestors: [ancestors.length, sum(ancestors), ancestors.reduce((all, { fee }) => all + fee, 0n)],
        descendants: [descendants.length, sum(descendants)],
      }).toEqual({
        vsize: other.vsize, weight: other.weight, height: other.height, fee: satoshis(other.fees.base),
        ancestors: [other.ancestorcount, other.ancestorsize, satoshis(other.fees.ancestor)],
        descendants: [other.descendantcount, other.descendantsize],
      });
      this.chunks++;
      if (chunk.fee !== satoshis(other.fees.chunk) || chunk.size !== other.chunkweight) this.otherChunks++;
    }
    chain.mempool.assertConsistent(chain.chain());
  }
}

describeWithBitcoind('beside a real bitcoind', (binary) => {
  let pair: Pair;
  let tip: MadeBlock;
  let coins: readonly Spendable[];
  let more: Spendable[];

  beforeAll(async () => {
    pair = new Pair(await startBitcoind(binary, OPTIONS));
    await pair.core.rpc('setmocktime', pair.chain.now);
    const first = pair.chain.make(pair.chain.genesis);
    await pair.submit(first);
    coins = first.coins;
    const second = pair.chain.make(first);
    await pair.submit(second);
    const third = pair.chain.make(second);
    await pair.submit(third);
    more = [...second.coins, ...third.coins];
    tip = await pair.extend(third, 105);
  }, 60_000);

  afterAll(() => pair.core.stop());

  test('transactions of all kinds are refused for the same reasons', async () => {
    const { chain } = pair;
    const coin = coins[0]!;
    const other = coins[1]!;
    const nothing = { txid: new Uint8Array(32), index: 0xffff_ffff, value: 1_000n };
    const missing = { txid: new Uint8Array(32).fill(7), index: 0, value: 5_000n };
    const height = tip.height;
    const mtp = chain.chain().medianTimePast;
    const set = (over: (transaction: Transaction) => Partial<Transaction>): Payment => ({
      change: (transaction) => ({ ...transaction, ...over(transaction) }),
    });
    const value = (...values: readonly bigint[]): Payment =>
      set(() => ({ outputs: values.map((each) => ({ value: each, scriptPubKey: TRUE_SCRIPT })) }));
    const made = pay([coins[2]!], { outputs: 2 });
    const mined = pay([coins[3]!], { scriptPubKey: Uint8Array.of(0x51, 2, 0x4e, 0x73), outputs: 3 });
    const keyHash = Uint8Array.of(0, 20, ...new Uint8Array(20));
    const program = pay([coins[4]!], { scriptPubKey: keyHash, outputs: 3 });
    const scripts = pay([coins[5]!], { scriptPubKey: Uint8Array.of(0x00), outputs: 2 });
    const p2sh = pay([coins[6]!], {
      scriptPubKey: Uint8Array.of(0xa9, 20, ...hash160OfTrue(), 0x87), outputs: 4,
    });
    const nop = pay([coins[7]!], { scriptPubKey: Uint8Array.of(0xb9, 0x51), outputs: 2 });
    const outputKey = Uint8Array.of(0x51, 32, ...new Uint8Array(32).fill(9));
    const taproot = pay([coins[8]!], { scriptPubKey: outputKey, outputs: 2 });
    const future = pay([coins[9]!], { scriptPubKey: Uint8Array.of(0x60, 2, 1, 1), outputs: 2 });
    tip = chain.make(tip, [mined, program, scripts, p2sh, nop, taproot, future]);
    await pair.submit(tip);
    expect(await pair.send(made)).toBe(true);
    const kinds: readonly Paid[] = [
      pay([coin], set(() => ({ outputs: [] }))),
      pay([coin, coin]),
      pay([coin, missing, coin]),
      pay([coin], value(-1n)),
      pay([coin], value(21_000_000n * 100_000_000n + 1n)),
      pay([coin], value(15_000_000n * 100_000_000n, 15_000_000n * 100_000_000n)),
      pay([nothing], { scriptSig: new Uint8Array(8) }),
      pay([nothing], { scriptSig: new Uint8Array(1) }),
      pay([coin, nothing]),
      pay([coin], { scriptPubKey: new Uint8Array(1_000_100).fill(0x6a) }),
      pay([coin], { scriptPubKey: new Uint8Array(150_000).fill(0x6a) }),
      pay([coin], { scriptPubKey: Uint8Array.of(0x51) }),
      pay([coin], { scriptPubKey: Uint8Array.of(0x51, 0x51, 0x51, 0x51, 0x51) }),
      pay([coin], { scriptPubKey: Uint8Array.of(0x51, 0x51, 0x51, 0x51) }),
      ...[height + 1, height + 2, height + 3, 500_000_000, mtp - 1, mtp, mtp + 600].flatMap((lockTime) => [
        pay([coin], { lockTime, sequence: 0xffff_fffe }), pay([coin], { lockTime }),
      ]),
      made,
      pay([coins[2]!], { outputs: 2, witness: [Uint8Array.of(1)] }),
      pay([missing]),
      pay([coin, missing]),
      pay([{ ...made.outputs[1]!, index: 2 }]),
      mined,
      ...[
        height, height + 1, height + 2, 0x40_0000, 0x40_0001, 0x40_0000 | 150, 0x8000_ffff,
      ].flatMap((sequence) => [
        pay([coin], { sequence }), pay([coin], { sequence, version: 1 }),
      ]),
      pay([made.outputs[0]!], { sequence: 0 }),
      pay([made.outputs[0]!], { sequence: 1 }),
      pay([made.outputs[0]!], { sequence: 0x40_0001 }),
      pay([tip.coins[0]!]),
      pay([coin, tip.coins[0]!], { sequence: 0xffff_fff0 }),
      pay([coin], { fee: -1n }),
      pay([coin, other], { fee: -5_000n, outputs: 3 }),
      pay([coin], { fee: 0n }),
      pay([coin], { fee: 5_000_000n }),
      pay([coin], { scriptPubKey: new Uint8Array(201).fill(0xae) }),
      pay([coin], { scriptPubKey: new Uint8Array(200).fill(0xae) }),
      pay([coin], { scriptPubKey: new Uint8Array(199).fill(0xac), outputs: 10 }),
      pay([coin], { scriptSig: Uint8Array.of(0x6a) }),
      pay([coin, other], { scriptSig: Uint8Array.of(0x00) }),
      pay([coin], { scriptSig: Uint8Array.of(0x61) }),
      pay([coin], { scriptSig: new Uint8Array(20_000) }),
      pay([coin], { witness: [Uint8Array.of(1)] }),
      pay([mined.outputs[0]!]),
      pay([mined.outputs[0]!], { witness: [Uint8Array.of(1)] }),
      pay([mined.outputs[0]!], { scriptSig: Uint8Array.of(0x51) }),
      pay([program.outputs[0]!]),
      pay([program.outputs[0]!], { witness: [Uint8Array.of(1)] }),
      pay([program.outputs[0]!], { witness: [new Uint8Array(71), new Uint8Array(33)] }),
      pay([program.outputs[0]!], { scriptSig: Uint8Array.of(0x51), witness: [Uint8Array.of(1)] }),
      pay([coin, program.outputs[0]!]),
      pay([scripts.outputs[0]!]),
      pay([p2sh.outputs[0]!]),
      pay([p2sh.outputs[0]!], { scriptSig: Uint8Array.of(1, 0x51) }),
      pay([p2sh.outputs[0]!], { scriptSig: Uint8Array.of(0x4c, 1, 0x51) }),
      pay([p2sh.outputs[0]!], { scriptSig: Uint8Array.of(0x51, 1, 0x51) }),
      pay([p2sh.outputs[0]!], { scriptSig: Uint8Array.of(0x61, 1, 0x51) }),
      pay([p2sh.outputs[0]!], { scriptSig: Uint8Array.of(1, 0x52) }),
      pay([nop.outputs[0]!]),
      pay([taproot.outputs[0]!]),
      pay([taproot.outputs[0]!], { witness: [new Uint8Array(64)] }),
      pay([taproot.outputs[0]!], { witness: [Uint8Array.of(0x51), new Uint8Array(33)] }),
      pay([future.outputs[0]!]),
      pay([future.outputs[0]!], { witness: [Uint8Array.of(1)] }),
      pay([coin], { version: 3 }),
      pay([coin], { version: 0xffff_ffff }),
      pay([coin], { version: 0 }),
    ];
    expect(kinds.length).toBe(89);
    const answers = new Set<string>();
    for (const [i, one] of kinds.entries()) {
      const { ours, core } = await pair.verdicts(one);
      expect({ i, ...ours }).toEqual({ i, ...core });
      answers.add(String((ours as { readonly reason?: string }).reason));
    }
    // Most reasons that there are, so that the list above is not one of the same.
    expect(answers.size).toBeGreaterThan(25);
    await pair.compare();
  }, 60_000);

  test('after random blocks and reorganisations the same transactions wait', async () => {
    const draws = new Draws(20);
    const outputs = [...more];
    const paid: Paid[] = [];
    const blocks: MadeBlock[] = [tip];
    let sent = 0;
    let reorganizations = 0;
    for (let step = 0; step < 260; step++) {
      if (draws.below(4) > 0) {
        const spends: Spendable[] = [];
        for (let left = 1 + draws.below(3); left > 0 && outputs.length > 0; left--) {
          const [output] = outputs.splice(draws.below(outputs.length), 1);
          spends.push(output!);
        }
        if (spends.length === 0) continue;
        // Core keeps what locks came to; with inputs of the mempool that is wrong after some reorganisations.
        const isConfirmed = spends.every((each) => more.includes(each));
        const sequence = isConfirmed && draws.oneIn(6) ? 100 + draws.below(20) : 0xffff_ffff;
        const lockTime = draws.oneIn(10) ? blocks.at(-1)!.height + draws.below(3) - 1 : 0;
        const one = pay(spends, {
          outputs: 1 + draws.below(3),
          fee: BigInt(draws.below(5_000)),
          sequence: lockTime > 0 ? 0xffff_fffe : sequence,
          lockTime,
        });
        // Some are first seen in a block.
        const isSent = !draws.oneIn(10);
        if (isSent && !(await pair.send(one))) {
          outputs.push(...spends);
          continue;
        }
        if (isSent) sent++;
        paid.push(one);
        outputs.push(...one.outputs);
        continue;
      }
      const parent = draws.oneIn(3) ? blocks.at(-1)! : draws.pick(blocks.slice(-5));
      const block = pair.chain.make(parent, validOn(parent, paid, draws));
      const before = pair.chain.tipId;
      // A block is not good if a lock is not open there yet.
      if (await pair.submit(block)) blocks.push(block);
      if (pair.chain.tipId !== before && parent.id !== before) reorganizations++;
      await pair.compare();
    }
    expect(sent).toBeGreaterThan(60);
    expect(reorganizations).toBeGreaterThan(5);
    // Few depend on one alone here, so the best order takes more than ours; most chunks are the same still.
    expect(pair.otherChunks).toBeLessThan(pair.chunks / 2);
  }, 120_000);
});

/** Transactions that spend nothing that the chain of a block does not have. */
function validOn(parent: MadeBlock, paid: readonly Paid[], draws: Draws): Paid[] {
  const mined = new Set<string>();
  for (let at: MadeBlock | undefined = parent; at !== undefined; at = at.parent) {
    for (const { id } of at.transactions) mined.add(id);
  }
  const ids = new Set(paid.map(({ id }) => id));
  const chosen: Paid[] = [];
  for (const one of paid) {
    const parents = one.spends.map(({ txid }) => hashToHex(txid)).filter((id) => ids.has(id));
    if (mined.has(one.id) || !draws.oneIn(4) || !parents.every((id) => mined.has(id))) continue;
    mined.add(one.id);
    chosen.push(one);
  }
  return chosen;
}

/** HASH160 of `OP_TRUE`. */
function hash160OfTrue(): Uint8Array {
  return fromHex('da1745e9b549bd0bfa1a569971c77eba30cd5a4b');
}
