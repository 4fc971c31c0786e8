import { describe, expect, test } from '@jest/globals';
import { BlockView } from '@btcp2p/wire';
import { CoinsCache, CoinsStore, type BlockFiles, type BlockPosition } from '../src/index.ts';
import {
  BlockWorld, coinsHash, newDisk, NOW, open, OP_TRUE, pay, type Disk, type OpenOptions,
} from './block-world.ts';

const world = new BlockWorld();
const base = world.extend(world.genesis, 105);
const paying = world.make(base, { transactions: [pay([world.spendable(base)[0]!], [OP_TRUE, OP_TRUE])] });
const tip = world.extend(paying, 4);

/** Files of which some parts come back changed. */
class FaultyFiles implements BlockFiles {
  readonly #files: BlockFiles;
  block: (bytes: Uint8Array, at: BlockPosition) => void = () => {};
  undo: (bytes: Uint8Array) => void = () => {};

  constructor(files: BlockFiles) {
    this.#files = files;
  }

  readBlock(at: BlockPosition): Uint8Array {
    const bytes = this.#files.readBlock(at);
    this.block(bytes, at);
    return bytes;
  }

  readUndo(at: BlockPosition): { undo: Uint8Array; checksum: Uint8Array } {
    const { undo, checksum } = this.#files.readUndo(at);
    this.undo(undo);
    return { undo: undo.slice(), checksum: checksum.slice() };
  }

  writeBlock(...args: Parameters<BlockFiles['writeBlock']>): BlockPosition {
    return this.#files.writeBlock(...args);
  }
  writeUndo(...args: Parameters<BlockFiles['writeUndo']>): number {
    return this.#files.writeUndo(...args);
  }
  sync(): void {
    this.#files.sync();
  }
  files(): ReturnType<BlockFiles['files']> {
    return this.#files.files();
  }
  remove(file: number): void {
    this.#files.remove(file);
  }
}

function chainOn(options: OpenOptions = {}) {
  const plain = newDisk();
  const files = new FaultyFiles(plain.files);
  const disk: Disk = { ...plain, files };
  const manager = open(disk, options);
  for (const block of BlockWorld.chain(tip)) {
    manager.processBlock(BlockView.of(block.bytes), NOW, { requested: true });
  }
  manager.flush();
  return { manager, files, disk };
}

describe('a chain that is checked anew', () => {
  test.each([0, 1, 2, 3, 4])('is good at level %i', (level) => {
    const { manager } = chainOn();
    const hash = coinsHash(manager.storedCoins);
    expect(manager.verifyChain({ level, blocks: 0 }).result).toBe('good');
    expect(manager.verifyChain({ level, blocks: 6 })).toEqual({
      result: 'good',
      log: [
        `Verifying last 6 blocks at level ${level}`,
        `Verification: No coin database inconsistencies in last 6 blocks (${level < 3 ? 0 : 7} transactions)`,
      ],
    });
    expect(manager.tip).toBe(manager.headers.best);
    manager.flush();
    expect(coinsHash(manager.storedCoins)).toBe(hash);
  });

  test('more levels and blocks than there are mean all', () => {
    const { manager } = chainOn();
    expect(manager.verifyChain({ level: 9, blocks: 1_000 }).log[0])
      .toBe('Verifying last 110 blocks at level 4');
    expect(manager.verifyChain({ level: -1, blocks: -1 }).log[0])
      .toBe('Verifying last 110 blocks at level 0');
  });

  test('nothing but the first block is good', () => {
    expect(open(newDisk()).verifyChain({ level: 4, blocks: 0 })).toEqual({ result: 'good', log: [] });
  });

  test('is bad if a block cannot be read', () => {
    const { manager, files } = chainOn();
    files.block = (bytes) => void (bytes[0]! ^= 1);
    const { result, log } = manager.verifyChain({ level: 0, blocks: 1 });
    expect([result, log.at(-1)]).toEqual([
      'corrupted', expect.stringMatching(/^Verification error: ReadBlock failed at 110, hash=/),
    ]);
  });

  test('is bad at level 1 if a block breaks a rule', () => {
    const { manager, files } = chainOn();
    // Only the last byte of the lock time, which the header knows nothing of but by its root.
    files.block = (bytes) => void (bytes[bytes.length - 1]! ^= 1);
    expect(manager.verifyChain({ level: 0, blocks: 1 }).result).toBe('good');
    const { result, log } = manager.verifyChain({ level: 1, blocks: 1 });
    expect([result, log.at(-1)]).toEqual([
      'corrupted', expect.stringMatching(/found bad block at 110, hash=.* \(bad-txnmrklroot, /),
    ]);
  });

  test('is bad at level 2 if undo data are damaged', () => {
    const { manager, files } = chainOn();
    files.undo = (bytes) => void (bytes[bytes.length - 1]! ^= 1);
    expect(manager.verifyChain({ level: 1, blocks: 6 }).result).toBe('good');
    const { result, log } = manager.verifyChain({ level: 2, blocks: 6 });
    expect([result, log.at(-1)]).toEqual([
      'corrupted', expect.stringMatching(/found bad undo data at 110, hash=/),
    ]);
  });

  test('is bad at level 3 if the coins are others', () => {
    const { manager, disk } = chainOn();
    const coins = new CoinsCache(new CoinsStore(disk.coins));
    coins.spendCoin({ txid: tip.txids[0]!, index: 0 });
    coins.flush();
    const again = open(disk, {
      knownHeaders: [...BlockWorld.chain(tip)].map(({ bytes }) => bytes.slice(0, 80)),
    });
    expect(again.tip).toBe(manager.tip);
    expect(again.verifyChain({ level: 2, blocks: 6 }).result).toBe('good');
    const { result, log } = again.verifyChain({ level: 3, blocks: 6 });
    expect([result, log.at(-1)]).toEqual([
      'corrupted',
      'Verification error: coin database inconsistencies found ' +
      '(last 1 blocks, 6 good transactions before that)',
    ]);
  });

  test('is left unchecked where there is no memory for it', () => {
    const { manager } = chainOn({ maxCoinsBytes: 1 });
    expect(manager.verifyChain({ level: 2, blocks: 6 }).result).toBe('good');
    expect(manager.verifyChain({ level: 4, blocks: 6 }).result).toBe('skipped-coins');
  });

  test('is left unchecked when it is interrupted', () => {
    let isInterrupted = false;
    const { manager } = chainOn({ interrupted: () => isInterrupted });
    isInterrupted = true;
    expect(manager.verifyChain({ level: 0, blocks: 6 }).result).toBe('interrupted');
  });
});
