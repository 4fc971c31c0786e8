import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailureKind, FailureReport } from './failure.ts';
import type { ProcessTask, SliceAnswer, SliceRequest } from './process-messages.ts';

/** Looks at the notebook, milliseconds apart, that show the same case when it hangs: two minutes. */
const LOOK_INTERVAL = 1_000;
const LOOKS_OF_HANG = 120;

/** MB that the heap may come to, besides array buffers. Our choice: it comes to a hundred. */
const MAX_HEAP_MB = 1_024;

/**
 * The cases of one target, in a process of its own: one that hangs, takes all memory, or makes the
 * process die, can be named from outside.
 *
 * Not in a thread, where `nativeSecp256k1` would leave out the package `secp256k1`.
 */
export class FuzzProcess {
  readonly target: string;
  readonly #child: ChildProcess;
  readonly #directory = mkdtempSync(join(tmpdir(), 'btcp2p-fuzz-'));
  #done: ((answer: SliceAnswer) => void) | undefined;
  #last: SliceAnswer = { time: 0, tally: { cases: 0, counts: [] }, failure: undefined };

  /** @param only the one case to run */
  constructor(target: string, runSeed: bigint, only?: bigint) {
    this.target = target;
    const notebook = this.#notebook;
    writeFileSync(notebook, Buffer.alloc(8));
    this.#child = fork(new URL('./process-entry.js', import.meta.url), {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
    });
    this.#child.on('message', (answer) => this.#finish(answer as SliceAnswer));
    this.#child.on('error', (error) => this.#fail('exception', error.message));
    this.#child.on('exit', (code, signal) => {
      this.#fail('exception', `the process ended with ${signal ?? code}`);
    });
    const task: ProcessTask = { type: 'task', target, runSeed, only, notebook };
    this.#child.send(task);
  }

  /** Runs cases for some milliseconds, or up to the first that finds something. */
  async run(milliseconds: number): Promise<SliceAnswer> {
    const answer = new Promise<SliceAnswer>((resolve) => (this.#done = resolve));
    const request: SliceRequest = { type: 'slice', milliseconds };
    this.#child.send(request);
    const looks = setInterval(this.#look(), LOOK_INTERVAL);
    try {
      return (this.#last = await answer);
    } finally {
      clearInterval(looks);
    }
  }

  /** Ends the process. */
  close(): void {
    this.#done = undefined;
    this.#child.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #notebook(): string {
    return join(this.#directory, 'case');
  }

  get #seed(): bigint {
    return readFileSync(this.#notebook).readBigUInt64BE();
  }

  /** Looks, rather than the clock, are counted: they stop where the whole machine does. */
  #look(): () => void {
    let seed: bigint | undefined;
    let looks = 0;
    return () => {
      looks = this.#seed === seed ? looks + 1 : 0;
      seed = this.#seed;
      const seconds = (looks * LOOK_INTERVAL) / 1_000;
      if (looks >= LOOKS_OF_HANG) this.#fail('hang', `no end after ${seconds} seconds`);
    };
  }

  #fail(kind: FailureKind, message: string): void {
    if (this.#done === undefined) return;
    const notes: string[] = [];
    const { target } = this;
    const failure: FailureReport = { target, seed: this.#seed, kind, message, stack: undefined, notes };
    this.#finish({ ...this.#last, failure });
  }

  #finish(answer: SliceAnswer): void {
    this.#done?.(answer);
    this.#done = undefined;
  }
}
