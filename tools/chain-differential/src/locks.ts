import type { Rng } from '@btcp2p/machine';
import { encodeScriptNumber, pushOf, tapleafHash } from '@btcp2p/script';
import { hash160, hashes, keys, type Key } from './keys.ts';
import {
  concat, futureLock, keyHashLock, scriptLock, tapscript, taprootKeyLock,
  type Lock, type ScriptForm,
} from './lock.ts';

const NOTHING = new Uint8Array(0);
const ONE = Uint8Array.of(1);
const SCRIPT_FORMS: readonly ScriptForm[] = ['bare', 'p2sh', 'p2wsh', 'p2sh-p2wsh', 'tapscript'];
const OLD_FORMS: readonly ScriptForm[] = ['bare', 'p2sh', 'p2wsh', 'p2sh-p2wsh'];

/** One of them. */
export function pick<T>(rng: Rng, values: readonly T[]): T {
  return values[rng.below(values.length)]!;
}

/** A lock of any kind that can be opened. */
export function randomLock(rng: Rng, height: number): Lock {
  return pick(rng, makers)(rng, height);
}

/** A lock that nobody can open by what we know; it may still be that its block is valid. */
export function doomedLock(rng: Rng): Lock {
  const [kind, script, stack = []] = pick(rng, DOOMED);
  const form = pick(rng, SCRIPT_FORMS);
  return scriptLock(form, script, () => [...stack], { kind: `doomed-${kind}`, isDoomed: true });
}

/** Anybody can spend it, without a witness. */
export const anyone: Lock = scriptLock('bare', Uint8Array.of(0x51), () => [], { kind: 'anyone' });

/** Spending it costs 190 times 20 signature operations, 4 times as much in P2SH. */
export function costlyLock(form: 'p2sh' | 'p2wsh'): Lock {
  const script = concat([0x00, 0x63], new Uint8Array(190).fill(0xae), [0x68, 0x51]);
  return scriptLock(form, script, () => [], { kind: 'costly' });
}

const key = (rng: Rng): Key => pick(rng, keys.slice(0, -1));
const form = (rng: Rng): ScriptForm => pick(rng, SCRIPT_FORMS);

/** The key as a script of this form has it. */
const keyIn = (at: ScriptForm, { xOnly, publicKey }: Key): Uint8Array =>
  pushOf(at === 'tapscript' ? xOnly : publicKey);

const makers: readonly ((rng: Rng, height: number) => Lock)[] = [
  () => anyone,
  (rng) => {
    const owner = key(rng);
    const script = concat(pushOf(rng.below(2) ? owner.publicKey : owner.uncompressed), [0xac]);
    return scriptLock('bare', script, (sign) => [sign(owner)], { kind: 'p2pk' });
  },
  (rng) => {
    const owner = key(rng);
    const script = concat([0x76, 0xa9, 20], hash160(owner.publicKey), [0x88, 0xac]);
    return scriptLock('bare', script, (sign) => [sign(owner), owner.publicKey], { kind: 'p2pkh' });
  },
  (rng) => multisig(rng),
  (rng) => multisig(rng),
  (rng) => keyHashLock(key(rng), rng.below(2) === 0),
  (rng) => keyHashLock(key(rng), false),
  (rng) => taprootKeyLock(key(rng)),
  (rng) => taprootKeyLock(key(rng), tapleafHash(0xc0, Uint8Array.of(0x51), hashes)),
  (rng) => {
    const [at, owner] = [form(rng), key(rng)];
    const script = concat(keyIn(at, owner), [0xac]);
    return scriptLock(at, script, (sign) => [sign(owner)], { kind: 'key' });
  },
  (rng) => {
    const [a, b] = [key(rng), key(rng)];
    const script = concat(pushOf(a.xOnly), [0xac], pushOf(b.xOnly), [0xba, 0x52, 0x9c]);
    return scriptLock('tapscript', script, (sign) => [sign(b), sign(a)], { kind: 'checksigadd' });
  },
  (rng, height) => lockTimeLock(rng, height),
  (rng) => ageLock(rng, { type: 'blocks', value: rng.below(6) }),
  (rng) => ageLock(rng, { type: 'time', value: rng.below(4) }),
  (rng) => preimageLock(rng),
  (rng) => branchLock(rng),
  (rng) => futureLock(2 + rng.below(15), rng.bytes(2 + rng.below(39))),
  // Pay to anchor.
  () => futureLock(1, Uint8Array.of(0x4e, 0x73)),
  // A leaf of a version without rules.
  () => ({ ...tapscript(Uint8Array.of(0x00), () => [], 0xc2), kind: 'unknown-leaf' }),
  // OP_SUCCESS80, and one behind what would fail.
  () => scriptLock('tapscript', Uint8Array.of(0x00, 0x69, 0x50), () => [], { kind: 'op-success' }),
  // A key of an unknown kind.
  () => scriptLock('tapscript', Uint8Array.of(2, 9, 9, 0xac), () => [ONE], { kind: 'unknown-key' }),
  (rng) => codeSeparatorLock(rng),
  (rng) => costlyLock(pick(rng, ['p2sh', 'p2wsh'])),
];

