import { describe, expect, test } from '@jest/globals';
import {
  BLOCK_HEADER_SIZE,
  BlockView,
  encode,
  fromHex,
  hashToHex,
  mainnet,
  networks,
  regtest,
  Transaction,
  txid,
} from '@btcp2p/wire';
import {
  checkBlock,
  checkBlockContext,
  consensusParams,
  heightScript,
  isBlockMutated,
  merkleRoot,
  witnessCommitment,
  witnessMerkleRoot,
  type BlockContext,
  type BlockRejectReason,
  type ConsensusParams,
} from '../src/index.ts';
import { assemble, coinbase, makeBlock, mine, nativeSha256d, remine, spend } from './support.ts';

const params = consensusParams(regtest);
const height = 300;
const heightBytes = [...heightScript(height)];
const base = coinbase([...heightBytes, 0x51]);
const context: BlockContext = { height, medianTimePast: 1_700_000_000 };
const RESERVED = new Uint8Array(32).fill(5);

function bytesOf(transaction: Transaction): Uint8Array {
  return encode(Transaction, transaction);
}

/** The verdict of the checks that need no context. */
function verdict(block: BlockView): string {
  const result = checkBlock(block, params, nativeSha256d);
  return result.status === 'invalid'
    ? `${result.reason}${result.mutated ? ', mutated' : ''}`
    : 'ok';
}

/** The verdict of the other checks, on a block that passes the first ones. */
function verdictInContext(
  block: BlockView,
  changes: Partial<BlockContext> = {},
  rules: ConsensusParams = params,
): string {
  expect(verdict(block)).toBe('ok');
  const result = checkBlockContext(block, { ...context, ...changes }, rules, nativeSha256d);
  const { txids } = checkBlock(block, params, nativeSha256d) as { txids: readonly Uint8Array[] };
  // The same, whether or not the txids are handed on.
  expect(checkBlockContext(block, { ...context, ...changes, txids }, rules, nativeSha256d)).toEqual(
    result,
  );
  return result.status === 'invalid'
    ? `${result.reason}${result.mutated ? ', mutated' : ''}`
    : 'ok';
}

/** A spend with a witness of the given bytes. */
function withWitness(id: number, ...items: readonly Uint8Array[]): Transaction {
  return spend([id], {}, { witness: items });
}

/** A coinbase that commits to a root of wtxids, with a reserved value as its witness. */
function committing(root: Uint8Array, witness: readonly Uint8Array[] = [RESERVED]): Transaction {
  const hash = nativeSha256d(Uint8Array.from([...root, ...RESERVED]));
  const script = Uint8Array.from([0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...hash]);
  return {
    ...base,
    inputs: base.inputs.map((input) => ({ ...input, witness })),
    outputs: [...base.outputs, { value: 0n, scriptPubKey: script }],
  };
}

/** The root of wtxids of a coinbase and these transactions. */
function rootOf(...transactions: readonly Transaction[]): Uint8Array {
  const wtxids = transactions.map((transaction) => nativeSha256d(bytesOf(transaction)));
  return merkleRoot([new Uint8Array(32), ...wtxids], nativeSha256d).root;
}

