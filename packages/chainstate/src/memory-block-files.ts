import type { BlockFileInfo, BlockFiles, BlockPosition } from './ports.ts';

interface MemoryFile {
  readonly blocks: Uint8Array[];
  readonly undo: { readonly undo: Uint8Array; readonly checksum: Uint8Array }[];
  info: BlockFileInfo;
}

/** {@link BlockFiles} in memory, of a given number of blocks each: for simulations and tests. */
export class MemoryBlockFiles implements BlockFiles {
  readonly #files = new Map<number, MemoryFile>();
  readonly #blocksPerFile: number;
  #last = 0;

  constructor(blocksPerFile = 1_000) {
    this.#blocksPerFile = blocksPerFile;
  }

  writeBlock(block: Uint8Array, height: number, time: number): BlockPosition {
    if ((this.#files.get(this.#last)?.blocks.length ?? 0) >= this.#blocksPerFile) this.#last++;
    const file = this.#files.get(this.#last) ?? { blocks: [], undo: [], info: NO_INFO };
    this.#files.set(this.#last, file);
    const { info } = file;
    const isFirst = info.blocks === 0;
    file.info = {
      blocks: info.blocks + 1,
      size: info.size + block.length,
      undoSize: info.undoSize,
      heightFirst: isFirst ? height : Math.min(info.heightFirst, height),
      heightLast: Math.max(info.heightLast, height),
      timeFirst: isFirst ? time : Math.min(info.timeFirst, time),
      timeLast: Math.max(info.timeLast, time),
    };
    return { file: this.#last, position: file.blocks.push(block.slice()) - 1 };
  }

  readBlock({ file, position }: BlockPosition): Uint8Array {
    const block = this.#files.get(file)?.blocks[position];
    if (block === undefined) throw new Error(`no block ${position} in file ${file}`);
    return block.slice();
  }

  writeUndo(number: number, undo: Uint8Array, checksum: Uint8Array): number {
    const file = this.#files.get(number);
    if (file === undefined) throw new Error(`no file ${number}`);
    file.info = { ...file.info, undoSize: file.info.undoSize + undo.length + checksum.length };
    return file.undo.push({ undo: undo.slice(), checksum: checksum.slice() }) - 1;
  }

  readUndo({ file, position }: BlockPosition): { undo: Uint8Array; checksum: Uint8Array } {
    const record = this.#files.get(file)?.undo[position];
    if (record === undefined) throw new Error(`no undo data ${position} in file ${file}`);
    return { undo: record.undo.slice(), checksum: record.checksum.slice() };
  }

  sync(): void {}

  files(): ReadonlyMap<number, BlockFileInfo> {
    return new Map([...this.#files].map(([number, { info }]) => [number, info]));
  }

  remove(file: number): void {
    this.#files.delete(file);
  }
}

const NO_INFO: BlockFileInfo = {
  blocks: 0, size: 0, undoSize: 0, heightFirst: 0, heightLast: 0, timeFirst: 0, timeLast: 0,
};
