// Writes blocks and undo data until that fails, then smaller ones until that fails, and so on:
// `files-full-child.ts <directory>`. Prints what happened.
import type { BlockPosition } from '@btcp2p/chainstate';
import { openFiles } from './disk-files.ts';
import { makeBlock } from './blocks.ts';

const files = openFiles(process.argv[2]!);
const blocks: (BlockPosition & { readonly size: number })[] = [];
const undos: (BlockPosition & { readonly size: number })[] = [];
const errors: string[] = [];
for (const size of [60_000, 5_000, 100]) {
  try {
    for (let i = 0; i < 1_000; i++) {
      blocks.push({ ...files.writeBlock(makeBlock(1, size).bytes, 0, 0), size });
      const undo = new Uint8Array(size / 2).fill(7);
      undos.push({ file: 0, position: files.writeUndo(0, undo, new Uint8Array(32)), size });
    }
  } catch (error) {
    errors.push((error as { code: string }).code);
  }
}
try {
  files.sync();
} catch (error) {
  errors.push((error as { code: string }).code);
}
console.log(JSON.stringify({ blocks, undos, errors, infos: [...files.files()] }));
