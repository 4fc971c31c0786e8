// A helper of a pool that takes one batch and then dies or hangs, as the environment data say.
import { getEnvironmentData, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ScriptCheckBell } from '../dist/script-check-bell.js';
import { ScriptCheckMemory } from '../dist/script-check-memory.js';

const { mode, hanging } = getEnvironmentData('failing');
const bell = new ScriptCheckBell(workerData.bell);
const sleep = (milliseconds) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

if (mode === 'dies at once') throw new Error('as expected');
let memory;
let generation = 0;
let taken = -1;
while (taken < 0 && !bell.isStopped) {
  const { signal } = bell;
  for (let got = receiveMessageOnPort(parentPort); got; got = receiveMessageOnPort(parentPort)) {
    if (got.message.type !== 'memory') continue;
    memory = new ScriptCheckMemory(got.message.memory);
    ({ generation } = got.message);
  }
  bell.setBusy(workerData.helper, generation);
  if (memory !== undefined && bell.isOpen && bell.generation === generation) taken = memory.take();
  if (taken < 0) {
    bell.setIdle(workerData.helper);
    bell.wait(signal);
  }
}
if (mode === 'exits') process.exit(1);
if (mode === 'hangs') {
  Atomics.add(hanging, 0, 1);
  sleep(Infinity);
}
if (mode === 'throws') throw new Error('as expected');
