import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { hashToHex, regtest, toHex, txid, type BlockView, type Transaction } from '@btcp2p/wire';
import {
  blockScriptFlagNames,
  blockScriptFlags,
  blockSubsidy,
  checkAccumulatedFees,
  checkBlock,
  checkBlockContext,
  checkCoinbaseAmount,
  checkSigOpCost,
  checkTransactionInputs,
  consensusParams,
  genesisAnchor,
  HeaderTree,
  heightScript,
  isBuriedDeploymentActive,
  parseTestActivationHeight,
  parseVersionBitsParameters,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  SEQUENCE_LOCKTIME_TYPE_FLAG,
  sequenceLocks,
  sigOpCost,
  VersionBitsCache,
  versionBitsDeployments,
  type ConsensusParams,
  type SpentCoin,
} from '../src/index.ts';
import { coinbase, entryOf, makeBlock, nativeSha256d, spend } from './support.ts';

const OP_TRUE = Uint8Array.of(0x51);

/** Pseudo-random numbers below a limit, from a seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** A chain and its coins in memory: what `ConnectBlock` does with them, scripts apart. */
class Ledger {
  readonly #params: ConsensusParams;
  readonly tree: HeaderTree;
  readonly coins = new Map<string, SpentCoin & { readonly script: Uint8Array }>();

  constructor(params: ConsensusParams) {
    this.#params = params;
    this.tree = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
  }

  /** Of the block to come. */
  get height(): number {
    return this.tree.height(this.tree.best) + 1;
  }

  get medianTimePast(): number {
    return this.tree.medianTimePast(this.tree.best);
  }

