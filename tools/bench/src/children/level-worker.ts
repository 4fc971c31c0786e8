// Does for a `LevelStore` what LevelDB does only asynchronously. Its thread waits for the answers.
import { workerData } from 'node:worker_threads';
import { ClassicLevel, type Iterator } from 'classic-level';
import { decodeChanges, encodeChanges } from '../change-bytes.ts';
import {
  LEVEL_OPTIONS, type LevelAnswer, type LevelRequest, type LevelWorkerData,
} from '../rivals/level-store.ts';

type Level = ClassicLevel<Uint8Array, Uint8Array>;

/** Entries that are read at once. */
const CHUNK = 1_000;

const { directory, signal, port } = workerData as LevelWorkerData;
const answers = new Int32Array(signal);
const db: Level = new ClassicLevel(directory, LEVEL_OPTIONS);
const iterators: Iterator<Level, Uint8Array, Uint8Array>[] = [];

await db.open();
port.on('message', (request: LevelRequest) => {
  perform(request).then(answer, (error: unknown) => answer({ error: String(error) }));
});
answer({});

function answer(message: LevelAnswer): void {
  port.postMessage(message);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
}

async function perform(request: LevelRequest): Promise<LevelAnswer> {
  switch (request.type) {
    case 'write': {
      const operations = decodeChanges(request.changes).map(({ key, value }) =>
        value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value },
      );
      await db.batch(operations, { sync: true });
      return {};
    }
    case 'iterate':
      iterators.push(db.iterator({ gte: request.from, lt: request.to, highWaterMarkBytes: 2 ** 18 }));
      return { iterator: iterators.length - 1 };
    case 'next': {
      const entries = await iterators[request.iterator]!.nextv(CHUNK);
      if (entries.length === 0) await iterators[request.iterator]!.close();
      return { entries: encodeChanges(entries.map(([key, value]) => ({ key, value }))) };
    }
    case 'close':
      await db.close();
      return {};
  }
}