function multisig(rng: Rng): Lock {
  const all = [key(rng), key(rng), key(rng)].slice(0, 1 + rng.below(3));
  const needed = 1 + rng.below(all.length);
  const pushed = all.flatMap(({ publicKey }) => [...pushOf(publicKey)]);
  const script = concat([0x50 + needed], pushed, [0x50 + all.length, 0xae]);
  const stack = (sign: (owner: Key) => Uint8Array): Uint8Array[] => [
    NOTHING, ...all.slice(0, needed).map((owner) => sign(owner)),
  ];
  return scriptLock(pick(rng, OLD_FORMS), script, stack, { kind: `multisig-${needed}-${all.length}` });
}

/** BIP 65. */
function lockTimeLock(rng: Rng, height: number): Lock {
  const [at, owner] = [form(rng), key(rng)];
  const fromHeight = height + 1 + rng.below(5);
  const script = concat(
    pushOf(encodeScriptNumber(fromHeight)), [0xb1, 0x75], keyIn(at, owner), [0xac],
  );
  return scriptLock(at, script, (sign) => [sign(owner)], { kind: 'cltv', fromHeight });
}

/** BIP 112. */
function ageLock(rng: Rng, age: NonNullable<Lock['age']>): Lock {
  const [at, owner] = [form(rng), key(rng)];
  const number = age.type === 'time' ? 0x400000 | age.value : age.value;
  const script = concat(pushOf(encodeScriptNumber(number)), [0xb2, 0x75], keyIn(at, owner), [0xac]);
  return scriptLock(at, script, (sign) => [sign(owner)], { kind: `csv-${age.type}`, age });
}

function preimageLock(rng: Rng): Lock {
  const preimage = rng.bytes(1 + rng.below(80));
  const [opcode, hash] = pick(rng, [
    [0xa8, hashes.sha256(preimage)],
    [0xa9, hash160(preimage)],
    [0xaa, hashes.sha256d(preimage)],
    [0xa6, hashes.ripemd160(preimage)],
  ] as const);
  // By itself, HASH160 EQUAL would be P2SH.
  const script = concat([0x82, 0x75, opcode], pushOf(hash), [0x87]);
  return scriptLock(form(rng), script, () => [preimage], { kind: 'preimage' });
}

function branchLock(rng: Rng): Lock {
  const [at, a, b] = [form(rng), key(rng), key(rng)];
  const first = rng.below(2) === 0;
  const script = concat([0x63], keyIn(at, a), [0x67], keyIn(at, b), [0x68, 0xac]);
  const choice = first ? ONE : NOTHING;
  return scriptLock(at, script, (sign) => [sign(first ? a : b), choice], { kind: 'branch' });
}

/** The signature covers what comes behind the separator, which is first, so nothing changes but v1. */
function codeSeparatorLock(rng: Rng): Lock {
  const at = pick(rng, ['bare', 'p2sh'] as const);
  const owner = key(rng);
  const script = concat([0x51, 0x75, 0x74, 0x75], pushOf(owner.publicKey), [0xac]);
  return scriptLock(at, script, (sign) => [sign(owner)], { kind: 'depth' });
}

