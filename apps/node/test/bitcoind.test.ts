import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWithBitcoind, describeWithData, hexLines } from '@btcp2p/testdata';
import { hashToHex, regtest } from '@btcp2p/wire';
import { openDataDirectory } from '../src/data-directory.ts';
import type { StorageNotice } from '../src/storage/ports.ts';
import { Storage } from '../src/storage/storage.ts';
import { hash256 } from './support/hash.ts';
import { expectBytes, temporaryDirectory } from './support/support.ts';

const run = promisify(execFile);

describeWithBitcoind('a bitcoind and we read each other’s block files', (bitcoind) => {
  describeWithData('206 regtest blocks', () => {
    const blocks = hexLines('regtest/rust-bitcoinkernel_block_data.txt');
    const last = hashToHex(hash256(blocks.at(-1)!.subarray(0, 80)));
    /** Starts a bitcoind without any network, which ends when it has imported what it is to. */
    const importWith = (base: string, ...args: string[]): Promise<unknown> =>
      run(bitcoind, [
        `-datadir=${base}`,
        '-regtest',
        '-server=0',
        '-listen=0',
        '-connect=0',
        '-disablewallet',
        '-printtoconsole=0',
        '-stopafterblockimport',
        '-checkblockindex=0',
        ...args,
      ]);

    /** A data directory with our block files. */
    async function ours(xor: boolean, stored: readonly Uint8Array[]): Promise<string> {
      const base = temporaryDirectory();
      const directory = await openDataDirectory(base, 'regtest');
      const storage = await Storage.open({
        directory: directory.blocks,
        network: regtest,
        xor,
        syncInterval: 0,
      });
      await Promise.all(stored.map((block) => storage.blocks.append(block)));
      await storage.close();
      directory.release();
      return base;
    }

    test('it reindexes ours, out of order and hidden with our key', async () => {
      const base = await ours(true, [...blocks.slice(100), ...blocks.slice(0, 100).toReversed()]);
      await importWith(base, '-reindex');
      const log = readFileSync(join(base, 'regtest', 'debug.log'), 'utf8');
      expect(log).toContain(`UpdateTip: new best=${last} height=206 `);
      const key = readFileSync(join(base, 'regtest', 'blocks', 'xor.dat'));
      expect(log).toContain(`'${key.toString('hex')}'`);
    });

    test('we read its own, with the space that it reserves', async () => {
      const plain = await ours(false, blocks);
      const base = temporaryDirectory();
      const file = join(base, 'import.dat');
      copyFileSync(join(plain, 'regtest', 'blocks', 'blk00000.dat'), file);
      await importWith(base, `-loadblock=${file}`, '-blocksxor=1');
      const blocksDirectory = join(base, 'regtest', 'blocks');
      rmSync(join(blocksDirectory, 'index'), { recursive: true });
      expect(readdirSync(blocksDirectory).sort()).toEqual([
        '.lock',
        'blk00000.dat',
        'rev00000.dat',
        'xor.dat',
      ]);

      const notices: StorageNotice[] = [];
      const storage = await Storage.open({
        directory: blocksDirectory,
        network: regtest,
        syncInterval: 0,
        notice: (notice) => notices.push(notice),
      });
      expect([storage.blocks.size, notices.map(({ code }) => code)]).toEqual([207, ['preallocated']]);
      for (const block of blocks)
        expectBytes(await storage.blocks.read(hash256(block.subarray(0, 80))), block);
      await storage.close();
    });
  });
});