describe('block 170 of mainnet, the first payment', () => {
  // Mainnet block 170, 490 bytes.
  const bytes = fromHex(
    '0100000055bd840a78798ad0da853f68974f3d183e2bd1db6a842c1feecf222a00000000ff104ccb05421ab93e63f8c3ce5c2c2e9dbb37de2764b3a3175c8166562cac7d51b96a49ffff001d283e9e700201000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0102ffffffff0100f2052a01000000434104d46c4968bde02899d2aa0963367c7a6ce34eec332b32e42e5f3407e052d64ac625da6f0718e7b302140434bd725706957c092db53805b821a85b23a7ac61725bac000000000100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac00000000',
  );
  const main = consensusParams(mainnet);
  const block = BlockView.of(bytes);

  test('is in order, and its transactions are known by their ids', () => {
    const result = checkBlock(block, main);
    if (result.status !== 'ok') throw new Error(result.reason);
    // The two transactions of mainnet block 170.
    expect(result.txids.map(hashToHex)).toEqual([
      'b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082',
      'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16',
    ]);
    const { time } = block.header;
    expect(checkBlockContext(block, { height: 170, medianTimePast: time }, main)).toEqual({
      status: 'ok',
    });
    expect(isBlockMutated(block, false)).toBe(false);
  });

  test('with any byte of a transaction changed has another root', () => {
    for (let at = 81; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const view = viewOf(changed);
      if (view === undefined) continue;
      expect(checkBlock(view, main, nativeSha256d)).toMatchObject({
        status: 'invalid',
        reason: 'bad-txnmrklroot',
        debug: 'hashMerkleRoot mismatch',
        mutated: true,
      });
      expect(isBlockMutated(view, false, nativeSha256d)).toBe(true);
    }
  });

  test('with any byte of its header changed has no proof of work', () => {
    for (let at = 0; at < BLOCK_HEADER_SIZE; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      expect(checkBlock(BlockView.of(changed), main, nativeSha256d)).toEqual({
        status: 'invalid',
        reason: 'high-hash',
        debug: 'proof of work failed',
        mutated: false,
      });
    }
  });
});

/** A view, if the bytes are a block at all. */
function viewOf(bytes: Uint8Array): BlockView | undefined {
  try {
    return BlockView.of(bytes);
  } catch {
    return undefined;
  }
}

test('the genesis blocks of all networks are in order', () => {
  for (const network of Object.values(networks)) {
    const rules = consensusParams(network);
    expect(checkBlock(network.genesis, rules, nativeSha256d).status).toBe('ok');
    // BIP 34 does not hold there, nor BIP 141 except on regtest.
    const at = { height: 0, medianTimePast: network.genesis.header.time };
    expect(checkBlockContext(network.genesis, at, rules, nativeSha256d)).toEqual({ status: 'ok' });
  }
});

