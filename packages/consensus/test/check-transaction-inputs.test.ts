import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { blockFile, blockFiles, describeWithData, jsonFile } from '@btcp2p/testdata';
import { BlockView, mainnet, regtest, testnet3, type Transaction, type TxOut } from '@btcp2p/wire';
import {
  blockSubsidy,
  checkAccumulatedFees,
  checkCoinbaseAmount,
  checkSigOpCost,
  checkTransactionInputs,
  COIN,
  COINBASE_MATURITY,
  consensusParams,
  formatMoney,
  isMoneyRange,
  legacySigOpCost,
  MAX_BLOCK_SIGOPS_COST,
  MAX_MONEY,
  sigOpCost,
  type SpentCoin,
} from '../src/index.ts';
import { coinbase, spend } from './support.ts';

function coin(value: bigint, changes: Partial<SpentCoin> = {}): SpentCoin {
  return { value, height: 1, isCoinbase: false, ...changes };
}

function paying(...values: readonly bigint[]): readonly TxOut[] {
  return values.map((value) => ({ value, scriptPubKey: new Uint8Array(0) }));
}

/** Outputs of one script. */
function locking(...script: readonly number[]): readonly TxOut[] {
  return [{ value: 0n, scriptPubKey: Uint8Array.from(script) }];
}

describe('what a transaction spends', () => {
  const check = (coins: readonly (SpentCoin | undefined)[], values: readonly bigint[]) => {
    const transaction = spend(coins.map((_, i) => i), { outputs: paying(...values) });
    return checkTransactionInputs(transaction, coins, 200);
  };
  const invalid = (reason: string, debug = ''): object => ({ status: 'invalid', reason, debug });

  test('leaves a fee, which may be nothing', () => {
    expect(check([coin(5n), coin(7n)], [3n, 4n])).toEqual({ status: 'ok', fee: 5n });
    expect(check([coin(0n)], [0n])).toEqual({ status: 'ok', fee: 0n });
    expect(check([coin(MAX_MONEY)], [0n])).toEqual({ status: 'ok', fee: MAX_MONEY });
  });

  test('must be there: all of it, before anything else is looked at', () => {
    const missing = invalid(
      'bad-txns-inputs-missingorspent',
      'CheckTxInputs: inputs missing/spent',
    );
    expect(check([undefined], [0n])).toEqual(missing);
    expect(check([coin(-1n), undefined], [0n])).toEqual(missing);
    expect(() => checkTransactionInputs(spend([1, 2]), [coin(1n)], 1)).toThrow(RangeError);
  });

  test('must be mature if a coinbase made it', () => {
    const born = (height: number): SpentCoin => coin(9n, { height, isCoinbase: true });
    expect(check([born(200 - COINBASE_MATURITY)], [9n])).toEqual({ status: 'ok', fee: 0n });
    expect(check([coin(1n), born(101)], [1n])).toEqual(
      invalid(
        'bad-txns-premature-spend-of-coinbase',
        'tried to spend coinbase at depth 99',
      ),
    );
    expect(check([coin(9n, { height: 199 })], [9n]).status).toBe('ok');
  });

  test('must be amounts, and be one together', () => {
    const outOfRange = invalid('bad-txns-inputvalues-outofrange');
    expect(check([coin(-1n)], [0n])).toEqual(outOfRange);
    expect(check([coin(MAX_MONEY + 1n)], [0n])).toEqual(outOfRange);
    expect(check([coin(MAX_MONEY), coin(1n)], [0n])).toEqual(outOfRange);
    // In order: the first coin that is at fault decides.
    const young = coin(1n, { height: 200, isCoinbase: true });
    expect(check([coin(-1n), young], [0n])).toEqual(outOfRange);
    expect(check([young, coin(-1n)], [0n])).toMatchObject({
      reason: 'bad-txns-premature-spend-of-coinbase',
    });
  });

  test('must be as much as is paid', () => {
    expect(check([coin(50n * COIN)], [50n * COIN, 1n])).toEqual(
      invalid('bad-txns-in-belowout', 'value in (50.00) < value out (50.00000001)'),
    );
    // Outputs below 0 are refused before. Here they would make a fee out of range.
    expect(check([coin(MAX_MONEY)], [-1n])).toEqual(invalid('bad-txns-fee-outofrange'));
  });

  test('is judged as by the rules word by word', () => {
    const anyCoin = fc.option(
      fc.record({
        value: fc.oneof(
          fc.bigInt({ min: -2n, max: 20n }),
          fc.bigInt({ min: MAX_MONEY - 20n, max: MAX_MONEY + 2n }),
        ),
        height: fc.integer({ min: 95, max: 105 }),
        isCoinbase: fc.boolean(),
      }),
      { nil: undefined, freq: 12 },
    );
    const seen = new Set<string>();
    const value = fc.oneof(
      fc.bigInt({ min: 0n, max: 20n }),
      fc.bigInt({ min: MAX_MONEY - 20n, max: MAX_MONEY }),
    );
    const property = fc.property(
      fc.array(anyCoin, { minLength: 1, maxLength: 4 }),
      fc.array(value, { minLength: 1, maxLength: 2 }),
      (coins, values) => {
        const result = check(coins, values);
        const answer = result.status === 'ok' ? result.fee : result.reason;
        seen.add(typeof answer === 'string' ? answer : 'ok');
        expect(answer).toBe(expected(coins, values));
      },
    );
    const expected = (
      coins: readonly (SpentCoin | undefined)[],
      values: readonly bigint[],
    ): bigint | string => {
      if (coins.includes(undefined)) return 'bad-txns-inputs-missingorspent';
      let sum = 0n;
      for (const { value: amount, height, isCoinbase } of coins as readonly SpentCoin[]) {
        if (isCoinbase && 200 < height + 100) return 'bad-txns-premature-spend-of-coinbase';
        sum += amount;
        const inRange = amount >= 0n && amount <= 2_100_000_000_000_000n;
        if (!inRange || sum > 2_100_000_000_000_000n) return 'bad-txns-inputvalues-outofrange';
      }
      const paid = values.reduce((a, b) => a + b);
      return sum < paid ? 'bad-txns-in-belowout' : sum - paid;
    };
    fc.assert(property, { numRuns: 3_000 });
    expect(seen.size).toBe(5);
  });
});

