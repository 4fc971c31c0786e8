import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonNumber, JsonObject, JsonText, typeName, type JsonValue } from '../../src/rpc/json-value.ts';
import { MAX_JSON_DEPTH, parseJson } from '../../src/rpc/parse-json.ts';
import { amount, formatDouble, writeJson } from '../../src/rpc/write-json.ts';

/** A value as the platform's parser would have it. */
function plain(value: JsonValue | undefined): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof JsonObject) {
    return Object.fromEntries(value.entries.map(([name, each]) => [name, plain(each)]));
  }
  return Array.isArray(value) ? (value as readonly JsonValue[]).map(plain) : value;
}

describe('parseJson', () => {
  test.each([
    'null', 'true', 'false', '0', '-0', '1e5', '-1.25E-7', '""', '"a"', '[]', '{}', ' [ 1 , 2 ] ',
    '{"a":{"b":[null,"c",{}]},"d":false}', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"', '"\\ud83d\\ude00"', '"💻"',
    '["a\\\\","b"]', '\t\r\n{"":0}\n',
  ])('%s', (text) => {
    expect(plain(parseJson(text))).toEqual(JSON.parse(text));
  });

  test.each([
    '', ' ', 'nul', 'True', '[', ']', '{', '[1,]', '[,1]', '{"a":1,}', '{"a"}', '{a:1}', '{"a":1 "b":2}',
    '[1 2]', '[1:2]', '01', '-', '+1', '1.', '.5', '1e', '1e+', '0x1', 'NaN', '"', '"a', '"\n"', '"\\x"',
    '"\\u12"', '"\\ud800"', '"\\ude00\\ud83d"', "'a'", '1 1', '{}{}', '[1}', '\u00a01', '\ufeff1', '//\n1',
    '"\\', '"\\"',
  ])('%j is refused', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test('numbers keep their digits, objects the order and repetition of their members', () => {
    const value = parseJson('{"b":1.10,"2":18446744073709551617,"1":1e400,"b":-0,"__proto__":[]}');
    const { entries } = value as JsonObject;
    expect(entries.map(([name, each]) => [name, each instanceof JsonNumber ? each.text : each])).toEqual([
      ['b', '1.10'], ['2', '18446744073709551617'], ['1', '1e400'], ['b', '-0'], ['__proto__', []],
    ]);
    const object = value as JsonObject;
    expect([object.get('b'), object.get('x'), object.has('b'), object.has('x')]).toEqual([
      new JsonNumber('1.10'), null, true, false,
    ]);
  });

  test('as deep as Core goes', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(MAX_JSON_DEPTH))).toBeDefined();
    expect(parseJson(nested(MAX_JSON_DEPTH + 1))).toBeUndefined();
    expect(parseJson('{"a":'.repeat(1_000_000))).toBeUndefined();
  });

  test('what it takes and what it makes of that is what the platform does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(plain(parseJson(text))).toEqual(JSON.parse(text));
      }),
    );
    const scraps = fc.constantFrom(
      '{', '}', '[', ']', ',', ':', '"', '\\', 'a', '0', '1', '-', '.', 'e', ' ', 'null', 'true', '"b"',
    );
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 9 }), (parts) => {
        const text = parts.join('');
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expected = undefined;
        }
        expect(plain(parseJson(text))).toEqual(expected);
      }),
      { numRuns: 20_000 },
    );
  });

  test('strings of megabytes, and very many without backslashes before one that has some', () => {
    // Were the next backslash looked for in each of them, this would not end.
    expect(parseJson(`["${'a'.repeat(8_000_000)}"]`)).toHaveLength(1);
    expect(parseJson(`[${'"ab",'.repeat(1_000_000)}"\\n"]`)).toHaveLength(1_000_001);
  });
});

describe('writeJson', () => {
  test('amounts have eight decimals', () => {
    const cases: readonly (readonly [bigint, string])[] = [
      [0n, '0.00000000'], [1n, '0.00000001'], [-1n, '-0.00000001'], [1_000n, '0.00001000'],
      [123_456_789n, '1.23456789'], [2_100_000_000_000_000n, '21000000.00000000'],
      [-150_000_000n, '-1.50000000'],
    ];
    for (const [satoshis, text] of cases) expect(amount(satoshis).text).toBe(text);
  });

  /** What printf("%.16g") of a C library gives. */
  test.each([
    [0, '0'], [-0, '-0'], [1, '1'], [0.1, '0.1'], [1 / 3, '0.3333333333333333'], [100, '100'],
    [4.656542373906925e-10, '4.656542373906925e-10'], [0.0001, '0.0001'], [0.00001, '1e-05'],
    [123456.789, '123456.789'], [1e15, '1000000000000000'], [1e16, '1e+16'], [1.5e300, '1.5e+300'],
    [163491654908.9593, '163491654908.9593'], [-2.5, '-2.5'], [9.999999999999999e22, '9.999999999999999e+22'],
    [0.1 + 0.2, '0.3'], [9007199254740991, '9007199254740991'],
  ])('%d as %s', (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });

  test('numbers that are none are refused', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(() => writeJson([value])).toThrow(RangeError);
    }
  });

  test('every kind of value', () => {
    const value = {
      a: null, b: undefined, c: [true, 'x"\n\u007f\u0001é💻'], d: 10n ** 20n, e: amount(5n),
      f: new Map([['1', 1], ['0', 2]]), g: parseJson('{"z":1.50,"a":[],"z":{}}')!, h: {},
    };
    expect(writeJson(value)).toBe(
      '{"a":null,"c":[true,"x\\"\\n\\u007f\\u0001é💻"],"d":100000000000000000000,"e":0.00000005,' +
        '"f":{"1":1,"0":2},"g":{"z":1.50,"a":[],"z":{}},"h":{}}',
    );
  });

  test('on several lines', () => {
    expect(writeJson({ a: [1, { b: 2 }], c: {} }, 4)).toBe(
      '{\n    "a": [\n        1,\n        {\n            "b": 2\n        }\n    ],\n    "c": {\n    }\n}',
    );
  });

  test('what was parsed is written as it was, without blanks', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value).replaceAll('\u007f', '\\u007f');
        expect(writeJson(parseJson(text)!)).toBe(text);
      }),
    );
  });
});

describe('large answers', () => {
  test('may have parts that were written already', () => {
    const part = new JsonText('object', '{"a":1.50}');
    expect(writeJson([part, { part, b: new JsonText('array', '[]') }])).toBe(
      '[{"a":1.50},{"part":{"a":1.50},"b":[]}]',
    );
    expect([typeName(part), typeName(new JsonText('string', '""'))]).toEqual(['object', 'string']);
  });

  test('are written as small ones are: whole numbers, and text of all characters', () => {
    const numbers = [0, -0, 1, -1, 1e15 - 1, 1e15, 1e16, -1e21, 2 ** 53, 0.5, 1e-7];
    expect(writeJson(numbers)).toBe(`[${numbers.map(formatDouble).join(',')}]`);
    for (let code = 0; code < 0x300; code++) {
      const text = `a${String.fromCharCode(code)}`;
      const expected = code === 0x7f ? '"a\\u007f"' : JSON.stringify(text);
      expect(writeJson(text)).toBe(expected);
    }
  });
});
