import { parentPort } from 'node:worker_threads';
import {
  buffersOf, type KeyWorkAnswer, type KeyWorkRequest, timedKeyWork, wipe,
} from './key-worker-job.ts';

// What a `KeyWorker` runs in its thread.

function answer({ id, work }: KeyWorkRequest): KeyWorkAnswer {
  try {
    return { id, result: timedKeyWork(work) };
  } catch (error) {
    return { id, error };
  } finally {
    wipe(work);
  }
}

// Compiling takes longer than the work itself: it is not to be counted as part of the first job.
const key = timedKeyWork({ type: 'create-key' });
if (key.type === 'create-key') {
  wipe(timedKeyWork({ type: 'xdh', secretKey: key.secretKey, theirs: key.publicKey }));
  wipe(key);
}

parentPort?.on('message', (request: KeyWorkRequest) => {
  const message = answer(request);
  parentPort?.postMessage(message, 'result' in message ? buffersOf(message.result) : []);
});
