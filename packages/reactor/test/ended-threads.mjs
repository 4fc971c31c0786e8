// Two threads that verify signatures without a pause, and a main thread that ends them in the way that
// the first argument names.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { AddonGate, nativeVerifier } from '../dist/index.js';

if (isMainThread) {
  const gate = new AddonGate();
  gate.closeAtExit();
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url), { workerData: gate.memory }));
  const sources = await Promise.all(workers.map((worker) =>
    new Promise((resolve) => worker.once('message', resolve))));
  console.log(sources[0]);
  await new Promise((resolve) => setImmediate(resolve));
  if (process.argv[2] === 'exit') process.exit(0);
  if (process.argv[2] === 'throw') throw new Error('as expected');
  gate.close();
  await Promise.all(workers.map((worker) => worker.terminate()));
} else {
  const { source, verifier } = nativeVerifier(new AddonGate(workerData));
  const key = new Uint8Array(33).fill(2);
  const signature = new Uint8Array(64).fill(1);
  const hash = new Uint8Array(32);
  for (let i = 0; ; i++) {
    verifier.verifyEcdsa(signature, hash, key);
    if (i === 100) parentPort.postMessage(source, []);
  }
}
