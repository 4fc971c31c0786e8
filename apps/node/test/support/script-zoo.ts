import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { legacySignatureHash, PrecomputedTransaction } from '@btcp2p/script';
import { fromHex, TransactionView, type Transaction, type TxOut } from '@btcp2p/wire';
import { mineBlock, RegtestChain, type BlockTransaction } from '@btcp2p/regtest';
import { payToPubkeyHash, payToScriptHash, payToWitness } from '../../src/descriptors/address.ts';
import { hash160 } from '../../src/descriptors/public-key.ts';

const SECRET = new Uint8Array(32).fill(7);
export const KEY = secp256k1.getPublicKey(SECRET, true);
const LONG_KEY = secp256k1.getPublicKey(SECRET, false);
const HYBRID_KEY = Uint8Array.of(6 + (LONG_KEY[64]! & 1), ...LONG_KEY.subarray(1));
const TRUE = Uint8Array.of(0x51);

const push = (bytes: Uint8Array): number[] => [bytes.length, ...bytes];

/** Output scripts of all kinds, some of them broken. */
export const SCRIPTS: readonly Uint8Array[] = [
  TRUE,
  payToPubkeyHash(hash160(KEY)),
  Uint8Array.of(...push(KEY), 0xac),
  Uint8Array.of(...push(LONG_KEY), 0xac),
  Uint8Array.of(...push(HYBRID_KEY), 0xac),
  payToScriptHash(hash160(TRUE)),
  payToWitness(0, hash160(KEY)),
  payToWitness(0, sha256(TRUE)),
  payToWitness(1, KEY.slice(1)),
  payToWitness(1, new Uint8Array(32).fill(0xff)),
  payToWitness(1, fromHex('4e73')),
  payToWitness(2, new Uint8Array(40).fill(1)),
  payToWitness(16, new Uint8Array(2)),
  payToWitness(0, new Uint8Array(5)),
  Uint8Array.of(0x51, ...push(KEY), ...push(KEY), 0x52, 0xae),
  Uint8Array.of(0x52, ...push(LONG_KEY), ...push(KEY), ...push(HYBRID_KEY), 0x53, 0xae),
  Uint8Array.of(0x6a),
  Uint8Array.of(0x6a, 4, 1, 2, 3, 4, 0x51, 0x4f),
  Uint8Array.of(0x6a, 0xac),
  new Uint8Array(0),
  Uint8Array.of(0x4c),
  Uint8Array.of(0x02, 0x01),
  Uint8Array.of(0x4b, ...new Uint8Array(0x4b), 0x63, 0xba, 0xbb, 0xff, 0x50, 0x00, 0x01, 0x81),
  new Uint8Array(10_001).fill(0x61),
];

/** A chain with outputs of all kinds, and transactions that spend them. */
export class ScriptZoo {
  readonly chain = new RegtestChain();
  /** The transaction that has an output of every kind, in order. */
  readonly outputs: TransactionView;
  /** One that spends several of them: with a signature, by P2SH, with a witness. */
  readonly spending: TransactionView;

  constructor() {
    this.chain.mine(101);
    this.outputs = this.#makeOutputs();
    this.#mine([this.outputs], 12_345n);
    this.spending = this.#makeSpending();
    this.#mine([this.spending], 1n);
    this.chain.mine(3);
  }

  /** A transaction that spends one of the outputs, and pays 10,000 satoshis, without any signature. */
  spend(index: number, change: Partial<Transaction> = {}): Transaction {
    const { value } = this.outputs.transaction().outputs[index]!;
    return spending(this.outputs.txid(), index, value - 10_000n, change);
  }

  /** The same of the first output of the transaction that spends several. */
  spendLast(change: Partial<Transaction> = {}): Transaction {
    const { value } = this.spending.transaction().outputs[0]!;
    return spending(this.spending.txid(), 0, value - 10_000n, change);
  }

  #makeOutputs(): TransactionView {
    const coinbase = this.chain.blocks[0]!;
    const total = 5_000_000_000n - 12_345n;
    const value = total / BigInt(SCRIPTS.length);
    const rest = total - value * BigInt(SCRIPTS.length - 1);
    const outputs = SCRIPTS.map((scriptPubKey, i): TxOut => ({
      value: i === 0 ? rest : value, scriptPubKey,
    }));
    return TransactionView.from({
      version: 1,
      inputs: [
        {
          prevout: { txid: coinbase.txid(0), index: 0 },
          scriptSig: new Uint8Array(0),
          sequence: 0xffff_ffff,
          witness: [],
        },
      ],
      outputs,
      lockTime: 100,
    });
  }

  #makeSpending(): TransactionView {
    const txid = this.outputs.txid();
    const { outputs } = this.outputs.transaction();
    const spent = [1, 5, 7, 0];
    let total = 0n;
    for (const index of spent) total += outputs[index]!.value;
    const unsigned: Transaction = {
      version: 0xffff_ffff,
      inputs: spent.map((index) => ({
        prevout: { txid, index },
        scriptSig: index === 5 ? Uint8Array.of(1, 0x51) : new Uint8Array(0),
        sequence: 0xffff_fffe,
        witness: index === 7 ? [TRUE] : [],
      })),
      outputs: [
        { value: total - 1n, scriptPubKey: TRUE },
        { value: 0n, scriptPubKey: Uint8Array.of(0x6a, 1, 2) },
      ],
      lockTime: 0,
    };
    const precomputed = PrecomputedTransaction.of(unsigned, spent.map((index) => outputs[index]!));
    const hash = legacySignatureHash(precomputed, 0, outputs[1]!.scriptPubKey, 1);
    const signature = secp256k1.sign(hash, SECRET, { prehash: false, format: 'der' });
    const scriptSig = Uint8Array.of(...push(Uint8Array.of(...signature, 1)), ...push(KEY));
    const [first, ...others] = unsigned.inputs;
    return TransactionView.from({ ...unsigned, inputs: [{ ...first!, scriptSig }, ...others] });
  }

  #mine(views: readonly TransactionView[], fees: bigint): void {
    const { headers, blocks } = this.chain;
    const transactions = views.map((view): BlockTransaction => ({
      bytes: view.bytes, txid: view.txid(), wtxid: view.wtxid(),
    }));
    const block = mineBlock({ headers, parent: headers.best, transactions, fees });
    headers.add(block.headerBytes, block.header.time);
    blocks.push(block);
  }
}

function spending(
  txid: Uint8Array,
  index: number,
  value: bigint,
  change: Partial<Transaction>,
): Transaction {
  const input = { prevout: { txid, index }, scriptSig: new Uint8Array(0), sequence: 0xffff_fffd };
  return {
    version: 2,
    inputs: [{ ...input, witness: [] }],
    outputs: [{ value, scriptPubKey: payToScriptHash(new Uint8Array(20)) }],
    lockTime: 0,
    ...change,
  };
}