describe('without context', () => {
  test('in order', () => {
    expect(verdict(makeBlock([base]))).toBe('ok');
    expect(verdict(makeBlock([base, spend([1]), spend([2, 3])]))).toBe('ok');
  });

  test('bad-txns-duplicate: the last transactions twice (CVE-2012-2459)', () => {
    const [a, b] = [spend([1]), spend([2])];
    const block = makeBlock([base, a, b]);
    const repeated = assemble(block.headerBytes, [base, a, b, b].map(bytesOf));
    expect(verdict(repeated)).toBe('bad-txns-duplicate, mutated');
    expect(isBlockMutated(repeated, false, nativeSha256d)).toBe(true);
    expect(checkBlock(repeated, params, nativeSha256d)).toMatchObject({
      debug: 'duplicate transaction',
    });
  });

  test('bad-txnmrklroot', () => {
    expect(verdict(makeBlock([base], { merkleRoot: new Uint8Array(32) }))).toBe(
      'bad-txnmrklroot, mutated',
    );
    const block = makeBlock([base, spend([1])]);
    const fewer = assemble(block.headerBytes, [bytesOf(base)]);
    expect(verdict(fewer)).toBe('bad-txnmrklroot, mutated');
  });

  test('bad-blk-length: none, or more than a million bytes without witness', () => {
    const empty = assemble(mine({}), []);
    expect(verdict(empty)).toBe('bad-blk-length');
    const scripted = (length: number): BlockView => {
      const outputs = [{ value: 0n, scriptPubKey: new Uint8Array(length) }];
      return makeBlock([base, spend([1], { outputs })]);
    };
    const spare = scripted(500_000).size - 500_000;
    expect(verdict(scripted(1_000_000 - spare))).toBe('ok');
    expect(verdict(scripted(1_000_001 - spare))).toBe('bad-blk-length');
  });

  test('bad-cb-missing and bad-cb-multiple', () => {
    expect(verdict(makeBlock([spend([1])]))).toBe('bad-cb-missing');
    expect(verdict(makeBlock([spend([1]), base]))).toBe('bad-cb-missing');
    expect(verdict(makeBlock([base, spend([1]), coinbase([1, 2])]))).toBe('bad-cb-multiple');
    // Two coinbases are worse than a fault in a transaction before them.
    expect(verdict(makeBlock([base, spend([1, 1]), coinbase([1, 2])]))).toBe('bad-cb-multiple');
  });

  const output = (value: bigint): Transaction['outputs'][number] => ({
    value,
    scriptPubKey: new Uint8Array(0),
  });
  test.each<[BlockRejectReason, Transaction]>([
    ['bad-txns-vin-empty', spend([], { outputs: [] })],
    ['bad-txns-vout-empty', spend([1], { outputs: [] })],
    ['bad-txns-vout-negative', spend([1], { outputs: [output(-1n)] })],
    ['bad-txns-vout-toolarge', spend([1], { outputs: [output(2_100_000_000_000_001n)] })],
    [
      'bad-txns-txouttotal-toolarge',
      spend([1], { outputs: [output(2_100_000_000_000_000n), output(1n)] }),
    ],
    ['bad-txns-inputs-duplicate', spend([1, 2, 1])],
    [
      'bad-txns-prevout-null',
      spend([], { inputs: [...spend([1]).inputs, ...coinbase([1, 2]).inputs] }),
    ],
  ])('%s', (reason, transaction) => {
    const block = makeBlock([base, spend([7]), transaction]);
    expect(checkBlock(block, params, nativeSha256d)).toEqual({
      status: 'invalid',
      reason,
      debug: `Transaction check failed (tx hash ${hashToHex(txid(transaction))}) `,
      mutated: false,
    });
  });

  test('bad-cb-length', () => {
    expect(verdict(makeBlock([coinbase([1])]))).toBe('bad-cb-length');
    expect(verdict(makeBlock([coinbase([1, 2])]))).toBe('ok');
    expect(verdict(makeBlock([coinbase(Array<number>(100).fill(1))]))).toBe('ok');
    expect(verdict(makeBlock([coinbase(Array<number>(101).fill(1))]))).toBe('bad-cb-length');
  });

  test('bad-blk-sigops: more than 20,000, each multisig as 20', () => {
    const checks = (count: number, opcode = 0xac): Transaction =>
      spend([1], { outputs: [{ value: 0n, scriptPubKey: new Uint8Array(count).fill(opcode) }] });
    expect(verdict(makeBlock([base, checks(20_000)]))).toBe('ok');
    expect(verdict(makeBlock([base, checks(20_001)]))).toBe('bad-blk-sigops');
    expect(verdict(makeBlock([base, checks(1_000, 0xae)]))).toBe('ok');
    expect(verdict(makeBlock([base, checks(1_000, 0xae), checks(1)]))).toBe('bad-blk-sigops');
    expect(verdict(makeBlock([coinbase(Array<number>(100).fill(0xac)), checks(19_901)]))).toBe(
      'bad-blk-sigops',
    );
  });

  test('signet’s and other networks’ limits hold: an easy block of regtest has too high a hash', () => {
    const block = makeBlock([base]);
    for (const network of Object.values(networks)) {
      const { status } = checkBlock(block, consensusParams(network), nativeSha256d);
      expect(status).toBe(network === regtest ? 'ok' : 'invalid');
    }
  });
});

