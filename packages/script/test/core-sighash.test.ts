import { expect, test } from '@jest/globals';
import { describeWithData, jsonFile } from '@btcp2p/testdata';
import { fromHex, hashToHex, toHex, TransactionView, type TxOut } from '@btcp2p/wire';
import {
  legacySignatureHash, PrecomputedTransaction, taprootSignatureHash,
} from '../src/index.ts';

const NO_OUTPUT: TxOut = { value: 0n, scriptPubKey: new Uint8Array(0) };

describeWithData('sighash.json of Core', () => {
  /** `[transaction, script, input, hash type, hash]`; or one string of comment. */
  type Row = readonly [string, string, number, number, string];
  const rows = jsonFile<Row[]>('vectors/core/sighash.json').filter((row) => row.length === 5);

  test('all legacy hashes', () => {
    expect(rows).toHaveLength(500);
    for (const [tx, script, input, hashType, expected] of rows) {
      const view = TransactionView.of(fromHex(tx));
      const spent = view.transaction().inputs.map(() => NO_OUTPUT);
      const precomputed = PrecomputedTransaction.of(view, spent);
      const hash = legacySignatureHash(precomputed, input, fromHex(script), hashType);
      expect(hashToHex(hash)).toBe(expected);
    }
  });
});

describeWithData('bip341_wallet_vectors.json of Core', () => {
  interface Vectors {
    readonly keyPathSpending: readonly {
      readonly given: {
        readonly rawUnsignedTx: string;
        readonly utxosSpent: readonly { readonly scriptPubKey: string; readonly amountSats: number }[];
      };
      readonly intermediary: Readonly<Record<
        'hashAmounts' | 'hashOutputs' | 'hashPrevouts' | 'hashScriptPubkeys' | 'hashSequences', string
      >>;
      readonly inputSpending: readonly {
        readonly given: { readonly txinIndex: number; readonly hashType: number };
        readonly intermediary: { readonly sigHash: string };
      }[];
    }[];
  }
  const { keyPathSpending } = jsonFile<Vectors>('vectors/core/bip341_wallet_vectors.json');

  test('key path hashes, and the parts that inputs share', () => {
    let count = 0;
    for (const { given, intermediary, inputSpending } of keyPathSpending) {
      const spent = given.utxosSpent.map(({ scriptPubKey, amountSats }) => ({
        scriptPubKey: fromHex(scriptPubKey), value: BigInt(amountSats),
      }));
      const view = TransactionView.of(fromHex(given.rawUnsignedTx));
      const precomputed = PrecomputedTransaction.of(view, spent);
      expect(toHex(precomputed.amountsHash())).toBe(intermediary.hashAmounts);
      expect(toHex(precomputed.outputsHash())).toBe(intermediary.hashOutputs);
      expect(toHex(precomputed.prevoutsHash())).toBe(intermediary.hashPrevouts);
      expect(toHex(precomputed.scriptsHash())).toBe(intermediary.hashScriptPubkeys);
      expect(toHex(precomputed.sequencesHash())).toBe(intermediary.hashSequences);
      for (const input of inputSpending) {
        const hash = taprootSignatureHash(precomputed, input.given.txinIndex, input.given.hashType);
        expect(toHex(hash!)).toBe(input.intermediary.sigHash);
        count++;
      }
    }
    expect(count).toBe(7);
  });
});
