// Writes blocks and undo data for ever: `files-crash-child.ts <directory> <first block> <infos>`. Says
// what is stored, one JSON value and a semicolon a line: `infos` whenever it syncs, and a `block` with
// where it and its undo data are once both are written. Its parent kills it.
import { writeSync } from 'node:fs';
import { crashBlock } from './crash-data.ts';
import { openFiles } from './disk-files.ts';

const [directory = '', first = '0', stored = '[]'] = process.argv.slice(2);
const files = openFiles(directory, { infos: new Map(JSON.parse(stored)), fastPrune: true });
const say = (value: unknown): number => writeSync(1, `${JSON.stringify(value)};\n`);
for (let i = 0; i < 64; i++) crashBlock(i);
for (let block = Number(first); ; block++) {
  if (block % 16 === 0) {
    files.sync();
    say({ infos: [...files.files()] });
  }
  const bytes = crashBlock(block);
  const at = files.writeBlock(bytes, block, block);
  const undo = files.writeUndo(at.file, bytes.subarray(80), bytes.subarray(0, 32));
  say({ block, at, undo });
}
