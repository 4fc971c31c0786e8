import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './support/support.ts';

test('the command runs what is built, and says so where nothing is', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'bin'));
  const bin = join(directory, 'bin', 'btcp2p-node.mjs');
  copyFileSync(join(import.meta.dirname, '..', 'bin', 'btcp2p-node.mjs'), bin);
  const run = (): unknown[] => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin], { encoding: 'utf8', env: {} });
    return [status, stdout, stderr];
  };
  expect(run()).toEqual([1, '', 'Error: btcp2p-node is not built: run `npm run build` first\n']);
  mkdirSync(join(directory, 'dist'));
  writeFileSync(join(directory, 'dist', 'main.js'), "import 'node:fs';\nconsole.log('built');\n");
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  expect(run()).toEqual([0, 'built\n', '']);
});
