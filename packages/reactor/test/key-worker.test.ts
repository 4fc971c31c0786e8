import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { nobleEllSwift } from '@btcp2p/bip324';
import { buffersOf, timedKeyWork, type TimedKeyWorkResult } from '../src/key-worker-job.ts';
import { DEFAULT_KEYS_AHEAD, KeyWorker, type KeyWorkerOptions } from '../src/key-worker.ts';
import { secureRng } from '../src/secure-rng.ts';

type Key = Extract<TimedKeyWorkResult, { type: 'create-key' }>;

const workers: KeyWorker[] = [];

function keyWorker(options?: KeyWorkerOptions): KeyWorker {
  const worker = new KeyWorker(options);
  workers.push(worker);
  return worker;
}

beforeAll(() => {
  const entry = new URL('../dist/key-worker-entry.js', import.meta.url);
  if (!existsSync(entry)) throw new Error('a thread runs what is built: run `npm run build` first');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
});

const secretKey = new Uint8Array(32).fill(3);
const theirs = nobleEllSwift.create(new Uint8Array(32).fill(4), secureRng);
const sharedX = nobleEllSwift.xdh(secretKey, theirs);
const xdh = { type: 'xdh', secretKey, theirs } as const;
const createKey = { type: 'create-key' } as const;

/** Lets messages come in until it is so. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether the public key is that of the secret one: then both ways of combining agree. */
function expectKey(key: TimedKeyWorkResult): void {
  const { publicKey, secretKey: ours } = key as Key;
  expect(publicKey).toHaveLength(64);
  expect(nobleEllSwift.xdh(secretKey, publicKey)).toEqual(
    nobleEllSwift.xdh(ours, nobleEllSwift.create(secretKey, secureRng)),
  );
}

describe('a key worker', () => {
  test('combines keys, and says what it took', async () => {
    const worker = keyWorker();
    expect(worker.hasThread).toBe(false);
    const result = await worker.perform(xdh);
    expect(worker.hasThread).toBe(true);
    expect(result).toEqual({ type: 'xdh', sharedX, elapsed: expect.any(Number) });
    expect(result.elapsed).toBeGreaterThan(0);
    // In the worker, the first work comes after it has warmed up.
    expect(result.elapsed).toBeLessThan(1_000);
  });

  test('makes keys, no two of them the same', async () => {
    const worker = keyWorker();
    const keys = await Promise.all(Array.from({ length: 20 }, () => worker.perform(createKey)));
    for (const key of keys) expectKey(key);
    const texts = keys.map((key) => Buffer.from((key as Key).secretKey).toString('hex'));
    expect(new Set(texts).size).toBe(20);
  });

  test('makes keys ahead, and gives them at once', async () => {
    const worker = keyWorker();
    await worker.perform(xdh);
    await until(() => worker.keysReady === DEFAULT_KEYS_AHEAD);
    const order: string[] = [];
    const work = [xdh, xdh, createKey, createKey].map(async (one) => {
      const result = await worker.perform(one);
      order.push(one.type);
      return result;
    });
    expect(worker.keysReady).toBe(DEFAULT_KEYS_AHEAD - 2);
    const results = await Promise.all(work);
    expect(order).toEqual(['create-key', 'create-key', 'xdh', 'xdh']);
    for (const key of results.slice(2)) {
      expectKey(key);
      expect(key.elapsed).toBeGreaterThan(0);
    }
    await until(() => worker.keysReady === DEFAULT_KEYS_AHEAD);
  });

  test('a key that is being made ahead goes to who asks for one', async () => {
    const post = jest.spyOn(Worker.prototype, 'postMessage');
    const worker = keyWorker({ keysAhead: 1 });
    await worker.perform(xdh);
    expect(post).toHaveBeenCalledTimes(2);
    expect(worker.keysReady).toBe(0);
    const key = worker.perform(createKey);
    expect(post).toHaveBeenCalledTimes(2);
    expectKey(await key);
  });

  test('makes no keys ahead if told so', async () => {
    const post = jest.spyOn(Worker.prototype, 'postMessage');
    const worker = keyWorker({ keysAhead: 0 });
    await worker.perform(createKey);
    await worker.perform(xdh);
    expect(post).toHaveBeenCalledTimes(2);
    expect(worker.keysReady).toBe(0);
  });

  test('passes errors on, and goes on after them', async () => {
    const worker = keyWorker();
    const failed = worker.perform({ ...xdh, secretKey: new Uint8Array(32) });
    await expect(failed).rejects.toMatchObject({ name: 'RangeError' });
    await expect(worker.perform(xdh)).resolves.toMatchObject({ sharedX });
  });

  test('takes work from within larger arrays, and leaves these as they are', async () => {
    const large = Uint8Array.from([...secretKey, ...theirs, 1, 2, 3]);
    const copy = large.slice();
    const [ours, other] = [large.subarray(0, 32), large.subarray(32, 96)];
    const result = keyWorker().perform({ type: 'xdh', secretKey: ours, theirs: other });
    await expect(result).resolves.toMatchObject({ sharedX });
    expect(large).toEqual(copy);
  });

  test('moves secrets: no copy stays behind', async () => {
    const post = jest.spyOn(Worker.prototype, 'postMessage');
    await keyWorker({ keysAhead: 0 }).perform(xdh);
    const [message] = post.mock.calls[0] as unknown as [{ work: typeof xdh }];
    expect(message.work.secretKey.buffer.byteLength).toBe(0);
    expect(secretKey.buffer.byteLength).toBe(32);
    // The way back. Nothing else is in those buffers.
    const key = timedKeyWork(createKey) as Key;
    expect(buffersOf(key)).toEqual([key.secretKey.buffer, key.publicKey.buffer]);
    expect(buffersOf(key).map((buffer) => buffer.byteLength)).toEqual([32, 64]);
    expect(buffersOf(timedKeyWork(xdh)).map((buffer) => buffer.byteLength)).toEqual([32]);
  });
});

