// Stores blocks in a directory until that fails: `full-child.ts <directory>`. Prints what happened.
import { regtest } from '@btcp2p/wire';
import { Storage } from '../../src/storage/storage.ts';
import { makeBlock } from './blocks.ts';

const failures: string[] = [];
const failed = (error: Error): unknown => failures.push(error.message);
const storage = await Storage.open({
  directory: process.argv[2]!,
  network: regtest,
  syncInterval: 0,
  failed,
});
let stored = 0;
const errors = new Set<string>();
const storeSome = async (start: number): Promise<void> => {
  for (let number = start; number < start + 100; number++) {
    try {
      await storage.blocks.append(makeBlock(number, 30_000).bytes);
      stored++;
    } catch (error) {
      errors.add((error as Error).message);
    }
  }
};
await Promise.all([0, 1_000, 2_000, 3_000].map(storeSome));
await storage.close().catch((error: Error) => errors.add(error.message));
console.log(JSON.stringify({ stored, errors: [...errors], failures }));
