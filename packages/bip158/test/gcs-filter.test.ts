import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DecodeError, fromHex, hashFromHex, hashToHex, toHex } from '@btcp2p/wire';
import {
  BASIC_FILTER_M, BASIC_FILTER_P, basicFilter, filterHash, filterHeader, GcsFilter, NO_FILTER_HEADER,
} from '../src/index.ts';
import { FILTER_VECTORS } from './filter-vectors.ts';
import { blockWith, bytesOf, model } from './support.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

/** An element that says its number. */
const element = (i: number): Uint8Array => Uint8Array.of(1, i, i >> 8, i >> 16);
const elements = (count: number, from = 0): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => element(from + i));

/** Code and offset of what decoding throws. */
function faultOf(bytes: Uint8Array): string {
  try {
    GcsFilter.decode(bytes, KEY);
    return 'none';
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code} ${error.offset}`;
    throw error;
  }
}

describe('the vectors of BIP 158', () => {
  test.each(FILTER_VECTORS)('$height $note', (vector) => {
    const [created, spent] = [vector.created.map(fromHex), vector.spent.map(fromHex)];
    const hash = hashFromHex(vector.hash);
    for (const block of [blockWith([created]), blockWith(created.map((each) => [each]), true)]) {
      const filter = basicFilter(block, spent, hash);
      expect(toHex(filter.bytes)).toBe(vector.filter);
      const header = filterHeader(filterHash(filter.bytes), hashFromHex(vector.previousHeader));
      expect(hashToHex(header)).toBe(vector.header);
    }
    const decoded = GcsFilter.decode(fromHex(vector.filter), hash);
    const members = [...created.filter((script) => script[0] !== 0x6a), ...spent].filter(
      ({ length }) => length > 0,
    );
    for (const script of members) expect(decoded.match(script)).toBe(true);
    expect(decoded.matchAny(members)).toBe(members.length > 0);
    expect(decoded.matchAny(elements(1_000))).toBe(false);
  });

  test('the first follows on no header', () => {
    expect(FILTER_VECTORS[0]?.height).toBe(0);
    expect(FILTER_VECTORS[0]?.previousHeader).toBe(toHex(NO_FILTER_HEADER));
  });
});

describe('what goes into the filter of a block', () => {
  const block = (...scripts: Uint8Array[]): Uint8Array =>
    basicFilter(blockWith([scripts]), [], KEY).bytes;

  test('nothing', () => {
    expect(toHex(block())).toBe('00');
    expect(toHex(block(new Uint8Array(0), Uint8Array.of(0x6a), Uint8Array.of(0x6a, 1, 1)))).toBe('00');
    expect(toHex(basicFilter(blockWith([[]]), [new Uint8Array(0)], KEY).bytes)).toBe('00');
  });

  test('OP_RETURN later in a script, and where it is spent', () => {
    const script = Uint8Array.of(0x51, 0x6a);
    expect(block(script)).toEqual(GcsFilter.of([script], KEY).bytes);
    const spent = Uint8Array.of(0x6a, 1);
    expect(basicFilter(blockWith([[]]), [spent], KEY).bytes).toEqual(GcsFilter.of([spent], KEY).bytes);
  });

  test('the hash of the block is the key by default', () => {
    const view = blockWith([elements(3)]);
    expect(basicFilter(view, []).bytes).toEqual(GcsFilter.of(elements(3), view.hash()).bytes);
  });

  test('scripts of all transactions, short and long', () => {
    const long = [252, 253, 65_535, 65_536].map((length) => new Uint8Array(length).fill(length));
    const lists = [elements(300), long, [], elements(10, 290), [element(5)]];
    const expected = GcsFilter.of([...elements(300), ...long], KEY).bytes;
    for (const hasWitness of [false, true]) {
      expect(basicFilter(blockWith(lists, hasWitness), [element(7)], KEY).bytes).toEqual(expected);
    }
  });
});

describe('a filter', () => {
  const scripts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 80 });

  test('is what BIP 158 says, read literally', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 32 }), scripts, (key, list) => {
      const filter = GcsFilter.of(list, key);
      const bytes = model.filter(key, list);
      expect(toHex(filter.bytes)).toBe(toHex(bytes));
      expect(filter.count).toBe(new Set(list.map(String)).size);
      const decoded = GcsFilter.decode(bytes, key);
      for (const one of list) expect(decoded.match(one)).toBe(true);
      expect(decoded.matchAny(list)).toBe(list.length > 0);
    }));
  });

  test('has each element once, in whatever order and from whatever array', () => {
    fc.assert(fc.property(scripts, fc.array(fc.nat(79)), (list, again) => {
      const doubled = [...again.flatMap((i) => list[i]?.slice() ?? []), ...list.toReversed()];
      expect(GcsFilter.of(doubled, KEY).bytes).toEqual(GcsFilter.of(list, KEY).bytes);
    }));
  });

  test('of 5,000 elements', () => {
    const list = elements(5_000);
    const filter = GcsFilter.of(list, KEY);
    expect(toHex(filter.bytes)).toBe(toHex(model.filter(KEY, list)));
    for (let i = 0; i < list.length; i += 50) expect(filter.match(list[i]!)).toBe(true);
    expect(GcsFilter.decode(filter.bytes, KEY).count).toBe(5_000);
    expect(GcsFilter.trusted(filter.bytes, KEY).matchAny([element(4_999)])).toBe(true);
  });

  test('of 100,000 elements takes 1.5 bits more than P for each', () => {
    const { bytes, count } = GcsFilter.of(elements(100_000), KEY);
    expect(count).toBe(100_000);
    const bits = (8 * bytes.length) / count;
    expect(bits).toBeGreaterThan(1 + BASIC_FILTER_P + BASIC_FILTER_M / 2 ** BASIC_FILTER_P - 0.55);
    expect(bits).toBeLessThan(1 + BASIC_FILTER_P + BASIC_FILTER_M / 2 ** BASIC_FILTER_P);
  });

  test('matches what it has not once in M', () => {
    const filter = GcsFilter.of(elements(20), KEY);
    let strangers = 0;
    for (let i = 20; i < 200_000; i++) if (filter.match(element(i))) strangers++;
    // 0.25 are expected; 6 or more would be found with one key in 10^6, and this is none of them.
    expect(strangers).toBeLessThan(6);
    // With another key it is the filter of others.
    const other = GcsFilter.trusted(filter.bytes, KEY.toReversed());
    expect(other.matchAny(elements(20))).toBe(false);
  });

  test('matches any as it matches one by one', () => {
    const some = fc.array(fc.nat(200), { maxLength: 20 });
    fc.assert(fc.property(fc.array(fc.nat(200), { maxLength: 40 }), some, (inside, wanted) => {
      const filter = GcsFilter.of(inside.map(element), KEY);
      const one = wanted.some((i) => filter.match(element(i)));
      expect(one).toBe(wanted.some((i) => inside.includes(i)));
      expect(filter.matchAny(wanted.map(element))).toBe(one);
      expect(filter.matchAny([...wanted, ...wanted].map(element))).toBe(one);
    }));
  });

  test('matches nothing with nothing', () => {
    const [full, empty] = [GcsFilter.of(elements(3), KEY), GcsFilter.of([], KEY)];
    const answers = [full.matchAny([]), empty.matchAny([]), empty.match(element(0))];
    expect(answers).toEqual([false, false, false]);
  });

  test('keeps its key', () => {
    const key = KEY.slice();
    const filter = GcsFilter.of(elements(3), key);
    key.fill(0);
    expect(filter.match(element(1))).toBe(true);
  });
});

describe('bytes from outside', () => {
  const good = GcsFilter.of(elements(50), KEY).bytes;

  test('each cut and each byte more is refused', () => {
    expect(faultOf(good)).toBe('none');
    expect(faultOf(new Uint8Array(0))).toBe('truncated 0');
    for (let length = 1; length < good.length; length++) {
      expect(faultOf(good.subarray(0, length))).toBe(`truncated ${length}`);
    }
    for (const more of [1, 5, 1_000]) {
      const longer = Uint8Array.of(...good, ...new Uint8Array(more));
      expect(faultOf(longer)).toBe(`trailing-bytes ${good.length}`);
    }
  });

  test('a number of elements that is too large, or too long', () => {
    expect(faultOf(fromHex('fd0100' + '00'.repeat(9)))).toBe('non-canonical-size 0');
    expect(faultOf(fromHex('fe00000003' + '00'.repeat(9)))).toBe('size-too-large 0');
    expect(faultOf(fromHex('ff0000000001000000' + '00'.repeat(9)))).toBe('size-too-large 0');
    // 33,554,432 elements: it does not take as much to see that they are not there.
    expect(faultOf(fromHex('fe00000002' + '00'.repeat(9)))).toBe('truncated 14');
    expect(faultOf(fromHex('00'))).toBe('none');
    expect(faultOf(fromHex('0000'))).toBe('trailing-bytes 1');
  });

  test('a quotient of ones to the end, of all 4 MB that a message has', () => {
    const ones = new Uint8Array(4_000_000).fill(0xff);
    ones[0] = 1;
    expect(faultOf(ones)).toBe('truncated 4000000');
    ones[ones.length - 3] = 0;
    ones.fill(0, -3);
    expect(faultOf(ones)).toBe('none');
    expect(GcsFilter.decode(ones, KEY).match(element(0))).toBe(false);
  });

  test('long quotients at each place of a byte', () => {
    for (let quotient = 0; quotient < 70; quotient++) {
      for (let first = 0; first < 9; first++) {
        const code = (ones: number): string => `${'1'.repeat(ones)}0${'1'.repeat(19)}`;
        const codes = [code(first), code(quotient), code(1), code(0)];
        for (const count of [2, 3, 4]) {
          const bytes = bytesOf(codes.slice(0, count).join(''));
          expect(faultOf(Uint8Array.of(count, ...bytes))).toBe('none');
          const least = Math.ceil(codes.slice(0, count - 1).join('').length / 8);
          for (let cut = bytes.length - 1; cut >= least; cut--) {
            const fault = faultOf(Uint8Array.of(count, ...bytes.subarray(0, cut)));
            expect(fault).toBe(`truncated ${cut + 1}`);
          }
        }
      }
    }
  });

  test('random bytes: an answer, and never another error', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(fc.property(fc.nat(60), bytes, fc.boolean(), (count, tail, small) => {
      const all = small ? Uint8Array.of(count, ...tail) : tail;
      const fault = faultOf(all);
      expect(fault).toMatch(
        /^(none|(truncated|trailing-bytes|non-canonical-size|size-too-large) \d+)$/,
      );
      if (fault === 'none') expect(typeof GcsFilter.decode(all, KEY).match(element(1))).toBe('boolean');
    }), { numRuns: 2_000 });
  });

  test('what was trusted and is no filter throws when matched', () => {
    const broken = GcsFilter.trusted(good.subarray(0, 40), KEY);
    expect(() => elements(50).forEach((one) => broken.match(one))).toThrow(DecodeError);
    expect(() => GcsFilter.trusted(good.subarray(0, 0), KEY)).toThrow(DecodeError);
  });
});
