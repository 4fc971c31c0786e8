import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, test } from '@jest/globals';

import { installBcoin } from '../src/index.ts';
import { converse, describeBcoin, isRunning, withBcoins } from './support.ts';

/** A `getheaders` payload: protocol 70016, one locator hash, no stop hash. */
function encodeLocator(hashHex: string): Uint8Array {
  const bytes = new Uint8Array(69);
  new DataView(bytes.buffer).setUint32(0, 70_016, true);
  bytes[4] = 1;
  bytes.set(Buffer.from(hashHex, 'hex').toReversed(), 5);
  return bytes;
}

/** Block 1 of the main network, raw. The test checks its hash, which its proof of work vouches for. */
const BLOCK_1_HEX =
  '010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e' +
  '1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e3629901010000000100000000000000000000' +
  '00000000000000000000000000000000000000000000ffffffff0704ffff001d0104ffffffff0100f2052a0100000043' +
  '410496b538e853519c726a2c91e61ec11600ae1390813a627c66fb8be7947be63c52da7589379515d4e0a604f8141781' +
  'e62294721166bf621e73a82cbf2342c858eeac00000000';

/** A parent that starts bcoin's child process as `startBcoin` does, prints its id, and waits. */
const PARENT = `
  const { fork } = require('node:child_process');
  const [entry, directory] = process.argv.slice(1);
  const child = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.on('message', () => console.log(String(child.pid)));
  child.send({ id: 1, method: 'start', parameters: [
    { directory, backend: 'node', network: 'regtest', blocks: 0, listen: true, seedBlocks: [], log: false },
  ] });
`;

describeBcoin('bcoin in its child process', () => {
  let parent: ChildProcessByStdio<null, Readable, null> | undefined;
  let orphan: number | undefined;

  // Only a failed test leaves one. A process without a parent may stay in the table after its end.
  afterEach(() => {
    parent?.kill('SIGKILL');
    if (orphan !== undefined && isRunning(orphan)) process.kill(orphan, 'SIGKILL');
    orphan = undefined;
  });

  test('serves headers after a locator, and is silent when it has none', async () => {
    await withBcoins([{ blocks: 5 }], async (bcoin) => {
      const tip = { command: 'getheaders', payload: encodeLocator(await bcoin!.tipHash()) };
      expect((await converse(bcoin!.port, 'regtest', [tip])).map(({ cmd }) => cmd)).not.toContain(
        'headers',
      );
      const unknown = { command: 'getheaders', payload: encodeLocator('00'.repeat(32)) };
      const answers = await converse(bcoin!.port, 'regtest', [unknown]);
      const headers = answers.find(({ cmd }) => cmd === 'headers');
      expect(headers!.toRaw().length).toBe(1 + 5 * 81);
    });
  });

  test('on main, knows no address to hand out or to dial, and serves without being synced', async () => {
    const lines: string[] = [];
    const options = {
      network: 'main',
      seedBlocks: [new Uint8Array(Buffer.from(BLOCK_1_HEX, 'hex'))],
      log: (line: string) => lines.push(line),
    } as const;
    await withBcoins([options], async (bcoin) => {
      expect(await bcoin!.tipHash()).toBe(
        '00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048',
      );
      const answers = await converse(bcoin!.port, 'main', [
        { command: 'getaddr', payload: new Uint8Array() },
        { command: 'getheaders', payload: encodeLocator('00'.repeat(32)) },
      ]);
      expect(answers.map(({ cmd }) => cmd)).toEqual([
        'version', 'verack', 'sendcmpct', 'getaddr', 'headers', 'pong',
      ]);
      expect(lines.join('\n')).toContain('Received version');
      expect(lines.filter((line) => /Connecting to|DNS seeds/u.test(line))).toEqual([]);
    });
  });

  test('ends when its parent is killed', async () => {
    const entry = fileURLToPath(new URL('../child/node.cjs', import.meta.url));
    parent = spawn(process.execPath, ['-e', PARENT, entry, installBcoin()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Both processes hold the pipe: it is closed when both are gone.
    const closed = once(parent, 'close');
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    orphan = Number(output.toString());
    expect(isRunning(orphan)).toBe(true);
    parent.kill('SIGKILL');
    expect(await closed).toEqual([null, 'SIGKILL']);
  });
});
