import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program to run until it ends. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  /** Its working directory. */
  readonly directory: string;
  /** Milliseconds after which it is ended. */
  readonly timeout: number;
}

const CHILD = fileURLToPath(new URL('children/run-program.js', import.meta.url));

let runner: ChildProcess | undefined;

/**
 * Runs a program, and rejects unless it succeeds. One at a time.
 *
 * It is started by a small process that is there for nothing else: a process that forks finds its
 * memory shared with the child, and pays with a fault for the first write to each page afterwards. In
 * this process that cost whoever came next some 200 faults for each megabyte that he wrote.
 */
export function runProgram(program: Program): Promise<void> {
  const child = (runner ??= startRunner());
  child.channel?.ref();
  return new Promise<void>((resolve, reject) => {
    const onExit = (): void => reject(new Error('the process that runs programs has ended'));
    child.once('exit', onExit);
    child.once('message', (failure: string | null) => {
      child.off('exit', onExit);
      child.channel?.unref();
      if (failure === null) resolve();
      else reject(new Error(failure));
    });
    child.send(program);
  });
}

/** It ends when this process does, which does not wait for it. */
function startRunner(): ChildProcess {
  const child = fork(CHILD, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.unref();
  child.channel?.unref();
  return child;
}
