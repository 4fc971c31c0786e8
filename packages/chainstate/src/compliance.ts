/**
 * What every `KeyValueStore` has to do, as tests that need no framework.
 *
 * @example
 * import { keyValueStoreCompliance } from '@btcp2p/chainstate/compliance';
 *
 * for (const { name, run } of keyValueStoreCompliance) test(name, () => run(() => openMyStore()));
 *
 * @packageDocumentation
 */
import { toHex } from '@btcp2p/wire';
import type { KeyValueChange, KeyValueEntry, KeyValueStore } from './ports.ts';

/** A test of a port. */
export interface ComplianceTest<Port> {
  /** What must hold. */
  readonly name: string;
  /**
   * @param open makes a fresh, empty implementation
   * @throws Error that says what does not hold
   */
  run(open: () => Port): void;
}

const key = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
const put = (k: Uint8Array, ...value: readonly number[]): KeyValueChange => (
  { key: k, value: key(...value) }
);
const remove = (k: Uint8Array): KeyValueChange => ({ key: k, value: undefined });

/** The tests that every {@link KeyValueStore} passes. */
export const keyValueStoreCompliance: readonly ComplianceTest<KeyValueStore>[] = [
  {
    name: 'what is put is there, and what is not is undefined',
    run(open) {
      const store = open();
      expectValue(store.get(key(1)), undefined);
      store.write([put(key(1), 10), put(key(2), 20)]);
      expectValue(store.get(key(1)), key(10));
      expectValue(store.get(key(2)), key(20));
      expectValue(store.get(key(1, 0)), undefined);
      store.write([put(key(1), 11, 12)]);
      expectValue(store.get(key(1)), key(11, 12));
    },
  },
  {
    name: 'values may be empty or large, and keys hold any byte',
    run(open) {
      const store = open();
      const large = new Uint8Array(100_000).map((_, i) => i);
      const all = new Uint8Array(256).map((_, i) => i);
      store.write([put(key(0)), { key: key(0xff, 0, 0xff), value: large }, put(all, 1)]);
      expectValue(store.get(key(0)), key());
      expectValue(store.get(key(0xff, 0, 0xff)), large);
      expectValue(store.get(all), key(1));
    },
  },
  {
    name: 'many are found in the order in which they are asked for',
    run(open) {
      const store = open();
      store.write([put(key(1), 10), put(key(2), 20)]);
      const found = store.getMany([key(2), key(3), key(1), key(2)]);
      expectText(found.map(textOf).join(), '14,none,0a,14');
      expectText(String(store.getMany([]).length), '0');
    },
  },
  {
    name: 'a batch is applied in order, and removing what is not there is no error',
    run(open) {
      const store = open();
      store.write([put(key(1), 1), remove(key(1)), remove(key(2)), put(key(2), 2), put(key(2), 3)]);
      expectValue(store.get(key(1)), undefined);
      expectValue(store.get(key(2)), key(3));
      store.write([remove(key(2))]);
      expectValue(store.get(key(2)), undefined);
      store.write([]);
    },
  },
  {
    name: 'a batch that cannot be read leaves nothing behind',
    run(open) {
      const store = open();
      store.write([put(key(1), 1)]);
      const broken = function* (): Generator<KeyValueChange> {
        yield put(key(1), 2);
        yield put(key(3), 3);
        throw new Error('broken');
      };
      let thrown: unknown;
      try {
        store.write(broken());
      } catch (error) {
        thrown = error;
      }
      expectText(String(thrown), 'Error: broken');
      expectValue(store.get(key(1)), key(1));
      expectValue(store.get(key(3)), undefined);
    },
  },
  {
    name: 'what is handed in may change afterwards',
    run(open) {
      const store = open();
      const [k, value] = [key(1), key(2)];
      store.write([{ key: k, value }]);
      k[0] = 9;
      value[0] = 9;
      expectValue(store.get(key(1)), key(2));
      expectValue(store.get(key(9)), undefined);
    },
  },
  {
    name: 'what was read stays as it was read',
    run(open) {
      const store = open();
      store.write([put(key(1), 1)]);
      const [one, [many], [entry]] = [store.get(key(1)), store.getMany([key(1)]), entriesOf(store)];
      store.write([put(key(1), 2), put(key(2), 2)]);
      store.write([remove(key(1))]);
      for (const value of [one, many, entry?.value]) expectValue(value, key(1));
      expectValue(entry?.key, key(1));
    },
  },
  {
    name: 'a range is in the order of unsigned bytes, from the first key to before the last',
    run(open) {
      const store = open();
      const keys = [[0x43], [0x42, 0xff], [0x43, 0], [0x43, 0x80], [0x43, 0x7f, 1], [0x44]].map(
        (bytes) => key(...bytes),
      );
      store.write(keys.map((each, i) => put(each, i)));
      const names = entriesOf(store, key(0x43), key(0x44)).map((entry) => toHex(entry.key));
      expectText(names.join(), '43,4300,437f01,4380');
      expectText(String(entriesOf(store, key(0x44), key(0x43)).length), '0');
      expectText(String(entriesOf(store).length), String(keys.length));
    },
  },
  {
    name: 'a range shows the store as it was when it was asked for',
    run(open) {
      const store = open();
      store.write([put(key(1), 1), put(key(2), 2), put(key(4), 4)]);
      const seen: string[] = [];
      const range = store.entries(key(0), key(0xff));
      store.write([put(key(0), 9), put(key(2), 9)]);
      for (const entry of range) {
        seen.push(`${toHex(entry.key)}=${toHex(entry.value)}`);
        store.write([put(key(3), 3), remove(key(4))]);
      }
      expectText(seen.join(), '01=01,02=02,04=04');
      expectText(entriesOf(store).map((entry) => toHex(entry.key)).join(), '00,01,02,03');
    },
  },
  {
    name: 'many entries come and go',
    run(open) {
      const store = open();
      const keyOf = (i: number): Uint8Array => key(0x43, (i * 167) & 0xff, i >> 8, i & 0xff);
      for (let start = 0; start < 5_000; start += 1_000) {
        const batch: KeyValueChange[] = [];
        for (let i = start; i < start + 1_000; i++) batch.push(put(keyOf(i), i >> 8, i & 0xff));
        for (let i = start; i < start + 500; i += 2) batch.push(remove(keyOf(i)));
        store.write(batch);
      }
      let count = 0;
      let last = '';
      for (const entry of entriesOf(store, key(0x43), key(0x44))) {
        const name = toHex(entry.key);
        if (name <= last) throw new Error(`${name} comes after ${last}`);
        expectValue(entry.value, entry.key.subarray(2));
        last = name;
        count++;
      }
      expectText(String(count), String(5_000 - 5 * 250));
    },
  },
];

function entriesOf(store: KeyValueStore, from = key(), to = key(0xff)): KeyValueEntry[] {
  return [...store.entries(from, to)];
}

function textOf(value: Uint8Array | undefined): string {
  return value === undefined ? 'none' : toHex(value);
}

function expectValue(found: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  expectText(textOf(found), textOf(expected));
}

function expectText(found: string, expected: string): void {
  if (found !== expected) throw new Error(`expected ${expected}, found ${found}`);
}
