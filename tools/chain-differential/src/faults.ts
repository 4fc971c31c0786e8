import { heightScript, type ConsensusParams } from '@btcp2p/consensus';
import type { Rng } from '@btcp2p/machine';
import { BlockView, type OutPoint, type Transaction } from '@btcp2p/wire';
import { futureLock, tampers } from './lock.ts';
import { anyone, costlyLock, doomedLock, pick } from './locks.ts';
import { add, addPayments, isSpendable, pay, type PaymentOptions, type Purse } from './payments.ts';
import { assemble, type Plan } from './plan.ts';
import { nameOf, type Coin, type World } from './world.ts';

/** What a fault can be made of. */
export interface FaultContext {
  readonly world: World;
  readonly params: ConsensusParams;
  readonly purse: Purse;
  readonly rng: Rng;
  /** Unix seconds. */
  readonly now: number;
}

/** Spoils a plan, or takes it to the edge of what is allowed. Returns false if it cannot. */
export type Fault = (plan: Plan, context: FaultContext) => boolean;

const MAX_MONEY = 2_100_000_000_000_000n;

/** Adds a payment of one coin that is made in a certain way. */
function payment(
  options: (coin: Coin, plan: Plan, context: FaultContext) => PaymentOptions,
): Fault {
  return (plan, context) => {
    const coin = context.purse.take(context.rng);
    if (coin === undefined) return false;
    add(plan, pay([coin], plan, context.rng, options(coin, plan, context)), [coin]);
    return true;
  };
}

/** Spends a coin that is not in the purse. */
function spendOf(find: (context: FaultContext, plan: Plan) => Coin | undefined): Fault {
  return (plan, context) => {
    const coin = find(context, plan);
    if (coin === undefined) return false;
    add(plan, pay([coin], plan, context.rng), [coin]);
    return true;
  };
}

/** What changes nothing but the plan. */
function change(apply: (plan: Plan, context: FaultContext) => void): Fault {
  return (plan, context) => {
    apply(plan, context);
    return true;
  };
}

const to = (value: bigint): PaymentOptions => ({ outputs: [{ value, lock: anyone }] });

const header: Readonly<Record<string, Fault>> = {
  'unsolved': change((plan) => (plan.solved = false)),
  'bits': change((plan, { rng }) =>
    (plan.bits = pick(rng, [0x207ffffe, 0x1f7fffff, 0x2100ffff, 0, 0x20ffffff, 0x01003456, 0xff7fffff]))),
  'time-of-median': change((plan) => (plan.time = plan.medianTimePast)),
  'time-behind-median': change((plan) => (plan.time = plan.medianTimePast + 1)),
  'time-old': change((plan, { rng }) => (plan.time = plan.medianTimePast - 1 - rng.below(10_000))),
  'time-warp': change((plan) => (plan.time = Math.max(plan.medianTimePast + 1, plan.parent.time - 601))),
  'time-new': change((plan, { now }) => (plan.time = now + 7_201)),
  'time-newest': change((plan, { now }) => (plan.time = now + 7_200)),
  'version': change((plan, { rng }) => (plan.version = pick(rng, [0, 1, 2, 3, -1, -0x80000000, 4]))),
};

const body: Readonly<Record<string, Fault>> = {
  'root': change((plan, { rng }) => (plan.root = (root) => root.with(rng.below(32), 77))),
  'duplicated-tail': (plan) => {
    // An odd number of leaves: the last one twice has the same root (CVE-2012-2459).
    if (plan.payments.length % 2 !== 0) return false;
    plan.body = (all) => [...all, all.at(-1)!];
    return true;
  },
  'reordered': (plan) => {
    plan.body = ([first, ...others]) => [first!, ...others.toReversed()];
    return plan.payments.length > 1;
  },
  'empty': change((plan) => {
    plan.body = () => [];
    plan.root = () => new Uint8Array(32);
  }),
  'no-coinbase': (plan) => {
    const [first, ...others] = plan.payments;
    if (first === undefined) return false;
    plan.coinbase = first.transaction;
    plan.payments = others;
    return true;
  },
  'two-coinbases': change((plan, { rng }) => {
    const script = Uint8Array.of(...heightScript(plan.height), 1, rng.below(256));
    plan.payments.push({ transaction: coinbaseLike(script), locks: [] });
  }),
  'size': change((plan, { params, rng }) => padToSize(plan, params, 1_000_000 + rng.below(2))),
  'weight': (plan, context) => {
    const { params, rng } = context;
    const lock = futureLock(16, rng.bytes(20));
    if (plan.height < params.segwitHeight || !spendNew(plan, context, lock, 1)) return false;
    padToWeight(plan, params, 4_000_000 + rng.below(2));
    return true;
  },
};