// Core src/test/util_tests.cpp, util_FormatMoney.
test.each([
  [0n, '0.00'],
  [(COIN / 10_000n) * 123_456_789n, '12345.6789'],
  [-COIN, '-1.00'],
  [COIN * 100_000_000n, '100000000.00'],
  [COIN * 10n, '10.00'],
  [COIN, '1.00'],
  [COIN / 10n, '0.10'],
  [COIN / 100n, '0.01'],
  [COIN / 1_000n, '0.001'],
  [COIN / 10_000n, '0.0001'],
  [COIN / 100_000n, '0.00001'],
  [COIN / 1_000_000n, '0.000001'],
  [COIN / 10_000_000n, '0.0000001'],
  [COIN / 100_000_000n, '0.00000001'],
  [2n ** 63n - 1n, '92233720368.54775807'],
  [2n ** 63n - 4n, '92233720368.54775804'],
  [-(2n ** 63n) + 3n, '-92233720368.54775805'],
  [-(2n ** 63n), '-92233720368.54775808'],
])('%s satoshis are %s', (value, text) => expect(formatMoney(value)).toBe(text));

describe('sums over a block', () => {
  const params = consensusParams(regtest);

  test('of fees are an amount', () => {
    for (const fees of [0n, MAX_MONEY]) expect(checkAccumulatedFees(fees)).toBeUndefined();
    for (const fees of [-1n, MAX_MONEY + 1n]) {
      expect(isMoneyRange(fees)).toBe(false);
      expect(checkAccumulatedFees(fees)).toEqual({
        status: 'invalid',
        reason: 'bad-txns-accumulated-fee-outofrange',
        debug: 'accumulated fee in the block out of range',
        mutated: false,
      });
    }
  });

  test('of signature operations have a limit', () => {
    expect(checkSigOpCost(MAX_BLOCK_SIGOPS_COST)).toBeUndefined();
    expect(checkSigOpCost(MAX_BLOCK_SIGOPS_COST + 1)).toEqual({
      status: 'invalid',
      reason: 'bad-blk-sigops',
      debug: 'too many sigops',
      mutated: false,
    });
  });

  test('bound what a coinbase takes: the subsidy, which halves, and the fees', () => {
    for (const [height, subsidy] of [[149, 50n * COIN], [150, 25n * COIN]] as const) {
      const taking = (...values: readonly bigint[]) =>
        checkCoinbaseAmount(coinbase([0, 0], { outputs: paying(...values) }), 7n, height, params);
      expect(taking(subsidy, 7n)).toBeUndefined();
      expect(taking(0n)).toBeUndefined();
      expect(taking(subsidy + 8n)).toEqual({
        status: 'invalid',
        reason: 'bad-cb-amount',
        debug: `coinbase pays too much (actual=${subsidy + 8n} vs limit=${subsidy + 7n})`,
        mutated: false,
      });
      expect(taking(subsidy, 8n)?.reason).toBe('bad-cb-amount');
    }
  });
});