describe('in context', () => {
  test('in order', () => {
    expect(verdictInContext(makeBlock([base, spend([1])]))).toBe('ok');
  });

  test('bad-txns-nonfinal: by height, and by the median time past', () => {
    const locked = (lockTime: number): BlockView => {
      const payment = spend([1], { lockTime }, { sequence: 0 });
      return makeBlock([base, payment], { time: 1_700_003_600 });
    };
    expect(verdictInContext(locked(height - 1))).toBe('ok');
    expect(verdictInContext(locked(height))).toBe('bad-txns-nonfinal');
    expect(verdictInContext(locked(1_699_999_999))).toBe('ok');
    expect(verdictInContext(locked(1_700_000_000))).toBe('bad-txns-nonfinal');
    // Before BIP 113, the block's own time counts.
    const from = { ...params, csvHeight: height };
    expect(verdictInContext(locked(1_700_000_000), {}, from)).toBe('bad-txns-nonfinal');
    const before = { ...params, csvHeight: height + 1 };
    expect(verdictInContext(locked(1_700_000_000), {}, before)).toBe('ok');
    expect(verdictInContext(locked(1_700_003_600), {}, before)).toBe('bad-txns-nonfinal');
  });

  test('bad-cb-height', () => {
    const at = (script: readonly number[], height: number): string =>
      verdictInContext(makeBlock([coinbase(script)]), { height });
    expect(at([0x51, 0x00], 1)).toBe('ok');
    expect(at([0x01, 0x01], 1)).toBe('bad-cb-height');
    expect(at([0x60, 0x00], 16)).toBe('ok');
    expect(at([0x01, 0x11], 17)).toBe('ok');
    expect(at([0x01, 0x7f], 127)).toBe('ok');
    expect(at([0x02, 0x80, 0x00], 128)).toBe('ok');
    expect(at([0x01, 0x80], 128)).toBe('bad-cb-height');
    expect(at([0x02, 0x00, 0x01], 256)).toBe('ok');
    expect(at([0x03, 0x00, 0x80, 0x00], 32_768)).toBe('ok');
    expect(at([0x03, 0x40, 0xd1, 0x0c], 840_000)).toBe('ok');
    expect(at([0x02, 0x40], 840_000)).toBe('bad-cb-height');
    const before = { ...params, bip34Height: height + 1 };
    expect(verdictInContext(makeBlock([coinbase([1, 2])]), {}, before)).toBe('ok');
    expect(verdictInContext(makeBlock([coinbase([1, 2])]))).toBe('bad-cb-height');
  });

  test('witnesses that are committed to', () => {
    const payment = withWitness(1, Uint8Array.of(1, 2, 3));
    const plain = spend([2]);
    const block = makeBlock([committing(rootOf(payment, plain)), payment, plain]);
    expect(verdictInContext(block)).toBe('ok');
    expect(isBlockMutated(block, true, nativeSha256d)).toBe(false);
    expect([...witnessMerkleRoot(block)]).toEqual([...rootOf(payment, plain)]);
    // Before BIP 141, witnesses are none of a block's business.
    const before = { ...params, segwitHeight: height + 1 };
    expect(verdictInContext(block, {}, before)).toBe('unexpected-witness, mutated');
    expect(isBlockMutated(block, false, nativeSha256d)).toBe(true);
  });

  test('unexpected-witness: none is committed to', () => {
    const payment = withWitness(1, Uint8Array.of(1));
    const block = makeBlock([base, payment]);
    expect(verdictInContext(block)).toBe('unexpected-witness, mutated');
    expect(isBlockMutated(block, true, nativeSha256d)).toBe(true);
    expect(checkBlockContext(block, context, params, nativeSha256d)).toMatchObject({
      debug: 'CheckWitnessMalleation : unexpected witness data found',
    });
  });

  test('bad-witness-nonce-size: the coinbase has one witness item of 32 bytes', () => {
    const root = rootOf();
    for (const witness of [[], [RESERVED, RESERVED], [RESERVED.slice(1)], [new Uint8Array(33)]]) {
      const block = makeBlock([committing(root, witness)]);
      expect(verdictInContext(block)).toBe('bad-witness-nonce-size, mutated');
      expect(isBlockMutated(block, true, nativeSha256d)).toBe(true);
    }
    expect(verdictInContext(makeBlock([committing(root)]))).toBe('ok');
  });

  test('bad-witness-merkle-match: another witness, or another reserved value', () => {
    const payment = withWitness(1, Uint8Array.of(1, 2, 3));
    const block = makeBlock([committing(rootOf(payment)), payment]);
    const other = withWitness(1, Uint8Array.of(1, 2, 4));
    const transactions = [committing(rootOf(payment)), other].map(bytesOf);
    const mutated = assemble(block.headerBytes, transactions);
    expect(verdictInContext(mutated)).toBe('bad-witness-merkle-match, mutated');
    expect(isBlockMutated(mutated, true, nativeSha256d)).toBe(true);
    const reserved = makeBlock([committing(rootOf(payment), [new Uint8Array(32)]), payment]);
    expect(verdictInContext(reserved)).toBe('bad-witness-merkle-match, mutated');
  });

  test('of several commitments the last one counts', () => {
    const good = committing(rootOf());
    const commitment = good.outputs[1]!;
    const bad = {
      value: 0n,
      scriptPubKey: commitment.scriptPubKey.map((byte, i) => (i < 6 ? byte : 0)),
    };
    const ordered = (...outputs: readonly Transaction['outputs'][number][]): string =>
      verdictInContext(makeBlock([{ ...good, outputs }]));
    expect(ordered(bad, commitment)).toBe('ok');
    expect(ordered(commitment, bad)).toBe('bad-witness-merkle-match, mutated');
    // Too short, or with more behind it.
    const short = { value: 0n, scriptPubKey: bad.scriptPubKey.slice(0, 37) };
    expect(ordered(commitment, short)).toBe('ok');
    const long = { value: 0n, scriptPubKey: Uint8Array.from([...commitment.scriptPubKey, 1, 2]) };
    expect(ordered(bad, long)).toBe('ok');
    expect(witnessCommitment({ ...good, outputs: [short] })).toBeUndefined();
    expect(witnessCommitment({ ...good, outputs: [long] })).toEqual(
      commitment.scriptPubKey.slice(6),
    );
  });

  test('bad-blk-weight: witnesses of a sound commitment can still be too many', () => {
    const heavy = (length: number): BlockView => {
      const payment = withWitness(1, new Uint8Array(length));
      return makeBlock([committing(rootOf(payment)), payment]);
    };
    const spare = heavy(3_900_000).weight - 3_900_000;
    expect(verdictInContext(heavy(4_000_000 - spare))).toBe('ok');
    expect(verdictInContext(heavy(4_000_001 - spare))).toBe('bad-blk-weight');
  });

  test('the order of the checks is that of Core', () => {
    // A block with every fault loses them one by one.
    const nonfinal = spend([1], { lockTime: height }, { sequence: 0 });
    const wrongHeight = coinbase([1, 2]);
    const payment = withWitness(2, new Uint8Array(4_000_000));
    expect(verdictInContext(makeBlock([wrongHeight, payment, nonfinal]))).toBe('bad-txns-nonfinal');
    expect(verdictInContext(makeBlock([wrongHeight, payment]))).toBe('bad-cb-height');
    expect(verdictInContext(makeBlock([base, payment]))).toBe('unexpected-witness, mutated');
    expect(verdictInContext(makeBlock([committing(rootOf(payment)), payment]))).toBe(
      'bad-blk-weight',
    );
  });
});