const coinbase: Readonly<Record<string, Fault>> = {
  'script-length': change((plan, { rng }) => {
    const length = pick(rng, [1, 2, 100, 101]);
    const script = new Uint8Array(length);
    script.set(heightScript(plan.height).subarray(0, length));
    plan.coinbaseScript = script;
  }),
  'height': change((plan, { rng }) => {
    const script = heightScript(plan.height + pick(rng, [-1, 1, 256]));
    plan.coinbaseScript = Uint8Array.of(...script, 4, ...rng.bytes(4));
  }),
  'height-long': change((plan, { rng }) => {
    const { height } = plan;
    plan.coinbaseScript = Uint8Array.of(3, height, height >> 8, 0, 4, ...rng.bytes(4));
  }),
  'amount': change((plan) => (plan.excess = 1n)),
  'amount-all': change((plan) => (plan.excess = 0n)),
  'amount-split': change((plan) => {
    plan.extraOutputs = [{ value: 1n, scriptPubKey: anyone.scriptPubKey }];
    plan.excess = 0n;
  }),
  'lock-time': change((plan) => {
    plan.coinbaseLockTime = plan.height;
    plan.coinbaseSequence = 0;
  }),
  // Some of them are spent, and so may come again.
  'repeated': (plan, { world, rng }) => {
    plan.coinbase = pick(rng, world.blocks.slice(0, 200)).coinbase;
    return plan.coinbase !== undefined;
  },
};

const witness: Readonly<Record<string, Fault>> = {
  'no-commitment': change((plan) => (plan.commitment = 'never')),
  'wrong-commitment': change((plan) => (plan.commitment = 'wrong')),
  'commitment': change((plan) => (plan.commitment = 'always')),
  'second-commitment': change((plan) => (plan.commitment = 'twice')),
  'reserved-value': change((plan, { rng }) => {
    plan.commitment = 'always';
    const value = new Uint8Array(32);
    plan.reserved = pick(rng, [[value.subarray(1)], [value, value], [new Uint8Array(33)], [rng.bytes(32)]]);
  }),
  'coinbase-witness': change((plan, { rng }) => {
    plan.commitment = 'never';
    plan.finish = (made) => ({ ...made, inputs: [{ ...made.inputs[0]!, witness: [rng.bytes(32)] }] });
  }),
};

const transactions: Readonly<Record<string, Fault>> = {
  'no-inputs': change((plan) =>
    plan.payments.push({ transaction: { version: 2, inputs: [], outputs: [], lockTime: 0 }, locks: [] })),
  'no-outputs': payment(() => ({ outputs: [] })),
  'negative': payment(() => to(-1n)),
  'too-large': payment(() => to(MAX_MONEY + 1n)),
  'largest': payment(() => to(MAX_MONEY)),
  'total-too-large': payment(() => ({
    outputs: [{ value: MAX_MONEY, lock: anyone }, { value: 1n, lock: anyone }],
  })),
  'same-input-twice': payment((coin) => ({
    ...to(coin.value),
    change: (made) => ({ ...made, inputs: [...made.inputs, ...made.inputs] }),
  })),
  'null-input': payment((coin) => ({
    ...to(coin.value),
    change: (made) => ({ ...made, inputs: [...made.inputs, { ...made.inputs[0]!, prevout: NULL }] }),
  })),
  'overspent': payment((coin) => to(coin.value + 1n)),
  'all-spent': payment((coin) => to(coin.value)),
  'lock-height': payment((_coin, { height }) => ({ lockTime: height, sequence: 0xfffffffd })),
  'lock-height-final': payment((_coin, { height }) => ({ lockTime: height, sequence: 0xffffffff })),
  'lock-median': payment((_coin, plan) => ({ lockTime: plan.medianTimePast, sequence: 0 })),
  'lock-time': payment((_coin, plan) => ({ lockTime: plan.time - 1, sequence: 0xfffffffe })),
  'age-blocks': payment((coin, { height }) => ({ sequence: Math.max(0, height - coin.height + 1) })),
  'age-blocks-reached': payment((coin, { height }) => ({ sequence: height - coin.height })),
  'age-version-1': payment((coin, { height }) => ({ sequence: height - coin.height + 1, version: 1 })),
  'age-time': payment((coin, plan) => ({ sequence: 0x400000 | (ageOf(coin, plan) + 1) })),
  'age-time-reached': payment((coin, plan) => ({ sequence: 0x400000 | ageOf(coin, plan) })),
  'version-1': payment(() => ({ version: 1 })),
  'version-negative': payment(() => ({ version: -2 })),
  'lock-version': payment(() => ({ version: 1, sequence: 0xffffffff, lockTime: 0 })),
};

