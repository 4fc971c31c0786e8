// To be loaded before a program (`node --import`): finds out for how long at most the program's main
// thread kept its event loop from coming around, from its first dial on, and writes that to a file
// when the process ends. The program knows nothing of it.
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { STALL_REPORT_FILE, type StallReport } from '../stall-report.ts';

/** Milliseconds between two looks at the longest stall so far. */
const LOOK_INTERVAL_MS = 10;

const file = process.env[STALL_REPORT_FILE];
// Worker threads inherit `--import`.
if (file !== undefined && isMainThread) {
  const rises: [number, number][] = [];
  let dialled = 0;
  // Milliseconds between two turns of the loop; where nothing stalls, its resolution.
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const look = (): void => {
    const longest = delays.max / 1e6;
    if (delays.count > 0 && longest > (rises.at(-1)?.[1] ?? 0)) rises.push([Date.now(), longest]);
  };
  subscribe('net.client.socket', () => {
    if (dialled > 0) return;
    dialled = Date.now();
    delays.enable();
    setInterval(look, LOOK_INTERVAL_MS).unref();
  });
  process.on('exit', () => {
    look();
    const report: StallReport = { dialled, rises };
    writeFileSync(file, JSON.stringify(report));
  });
}
