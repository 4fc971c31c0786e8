import { beforeAll, describe, expect, test } from '@jest/globals';
import { hashToHex, type Transaction } from '@btcp2p/wire';
import { refusalText } from '../src/index.ts';
import {
  pay, SEQUENCE_FINAL, TestChain, TRUE_SCRIPT, type MadeBlock, type Paid, type Spendable,
} from './support.ts';

describe('acceptance', () => {
  let chain: TestChain;
  let tip: MadeBlock;
  let coins: readonly Spendable[];
  let fresh: readonly Spendable[];

  beforeAll(() => {
    chain = new TestChain();
    const first = chain.make(chain.genesis);
    chain.submit(first);
    tip = chain.extend(first, 100);
    coins = first.coins;
    fresh = tip.coins;
  });

  function details(one: Paid): string {
    const result = chain.accept(one, true);
    return result.status === 'accepted' ? 'ok' : `${result.kind}: ${refusalText(result)}`;
  }

  const change = (over: (transaction: Transaction) => Partial<Transaction>) => ({
    change: (transaction: Transaction) => ({ ...transaction, ...over(transaction) }),
  });

  test('refuses what breaks a rule, in words of Core', () => {
    const coin = coins[0]!;
    const missing = { txid: new Uint8Array(32).fill(7), index: 0, value: 5_000n };
    const nothing = { txid: new Uint8Array(32), index: 0xffff_ffff };
    const anyone = { fee: 0n, sequence: 0 };
    const answers = [
      pay([coin], change(() => ({ outputs: [] }))),
      pay([coin, coin]),
      pay([coin], change(() => ({ outputs: [{ value: -1n, scriptPubKey: TRUE_SCRIPT }] }))),
      pay([{ ...nothing, value: 1_000n }], { scriptSig: new Uint8Array(8) }),
      pay([coin], { scriptPubKey: Uint8Array.of(0x51) }),
      pay([coin], { ...anyone, lockTime: 102 }),
      pay([coin], { ...anyone, lockTime: 101 }),
      pay([missing]),
      pay([coin], { sequence: 101 }),
      pay([coin], { sequence: 102 }),
      pay([fresh[0]!]),
      pay([coin], { fee: -1n }),
      pay([coin], { scriptPubKey: new Uint8Array(201).fill(0xae) }),
      pay([coin], { scriptSig: Uint8Array.of(0x6a) }),
    ].map(details);
    const last = pay([coin], { scriptSig: Uint8Array.of(0x6a) });
    const where = `input 0 of ${last.id} (wtxid ${hashToHex(last.view.wtxid())}), ` +
      `spending ${hashToHex(coin.txid)}:0`;
    expect(answers).toEqual([
      'consensus: bad-txns-vout-empty',
      'consensus: bad-txns-inputs-duplicate',
      'consensus: bad-txns-vout-negative',
      'consensus: coinbase',
      'not-standard: tx-size-small',
      'premature-spend: non-final',
      'ok',
      'missing-inputs: bad-txns-inputs-missingorspent',
      'ok',
      'premature-spend: non-BIP68-final',
      'premature-spend: bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 1',
      'consensus: bad-txns-in-belowout, value in (2.50) < value out (2.50000001)',
      'not-standard: bad-txns-too-many-sigops, 16080',
      `not-standard: mempool-script-verify-flag-failed (OP_RETURN was encountered), ${where}`,
    ]);
  });

  test('keeps what it took, and refuses it and what conflicts with it', () => {
    const one = pay([coins[1]!], { outputs: 2 });
    const before = chain.mempool.sequence;
    expect(chain.answer(one, true)).toBe('ok');
    expect(chain.mempool.size).toBe(0);
    expect(chain.answer(one)).toBe('ok');
    expect(chain.mempool.sequence).toBe(before + 1);
    const entry = chain.mempool.get(one.txid)!;
    expect(entry).toBe(chain.mempool.getByWtxid(one.view.wtxid()));
    expect(entry).toMatchObject({ fee: 1_000n, height: 101, time: chain.now, spendsCoinbase: true });
    expect(entry.virtualSize).toBe(one.view.size);
    expect(chain.answer(one)).toBe('txn-already-in-mempool');
    const other = pay([coins[1]!], { fee: 9_000n });
    expect(chain.answer(other)).toBe('txn-mempool-conflict');
    const child = pay([one.outputs[1]!], { sequence: 0 });
    expect(chain.answer(child)).toBe('ok');
    const locked = pay([one.outputs[0]!], { sequence: 1 });
    expect(chain.answer(locked)).toBe('non-BIP68-final');
    const beyond = pay([{ ...one.outputs[1]!, index: 2 }]);
    expect(chain.answer(beyond)).toBe('bad-txns-inputs-missingorspent');
    expect([...chain.mempool.get(child.txid)!.parents]).toEqual([entry]);
    expect([...entry.children]).toEqual([chain.mempool.get(child.txid)]);
    expect(chain.mempool.spender(coins[1]!)).toBe(entry);
    chain.mempool.assertConsistent(chain.chain());
  });

  test('tells a transaction of a block, and another witness', () => {
    const program = Uint8Array.of(0x51, 2, 0x4e, 0x73);
    const made = pay([coins[2]!], { scriptPubKey: program, outputs: 3 });
    const next = chain.make(tip, [made]);
    chain.submit(next);
    tip = next;
    expect(chain.answer(made)).toBe('txn-already-known');
    const anchor = pay([made.outputs[0]!]);
    expect(chain.answer(anchor)).toBe('ok');
    const again = pay([made.outputs[0]!], { witness: [Uint8Array.of(1)] });
    expect(again.id).toBe(anchor.id);
    expect(chain.answer(again)).toBe('txn-same-nonwitness-data-in-mempool');
  });

  test('asks for the lowest fee rate', () => {
    const paying = new TestChain({ minRelayFeeRate: 1_000n });
    const first = paying.make(paying.genesis);
    paying.submit(first);
    paying.extend(first, 100);
    const size = BigInt(pay([first.coins[0]!]).view.size);
    const low = paying.accept(pay([first.coins[0]!], { fee: size - 1n }));
    expect(low).toMatchObject({ kind: 'mempool-policy', debug: `${size - 1n} < ${size}` });
    const three = paying.accept(pay([first.coins[0]!], { fee: size - 1n, version: 3 }));
    expect(three).toMatchObject({ kind: 'reconsiderable', reason: 'min relay fee not met' });
    expect(paying.answer(pay([first.coins[0]!], { fee: size }))).toBe('ok');
  });

  test('forgets coins that it read for what it refused', () => {
    chain.manager.flush({ keep: false });
    const { coins: cache } = chain.manager;
    const outpoint = coins[5]!;
    expect(chain.answer(pay([outpoint], { scriptSig: Uint8Array.of(0x6a) }))).toMatch(/^mempool-script/);
    expect(cache.hasCoinInCache(outpoint)).toBe(false);
    expect(chain.answer(pay([outpoint], { sequence: SEQUENCE_FINAL }))).toBe('ok');
    expect(cache.hasCoinInCache(outpoint)).toBe(true);
  });

  test('limits what hangs together', () => {
    let at = pay([coins[6]!]);
    for (let i = 0; i < 64; i++) {
      expect(chain.answer(at)).toBe('ok');
      at = pay(at.outputs);
    }
    expect(chain.answer(at)).toBe('too-large-cluster');
    const large = pay([coins[7]!], { scriptPubKey: new Uint8Array(101_000).fill(0x6a) });
    expect(chain.answer(large)).toBe('too-large-cluster');
    chain.mempool.assertConsistent(chain.chain());
  });

  test('lets what pays least go when it is full', () => {
    const { usage } = chain.mempool;
    const small = new TestChain({ maxBytes: 20_000 });
    const first = small.make(small.genesis);
    small.submit(first);
    small.extend(first, 100);
    expect(usage).toBeGreaterThan(0);
    let taken = 0;
    for (const [i, coin] of first.coins.entries()) {
      const answer = small.answer(pay([coin], { fee: BigInt(100 + i) }));
      expect(answer).toBe('ok');
      taken++;
      expect(small.mempool.usage).toBeLessThanOrEqual(20_000);
    }
    expect(small.mempool.size).toBeLessThan(taken);
    const fees = [...small.mempool.entries()].map(({ fee }) => fee);
    expect(fees.every((fee) => fee >= BigInt(100 + taken - small.mempool.size))).toBe(true);
    const [spender] = [...small.mempool.entries()];
    const next = { txid: spender!.txid, index: 0, value: spender!.view.transaction().outputs[0]!.value };
    expect(small.answer(pay([next], { fee: 1n }))).toBe('mempool full');
    small.mempool.assertConsistent(small.chain());
  });
});