describe('closing', () => {
  test('work that has been asked for is still done', async () => {
    const worker = keyWorker();
    const results = Promise.all([xdh, createKey, xdh].map((work) => worker.perform(work)));
    let isDone = false;
    void results.then(() => (isDone = true));
    await worker.close();
    expect(isDone).toBe(true);
    expect((await results)[2]).toMatchObject({ sharedX });
    expect(worker.hasThread).toBe(false);
    await expect(worker.perform(xdh)).rejects.toThrow('closed');
  });

  test('overwrites the keys made ahead', async () => {
    const worker = keyWorker();
    await worker.perform(xdh);
    await until(() => worker.keysReady === DEFAULT_KEYS_AHEAD);
    const fill = jest.spyOn(Uint8Array.prototype, 'fill');
    await worker.close();
    const wiped = fill.mock.contexts.filter((bytes) => (bytes as Uint8Array).length === 32);
    expect(wiped).toHaveLength(DEFAULT_KEYS_AHEAD);
    expect(worker.keysReady).toBe(0);
  });

  test('twice, before anything, and while it is being closed', async () => {
    const idle = keyWorker();
    await idle.close();
    await idle.close();
    const busy = keyWorker();
    const result = busy.perform(xdh);
    await Promise.all([busy.close(), busy.close()]);
    await expect(result).resolves.toMatchObject({ sharedX });
  });
});