const NULL: OutPoint = { txid: new Uint8Array(32), index: 0xffffffff };

const spending: Readonly<Record<string, Fault>> = {
  'nothing': spendOf(({ rng }, { height }) => ({
    outPoint: { txid: rng.bytes(32), index: 0 },
    value: 10_000n, lock: anyone, height, isCoinbase: false, time: 0,
  })),
  // Or of another branch.
  'spent': spendOf(({ world, rng, purse }) =>
    pick(rng, world.recent(100)).created.find(({ outPoint }) => !purse.all.has(nameOf(outPoint)))),
  'twice': (plan, { purse, rng }) => {
    const coin = purse.take(rng);
    if (coin === undefined) return false;
    for (let i = 0; i < 2; i++) add(plan, pay([coin], plan, rng), [coin]);
    return true;
  },
  'immature': spendOf(({ purse, rng }, { height }) => {
    const young = [...purse.all.values()].filter((coin) => coin.isCoinbase && height - coin.height < 100);
    return young.length === 0 ? undefined : pick(rng, young.slice(0, 3));
  }),
  'own-coinbase': (plan, { params, rng }) => {
    plan.rewardLock = anyone;
    const [coin] = assemble(plan, params).created;
    if (coin === undefined || plan.fees > 0n) return false;
    add(plan, pay([coin], plan, rng, to(coin.value)), [coin]);
    return true;
  },
  'before-it-is-made': (plan, { purse, rng }) => {
    const coin = purse.take(rng);
    if (coin === undefined) return false;
    const before = plan.payments.length;
    const options = { outputs: [{ value: coin.value - 1_000n, lock: anyone }] };
    const made = add(plan, pay([coin], plan, rng, options), [coin]);
    add(plan, pay(made, plan, rng), made);
    const [second] = plan.payments.splice(before, 1);
    plan.payments.push(second!);
    return true;
  },
};

const scripts: Readonly<Record<string, Fault>> = {
  ...Object.fromEntries(
    tampers.map((tamper) => [`tamper-${tamper}`, payment(() => ({ tamper }))]),
  ),
  'doomed': spendOf(({ purse, rng }) => {
    const doomed = [...purse.all.values()].filter(({ lock, value }) => lock.isDoomed && value > 2_000n);
    return doomed.length === 0 ? undefined : pick(rng, doomed);
  }),
  'doomed-now': (plan, context) => spendNew(plan, context, doomedLock(context.rng), 1),
  'too-early': spendOf(({ purse, params }, plan) => {
    const early = [...purse.all.values()].find((coin) =>
      (coin.lock.age !== undefined || coin.lock.fromHeight !== undefined) &&
      !coin.isCoinbase && coin.value > 2_000n && !isSpendable(coin, plan, params));
    return early;
  }),
  'witness-too-early': spendOf(({ purse, params, rng }, plan) => {
    if (plan.height >= params.segwitHeight) return undefined;
    const coins = [...purse.all.values()].filter((coin) =>
      coin.lock.usesWitness && coin.value > 2_000n && plan.height >= coin.height + 100);
    return coins.length === 0 ? undefined : pick(rng, coins);
  }),
  'program-length': (plan, context) =>
    spendNew(plan, context, futureLock(0, context.rng.bytes(2 + context.rng.below(39))), 1),
  'costly-p2sh': (plan, context) =>
    spendNew(plan, context, costlyLock('p2sh'), 5 + context.rng.below(2)),
  'costly-p2wsh': (plan, context) =>
    spendNew(plan, context, costlyLock('p2wsh'), 21 + context.rng.below(2)),
  'legacy-operations': change((plan, { rng }) => {
    // Nothing else in the block, so that it can be at the limit exactly.
    plan.payments = [];
    plan.fees = 0n;
    plan.rewardLock = anyone;
    const scriptPubKey = new Uint8Array(20_000 + rng.below(2)).fill(0xac);
    plan.extraOutputs = [{ value: 0n, scriptPubKey }];
    plan.coinbaseScript = Uint8Array.of(...heightScript(plan.height), 4, 0, 0, ...rng.bytes(2));
  }),
};