// Small cases of our own; Core sigop costs are those of GetTransactionSigOpCost (consensus/tx_verify.cpp).
describe('the cost of signature operations', () => {
  const CHECKMULTISIG = 0xae;
  const CHECKSIG = 0xac;
  const scriptSig = Uint8Array.of(0, 0);

  test('is 4 for each legacy one, in inputs and outputs, executed or not', () => {
    const outputs = locking(0x51, 0x51, 0x51, 0x52, CHECKMULTISIG);
    expect(legacySigOpCost(spend([1], { outputs }))).toBe(80);
    const inputs = { scriptSig: Uint8Array.of(CHECKSIG, 1, CHECKSIG, CHECKSIG) };
    expect(legacySigOpCost(spend([1, 2], { outputs }, inputs))).toBe(80 + 2 * 2 * 4);
    expect(legacySigOpCost(spend([1], { outputs: locking() }))).toBe(0);
  });

  test('is what the caller says for each input, but never for a coinbase', () => {
    const outputs = locking(CHECKSIG);
    const asked: number[] = [];
    const cost = (input: number): number => 10 ** asked.push(input);
    expect(sigOpCost(spend([1, 2, 3], { outputs }, { scriptSig }), cost)).toBe(4 + 1_110);
    expect(asked).toEqual([0, 1, 2]);
    expect(sigOpCost(coinbase([CHECKSIG, CHECKSIG], { outputs }), cost)).toBe(12);
    // A null outpoint beside another input makes no coinbase, nor does half of one.
    const [own] = coinbase([0, 0]).inputs;
    const both = spend([1], { outputs, inputs: [own!, ...spend([1]).inputs] });
    expect(sigOpCost(both, () => 1)).toBe(6);
    expect(sigOpCost(spend([0], { outputs }), () => 1)).toBe(5);
    expect(asked).toHaveLength(3);
  });
});

describeWithData('real blocks with the outputs they spend', () => {
  type Meta = readonly [height: number, isCoinbase: 0 | 1, time: number];

  /** Fees of all transactions, checked one by one. */
  const feesOf = (block: BlockView, coins: readonly SpentCoin[], height: number): bigint => {
    let at = 0;
    let fees = 0n;
    for (const transaction of block.transactions().slice(1)) {
      const spent = coins.slice(at, (at += transaction.inputs.length));
      const result = checkTransactionInputs(transaction, spent, height);
      if (result.status !== 'ok') throw new Error(`${height}: ${JSON.stringify(result)}`);
      fees += result.fee;
      expect(checkAccumulatedFees(fees)).toBeUndefined();
    }
    expect(at).toBe(coins.length);
    return fees;
  };
  const networks = { main: mainnet, testnet3 };
  const files = blockFiles().filter(({ prevouts }) => prevouts !== undefined);

  test('all pass; no coinbase takes too much, and most would with one satoshi less in fees', () => {
    let exact = 0;
    for (const { bytes, height, network, prevouts } of files) {
      const params = consensusParams(networks[network]);
      const block = BlockView.of(bytes);
      const coins = prevouts!.map(({ value }) => coin(value, { height: height - 1 }));
      const fees = feesOf(block, coins, height);
      const own = block.transaction(0);
      expect(checkCoinbaseAmount(own, fees, height, params)).toBeUndefined();
      const paid = own.outputs.reduce((sum, { value }) => sum + value, 0n);
      if (paid !== fees + blockSubsidy(height, params)) continue;
      exact++;
      expect(checkCoinbaseAmount(own, fees - 1n, height, params)?.reason).toBe('bad-cb-amount');
    }
    expect(files.length).toBeGreaterThan(20);
    expect(exact).toBeGreaterThan(files.length / 2);
  });

  test('coins of real ages: a block 100 lower, and its spends of coinbases are too early', () => {
    const { bytes, height, prevouts } = blockFile('main-367891');
    const block = BlockView.of(bytes);
    const meta = jsonFile<Meta[]>('blocks/main-367891.prevouts-meta.json');
    const coins = prevouts!.map(({ value }, i) => {
      const [born, isCoinbase] = meta[i]!;
      return { value, height: born, isCoinbase: isCoinbase === 1 };
    });
    feesOf(block, coins, height);
    const all = files.flatMap(({ name, height: tip, network }) => {
      if (network !== 'main' || name === 'main-300025') return [];
      const ages = jsonFile<Meta[]>(`blocks/${name}.prevouts-meta.json`);
      return ages.filter(([, isCoinbase]) => isCoinbase === 1).map(([born]) => tip - born);
    });
    // All are mature; the youngest of them says by how much.
    const youngest = Math.min(...all);
    expect(youngest).toBeGreaterThanOrEqual(COINBASE_MATURITY);
    const spending: Transaction = spend([1], { outputs: paying(1n) });
    const made = coin(1n, { height: 0, isCoinbase: true });
    expect(checkTransactionInputs(spending, [made], youngest).status).toBe('ok');
    expect(checkTransactionInputs(spending, [made], COINBASE_MATURITY - 1).status).toBe('invalid');
  });
});
