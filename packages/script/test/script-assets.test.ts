import { expect, test } from '@jest/globals';
import { describeWithData, jsonFile } from '@btcp2p/testdata';
import { decode, fromHex, struct, type Transaction, TransactionView, i64, varBytes } from '@btcp2p/wire';
import {
  PrecomputedTransaction, ScriptVerifyFlags, SignatureCache, type SignatureVerifier, verifyInput,
} from '../src/index.ts';
import { concat, fastHashes, fastVerifier, parseFlags } from './support.ts';

interface Spending {
  readonly scriptSig: string;
  readonly witness: readonly string[];
}

interface Asset {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly comment: string;
  readonly final?: boolean;
  readonly success?: Spending;
  readonly failure?: Spending;
}

const TxOut = struct<{ value: bigint; scriptPubKey: Uint8Array }>({ value: i64, scriptPubKey: varBytes() });

/** The combinations of consensus flags that Core allows (script_assets_tests.cpp `AllConsensusFlags`). */
const COMBINATIONS = allConsensusFlags();

function allConsensusFlags(): number[] {
  const F = ScriptVerifyFlags;
  const consensus = [
    F.P2SH, F.DERSIG, F.NULLDUMMY, F.CHECKLOCKTIMEVERIFY, F.CHECKSEQUENCEVERIFY, F.WITNESS, F.TAPROOT,
  ];
  const all = Array.from({ length: 128 }, (_, bits) =>
    consensus.reduce((flags, flag, i) => ((bits >> i) & 1 ? flags | flag : flags), 0),
  );
  return all.filter((flags) => {
    if (flags & F.WITNESS && !(flags & F.P2SH)) return false;
    return !(flags & F.TAPROOT) || (flags & F.WITNESS) !== 0;
  });
}

function spendingOf({ tx, prevouts, index }: Asset, spending: Spending): PrecomputedTransaction {
  const parts: Transaction = TransactionView.of(fromHex(tx)).transaction();
  const inputs = parts.inputs.map((input, i) => i !== index ? input : {
    ...input, scriptSig: fromHex(spending.scriptSig), witness: spending.witness.map(fromHex),
  });
  const spent = prevouts.map((output) => decode(TxOut, fromHex(output)));
  return PrecomputedTransaction.of({ ...parts, inputs }, spent, fastHashes);
}

/** How many verdicts disagree, of those with each combination of flags that the rule takes. */
function disagreements(
  asset: Asset,
  spending: Spending,
  takes: (flags: number) => boolean,
  valid: boolean,
  verifier: SignatureVerifier,
): number {
  const precomputed = spendingOf(asset, spending);
  return COMBINATIONS.filter((flags) =>
    takes(flags) && (verifyInput(precomputed, asset.index, flags, verifier) === 'OK') !== valid,
  ).length;
}

/** Each case runs with up to 64 sets of flags: what it is committed to is looked at once. */
function remembered(): SignatureVerifier['checkTapTweak'] {
  const known = new Map<string, boolean>();
  return (internalKey, tweak, outputKey, parity) => {
    const question = concat(internalKey, tweak, outputKey, Uint8Array.of(parity));
    const key = Buffer.from(question).toString('latin1');
    const answer = known.get(key) ?? fastVerifier.checkTapTweak(internalKey, tweak, outputKey, parity);
    known.set(key, answer);
    return answer;
  };
}

describeWithData('script_assets_test.json of Core', () => {
  const assets = jsonFile<Asset[]>('vectors/script_assets_test.json');
  const cache = new SignatureCache({ salt: new Uint8Array(32), sha256: fastHashes.sha256 });
  const verifier = cache.verifier({ ...fastVerifier, checkTapTweak: remembered() }, { store: true });

  // In parts, so that each stays well below a test's time limit.
  const PARTS = 4;
  for (let part = 0; part < PARTS; part++) {
    const own = assets.filter((_, i) => i % PARTS === part);
    test(`success and failure, with all flags that they hold for: part ${part + 1}`, () => {
      let verdicts = 0;
      for (const asset of own) {
        const flags = parseFlags(asset.flags);
        if (asset.success !== undefined) {
          const takes = (other: number): boolean => asset.final === true || (other & flags) === other;
          expect([asset.comment, disagreements(asset, asset.success, takes, true, verifier)])
            .toEqual([asset.comment, 0]);
          verdicts++;
        }
        if (asset.failure !== undefined) {
          const takes = (other: number): boolean => (other & flags) === flags;
          expect([asset.comment, disagreements(asset, asset.failure, takes, false, verifier)])
            .toEqual([asset.comment, 0]);
          verdicts++;
        }
      }
      expect(verdicts).toBeGreaterThan(1_250);
    });
  }

  test('5,243 verdicts', () => {
    const spendings = assets.flatMap(({ success, failure }) => [success, failure]);
    expect(spendings.filter((spending) => spending !== undefined)).toHaveLength(5_243);
  });
});