const KEY = keys[0]!;
const many = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);

/** Scripts that fail, each for another reason: name, script, stack. */
const DOOMED: readonly (readonly [string, Uint8Array, (readonly Uint8Array[])?])[] = [
  ['op-return', Uint8Array.of(0x51, 0x6a)],
  ['false', Uint8Array.of(0x00)],
  ['negative-zero', Uint8Array.of(0x01, 0x80)],
  ['stack-operation', Uint8Array.of(0x51, 0x88)],
  ['verify', Uint8Array.of(0x00, 0x69)],
  ['equal-verify', Uint8Array.of(0x51, 0x52, 0x88)],
  ['number-verify', Uint8Array.of(0x51, 0x52, 0x9d)],
  ['unbalanced', Uint8Array.of(0x51, 0x63)],
  ['else', Uint8Array.of(0x67, 0x51)],
  ['disabled', Uint8Array.of(0x51, 0x51, 0x7e)],
  ['disabled-unexecuted', Uint8Array.of(0x00, 0x63, 0x7e, 0x68, 0x51)],
  ['reserved', Uint8Array.of(0x50)],
  ['ver', Uint8Array.of(0x62, 0x51)],
  ['verif-unexecuted', Uint8Array.of(0x00, 0x63, 0x65, 0x68, 0x51)],
  ['bad-opcode', Uint8Array.of(0x51, 0xff)],
  ['operations', concat(many(0x61, 202), [0x51])],
  ['operations-allowed', concat(many(0x61, 201), [0x51])],
  ['stack-size', many(0x51, 1_001)],
  ['push-size', concat([0x4d, 0x09, 0x02], many(1, 521), [0x75, 0x51])],
  ['key-count', Uint8Array.of(0x00, 0x00, 0x01, 0x15, 0xae)],
  ['signature-count', Uint8Array.of(0x00, 0x52, 0x00, 0xae)],
  ['number-size', Uint8Array.of(0x05, 1, 2, 3, 4, 5, 0x90)],
  ['alt-stack', Uint8Array.of(0x6c)],
  ['truncated-push', Uint8Array.of(0x51, 0x05, 1, 2)],
  ['checksig-verify', concat([0x00], pushOf(KEY.publicKey), [0xad, 0x51])],
  ['multisig-verify', concat([0x00, 0x00, 0x51], pushOf(KEY.publicKey), [0x51, 0xaf, 0x51])],
  ['clean-stack', Uint8Array.of(0x51, 0x51)],
  ['negative-lock-time', Uint8Array.of(0x4f, 0xb1)],
  ['high-lock-time', Uint8Array.of(0x04, 0xff, 0xff, 0xff, 0x7f, 0xb1)],
  ['long-lock-time', Uint8Array.of(0x06, 1, 1, 1, 1, 1, 1, 0xb1)],
  ['lock-time-of-nothing', Uint8Array.of(0xb1, 0x51)],
  ['negative-age', Uint8Array.of(0x4f, 0xb2)],
  ['old-age', Uint8Array.of(0x03, 0xff, 0xff, 0x00, 0xb2)],
  ['no-age', Uint8Array.of(0x05, 0, 0, 0, 0x80, 0, 0xb2)],
  ['age-of-nothing', Uint8Array.of(0xb2, 0x51)],
  ['minimal-if', Uint8Array.of(0x63, 0x51, 0x67, 0x51, 0x68), [Uint8Array.of(2)]],
  ['empty-key', Uint8Array.of(0x51, 0x00, 0xac)],
  ['hybrid-key', concat([0x51], pushOf(concat([7], KEY.uncompressed.subarray(1))), [0xac])],
  ['not-a-signature', concat(pushOf(many(9, 65)), pushOf(KEY.xOnly), [0xac])],
  ['tapscript-weight', concat(...Array.from({ length: 12 }, () => [0x6e, 0xac, 0x75]), [0x51]),
    [many(1, 64), Uint8Array.of(2, 2)]],
  ['big-element', Uint8Array.of(0x75, 0x51), [many(1, 521)]],
];
