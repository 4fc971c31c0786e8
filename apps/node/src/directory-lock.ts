import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, realpathSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { CLIENT_NAME } from './client.ts';
import { NodeError, systemErrorCode } from './node-error.ts';

/** The file that stands for the lock, as bitcoind names it. It stays when the lock is gone. */
const LOCK_FILE = '.lock';

/** Linux: bytes of a Unix socket's name, the leading zero byte of an abstract one included. */
const SOCKET_NAME_SIZE = 108;

/**
 * `open` flags that make the system lock the file for whoever opens it: BSD's and macOS's
 * `O_EXLOCK | O_NONBLOCK` (sys/fcntl.h), and libuv's `UV_FS_O_EXLOCK` on Windows (uv/win.h).
 */
const EXCLUSIVE_OPEN: Readonly<Partial<Record<NodeJS.Platform, number>>> = {
  darwin: 0x0020 | 0x0004,
  freebsd: 0x0020 | 0x0004,
  openbsd: 0x0020 | 0x0004,
  win32: 0x1000_0000,
};
const O_RDWR_CREAT: Readonly<Partial<Record<NodeJS.Platform, number>>> = { win32: 0x0102 };
/** BSD's and macOS's `O_RDWR | O_CREAT`. */
const O_RDWR_CREAT_BSD = 0x0002 | 0x0200;

/**
 * The exclusive use of a directory by one process.
 *
 * Specification: of any number of processes that call {@link lockDirectory} on a directory, one gets
 * it; the others are refused at once. It is free again when the holder releases it or ends, however
 * it ends, and never needs to be cleaned up.
 *
 * Rationale: only a lock that the kernel keeps for a process has these properties. A file with a
 * process id in it does not: ids are reused, and "look, then write" is a race. Node.js has no
 * `flock` and no `fcntl`, but there are ways to the kernel's locks:
 *
 * - Linux: a listening socket in the abstract namespace, whose name is made from the directory's
 *   device and inode. Binding a name is atomic, the name has no file that could be left over, and it
 *   is gone with its process. But names are per network namespace: two containers that share a
 *   volume would not see each other. So `.lock` is also locked with flock(2), by the `flock` program
 *   of util-linux or busybox on our open descriptor: such a lock belongs to the open file, which
 *   stays ours when the program has ended. Where there is no such program, the socket stands alone.
 * - macOS, BSD and Windows: `open` itself can lock.
 *
 * Neither excludes bitcoind, which locks with fcntl(2): the two must not share a directory.
 */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the lock of a directory.
 *
 * @throws NodeError `locked` if a process has it, `data-directory` if the directory cannot be written
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, LOCK_FILE);
  const flags = EXCLUSIVE_OPEN[process.platform];
  if (flags !== undefined) {
    const file = openLockFile(directory, path, (O_RDWR_CREAT[process.platform] ?? O_RDWR_CREAT_BSD) | flags);
    return { release: () => closeSync(file) };
  }
  const file = openLockFile(directory, path, 'a');
  let server: Server | undefined;
  try {
    server = await listenOnName(socketName(directory));
    if (server === undefined || !flock(file)) throw lockedError(directory);
  } catch (error) {
    server?.close();
    closeSync(file);
    throw error;
  }
  const held = server;
  return {
    release: () => {
      held.close();
      closeSync(file);
    },
  };
}

function openLockFile(directory: string, path: string, flags: string | number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EBUSY') throw lockedError(directory);
    throw new NodeError('data-directory', `Cannot write to directory '${directory}'; check permissions.`, {
      cause: error,
    });
  }
}

function lockedError(directory: string): NodeError {
  return new NodeError(
    'locked',
    `Cannot obtain a lock on directory ${directory}. ${CLIENT_NAME} is probably already running.`,
  );
}

/**
 * The abstract name of a directory. Device and inode stand for the directory whatever path leads to
 * it; the path is hashed in too, because network file systems may have no stable inodes.
 */
function socketName(directory: string): string {
  const path = realpathSync(directory);
  const { dev, ino } = statSync(path, { bigint: true });
  const digest = createHash('sha256').update(`${dev}:${ino}:${path}`).digest('hex');
  // Of full length: Node.js versions differ in whether they pad short names with zeros.
  return `\0${`${CLIENT_NAME}-${digest}-`.padEnd(SOCKET_NAME_SIZE - 1, 'x')}`;
}

/** Listens on an abstract name; undefined if it is taken. */
function listenOnName(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      if (systemErrorCode(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: name, exclusive: true }, () => {
      // The lock must not keep the process alive.
      server.unref();
      resolve(server);
    });
  });
}

/** Locks an open file with flock(2) without waiting. False only if another open file has the lock. */
function flock(file: number): boolean {
  const { status, error } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file],
    timeout: 10_000,
  });
  return error !== undefined || status !== 1;
}
