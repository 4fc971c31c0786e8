// Opens a data directory: `lock-child.ts <directory>`. Prints `held` and waits, or prints the error.
import { openDataDirectory } from '../../src/data-directory.ts';
import { NodeError } from '../../src/node-error.ts';

try {
  await openDataDirectory(process.argv[2]!, 'regtest');
  console.log('held');
  process.stdin.resume();
} catch (error) {
  console.log(error instanceof NodeError ? `${error.code}: ${error.message}` : String(error));
}
