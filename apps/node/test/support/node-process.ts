import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { startChild } from './support.ts';
import { until } from './test-node.ts';

/** How a {@link NodeProcess} is started. */
export interface NodeProcessOptions {
  /** Replaces what the arguments say of blocks and coins: `ChainOptions`. */
  readonly chain?: object;
  readonly fileSizeLimit?: number;
  readonly through?: readonly string[];
}

/** How a process ended: its exit code, or the signal, and what it wrote to standard error. */
export interface NodeEnd {
  readonly code: number | string | null;
  readonly errors: string;
}

/** A regtest node as it was built, in a process and a data directory of its own. */
export class NodeProcess {
  /** Of the chain. */
  readonly directory: string;
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<NodeEnd>;
  readonly #logged: number;

  constructor(base: string, args: readonly string[] = [], options: NodeProcessOptions = {}) {
    const { chain = {}, ...how } = options;
    this.directory = join(base, 'regtest');
    this.#logged = readLog(this.directory).length;
    const given = ['-regtest', `-datadir=${base}`, '-server=0', '-printtoconsole=1', ...args];
    this.child = startChild('node-child.ts', [JSON.stringify(chain), ...given], {
      ...how, isBuilt: true, hasErrors: true,
    });
    // Else it would have to wait when nobody reads it.
    this.child.stdout!.resume();
    let errors = '';
    this.child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code: code ?? signal, errors }));
    });
  }

  /** What it has logged so far. */
  get log(): string {
    return readLog(this.directory).slice(this.#logged);
  }

  /** Resolves when the log has such a line; rejects if that does not come, or the process ends before. */
  async logged(line: RegExp, seconds = 60): Promise<void> {
    await until(
      () => line.test(this.log) || this.child.exitCode !== null,
      () => this.log.split('\n').slice(-8).join('\n'),
      seconds,
    );
    if (!line.test(this.log)) throw new Error(`the node has ended: ${(await this.ended).errors}`);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<NodeEnd> {
    if (this.child.exitCode !== null) {
      throw new Error(`the node has ended with ${this.child.exitCode}: ${(await this.ended).errors}`);
    }
    this.child.kill(signal);
    return this.ended;
  }
}

/** The log of the directory of a chain. */
export function readLog(directory: string): string {
  const path = join(directory, 'debug.log');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
