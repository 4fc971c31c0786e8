import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import { BlockUndo, undoChecksum } from '@btcp2p/chainstate';
import { nativeSha256d } from '@btcp2p/reactor';
import { RegtestChain } from '@btcp2p/regtest';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { BlockView, decode, equalHashes, hashToHex, regtest, toHex } from '@btcp2p/wire';
import { blocksXorKey, externalXorKey } from '../src/storage/files/blocks-xor-key.ts';
import { scanBlocks } from '../src/storage/files/scan-blocks.ts';
import { blkPath, magic, openFiles, PLAIN, record, revPath } from './support/disk-files.ts';
import { expectBytes, temporaryDirectory } from './support/support.ts';

/** Pays to OP_TRUE. */
const ANYONE = 'raw(51)#8lvh9jxk';

/** Where a bitcoind with this `-blocksdir` has its files. */
const filesOf = (blocksDirectory: string): string => join(blocksDirectory, 'regtest', 'blocks');

let running: BitcoindPeer | undefined;
const stop = async (): Promise<void> => {
  const stopped = running;
  running = undefined;
  await stopped?.stop();
};
afterEach(stop);

/** The time of a header. */
const timeOf = (block: BlockView): number => block.header.time;

describeWithBitcoind('files of a real bitcoind', (binary) => {
  const start = async (...args: string[]): Promise<BitcoindPeer> =>
    (running = await startBitcoind(binary, ['-connect=0', ...args]));

  describe.each([
    ['small and hidden', ['-fastprune'], true],
    ['of usual size and plain', ['-blocksxor=0'], false],
  ])('%s', (_, args, fastPrune) => {
    const original = mkdtempSync(join(tmpdir(), 'btcp2p-files-'));
    afterAll(() => rmSync(original, { recursive: true, force: true }));
    let hashes: string[];
    let sizeOnDisk: number;
    /** Its files, as they were when it had ended. */
    const directory = filesOf(original);

    beforeAll(async () => {
      const core = await start(`-blocksdir=${original}`, ...args);
      const made = await core.rpc<string[]>('generatetodescriptor', 110, ANYONE);
      const { segwit } = await core.rpc<{ segwit: { address: string } }>('decodescript', '51');
      // Spends some coinbases in one transaction, and what that made in the next.
      const coins = await Promise.all(made.slice(0, 5).map(async (hash) => {
        const { tx: [txid] } = await core.rpc<{ tx: string[] }>('getblock', hash);
        return { txid, vout: 0 };
      }));
      const outputs = [{ [segwit.address]: 100 }, { data: 'ff'.repeat(60) }];
      const spend = await core.rpc<string>('createrawtransaction', coins, outputs);
      await core.rpc('generateblock', ANYONE, [spend]);
      // A block that no small file can hold.
      const { descriptor } = await core.rpc<{ descriptor: string }>(
        'getdescriptorinfo', `raw(6a${'ff'.repeat(65_536)})`,
      );
      await core.rpc('generateblock', descriptor, []);
      await core.rpc('generatetodescriptor', 300, ANYONE);
      const count = await core.rpc<number>('getblockcount');
      hashes = [];
      for (let height = 0; height <= count; height++) {
        hashes.push(await core.rpc<string>('getblockhash', height));
      }
      const info = await core.rpc<{ size_on_disk: number }>('getblockchaininfo');
      sizeOnDisk = info.size_on_disk;
      await stop();
    });

    function blocksOf(from: string): { file: number; position: number; view: BlockView }[] {
      const key = blocksXorKey(from, fastPrune);
      return Array.from(scanBlocks(from, key, magic), (block) => ({
        file: block.file, position: block.position, view: BlockView.of(block.bytes()),
      }));
    }

    test('every block is found, and read from its place', () => {
      const key = blocksXorKey(directory, fastPrune);
      expect(key.some((byte) => byte !== 0)).toBe(fastPrune);
      const blocks = blocksOf(directory);
      expect(blocks.map(({ view }) => hashToHex(view.hash(nativeSha256d)))).toEqual(hashes);
      expect(blocks.at(-1)!.file).toBe(fastPrune ? 3 : 0);
      const files = openFiles(temporaryCopy(directory), { key });
      for (const { file, position, view } of blocks) {
        expectBytes(files.readBlock({ file, position }), view.bytes);
      }
      expect(externalXorKey(blkPath(directory))).toEqual(key);
    });

    test('what we write of the same is the same, byte for byte; undo data fit their blocks', () => {
      const key = blocksXorKey(directory, fastPrune);
      const theirs = openFiles(temporaryCopy(directory), { key, fastPrune });
      const ours = temporaryDirectory();
      const files = openFiles(ours, { key, fastPrune });
      const undoPositions = new Map<number, number>();
      let spent = 0;
      for (const [height, { file, position, view }] of blocksOf(directory).entries()) {
        expect(files.writeBlock(view.bytes, height, timeOf(view))).toEqual({ file, position });
        if (height === 0) continue;
        const undoPosition = undoPositions.get(file) ?? 8;
        const { undo, checksum } = theirs.readUndo({ file, position: undoPosition });
        const expected = undoChecksum(view.header.prevBlockHash, undo, nativeSha256d);
        expect(equalHashes(checksum, expected)).toBe(true);
        const { transactions } = decode(BlockUndo, undo);
        expect(transactions.length).toBe(view.transactionCount - 1);
        for (const { prevouts } of transactions) spent += prevouts.length;
        expect(files.writeUndo(file, undo, checksum)).toBe(undoPosition);
        undoPositions.set(file, undoPosition + undo.length + 40);
      }
      expect(spent).toBe(5);
      let used = 0;
      for (const [file, { size, undoSize }] of files.files()) {
        for (const [path, length] of [[blkPath, size], [revPath, undoSize]] as const) {
          const mine = readFileSync(path(ours, file));
          const their = readFileSync(path(directory, file));
          expect(mine.length).toBe(length);
          expectBytes(their.subarray(0, length), mine);
          expect(their.subarray(length).every((byte) => byte === 0)).toBe(true);
        }
        used += size + undoSize;
      }
      expect(used).toBe(sizeOnDisk);
    });

    test('we go on where it ended, and it where we did (-reindex)', async () => {
      const both = temporaryDirectory();
      cpSync(original, both, { recursive: true });
      const at = filesOf(both);
      const key = blocksXorKey(at, fastPrune);
      const lastFile = fastPrune ? 3 : 0;
      const reserved = statSync(blkPath(at, lastFile)).size;
      expect(reserved % (fastPrune ? 0x4000 : 0x1000000)).toBe(0);

      const chain = new RegtestChain(nativeSha256d);
      const blocks = blocksOf(at).map(({ view }) => view);
      for (const block of blocks.slice(1)) {
        expect(chain.headers.add(block.headerBytes, timeOf(block)).status).toBe('added');
      }
      const files = openFiles(at, { key, fastPrune });
      expect(files.files().get(lastFile)!.size).toBeLessThan(reserved);
      for (const block of chain.mine(40, { padding: 5_000, spacing: 1 })) {
        files.writeBlock(block.bytes, chain.headers.height(chain.headers.best), timeOf(block));
      }
      files.sync();
      const tip = hashToHex(chain.headers.hash(chain.headers.best));

      const core = await start(`-blocksdir=${both}`, '-reindex', ...args);
      await core.until(async () => (await core.rpc('getbestblockhash')) === tip);
      expect(await core.rpc('verifychain', 4, 0)).toBe(true);
      const added = await core.rpc<string[]>('generatetodescriptor', 5, ANYONE);
      await stop();
      const found = blocksOf(at).map(({ view }) => hashToHex(view.hash(nativeSha256d)));
      expect(found).toEqual([
        ...hashes, ...chain.blocks.map((block) => hashToHex(block.hash(nativeSha256d))), ...added,
      ]);
    });
  });

  test('it takes plain files of ours (-loadblock), and hidden ones (-reindex)', async () => {
    const chain = new RegtestChain(nativeSha256d);
    chain.mine(300, { padding: 1_000 });
    const tip = hashToHex(chain.headers.hash(chain.headers.best));
    const plain = temporaryDirectory();
    const hidden = temporaryDirectory();
    mkdirSync(filesOf(hidden), { recursive: true });
    const key = blocksXorKey(filesOf(hidden), true);
    const stores = [
      openFiles(plain, { key: PLAIN, fastPrune: true }),
      openFiles(filesOf(hidden), { key, fastPrune: true }),
    ];
    const genesis = regtest.genesis.bytes;
    for (const [height, { bytes }] of [regtest.genesis, ...chain.blocks].entries()) {
      for (const files of stores) files.writeBlock(bytes, height, 0);
    }
    const numbers = stores[0]!.existing();
    expect(numbers.length).toBeGreaterThan(4);
    // What is torn is passed over.
    appendFileSync(blkPath(plain, numbers.at(-1)!), record(genesis.subarray(0, 200)).subarray(0, 100));

    const loading = await start(...numbers.map((number) => `-loadblock=${blkPath(plain, number)}`));
    await loading.until(async () => (await loading.rpc('getbestblockhash')) === tip);
    await stop();
    const reindexing = await start(`-blocksdir=${hidden}`, '-reindex', '-fastprune');
    await reindexing.until(async () => (await reindexing.rpc('getbestblockhash')) === tip);
    const best = await reindexing.rpc<string>('getblock', tip, 0);
    expect(best).toBe(toHex(chain.blocks.at(-1)!.bytes));
  });
});

/** A copy, since opening cuts off what is reserved. */
function temporaryCopy(directory: string): string {
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
}
