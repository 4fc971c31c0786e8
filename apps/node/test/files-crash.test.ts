import { expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SeededRng } from '@btcp2p/machine';
import type { BlockFileInfo, BlockPosition } from '@btcp2p/chainstate';
import { toHex } from '@btcp2p/wire';
import { crashBlock } from './support/crash-data.ts';
import { openFiles, scanAll } from './support/disk-files.ts';
import { expectBytes, startChild, temporaryDirectory } from './support/support.ts';

/** How often the process is killed. */
const ROUNDS = 10 * Number(process.env['BTCP2P_CRASH_RUNS'] ?? 1);
/** Blocks before, at most. */
const MOST_BLOCKS = 100;

interface Line {
  readonly infos?: readonly [number, BlockFileInfo][];
  readonly block?: number;
  readonly at?: BlockPosition;
  readonly undo?: number;
}

/** What a child says until it is killed, which is after so many lines, and what it says then. */
async function linesUntilKilled(child: ChildProcess, most: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    // It may be killed while it says something.
    if (line.endsWith(';')) lines.push(JSON.parse(line.slice(0, -1)) as Line);
    if (lines.length === most) child.kill('SIGKILL');
  }
  return lines;
}

test(`${ROUNDS} times kill -9 while writing: all that was written is there`, async () => {
  const directory = temporaryDirectory();
  const rng = new SeededRng(0xb10cn);
  const stored = new Map<number, { readonly at: BlockPosition; readonly undo: number }>();
  let infos: Line['infos'] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const next = Math.max(-1, ...stored.keys()) + 1;
    const args = [directory, String(next), JSON.stringify(infos)];
    const child = startChild('files-crash-child.ts', args);
    for (const line of await linesUntilKilled(child, 1 + rng.below(MOST_BLOCKS))) {
      if (line.infos !== undefined) ({ infos } = line);
      else stored.set(line.block!, { at: line.at!, undo: line.undo! });
    }
    // Sometimes the index is lost as well.
    if (round % 3 === 2) infos = [];
    const files = openFiles(directory, { infos: new Map(infos), fastPrune: true });
    for (const [block, { at, undo }] of stored) {
      const bytes = crashBlock(block);
      expectBytes(files.readBlock(at), bytes);
      const read = files.readUndo({ file: at.file, position: undo });
      expectBytes(read.undo, bytes.subarray(80));
      expectBytes(read.checksum, bytes.subarray(0, 32));
    }
  }
  const found = new Set(scanAll(directory).map((bytes) => toHex(bytes.subarray(0, 80))));
  for (const block of stored.keys()) {
    expect(found.has(toHex(crashBlock(block).subarray(0, 80)))).toBe(true);
  }
  // What was at stake.
  expect(stored.size).toBeGreaterThan(20 * ROUNDS);
}, 5_000 * ROUNDS);