/** All ways to spoil a block, by name. */
export const faults: Readonly<Record<string, Fault>> = Object.fromEntries(
  Object.entries({ header, body, coinbase, witness, transactions, spending, scripts }).flatMap(
    ([group, members]) =>
      Object.entries(members).map(([name, fault]) => [`${group}/${name}`, fault] as const),
  ),
);

/** The same to draw from: those that are many in one come more often. */
const draws: readonly string[] = [
  ...Object.keys(faults),
  ...Array.from({ length: 20 }, () => 'scripts/doomed-now'),
  ...Array.from({ length: 5 }, () => 'scripts/doomed'),
  ...Array.from({ length: 5 }, () => 'coinbase/repeated'),
  ...Array.from({ length: 15 }, () => 'header/time-warp'),
];

/** Those that take long, and one in how many of them is really made. */
const HEAVY: ReadonlySet<string> = new Set(['body/size', 'body/weight']);
const HEAVY_ODDS = 12;

/** Those that some rule with a height is about. */
const EDGES = draws.filter((name) =>
  /lock|age-|warp|version|height|repeated|commitment|witness|dummy|long-r|early/.test(name));

/**
 * The name of any of them.
 *
 * @param isEdge whether the block is the last without some rule, or the first with it
 */
export function randomFault(rng: Rng, isEdge: boolean): string {
  for (;;) {
    const name = pick(rng, isEdge && rng.below(4) > 0 ? EDGES : draws);
    if (!HEAVY.has(name) || rng.below(HEAVY_ODDS) === 0) return name;
  }
}

/** Spoils a plan in one way. */
export function applyFault(name: string, plan: Plan, context: FaultContext): boolean {
  const { rng, purse } = context;
  if (rng.below(2) === 0) addPayments(plan, purse, rng, rng.below(3));
  plan.excess = plan.excess > 0n ? 0n : plan.excess;
  if (!faults[name]!(plan, context)) return false;
  plan.label = name;
  // Behind the fault, so that what comes first can be told from what comes last.
  if (rng.below(3) === 0 && plan.coinbase === undefined && !name.startsWith('body')) {
    addPayments(plan, purse, rng, 1);
  }
  return true;
}

/** Makes a number of coins of a lock, and spends them in the same block. */
function spendNew(plan: Plan, { purse, rng }: FaultContext, lock: Coin['lock'], count: number): boolean {
  const coin = purse.take(rng, ({ value }) => value > BigInt(count) * 2_000n);
  if (coin === undefined) return false;
  const value = coin.value / BigInt(count);
  const outputs = Array.from({ length: count }, () => ({ value, lock }));
  const made = add(plan, pay([coin], plan, rng, { outputs }), [coin]);
  add(plan, pay(made, plan, rng), made);
  return true;
}

/** How many units of 512 seconds a coin is old. */
function ageOf({ time }: Coin, { medianTimePast }: Plan): number {
  return Math.max(0, Math.floor((medianTimePast - time) / 512));
}

function coinbaseLike(scriptSig: Uint8Array): Transaction {
  return {
    version: 2,
    inputs: [{ prevout: NULL, scriptSig, sequence: 0xffffffff, witness: [] }],
    outputs: [{ value: 0n, scriptPubKey: anyone.scriptPubKey }],
    lockTime: 0,
  };
}

/** A coinbase output makes the block as large as it shall be, but for witnesses. */
function padToSize(plan: Plan, params: ConsensusParams, size: number): void {
  plan.payments = [];
  plan.fees = 0n;
  plan.commitment = 'never';
  const pad = (length: number): void => {
    plan.extraOutputs = [{ value: 0n, scriptPubKey: new Uint8Array(length).fill(0x6a) }];
  };
  pad(900_000);
  pad(900_000 + size - blockOf(plan, params).strippedSize);
}

/** The witness of the last payment, which has none yet, makes the block as heavy as it shall be. */
function padToWeight(plan: Plan, params: ConsensusParams, target: number): void {
  const { transaction, locks } = plan.payments.at(-1)!;
  const [input, ...others] = transaction.inputs;
  const pad = (length: number): void => {
    const inputs = [{ ...input!, witness: [new Uint8Array(length)] }, ...others];
    plan.payments.splice(-1, 1, { transaction: { ...transaction, inputs }, locks });
  };
  pad(3_900_000);
  pad(3_900_000 + target - blockOf(plan, params).weight);
}

function blockOf(plan: Plan, params: ConsensusParams): BlockView {
  return BlockView.of(assemble(plan, params).bytes!);
}
