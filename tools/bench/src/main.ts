// `npm run bench -- [NAME…] [--json FILE] [--no-write]`: runs cli.ts with flags of V8 and settings of
// the allocator that make figures steadier. The processes that benches start, nodes say, have none
// of them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ALLOCATOR_SETTINGS } from './allocator-settings.ts';

const FLAGS = [
  '--expose-gc',
  // A collection also lets go of what V8 knows of kinds of objects of which none is alive at the
  // moment, and then of the code compiled for them: one before each sample made the same code up to
  // ten times slower.
  '--retain-maps-for-n-gc=1000000',
  '--no-flush-bytecode',
  // What the space for new objects grows to by itself, MiB. It would shrink at each collection.
  '--min-semi-space-size=16',
];

const cli = fileURLToPath(new URL('cli.js', import.meta.url));
const { status, error } = spawnSync(process.execPath, [...FLAGS, cli, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...ALLOCATOR_SETTINGS },
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
