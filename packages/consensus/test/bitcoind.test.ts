import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import {
  regtest,
  toHex,
  type BlockHeader,
  type BlockView,
  type Transaction,
  type TxOut,
} from '@btcp2p/wire';
import {
  checkBlock,
  checkBlockContext,
  consensusParams,
  genesisAnchor,
  heightScript,
  HeaderTree,
} from '../src/index.ts';
import { coinbase, entryOf, makeBlock, mine, nativeSha256d, remine, spend } from './support.ts';

describeWithBitcoind('Bitcoin Core says the same', (binary) => {
  const params = { ...consensusParams(regtest), enforceBIP94: true };
  const start = regtest.genesis.header.time;
  // Core judges times by this clock.
  const now = start + 1_000_000;
  let bitcoind: BitcoindPeer;

  beforeAll(async () => {
    // BIP 94's rule against time warps changes nothing for the other headers here.
    bitcoind = await startBitcoind(binary, ['-test=bip94']);
    await bitcoind.rpc('setmocktime', now);
  }, 60_000);
  afterAll(() => bitcoind.stop(), 60_000);

  test('of headers', async () => {
    const tree = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
    const compare = async (header: Uint8Array): Promise<string> => {
      const expected = await bitcoind.rpc('submitheader', toHex(header)).then(
        () => 'added',
        (error: Error) => {
          const message = error.message.replace(/^submitheader: /, '');
          return message.startsWith('Must submit previous header') ? 'orphan' : message;
        },
      );
      const result = tree.add(header, now);
      // Core does not tell a header that it knew before.
      const status = result.status === 'known' ? 'added' : result.status;
      const answer = result.status === 'invalid' ? result.reason : status;
      // This call of Core looks for the parent first.
      expect(expected === 'orphan' && answer === 'high-hash' ? 'orphan' : answer).toBe(expected);
      return answer;
    };
    const next = (fields: Partial<BlockHeader> = {}): Uint8Array => {
      const { best } = tree;
      return mine({ prevBlockHash: tree.hash(best), time: tree.time(best) + 600, ...fields });
    };
    // The first header of a period of 144, up to 600 seconds before its parent and earlier (BIP 94).
    while ((tree.height(tree.best) + 1) % 144 !== 0) expect(await compare(next())).toBe('added');
    const parentTime = tree.time(tree.best);
    expect(await compare(next({ time: parentTime - 601 }))).toBe('time-timewarp-attack');
    expect(await compare(next({ time: parentTime - 600 }))).toBe('added');
    const median = tree.medianTimePast(tree.best);
    const seen = new Set<string>();
    const fields: Partial<BlockHeader>[] = [
      { bits: 0x207ffffe },
      { bits: 0x200fffff },
      { time: median },
      { time: median - 1, bits: 0x207ffffe },
      { time: now + 7_201 },
      { time: now + 7_201, version: 1 },
      { version: 1 },
      { version: 3 },
      { version: -1 },
      { prevBlockHash: new Uint8Array(32).fill(1) },
      { time: median + 1 },
      { time: now + 7_200 },
      { version: 4 },
    ];
    for (const field of fields) seen.add(await compare(next(field)));
    // Each bit of a header flipped, as it is and mined again.
    const header = next({ time: tree.medianTimePast(tree.best) + 1, version: 4 });
    for (let bit = 0; bit < 640; bit++) {
      const flipped = header.slice();
      flipped[bit >>> 3]! ^= 1 << (bit & 7);
      seen.add(await compare(flipped));
      // Other bits may be beyond mining.
      if (bit < 576 || bit >= 608) seen.add(await compare(remine(flipped)));
    }
    const versions = ['00000001', '00000003', 'ffffffff'].map((hex) => `bad-version(0x${hex})`);
    const others = ['bad-diffbits', 'high-hash', 'orphan', 'time-too-new', 'time-too-old', 'added'];
    for (const reason of [...versions, ...others]) expect(seen).toContain(reason);
  });

  test('of blocks', async () => {
    const tree = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
    /** A block after the best one: its coinbase names its height, and `time` is its own. */
    const next = (make: (height: number) => readonly (Transaction | Uint8Array)[]): BlockView => {
      const { best } = tree;
      const time = now - 100_000 + tree.height(best);
      return makeBlock(make(tree.height(best) + 1), { prevBlockHash: tree.hash(best), time });
    };
    const judge = (block: BlockView): string => {
      const result = checkBlock(block, params, nativeSha256d);
      if (result.status === 'invalid') return result.reason;
      const context = {
        height: tree.height(tree.best) + 1,
        medianTimePast: tree.medianTimePast(tree.best),
      };
      const inContext = checkBlockContext(block, context, params, nativeSha256d);
      return inContext.status === 'invalid' ? inContext.reason : 'ok';
    };
    const compare = async (block: BlockView): Promise<string> => {
      const answer = judge(block);
      // Core names no reason for a block that it accepts.
      expect((await bitcoind.rpc('submitblock', toHex(block.bytes))) ?? 'ok').toBe(answer);
      if (answer === 'ok') entryOf(tree.add(block.headerBytes, now));
      return answer;
    };
    const base = (height: number, changes: Partial<Transaction> = {}): Transaction =>
      coinbase([...heightScript(height), 0, 0], changes);
    for (let i = 0; i < 15; i++) expect(await compare(next((height) => [base(height)]))).toBe('ok');

    const output = (value: bigint, scriptPubKey = new Uint8Array(0)): TxOut => ({
      value,
      scriptPubKey,
    });
    const commitment = output(
      0n,
      Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...new Uint8Array(32)),
    );
    const committing = (height: number, witness: readonly Uint8Array[]): Transaction => {
      const { inputs, outputs } = base(height);
      return {
        ...base(height),
        inputs: [{ ...inputs[0]!, witness }],
        outputs: [...outputs, commitment],
      };
    };
    const locked = (lockTime: number): Transaction => spend([1], { lockTime }, { sequence: 0 });
    const median = tree.medianTimePast(tree.best);
    const cases: Readonly<Record<string, (height: number) => readonly Transaction[]>> = {
      'bad-cb-missing': () => [spend([1])],
      'bad-cb-multiple': (height) => [base(height), base(height + 1)],
      'bad-blk-length': (height) => [
        base(height),
        spend([1], { outputs: [output(1n, new Uint8Array(1_000_000))] }),
      ],
      'bad-cb-length': () => [coinbase(Array<number>(101).fill(0))],
      'bad-txns-vin-empty': (height) => [base(height), spend([], { outputs: [] })],
      'bad-txns-vout-empty': (height) => [base(height), spend([1], { outputs: [] })],
      'bad-txns-vout-negative': (height) => [base(height), spend([1], { outputs: [output(-1n)] })],
      'bad-txns-vout-toolarge': (height) => [
        base(height),
        spend([1], { outputs: [output(2_100_000_000_000_001n)] }),
      ],
      'bad-txns-txouttotal-toolarge': (height) => [
        base(height),
        spend([1], { outputs: [output(2_100_000_000_000_000n), output(1n)] }),
      ],
      'bad-txns-inputs-duplicate': (height) => [base(height), spend([1, 2, 1])],
      'bad-txns-prevout-null': (height) => [
        base(height),
        spend([], { inputs: [...spend([1]).inputs, ...base(1).inputs] }),
      ],
      'bad-blk-sigops': (height) => [
        base(height),
        spend([1], { outputs: [output(1n, new Uint8Array(1_001).fill(0xae))] }),
      ],
      'bad-txns-nonfinal': (height) => [base(height), locked(height)],
      'bad-cb-height': (height) => [base(height + 1)],
      'bad-witness-nonce-size': (height) => [committing(height, [new Uint8Array(31)])],
      'bad-witness-merkle-match': (height) => [committing(height, [new Uint8Array(32)])],
      'unexpected-witness': (height) => [
        base(height),
        spend([1], {}, { witness: [new Uint8Array(1)] }),
      ],
    };
    for (const [reason, make] of Object.entries(cases))
      expect(await compare(next(make))).toBe(reason);
    expect(await compare(next((height) => [base(height), locked(median)]))).toBe(
      'bad-txns-nonfinal',
    );
    // A merkle root of other transactions.
    const block = next((height) => [base(height)]);
    const { time } = block.header;
    const prevBlockHash = tree.hash(tree.best);
    expect(
      await compare(makeBlock([base(1)], { time, prevBlockHash, merkleRoot: prevBlockHash })),
    ).toBe('bad-txnmrklroot');
    // Across the heights that are pushed as one byte and as two.
    for (let i = 0; i < 130; i++)
      expect(await compare(next((height) => [base(height)]))).toBe('ok');
  });
});
