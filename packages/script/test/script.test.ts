import { describe, expect, test } from '@jest/globals';
import { toHex, type Transaction, type TxOut } from '@btcp2p/wire';
import {
  evalScript, findAndDelete, isOpSuccess, isPayToScriptHash, isPushOnly, lastPush, legacySigOpCount,
  MANDATORY_SCRIPT_VERIFY_FLAGS, noSignatureChecker, p2shSigOpCount, PrecomputedTransaction, pushOf,
  type ScriptError, scriptErrors, scriptErrorString, ScriptVerifyFlags, scriptVerifyFlagNames,
  STANDARD_SCRIPT_VERIFY_FLAGS, transactionSigOpCost, verifyScript, witnessSigOpCount, witnessVersion,
} from '../src/index.ts';
import { concat, parseFlags, parseScript } from './support.ts';

const NONE = new Uint8Array(0);

function evalText(text: string, sigVersion: 'BASE' | 'WITNESS_V0' | 'TAPSCRIPT' = 'BASE'): string {
  const stack: Uint8Array[] = [];
  const error = evalScript(stack, parseScript(text), 0, noSignatureChecker, sigVersion);
  return error === 'OK' ? stack.map((element) => toHex(element)).join(' ') : error;
}

describe('stack operations', () => {
  test.each([
    ['1 2 3 4 5 6 7 2ROT', '01 04 05 06 07 02 03'], ['1 2 3 4 2SWAP', '03 04 01 02'],
    ['1 2 3 4 2OVER', '01 02 03 04 01 02'], ['1 2 3 ROT', '02 03 01'], ['1 2 TUCK', '02 01 02'],
    ['1 2 3 3DUP', '01 02 03 01 02 03'], ['1 2 2DUP', '01 02 01 02'], ['1 2 3 2DROP', '01'],
    ['5 6 7 8 2 PICK', '05 06 07 08 06'], ['5 6 7 8 2 ROLL', '05 07 08 06'], ['5 6 0 ROLL', '05 06'],
    ['5 6 2 ROLL', 'INVALID_STACK_OPERATION'], ['5 6 -1 PICK', 'INVALID_STACK_OPERATION'],
    ['1 2 NIP', '02'], ['1 2 OVER', '01 02 01'], ['0 IFDUP', ''], ['1 IFDUP', '01 01'],
    ['7 TOALTSTACK 8 FROMALTSTACK', '08 07'], ['FROMALTSTACK', 'INVALID_ALTSTACK_OPERATION'],
    ['1 1 DEPTH', '01 01 02'], ["'abc' SIZE", '616263 03'], ['1 2 SWAP', '02 01'],
    ['0x0180 IF 2 ELSE 3 ENDIF', '03'], ['2147483647 1ADD', '0000008000'],
    ['-2147483647 2147483647 SUB', 'feffffff80'], ['2147483648 1ADD', 'UNKNOWN_ERROR'],
    ['-5 ABS', '05'], ['5 NEGATE', '85'], ['0 NEGATE', ''], ['3 1 3 WITHIN', ''], ['2 1 3 WITHIN', '01'],
    ['-1 -2 MIN -3 MAX', '82'], ["'a' RIPEMD160", '0bdc9d2d256b3ee9daae347be6f4dc835a467ffe'],
    ["'a' SHA1", '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
  ])('%s: %s', (text, left) => {
    expect(evalText(text)).toBe(left);
  });
});

describe('limits', () => {
  test('201 operations, and those of tapscript without end', () => {
    const many = (count: number): string => `1 ${'NOP '.repeat(count)}`;
    expect(evalText(many(201))).toBe('01');
    expect(evalText(many(202))).toBe('OP_COUNT');
    expect(evalText(many(202), 'WITNESS_V0')).toBe('OP_COUNT');
    expect(evalText(many(20_000), 'TAPSCRIPT')).toBe('01');
    // Keys of a multisig count as well, and operations that are not executed.
    expect(evalText(`0 IF ${'NOP '.repeat(199)} ENDIF 1`)).toBe('01');
    expect(evalText(`0 IF ${'NOP '.repeat(200)} ENDIF 1`)).toBe('OP_COUNT');
    expect(evalText(`${'NOP '.repeat(199)} 0 0 1 2 2 CHECKMULTISIG`)).toBe('OP_COUNT');
  });

  test('1,000 elements on both stacks', () => {
    expect(evalText('1 '.repeat(1_000))).toBe('01 '.repeat(1_000).trim());
    expect(evalText('1 '.repeat(1_001))).toBe('STACK_SIZE');
    expect(evalText(`${'1 '.repeat(999)} TOALTSTACK 1`)).toBe('01 '.repeat(999).trim());
    expect(evalText(`${'1 '.repeat(999)} TOALTSTACK 1 1`)).toBe('STACK_SIZE');
  });

  test('10,000 bytes, and 520 of an element', () => {
    const run = (script: Uint8Array, version: 'BASE' | 'TAPSCRIPT'): ScriptError =>
      evalScript([], script, 0, noSignatureChecker, version);
    const filler = Array.from({ length: 19 }, () => pushOf(new Uint8Array(520)));
    const long = concat(...filler, new Uint8Array(10_000 - 19 * 523).fill(0x51));
    expect(run(long, 'BASE')).toBe('OK');
    expect(run(concat(long, Uint8Array.of(0x51)), 'BASE')).toBe('SCRIPT_SIZE');
    expect(run(concat(long, Uint8Array.of(0x51)), 'TAPSCRIPT')).toBe('OK');
    expect(run(pushOf(new Uint8Array(521)), 'TAPSCRIPT')).toBe('PUSH_SIZE');
    // Too long a push counts even where it is not executed.
    expect(run(concat(Uint8Array.of(0, 0x63), pushOf(new Uint8Array(521))), 'BASE')).toBe('PUSH_SIZE');
  });

  test('a script of conditions alone takes no longer than others', () => {
    expect(evalText(`0 IF ${'IF '.repeat(99)}${'ENDIF '.repeat(100)} 1`)).toBe('01');
    const deep = concat(
      Uint8Array.of(0x00, 0x63), new Uint8Array(100_000).fill(0x63), new Uint8Array(100_001).fill(0x68),
      Uint8Array.of(0x51),
    );
    expect(evalScript([], deep, 0, noSignatureChecker, 'TAPSCRIPT')).toBe('OK');
  });
});

describe('forms of scripts', () => {
  test('witness programs: BIP 141', () => {
    const program = (first: number, size: number): Uint8Array =>
      Uint8Array.of(first, size, ...new Uint8Array(size));
    expect(witnessVersion(program(0x00, 20))).toBe(0);
    expect(witnessVersion(program(0x51, 32))).toBe(1);
    expect(witnessVersion(program(0x60, 2))).toBe(16);
    expect(witnessVersion(program(0x60, 40))).toBe(16);
    for (const script of [program(0x60, 1), program(0x60, 41), program(0x50, 32), program(0x4f, 32)]) {
      expect(witnessVersion(script)).toBe(-1);
    }
    expect(witnessVersion(concat(program(0, 20), Uint8Array.of(0)))).toBe(-1);
  });

  test('P2SH, and what pushes only', () => {
    expect(isPayToScriptHash(parseScript(`HASH160 0x14 0x${'00'.repeat(20)} EQUAL`))).toBe(true);
    expect(isPayToScriptHash(parseScript(`HASH160 0x4c14 0x${'00'.repeat(20)} EQUAL`))).toBe(false);
    expect(isPushOnly(parseScript("0 1 16 -1 RESERVED 'abc'"))).toBe(true);
    expect(isPushOnly(parseScript('1 NOP'))).toBe(false);
    expect(isPushOnly(parseScript('0x02 0x01'))).toBe(false);
    expect(lastPush(parseScript("1 'ab'"))).toEqual(Uint8Array.of(0x61, 0x62));
    expect(lastPush(parseScript("'ab' 1"))).toEqual(NONE);
    expect(lastPush(parseScript("'ab' NOP"))).toBeUndefined();
    expect(lastPush(NONE)).toEqual(NONE);
  });

  // BIP 342, "Specification", the list of OP_SUCCESSx.
  test('OP_SUCCESS', () => {
    const ranges = [
      [80, 80], [98, 98], [126, 129], [131, 134], [137, 138], [141, 142], [149, 153], [187, 254],
    ];
    for (let opcode = 0; opcode < 256; opcode++) {
      const expected = ranges.some(([first, last]) => opcode >= first! && opcode <= last!);
      expect([opcode, isOpSuccess(opcode)]).toEqual([opcode, expected]);
    }
  });

  // Core script_tests.cpp `script_FindAndDelete`.
  test.each([
    ['1 2', '', '1 2'], ['1 2 3', '2', '1 3'], ['3 1 3 3 4 3', '3', '1 4'],
    ['0x0302ff03', '0x0302ff03', ''], ['0x0302ff030302ff03', '0x0302ff03', ''],
    ['0x0302ff030302ff03', '0x02', '0x0302ff030302ff03'],
    ['0x0302ff030302ff03', '0xff', '0x0302ff030302ff03'],
    ['0x0302ff030302ff03', '0x03', '0x02ff0302ff03'], ['0x02feed5169', '0xfeed51', '0x02feed5169'],
    ['0x02feed5169', '0x02feed51', '0x69'], ['0x516902feed5169', '0xfeed51', '0x516902feed5169'],
    ['0x516902feed5169', '0x02feed51', '0x516969'], ['0 0 1 1', '0 1', '0 1'], ['0 0 1 0 1 1', '0 1', '0 1'],
    ['0x0003feed', '0x03feed', '0x00'], ['0x0003feed', '0x00', '0x03feed'],
  ])('FindAndDelete: %s without %s', (script, pattern, left) => {
    expect(toHex(findAndDelete(parseScript(script), parseScript(pattern)))).toBe(toHex(parseScript(left)));
  });
});

describe('verifyScript', () => {
  const verify = (scriptSig: string, scriptPubKey: string, witness: Uint8Array[], flags: string): string =>
    verifyScript(
      parseScript(scriptSig), parseScript(scriptPubKey), witness, parseFlags(flags), noSignatureChecker,
    );

  test('flags that Core would assert on are taken as they are', () => {
    expect(verify('1 1', 'NOP', [], 'CLEANSTACK')).toBe('CLEANSTACK');
    expect(verify('', '0 0x14 0x0101010101010101010101010101010101010101', [], 'WITNESS'))
      .toBe('WITNESS_PROGRAM_MISMATCH');
  });

  test('witness programs without a meaning', () => {
    const future = '16 0x02 0x0001';
    expect(verify('', future, [NONE], 'P2SH,WITNESS')).toBe('OK');
    expect(verify('', future, [NONE], 'P2SH,WITNESS,DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM'))
      .toBe('DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM');
    expect(verify('1', future, [], 'P2SH,WITNESS')).toBe('WITNESS_MALLEATED');
    // An anchor (Core `CScript::IsPayToAnchor`).
    expect(verify('', '1 0x02 0x4e73', [], 'P2SH,WITNESS,DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM')).toBe('OK');
    const taproot = `1 0x20 0x${'01'.repeat(32)}`;
    expect(verify('', taproot, [], 'P2SH,WITNESS,TAPROOT')).toBe('WITNESS_PROGRAM_WITNESS_EMPTY');
    expect(verify('', taproot, [], 'P2SH,WITNESS')).toBe('OK');
  });
});

describe('sigops', () => {
  // Core sigopcount_tests.cpp `GetSigOpCount`.
  test('in scripts and in P2SH', () => {
    const key = `0x21 0x02${'01'.repeat(32)}`;
    expect(legacySigOpCount(NONE)).toBe(0);
    const multi = parseScript(`1 0x14 0x${'00'.repeat(20)} 0x14 0x${'00'.repeat(20)} 2 CHECKMULTISIG`);
    expect([legacySigOpCount(multi, true), legacySigOpCount(multi)]).toEqual([2, 20]);
    const more = concat(multi, parseScript('IF CHECKSIG ENDIF'));
    expect([legacySigOpCount(more, true), legacySigOpCount(more)]).toEqual([3, 21]);
    const p2sh = parseScript(`HASH160 0x14 0x${'00'.repeat(20)} EQUAL`);
    expect(p2shSigOpCount(p2sh, concat(parseScript('0'), pushOf(more)))).toBe(3);
    expect(p2shSigOpCount(p2sh, concat(pushOf(more), parseScript('NOP')))).toBe(0);
    expect(p2shSigOpCount(more, pushOf(more))).toBe(0);
    expect(legacySigOpCount(parseScript(`1 ${key} ${key} ${key} 3 CHECKMULTISIG`), true)).toBe(3);
    expect(legacySigOpCount(parseScript('CHECKSIG 0x02 0xac'))).toBe(1);
  });

  // Core sigopcount_tests.cpp `GetTxSigOpCost`.
  test('of a transaction', () => {
    const flags = ScriptVerifyFlags.P2SH | ScriptVerifyFlags.WITNESS;
    const cost = (
      scriptPubKey: Uint8Array, scriptSig: Uint8Array, witness: Uint8Array[], use = flags,
    ): number => {
      const spent: TxOut = { value: 1n, scriptPubKey };
      const transaction: Transaction = {
        version: 1, lockTime: 0, outputs: [{ value: 1n, scriptPubKey: parseScript('CHECKSIG') }],
        inputs: [{ prevout: { txid: new Uint8Array(32), index: 0 }, scriptSig, sequence: 0, witness }],
      };
      return transactionSigOpCost(transaction, [spent], use) - 4;
    };
    const hash20 = `0x14 0x${'00'.repeat(20)}`;
    const hash32 = `0x20 0x${'00'.repeat(32)}`;
    const multi = parseScript(`1 ${hash20} ${hash20} 2 CHECKMULTISIGVERIFY`);
    const p2sh = parseScript(`HASH160 ${hash20} EQUAL`);
    expect(cost(parseScript('CHECKSIG'), parseScript('CHECKMULTISIG'), [])).toBe(80);
    expect(cost(p2sh, pushOf(multi), [])).toBe(8);
    expect(cost(p2sh, pushOf(multi), [], 0)).toBe(0);
    const keyHash = parseScript(`0 ${hash20}`);
    const scriptHash = parseScript(`0 ${hash32}`);
    expect(cost(keyHash, NONE, [])).toBe(1);
    expect(cost(keyHash, NONE, [], ScriptVerifyFlags.P2SH)).toBe(0);
    expect(cost(parseScript(`1 ${hash20}`), NONE, [])).toBe(0);
    expect(cost(scriptHash, NONE, [NONE, multi])).toBe(2);
    expect(cost(scriptHash, NONE, [])).toBe(0);
    expect(cost(p2sh, pushOf(keyHash), [])).toBe(1);
    expect(cost(p2sh, pushOf(scriptHash), [multi])).toBe(2);
    expect(witnessSigOpCount(p2sh, concat(pushOf(keyHash), parseScript('NOP')), [])).toBe(0);
    const nothing: Transaction = { version: 1, lockTime: 0, outputs: [], inputs: [] };
    expect(transactionSigOpCost(nothing, [], flags)).toBe(0);
  });
});

test('flags, errors and their texts', () => {
  expect(scriptVerifyFlagNames).toHaveLength(21);
  // Core policy.h: everything but SIGPUSHONLY, which policy checks elsewhere.
  expect(STANDARD_SCRIPT_VERIFY_FLAGS).toBe(0x1f_ffff & ~ScriptVerifyFlags.SIGPUSHONLY);
  expect(MANDATORY_SCRIPT_VERIFY_FLAGS & STANDARD_SCRIPT_VERIFY_FLAGS).toBe(MANDATORY_SCRIPT_VERIFY_FLAGS);
  expect(scriptErrors[0]).toBe('OK');
  expect(new Set(scriptErrors.map(scriptErrorString)).size).toBe(scriptErrors.length);
  // Core script_error.cpp.
  expect(scriptErrorString('OK')).toBe('No error');
  expect(scriptErrorString('SIG_NULLFAIL'))
    .toBe('Signature must be zero for failed CHECK(MULTI)SIG operation');
  expect(scriptErrorString('UNKNOWN_ERROR')).toBe('unknown error');
});

test('each input needs the output that it spends', () => {
  const nothing: Transaction = { version: 1, lockTime: 0, outputs: [], inputs: [] };
  expect(() => PrecomputedTransaction.of(nothing, [{ value: 1n, scriptPubKey: NONE }])).toThrow(RangeError);
});