  /** `ok` after adding the block, or why not. */
  judge(block: BlockView): string {
    const { height, medianTimePast } = this;
    const own = checkBlock(block, this.#params, nativeSha256d);
    if (own.status === 'invalid') return own.reason;
    const context = { height, medianTimePast, txids: own.txids };
    const placed = checkBlockContext(block, context, this.#params, nativeSha256d);
    if (placed.status === 'invalid') return placed.reason;
    const changes = new Map<string, (SpentCoin & { readonly script: Uint8Array }) | undefined>();
    const fault = this.#connect(block, changes);
    if (fault !== undefined) return fault;
    for (const [key, coin] of changes) {
      if (coin === undefined) this.coins.delete(key);
      else this.coins.set(key, coin);
    }
    entryOf(this.tree.add(block.headerBytes, 4_000_000_000));
    return 'ok';
  }

  #connect(
    block: BlockView,
    changes: Map<string, (SpentCoin & { readonly script: Uint8Array }) | undefined>,
  ): string | undefined {
    const { height, medianTimePast, tree } = this;
    const enforced = isBuriedDeploymentActive('csv', height, this.#params);
    const medianTimePastAt = (at: number): number =>
      tree.medianTimePast(tree.ancestor(tree.best, at));
    let fees = 0n;
    let cost = 0;
    for (const [i, transaction] of block.transactions().entries()) {
      const keys = transaction.inputs.map(({ prevout }) => keyOf(prevout.txid, prevout.index));
      const coins = keys.map((key) => (changes.has(key) ? changes.get(key) : this.coins.get(key)));
      if (i > 0) {
        const result = checkTransactionInputs(transaction, coins, height);
        if (result.status === 'invalid') return result.reason;
        fees += result.fee;
        const fault = checkAccumulatedFees(fees);
        if (fault !== undefined) return fault.reason;
        const heights = coins.map((coin) => coin!.height);
        const context = { height, medianTimePast, medianTimePastAt };
        if (!sequenceLocks(transaction, heights, enforced, context)) return 'bad-txns-nonfinal';
      }
      cost += sigOpCost(transaction, (input) => p2shCost(coins[input]!.script, transaction, input));
      const fault = checkSigOpCost(cost);
      if (fault !== undefined) return fault.reason;
      if (i > 0) for (const key of keys) changes.set(key, undefined);
      const id = txid(transaction, nativeSha256d);
      for (const [index, { value, scriptPubKey: script }] of transaction.outputs.entries()) {
        changes.set(keyOf(id, index), { value, height, isCoinbase: i === 0, script });
      }
    }
    return checkCoinbaseAmount(block.transaction(0), fees, height, this.#params)?.reason;
  }
}

function keyOf(id: Uint8Array, index: number): string {
  return `${toHex(id)} ${index}`;
}

/** Redeem scripts here are pushed with two bytes of length, and are nothing but multisigs. */
function p2shCost(script: Uint8Array, { inputs }: Transaction, input: number): number {
  if (script[0] !== 0xa9) return 0;
  return 4 * 20 * (inputs[input]!.scriptSig.length - 3);
}

describeWithBitcoind('Bitcoin Core connects the same', (binary) => {
  const start = regtest.genesis.header.time;
  const now = start + 10_000_000;
  const params = consensusParams(regtest, { activationHeights: { csv: 150 } });
  let bitcoind: BitcoindPeer;

  beforeAll(async () => {
    bitcoind = await startBitcoind(binary, ['-testactivationheight=csv@150', '-par=1']);
    await bitcoind.rpc('setmocktime', now);
  }, 60_000);
  afterAll(() => bitcoind.stop(), 60_000);

  test('blocks of random spends, each right or wrong', async () => {
    const below = random(7);
    const ledger = new Ledger(params);
    const { tree, coins } = ledger;
    const seen = new Map<string, number>();
    /** A block of these transactions after the best one, judged by both. */
    const submit = async (
      transactions: readonly Transaction[],
      value = blockSubsidy(ledger.height, params),
      step = 300,
    ): Promise<string> => {
      const { height } = ledger;
      const own = coinbase([...heightScript(height), below(100), below(100)], {
        outputs: [{ value, scriptPubKey: OP_TRUE }],
      });
      const time = Math.max(tree.time(tree.best) + step, ledger.medianTimePast + 1);
      const prevBlockHash = tree.hash(tree.best);
      const block = makeBlock([own, ...transactions], { time, prevBlockHash });
      const answer = ledger.judge(block);
      const expected = (await bitcoind.rpc('submitblock', toHex(block.bytes))) ?? 'ok';
      expect([height, answer]).toEqual([height, expected]);
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
      return answer;
    };
    for (let i = 0; i < 105; i++) expect(await submit([])).toBe('ok');

    type Choice = { readonly key: string; readonly coin: SpentCoin };
    const all = (): Choice[] =>
      [...coins].flatMap(([key, coin]) => (coin.script[0] === 0x51 ? [{ key, coin }] : []));
    const ripe = (): Choice[] =>
      all().filter(({ coin }) => !coin.isCoinbase || ledger.height - coin.height >= 100);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
    const input = (key: string, sequence: number, scriptSig = new Uint8Array(0)) => {
      const [id, index] = key.split(' ');
      const prevout = { txid: Uint8Array.from(Buffer.from(id!, 'hex')), index: Number(index) };
      return { prevout, scriptSig, sequence, witness: [] };
    };
    /** Mostly such as are met; the rest of a length near the coin's age. */
    const sequenceFor = ({ height }: SpentCoin): number => {
      const age = ledger.height - height;
      const before = tree.ancestor(tree.best, Math.max(height - 1, 0));
      const past = ledger.medianTimePast - tree.medianTimePast(before);
      return pick([
        0xffff_ffff,
        0xffff_fffe,
        0,
        Math.max(age - below(3), 0),
        age + below(2),
        0x10_0000 | below(age + 1),
        SEQUENCE_LOCKTIME_TYPE_FLAG | Math.floor(past / 512),
        SEQUENCE_LOCKTIME_TYPE_FLAG | (Math.floor(past / 512) + below(2)),
        (SEQUENCE_LOCKTIME_DISABLE_FLAG | 0xffff) >>> 0,
      ]);
    };
    for (let round = 0; round < 1_200; round++) {
      const chosen = Array.from({ length: 1 + below(2) }, () =>
        pick(below(12) === 0 ? all() : ripe()),
      ).filter((choice, i, list) => list.findIndex(({ key }) => key === choice.key) === i);
      const total = chosen.reduce((sum, { coin }) => sum + coin.value, 0n);
      // Half of them, all, or one satoshi too much.
      const paid = pick([total, total - total / 3n, below(4) === 0 ? total + 1n : total]);
      const half = paid / 2n;
      const transaction: Transaction = {
        version: pick([0, 1, 2, 2, 2, 3, 0xffff_ffff]),
        inputs: chosen.map(({ key, coin }) => input(key, sequenceFor(coin))),
        outputs: [half, paid - half].map((value) => ({ value, scriptPubKey: OP_TRUE })),
        lockTime: 0,
      };
      const id = txid(transaction, nativeSha256d);
      const fee = total - paid;
      // What follows spends an output of the first, the same coin again, or one that never was.
      const child = spend([1], { outputs: [{ value: half, scriptPubKey: OP_TRUE }] });
      const spending = (key: string, sequence: number): Transaction => ({
        ...child,
        inputs: [input(key, sequence)],
      });
      const next = pick([
        [],
        [],
        [spending(keyOf(id, 0), below(3))],
        [spending(chosen[0]!.key, 0)],
        [spending(keyOf(id, 2), 0)],
      ]);
      const subsidy = blockSubsidy(ledger.height, params);
      const value = subsidy + pick([0n, fee, fee, below(3) === 0 ? fee + 1n : 0n]);
      await submit([transaction, ...next], value, pick([1, 60, 600, 2_000]));
    }
    for (const reason of [
      'ok', 'bad-txns-nonfinal', 'bad-txns-inputs-missingorspent', 'bad-txns-in-belowout',
      'bad-txns-premature-spend-of-coinbase', 'bad-cb-amount',
    ]) {
      expect([reason, seen.get(reason) ?? 0]).not.toEqual([reason, 0]);
      expect(seen.get(reason)).toBeGreaterThan(3);
    }
    expect(ledger.height).toBeGreaterThan(400);

    // Three redeem scripts of 499 multisigs cost 119,760. None matches its hash, which is not looked
    // at: the count comes first.
    const funds = ripe().find(({ coin }) => coin.value > 1_000n);
    const p2sh = Uint8Array.of(0xa9, 20, ...new Uint8Array(20), 0x87);
    const funding: Transaction = {
      ...spend([1], { outputs: [1n, 1n, 1n].map((value) => ({ value, scriptPubKey: p2sh })) }),
      inputs: [input(funds!.key, 0xffff_ffff)],
    };
    expect(await submit([funding])).toBe('ok');
    const redeem = Uint8Array.of(0x4d, 499 & 0xff, 499 >> 8, ...new Uint8Array(499).fill(0xae));
    const fundingId = txid(funding, nativeSha256d);
    const three: Transaction = {
      ...spend([1], { outputs: [{ value: 1n, scriptPubKey: OP_TRUE }] }),
      inputs: [0, 1, 2].map((index) => input(keyOf(fundingId, index), 0xffff_ffff, redeem)),
    };
    expect(await submit([three])).toBe('bad-blk-sigops');
  }, 60_000);
});

describeWithBitcoind('Bitcoin Core counts the same bits', (binary) => {
  const heights = ['bip34@3', 'dersig@5', 'cltv@7', 'csv@150', 'segwit@160'];
  const bits = 'testdummy:1296700000:1296900000:432';
  const start = regtest.genesis.header.time;

  /** The parameters as the arguments say. */
  const ownParams = (): ConsensusParams => {
    const entries = heights.map((argument) => {
      const parsed = parseTestActivationHeight(argument);
      if (parsed.status !== 'ok') throw new Error(parsed.error);
      return [parsed.deployment, parsed.height];
    });
    const parsed = parseVersionBitsParameters(bits);
    if (parsed.status !== 'ok') throw new Error(parsed.error);
    return consensusParams(regtest, {
      activationHeights: Object.fromEntries(entries) as Record<string, number>,
      versionBits: { [parsed.deployment]: parsed.parameters },
    });
  };

  test.each([
    ['never enough', 70],
    ['enough', 85],
  ])('%s: states, statistics, templates, flags and warnings', async (_, percent) => {
    const bitcoind = await startBitcoind(binary, [
      ...heights.map((argument) => `-testactivationheight=${argument}`),
      `-vbparams=${bits}`,
    ]);
    try {
      const params = ownParams();
      const below = random(percent);
      const tree = new HeaderTree({ params, anchor: genesisAnchor(regtest), sha256d: nativeSha256d });
      const cache = new VersionBitsCache(params, tree);
      const states = new Set<string>();
      let warned = false;
      for (let height = 1; height <= 900; height++) {
        const time = start + 300 * height;
        // Bits 28, which is known, and 5, which is not.
        const known = below(100) < percent ? 0x1000_0000 : 0;
        const signals = known | (below(100) < percent ? 0x20 : 0);
        const version = below(20) === 0 ? 4 : 0x2000_0000 | signals;
        const outputs = [{ value: 0n, scriptPubKey: OP_TRUE }];
        const own = coinbase([...heightScript(height), 0], { outputs });
        const block = makeBlock([own], { time, version, prevBlockHash: tree.hash(tree.best) });
        await bitcoind.rpc('setmocktime', time);
        expect(await bitcoind.rpc('submitblock', toHex(block.bytes))).toBeNull();
        const entry = entryOf(tree.add(block.headerBytes, time));
        if (cache.unknownActivations(entry).some(({ isActive }) => isActive)) warned = true;
        // All of the first heights, then around the ends of periods.
        if (height > 8 && height % 144 > 3 && height % 144 < 141 && height % 25 !== 0) continue;

        const info = (await bitcoind.rpc('getdeploymentinfo')) as DeploymentInfo;
        expect(info.hash).toBe(hashToHex(tree.hash(entry)));
        const flags = blockScriptFlagNames(blockScriptFlags(height, tree.hash(entry), params));
        expect(info.script_flags.toSorted()).toEqual(flags.toSorted());
        for (const name of ['bip34', 'bip65', 'bip66', 'csv', 'segwit'] as const) {
          // Core tells of the block after.
          const active = isBuriedDeploymentActive(name, height + 1, params);
          expect(info.deployments[name]).toMatchObject({ type: 'buried', active });
        }
        for (const name of versionBitsDeployments) {
          const told = info.deployments[name]!;
          const ours = cache.info(name, entry);
          states.add(`${name} ${ours.state}`);
          expect(told.height).toBe(ours.activeSince);
          expect(told.active).toBe(cache.isActiveAfter(name, entry));
          expect(told.bip9).toMatchObject({
            status: ours.state,
            status_next: ours.nextState,
            since: ours.since,
            min_activation_height: params.deployments[name].minActivationHeight,
          });
          const { threshold, possible, ...counts } = ours.statistics ?? { threshold: 0 };
          const goal = threshold > 0 ? { threshold, possible } : {};
          expect(told.bip9.statistics).toEqual(
            ours.statistics === undefined ? undefined : { ...counts, ...goal },
          );
          expect(told.bip9.signalling).toBe(
            ours.signallingBlocks?.map((signal) => (signal ? '#' : '-')).join(''),
          );
        }
        const template = (await bitcoind.rpc('getblocktemplate', {
          rules: ['segwit'],
        })) as Template;
        expect(template.version).toBe(cache.computeBlockVersion(entry));
        const { signalling, lockedIn } = cache.templateDeployments(entry);
        const available = [...signalling, ...lockedIn].map(({ name, bit }) => [name, bit]);
        expect(template.vbavailable).toEqual(Object.fromEntries(available));
        const { warnings } = (await bitcoind.rpc('getblockchaininfo')) as { warnings: string[] };
        const expected = warned ? ['Unknown new rules activated (versionbit 5)'] : [];
        expect(warnings.filter((warning) => warning.startsWith('Unknown'))).toEqual(expected);
      }
      // 75% of 144 blocks have to signal, and 5% of them do not in any case.
      expect(warned).toBe(percent > 80);
      expect(states).toContain(`testdummy ${percent > 80 ? 'active' : 'failed'}`);
      expect(states).toContain('testdummy started');
    } finally {
      await bitcoind.stop();
    }
  }, 60_000);
});

/** What is used here of Core's answers. */
interface DeploymentInfo {
  readonly hash: string;
  readonly script_flags: readonly string[];
  readonly deployments: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly active: boolean;
        readonly height?: number;
        readonly bip9: { readonly statistics?: unknown; readonly signalling?: string };
      }
    >
  >;
}

interface Template {
  readonly version: number;
  readonly vbavailable: Readonly<Record<string, number>>;
}
