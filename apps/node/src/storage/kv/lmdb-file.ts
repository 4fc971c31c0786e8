import {
  closeSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { NodeError } from '../../node-error.ts';

/** What stands for a page's kind behind its number and its transaction: it tells of the whole file. */
const P_META = 0x08;
/** `MDB_MAGIC` and `MDB_DATA_VERSION` of LMDB 1.0 (mdb.c), in the byte order of the machine. */
const MAGIC = 0xbeef_c0de;
const VERSION = 2;

/** Places of fields in either of the first two pages: flags 16 bits, magic, version 16, size of a page. */
const FLAGS_AT = 18;
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
/** Place of the number of the last page, 64 bits, and of the number of the commit. */
const LAST_PAGE_AT = 144;
const COMMIT_AT = 152;
const META_SIZE = 160;

/** Bytes that are written to find out whether the disk is full. */
const PROBE_SIZE = 65_536;

/**
 * The data file of an LMDB environment, besides what LMDB does with it: what would end the process
 * there becomes an error here.
 */
export class LmdbFile {
  /** Whether it was empty, or not there. */
  readonly isNew: boolean;
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.isNew = this.size === 0;
  }

  /**
   * Opens the file, or makes one that is empty, and sees to it that LMDB can open it.
   *
   * @throws NodeError `corrupt`; errors of `node:fs`
   */
  static open(path: string): LmdbFile {
    const descriptor = openSync(path, 'a+');
    try {
      const file = new LmdbFile(path, descriptor);
      file.#prepare();
      return file;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Bytes. */
  get size(): number {
    return fstatSync(this.#descriptor).size;
  }

  /** Makes what is in the file last. */
  sync(): void {
    fdatasyncSync(this.#descriptor);
  }

  /** Makes the file's name last, and what is in it. */
  syncName(): void {
    this.sync();
    // Windows has no such thing: names last there.
    if (process.platform === 'win32') return;
    const directory = openSync(dirname(this.#path), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  /**
   * Finds out whether the file can grow. LMDB takes it for an error of the disk if less is written
   * than it wanted, which is how a disk becomes full.
   *
   * @throws what the system says if it cannot
   */
  probe(): void {
    const { size } = this;
    try {
      // Behind all pages that are used.
      const bytes = new Uint8Array(PROBE_SIZE);
      for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor, bytes, done);
    } finally {
      ftruncateSync(this.#descriptor, size);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #prepare(): void {
    if (this.isNew) {
      this.probe();
      return;
    }
    const { size } = this;
    const first = this.#read(0);
    const pageSize = Math.max(first.getUint32(PAGE_SIZE_AT, LITTLE_ENDIAN), META_SIZE);
    const metas = [first, this.#read(pageSize)];
    if (!metas.every(isMeta)) {
      // A power cut came between the first pages and the first commit.
      if (this.#isBlank(size)) ftruncateSync(this.#descriptor, 0);
      else throw new NodeError('corrupt', `${this.#path} is damaged, or no database`);
      return;
    }
    // A file that was copied in part. To read behind its end, where it is mapped, ends a process; zeros
    // there are an error that LMDB sees. Pages at the end that nobody uses may be missing rightly.
    const [one, other] = metas.map((meta) => meta.getBigUint64(COMMIT_AT, LITTLE_ENDIAN));
    const newer = metas[one! > other! ? 0 : 1]!;
    const wanted = (Number(newer.getBigUint64(LAST_PAGE_AT, LITTLE_ENDIAN)) + 1) * pageSize;
    if (size < wanted) ftruncateSync(this.#descriptor, wanted);
  }

  #read(position: number): DataView {
    const bytes = new Uint8Array(META_SIZE);
    readSync(this.#descriptor, bytes, 0, META_SIZE, position);
    return new DataView(bytes.buffer);
  }

  #isBlank(size: number): boolean {
    if (size > PROBE_SIZE) return false;
    const bytes = new Uint8Array(size);
    readSync(this.#descriptor, bytes, 0, size, 0);
    return bytes.every((byte) => byte === 0);
  }
}

function isMeta(page: DataView): boolean {
  return (
    (page.getUint16(FLAGS_AT, LITTLE_ENDIAN) & P_META) !== 0 &&
    page.getUint32(MAGIC_AT, LITTLE_ENDIAN) === MAGIC &&
    page.getUint16(VERSION_AT, LITTLE_ENDIAN) === VERSION
  );
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
