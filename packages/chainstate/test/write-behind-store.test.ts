import { expect, test } from '@jest/globals';
import { MemoryStore, WriteBehindStore, type KeyValueChange } from '../src/index.ts';
import { keyValueStoreCompliance } from '../src/compliance.ts';

const put = (key: number, value: number): KeyValueChange => (
  { key: Uint8Array.of(key), value: Uint8Array.of(value) }
);

// It keeps what it was lent: those that change their keys and values after a write are not for it.
const suite = keyValueStoreCompliance.filter(({ name }) => !/lent|copies|afterwards/.test(name));

test.each(suite.map(({ name, run }) => [name, run] as const))('%s', (_, run) => {
  run(() => new WriteBehindStore(new MemoryStore()));
});

test('writes wait until they are committed or something is read', () => {
  const below = new MemoryStore();
  let batches = 0;
  const store = new WriteBehindStore({
    get: (key) => below.get(key),
    getMany: (keys) => below.getMany(keys),
    entries: (from, to) => below.entries(from, to),
    write: (batch) => {
      batches++;
      below.write(batch);
    },
  });
  store.write([put(1, 1), put(2, 2)]);
  store.write([put(1, 3), { key: Uint8Array.of(2), value: undefined }]);
  expect([store.changes, store.byteLength, batches]).toEqual([4, 7, 0]);
  expect(below.get(Uint8Array.of(1))).toBeUndefined();
  store.commit();
  store.commit();
  expect([store.changes, store.byteLength, batches]).toEqual([0, 0, 1]);
  store.write([put(4, 4)]);
  expect(store.getMany([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(4)])).toEqual([
    Uint8Array.of(3), undefined, Uint8Array.of(4),
  ]);
  expect(batches).toBe(2);
  expect([...store.entries(Uint8Array.of(0), Uint8Array.of(9))]).toHaveLength(2);
});

test('a batch that cannot be read is not taken', () => {
  const store = new WriteBehindStore(new MemoryStore());
  const broken = function* (): Generator<KeyValueChange> {
    yield put(1, 1);
    throw new Error('broken');
  };
  expect(() => store.write(broken())).toThrow('broken');
  expect(store.changes).toBe(0);
});
