import { createHash } from 'node:crypto';

import { expect, test } from '@jest/globals';

import { startBcoin } from '../src/index.ts';
import { describeBcoin, isRunning, withBcoins } from './support.ts';

const TIMEOUT_MS = 10_000;

/** The hash of a raw block in display order, computed without bcoin. */
function blockHash(bytes: Uint8Array): string {
  const once = createHash('sha256').update(bytes.subarray(0, 80)).digest();
  const twice = createHash('sha256').update(once).digest();
  return Buffer.from(twice.toReversed()).toString('hex');
}

describeBcoin('startBcoin', () => {
  test('starts on regtest with a genesis block, and mines', async () => {
    await withBcoins([{}], async (bcoin) => {
      expect(bcoin!.port).toBeGreaterThan(0);
      expect(await bcoin!.height()).toBe(0);
      // Core, chainparams.cpp: hashGenesisBlock of CRegTestParams.
      expect(await bcoin!.tipHash()).toBe(
        '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
      );
      const hashes = await bcoin!.mine(20);
      expect(new Set(hashes).size).toBe(20);
      expect(await bcoin!.height()).toBe(20);
      expect(await bcoin!.tipHash()).toBe(hashes[19]);
      for (const hash of hashes) expect(blockHash(await bcoin!.blockBytes(hash))).toBe(hash);
      await expect(bcoin!.blockBytes('00'.repeat(32))).rejects.toThrow('no block');
    });
  });

  test('two nodes sync from each other', async () => {
    await withBcoins([{ blocks: 20 }, {}], async (long, short) => {
      await short!.addPeer(`127.0.0.1:${long!.port}`);
      await short!.waitForHeight(20, TIMEOUT_MS);
      expect(await short!.tipHash()).toBe(await long!.tipHash());

      const [fromInbound] = await short!.mine(1);
      await long!.waitForHeight(21, TIMEOUT_MS);
      expect(await long!.tipHash()).toBe(fromInbound);

      const [fromOutbound] = await long!.mine(1);
      await short!.waitForHeight(22, TIMEOUT_MS);
      expect(await short!.tipHash()).toBe(fromOutbound);

      await short!.ping();
      expect(await short!.peers()).toMatchObject([
        {
          address: `127.0.0.1:${long!.port}`,
          agent: '/bcoin:v1.0.2/',
          version: 70_015,
          direction: 'outbound',
          startHeight: 20,
          bestHeight: 22,
          pingMs: expect.any(Number),
          banScore: 0,
        },
      ]);
      expect(await long!.peers()).toMatchObject([
        { direction: 'inbound', startHeight: 0, pingMs: undefined },
      ]);
    });
  });

  test('syncs more than one getblocks answer from the peer it is started with', async () => {
    await withBcoins([{ blocks: 620 }], async (long) => {
      await withBcoins([{ connect: `127.0.0.1:${long!.port}`, listen: false }], async (short) => {
        expect(short!.port).toBe(0);
        await short!.waitForHeight(620, TIMEOUT_MS);
        expect(await short!.tipHash()).toBe(await long!.tipHash());
      });
    });
  });

  test('has segwit active from the first block', async () => {
    await withBcoins([{ blocks: 1 }], async (bcoin) => {
      const bytes = await bcoin!.blockBytes(await bcoin!.tipHash());
      // After the header and the count of transactions: a version, then BIP 144's marker and flag.
      expect([...bytes.subarray(85, 87)]).toEqual([0, 1]);
    });
  });

  test('takes seed blocks, then mines on them', async () => {
    const seedBlocks = await withBcoins([{}], async (bcoin) => {
      const hashes = await bcoin!.mine(3);
      return Promise.all(hashes.map((hash) => bcoin!.blockBytes(hash)));
    });
    await withBcoins([{ seedBlocks, blocks: 2 }], async (bcoin) => {
      expect(await bcoin!.height()).toBe(5);
      expect(await bcoin!.blockBytes(blockHash(seedBlocks[2]!))).toEqual(seedBlocks[2]);
    });
    await expect(startBcoin({ seedBlocks: seedBlocks.slice(1) })).rejects.toThrow(
      'seed block 0',
    );
  });

  test('says what does not work', async () => {
    await withBcoins([{}], async (bcoin) => {
      await expect(bcoin!.waitForHeight(1, 10)).rejects.toThrow('at height 0, not yet at 1');
      await expect(bcoin!.addPeer('8.8.8.8:8333')).rejects.toThrow('not a loopback address');
      const gone = await startBcoin();
      await gone.stop();
      await expect(bcoin!.addPeer(`127.0.0.1:${gone.port}`)).rejects.toThrow('ECONNREFUSED');
    });
    await expect(startBcoin({ network: 'main', blocks: 1 })).rejects.toThrow('cannot mine on main');
  });

  test('stop leaves no process, and rejects what was under way', async () => {
    const bcoin = await startBcoin();
    expect(isRunning(bcoin.pid)).toBe(true);
    const waiting = expect(bcoin.waitForHeight(1, TIMEOUT_MS)).rejects.toThrow('bcoin stopped');
    await bcoin.stop();
    await waiting;
    expect(isRunning(bcoin.pid)).toBe(false);
    await bcoin.stop();
    await expect(bcoin.height()).rejects.toThrow('bcoin stopped');
  });

  test('a process that was killed says so', async () => {
    const bcoin = await startBcoin();
    const waiting = expect(bcoin.waitForHeight(1, TIMEOUT_MS)).rejects.toThrow('SIGKILL');
    process.kill(bcoin.pid, 'SIGKILL');
    await waiting;
    await bcoin.stop();
  });
});