describe('mutated', () => {
  test('a transaction of 64 bytes in place of a coinbase may be two hashes', () => {
    const outputs = [{ value: 0n, scriptPubKey: new Uint8Array(4) }];
    const sized = spend([1], { outputs });
    expect(bytesOf(sized).length).toBe(64);
    expect(isBlockMutated(makeBlock([sized]), false, nativeSha256d)).toBe(true);
    expect(isBlockMutated(makeBlock([spend([1])]), false, nativeSha256d)).toBe(false);
    expect(isBlockMutated(makeBlock([spend([1]), sized]), false, nativeSha256d)).toBe(true);
    // Witnesses are not part of the tree.
    const witnessed = withWitness(1, Uint8Array.of(1));
    expect(isBlockMutated(makeBlock([{ ...witnessed, outputs }]), true, nativeSha256d)).toBe(true);
    expect(isBlockMutated(makeBlock([base, sized]), true, nativeSha256d)).toBe(false);
    expect(isBlockMutated(assemble(mine({}), []), true, nativeSha256d)).toBe(false);
  });

  test('proof of work is not asked for', () => {
    const header = makeBlock([base]).headerBytes.slice();
    do header[76]!++;
    while (nativeSha256d(header)[31]! < 0x80);
    const block = assemble(header, [bytesOf(base)]);
    expect(verdict(block)).toBe('high-hash');
    expect(isBlockMutated(block, true, nativeSha256d)).toBe(false);
    expect(verdict(assemble(remine(header), [bytesOf(base)]))).toBe('ok');
  });
});
