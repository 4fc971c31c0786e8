import { createPublicKey, hash, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { describeWithData, fromHex, jsonFile } from '@btcp2p/testdata';
import {
  BlockView, encode, hashFromHex, regtest, signet, Transaction, txid, Writer,
} from '@btcp2p/wire';
import {
  BlockScriptFlags,
  checkBlock,
  consensusParams,
  isSignetBlockSolved,
  merkleRoot,
  SIGNET_SCRIPT_FLAGS,
  signetSolution,
  signetTransactions,
  type SignetTransactions,
  type SignetVerifier,
} from '../src/index.ts';
import { assemble, coinbase, makeBlock, nativeSha256d, spend } from './support.ts';

const SECTION_141 = [0xaa, 0x21, 0xa9, 0xed, ...Array<number>(32).fill(0xff)];
const SECTION_325 = [0xec, 0xc7, 0xda, 0xa2];
const CHALLENGE = Uint8Array.of(0x51);

/** OP_RETURN and pushes of fewer than 76 bytes each. */
function commitment(...pushes: readonly (readonly number[])[]): readonly number[] {
  return [0x6a, ...pushes.flatMap((push) => [push.length].concat(push))];
}

/** A block of a coinbase with an output of this script and of another transaction. */
function blockWith(script: readonly number[]): BlockView {
  const outputs = [{ value: 0n, scriptPubKey: Uint8Array.from(script) }];
  return makeBlock([coinbase([0, 0], { outputs }), spend([1])]);
}

const params = { ...consensusParams(regtest), signetChallenge: CHALLENGE };
const OK: SignetVerifier = () => true;

// Core src/test/validation_tests.cpp, signet_parse_tests: its challenge is OP_TRUE.
describe('Core’s cases', () => {
  test.each([
    ['without a commitment', [], false],
    ['without the header', commitment(SECTION_141), true],
    ['without data behind the header', commitment(SECTION_141, SECTION_325), true],
    ['whose data end too early', commitment(SECTION_141, [...SECTION_325, 1, 0x51]), false],
    ['with data', commitment(SECTION_141, [...SECTION_325, 1, 0x51, 0]), true],
    ['with data behind them', commitment(SECTION_141, [...SECTION_325, 1, 0x51, 0, 0]), false],
    // Sizes that are not in their shortest form, or that promise too much.
    ['with a long size', commitment(SECTION_141, [...SECTION_325, 0xfd, 1, 0, 0x51, 0]), false],
    ['with a huge count', commitment(SECTION_141, [...SECTION_325, 0, 0xfe, 0, 0, 0, 1]), false],
  ])('a block %s', (_, script, isSound) => {
    const block = blockWith(script);
    expect(signetTransactions(block, CHALLENGE, nativeSha256d) !== undefined).toBe(isSound);
    expect(isSignetBlockSolved(block, params, OK)).toBe(isSound);
    expect(isSignetBlockSolved(block, params, () => false)).toBe(false);
    expect(checkBlock(block, params, nativeSha256d, OK)).toMatchObject(
      isSound
        ? { status: 'ok' }
        : {
            status: 'invalid',
            reason: 'bad-signet-blksig',
            debug: 'signet block signature validation failure',
            mutated: false,
          },
    );
    // Who cannot run scripts, and other networks, look at none of this.
    expect(checkBlock(block, params, nativeSha256d).status).toBe('ok');
    expect(checkBlock(block, consensusParams(regtest), nativeSha256d, () => false).status).toBe('ok');
  });

  test('a block without transactions', () => {
    const empty = assemble(new Uint8Array(80), []);
    expect(signetTransactions(empty, CHALLENGE)).toBeUndefined();
    expect(isSignetBlockSolved(empty, params, OK)).toBe(false);
  });

  test('genesis needs no solution', () => {
    const { genesis } = signet;
    expect(isSignetBlockSolved(genesis, consensusParams(signet), () => false)).toBe(true);
    expect(checkBlock(genesis, consensusParams(signet), nativeSha256d, () => false).status).toBe('ok');
    expect(isSignetBlockSolved(genesis, params, OK)).toBe(false);
  });
});

describe('the two transactions', () => {
  const solution = [...SECTION_325, 2, 0x51, 0x52, 2, 1, 7, 0];

  /** The root that is signed, out of the middle of what the first transaction pushes. */
  const signedRoot = ({ toSpend }: SignetTransactions): Uint8Array =>
    toSpend.inputs[0]!.scriptSig.slice(2 + 36, 2 + 36 + 32);

  /** The root of a block whose coinbase has this script instead. */
  const rootWith = (block: BlockView, script: readonly number[]): Uint8Array => {
    const own = block.transaction(0);
    const outputs = [{ value: 0n, scriptPubKey: Uint8Array.from(script) }];
    const ids = block.txids(nativeSha256d);
    return merkleRoot([txid({ ...own, outputs }, nativeSha256d), ...ids.slice(1)]).root;
  };

  test('have the form of BIP 325', () => {
    const block = blockWith(commitment(SECTION_141, solution));
    const { toSpend, toSign } = signetTransactions(block, CHALLENGE, nativeSha256d)!;
    const root = rootWith(block, commitment(SECTION_141, SECTION_325));
    const data = [
      ...block.headerBytes.subarray(0, 36), ...root, ...block.headerBytes.subarray(68, 72),
    ];
    expect(toSpend).toEqual({
      version: 0,
      inputs: [
        {
          prevout: { txid: new Uint8Array(32), index: 0xffff_ffff },
          scriptSig: Uint8Array.of(0, 72, ...data),
          sequence: 0,
          witness: [],
        },
      ],
      outputs: [{ value: 0n, scriptPubKey: CHALLENGE }],
      lockTime: 0,
    });
    expect(toSign).toEqual({
      version: 0,
      inputs: [
        {
          prevout: { txid: txid(toSpend), index: 0 },
          scriptSig: Uint8Array.of(0x51, 0x52),
          sequence: 0,
          witness: [Uint8Array.of(7), new Uint8Array(0)],
        },
      ],
      outputs: [{ value: 0n, scriptPubKey: Uint8Array.of(0x6a) }],
      lockTime: 0,
    });
    expect(signetSolution(block.transaction(0))).toEqual(Uint8Array.from(solution.slice(4)));
    // The rules are Core's BLOCK_SCRIPT_VERIFY_FLAGS (signet.cpp).
    const { P2SH, WITNESS, DERSIG, NULLDUMMY } = BlockScriptFlags;
    const asked: unknown[][] = [];
    isSignetBlockSolved(block, params, (...args) => asked.push(args) > 0, nativeSha256d);
    expect(asked).toEqual([[{ toSpend, toSign }, P2SH | WITNESS | DERSIG | NULLDUMMY]]);
    expect(SIGNET_SCRIPT_FLAGS).toBe(0x815);
  });

  test('without a solution have an empty one, and sign the coinbase as it is', () => {
    const script = commitment(SECTION_141);
    const block = blockWith(script);
    const transactions = signetTransactions(block, CHALLENGE)!;
    expect(transactions.toSign.inputs[0]).toMatchObject({
      scriptSig: new Uint8Array(0),
      witness: [],
    });
    expect(signedRoot(transactions)).toEqual(block.header.merkleRoot);
    expect(signetSolution(block.transaction(0))).toBeUndefined();
    expect(signetSolution(coinbase([0, 0]))).toBeUndefined();
  });

  const cut = commitment(SECTION_141, SECTION_325);
  test.each([
    ['a second solution stays', [...commitment(SECTION_141, solution, solution)],
      [...cut, solution.length, ...solution]],
    ['a header alone is none, and the next push is', commitment(SECTION_141, SECTION_325, solution),
      commitment(SECTION_141, SECTION_325, SECTION_325)],
    ['opcodes stay', [...commitment(SECTION_141), 0x51, ...commitment(solution), 0x00, 0xff],
      [...commitment(SECTION_141), 0x51, ...commitment(SECTION_325), 0x00, 0xff]],
    ['pushes become as short as can be',
      [...commitment(SECTION_141), 0x4c, 2, 1, 1, 0x4d, solution.length, 0, ...solution, 0x4e, 1, 0, 0, 0, 9],
      [...commitment(SECTION_141), 2, 1, 1, 4, ...SECTION_325, 1, 9]],
    ['a long push of nothing loses its length',
      [...commitment(SECTION_141, solution), 0x4c, 0, 0x4d, 0, 0, 0x51], [...cut, 0x4c, 0x4d, 0x51]],
    ['a push that runs past the end is dropped', [...commitment(SECTION_141, solution), 5, 1, 2], cut],
    ['so is one without its length', [...commitment(SECTION_141, solution), 0x4e, 1, 0, 0], cut],
    ['a push of 76 bytes takes two for its length',
      [...commitment(SECTION_141, solution), 0x4d, 76, 0, ...Array<number>(76).fill(1)],
      [...cut, 0x4c, 76, ...Array<number>(76).fill(1)]],
    ['one of 256 takes three',
      [...commitment(SECTION_141, solution), 0x4e, 0, 1, 0, 0, ...Array<number>(256).fill(1)],
      [...cut, 0x4d, 0, 1, ...Array<number>(256).fill(1)]],
    ['one of 65,536 takes five',
      [...commitment(SECTION_141, solution), 0x4e, 0, 0, 1, 0, ...Array<number>(65_536).fill(1)],
      [...cut, 0x4e, 0, 0, 1, 0, ...Array<number>(65_536).fill(1)]],
  ])('sign a script without the solution: %s', (_, script, signed) => {
    const block = blockWith(script);
    const transactions = signetTransactions(block, CHALLENGE, nativeSha256d)!;
    expect(signedRoot(transactions)).toEqual(rootWith(block, signed));
    expect(transactions.toSign.inputs[0]!.scriptSig).toEqual(Uint8Array.of(0x51, 0x52));
  });

  test('take the solution from the last commitment', () => {
    const output = (script: readonly number[]) => ({
      value: 0n,
      scriptPubKey: Uint8Array.from(script),
    });
    const first = output(commitment(SECTION_141, solution));
    const outputs = [first, output(commitment(SECTION_141, [...SECTION_325, 0, 0])), output([0x51])];
    const block = makeBlock([coinbase([0, 0], { outputs })]);
    const { toSign } = signetTransactions(block, CHALLENGE)!;
    expect(toSign.inputs[0]!.scriptSig).toEqual(new Uint8Array(0));
    expect(signetSolution(block.transaction(0))).toEqual(new Uint8Array(2));
  });
});

/** Signatures of bare multisig over a transaction with one input (SIGHASH_ALL), by OpenSSL. */
function isSigned(
  { toSpend, toSign }: SignetTransactions,
  keys: readonly Uint8Array[],
): boolean {
  const [input] = toSign.inputs;
  const script = input!.scriptSig;
  // OP_0, and one signature.
  if (script[0] !== 0 || script[1] !== script.length - 2 || input!.witness.length > 0) return false;
  const signature = script.subarray(2, -1);
  const { scriptPubKey } = toSpend.outputs[0]!;
  const signed = { ...toSign, inputs: [{ ...input!, scriptSig: scriptPubKey }] };
  const preimage = new Uint8Array(Transaction.size(signed) + 4);
  const writer = new Writer(preimage);
  writer.bytes(encode(Transaction, signed));
  writer.u32(script.at(-1)!);
  // OpenSSL hashes once more.
  const message = hash('sha256', preimage, 'buffer');
  return keys.some((point) => {
    const prefix = fromHex('3036301006072a8648ce3d020106052b8104000a032200');
    const der = Buffer.concat([prefix, point]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify('sha256', message, key, signature);
  });
}

describeWithData('the default signet', () => {
  const main = consensusParams(signet);
  const challenge = main.signetChallenge!;
  const keys = [challenge.subarray(2, 35), challenge.subarray(36, 69)];
  const asked: SignetTransactions[] = [];
  const verifier: SignetVerifier = (transactions) => {
    asked.push(transactions);
    return isSigned(transactions, keys);
  };
  const blocks = jsonFile<{ block: string }[]>('regtest/floresta_wire_signet_blocks.json').map(
    ({ block }) => fromHex(block),
  );

  test('its first 120 blocks are signed by its operators', () => {
    for (const bytes of blocks) {
      const block = BlockView.of(bytes);
      expect(checkBlock(block, main, nativeSha256d, verifier).status).toBe('ok');
    }
    // Genesis is not.
    expect(asked).toHaveLength(blocks.length - 1);
    const ids = asked.map(({ toSign }) => txid(toSign).join());
    expect(new Set(ids).size).toBe(120);
  });

  test('a block has no solution with one bit of any byte flipped, but for those that are not signed', () => {
    const [, bytes] = blocks;
    const known = BlockView.of(bytes!);
    const answers = new Map<string, number>();
    // The coinbase's witness, 34 bytes, and its lock time come last. A witness is not signed.
    const end = bytes!.length - 4 - 34;
    for (let at = 0; at < end; at++) {
      const changed = bytes!.slice();
      changed[at]! ^= 1 << (at % 8);
      let block: BlockView;
      try {
        block = BlockView.of(changed);
      } catch {
        continue;
      }
      const solved = isSignetBlockSolved(block, main, verifier, nativeSha256d);
      // Of the header, bits, nonce and root are not signed; the body is by a root of its own.
      const isFree = (at >= 36 && at < 68) || (at >= 72 && at < 80);
      const key = `${isFree}: ${solved}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
      expect([at, solved]).toEqual([at, isFree]);
    }
    expect(answers.get('true: true')).toBe(40);
    expect(answers.get('false: false')).toBeGreaterThan(150);
    expect(known.hash(nativeSha256d)).toEqual(
      // Signet block 1.
      Buffer.from(hashFromHex('00000086d6b2636cb2a392d45edc4ec544a10024d30141c9adf4bfd9de533b53')),
    );
  });
});