// These run what is built in a process of its own, where `process` tells of each thread.
describe('in a process of its own', () => {
  /** What the script prints, once the process has ended by itself. */
  function run(script: string, ...flags: string[]): string {
    const module = new URL('../dist/key-worker.js', import.meta.url).href;
    const start = `
      const { KeyWorker } = await import('${module}');
      const threads = [];
      process.on('worker', (thread) => threads.push(thread));
      const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
      const hex = (bytes) => Buffer.from(bytes).toString('hex');
      const xdh = {
        type: 'xdh',
        secretKey: bytes('${Buffer.from(secretKey).toString('hex')}'),
        theirs: bytes('${Buffer.from(theirs).toString('hex')}'),
      };
      const createKey = { type: 'create-key' };
    `;
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-warnings', ...flags, '--input-type=module', '-e', start + script],
      { encoding: 'utf8', timeout: 10_000, env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '0' } },
    );
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    return stdout;
  }

  const hexX = Buffer.from(sharedX).toString('hex');

  test('an idle thread does not keep the process alive', () => {
    const out = run(`
      const worker = new KeyWorker();
      await worker.perform(createKey);
      const { sharedX } = await worker.perform(xdh);
      console.log(hex(sharedX), worker.hasThread);
    `);
    expect(out).toBe(`${hexX} true\n`);
  });

  test('a thread that somebody waits for does', () => {
    const out = run(`new KeyWorker().perform(xdh).then(({ sharedX }) => console.log(hex(sharedX)));`);
    expect(out).toBe(`${hexX}\n`);
  });

  test('the process may exit while the thread is at work', () => {
    const out = run(`
      const worker = new KeyWorker();
      const work = Array.from({ length: 1_000 }, () => worker.perform(xdh));
      await work[0];
      process.stdout.write('first', () => process.exit(0));
    `);
    expect(out).toBe('first');
  });

  test('if the thread dies, another one does the rest', () => {
    const out = run(`
      const worker = new KeyWorker();
      const work = [];
      for (let i = 0; i < 500; i++) work.push(worker.perform(xdh), worker.perform(createKey));
      // It has begun as soon as anything is done; most is still to be done then.
      await work[0];
      threads[0].terminate();
      const results = await Promise.all(work);
      const secrets = new Set(results.filter((r) => r.sharedX).map((r) => hex(r.sharedX)));
      const keys = new Set(results.filter((r) => r.publicKey).map((r) => hex(r.publicKey)));
      console.log(...secrets, keys.size, threads.length);
    `);
    expect(out).toBe(`${hexX} 500 2\n`);
  });

  test('if the thread dies and a session was closed meanwhile, that is no error', () => {
    const out = run(`
      const worker = new KeyWorker({ keysAhead: 0 });
      const work = Array.from({ length: 200 }, () => ({ ...xdh, secretKey: xdh.secretKey.slice() }));
      const results = work.map((one) => worker.perform(one));
      await results[0];
      threads[0].terminate();
      // This is how a session leaves what it has asked for.
      for (const { secretKey } of work) secretKey.fill(0);
      const shared = (await Promise.all(results)).map(({ sharedX }) => hex(sharedX));
      console.log(shared.length, shared[0], shared.at(-1) === '00'.repeat(32), threads.length);
    `);
    expect(out).toBe(`200 ${hexX} true 1\n`);
  });

  test('if it dies while idle, the next one starts with the next work', () => {
    const out = run(`
      const worker = new KeyWorker({ keysAhead: 0 });
      await worker.perform(xdh);
      await threads[0].terminate();
      const { sharedX } = await worker.perform(xdh);
      console.log(hex(sharedX), threads.length);
    `);
    expect(out).toBe(`${hexX} 2\n`);
  });

  test('if all threads die, the work is done without', () => {
    const out = run(`
      const worker = new KeyWorker();
      process.on('worker', (thread) => thread.terminate());
      const results = await Promise.all([worker.perform(xdh), worker.perform(createKey)]);
      const again = await worker.perform(xdh);
      console.log(hex(results[0].sharedX), results[1].publicKey.length, again.elapsed > 0);
      console.log(threads.length, worker.hasThread);
      await worker.close();
    `);
    expect(out).toBe(`${hexX} 64 true\n2 false\n`);
  });

  test('if a thread dies while it is being closed, the work is still done', () => {
    const out = run(`
      const worker = new KeyWorker();
      const work = Array.from({ length: 20 }, () => worker.perform(xdh));
      await work[0];
      const closed = worker.close();
      threads[0].terminate();
      await closed;
      const secrets = new Set((await Promise.all(work)).map((r) => hex(r.sharedX)));
      console.log(...secrets, worker.hasThread);
    `);
    expect(out).toBe(`${hexX} false\n`);
  });

  test('where there may be no threads, the work is done without', () => {
    const flags = process.allowedNodeEnvironmentFlags;
    const permission = flags.has('--permission') ? '--permission' : '--experimental-permission';
    const out = run(
      `
        const worker = new KeyWorker();
        const { sharedX } = await worker.perform(xdh);
        const key = await worker.perform(createKey);
        console.log(hex(sharedX), key.publicKey.length, threads.length, worker.hasThread);
        await worker.close();
      `,
      permission,
      '--allow-fs-read=*',
    );
    expect(out).toBe(`${hexX} 64 0 false\n`);
  });
});
