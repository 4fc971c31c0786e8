import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { ChildMessage, ChildMethods, ChildRequest } from './protocol.ts';

const CHILD_ENTRY = fileURLToPath(new URL('../child/node.cjs', import.meta.url));

/** A child that has not ended by itself this long after its channel closed is killed. */
const STOP_TIMEOUT_MS = 2_000;

/** How much of the child's standard error goes into the message when it ends by itself. */
const MAX_ERROR_OUTPUT_CHARACTERS = 4_000;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The child process that runs bcoin, and calls to it. */
export class BcoinProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #errorOutput = '';
  #stopping = false;
  #ended: string | undefined;

  /** @param log gets the lines of bcoin's log, if it was started with one */
  constructor(log: ((line: string) => void) | undefined) {
    this.#child = fork(CHILD_ENTRY, {
      // bcoin leaves some rejections unhandled, which ended no process on the Node of its time.
      execArgv: ['--unhandled-rejections=warn', '--no-deprecation'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(message as ChildMessage, log));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-MAX_ERROR_OUTPUT_CHARACTERS);
    });
    this.#exited = this.#watchEnd();
  }

  /** The id of the process; -1 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /**
   * Calls a method in the child.
   *
   * @throws Error with the message of the child's, or with how the child ended.
   */
  call<Method extends keyof ChildMethods>(
    method: Method,
    ...parameters: Parameters<ChildMethods[Method]>
  ): Promise<ReturnType<ChildMethods[Method]>> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(new Error(this.#ended));
        return;
      }
      const id = (this.#lastId += 1);
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      const request: ChildRequest = { id, method, parameters };
      this.#child.send(request, (error) => {
        if (error !== null) this.#settle(id)?.reject(error);
      });
    });
  }

  /** Ends the child and resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.#stopping && this.#ended === undefined) {
      this.#stopping = true;
      this.#end('stopped');
      if (this.#child.connected) this.#child.disconnect();
    }
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(kill);
  }

  /** Resolves when the child is gone and its standard error is read to its end. */
  #watchEnd(): Promise<void> {
    const child = this.#child;
    const closed = new Promise<void>((resolve) => {
      if (child.stderr === null) resolve();
      else child.stderr.once('close', resolve);
    });
    // Not the child's 'close', which never comes once this side has closed the channel.
    return new Promise((resolve) => {
      child.once('exit', async (code, signal) => {
        await closed;
        this.#end(`ended with ${code ?? signal}`);
        resolve();
      });
      child.on('error', (error) => {
        this.#end(error.message);
        // A child that could not be started has no exit either.
        if (child.pid === undefined) resolve();
      });
    });
  }

  #receive(message: ChildMessage, log: ((line: string) => void) | undefined): void {
    if ('log' in message) {
      log?.(message.log);
      return;
    }
    const waiting = this.#settle(message.id);
    if ('error' in message) waiting?.reject(new Error(`bcoin: ${message.error}`));
    else waiting?.resolve(message.result);
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #end(how: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = `bcoin ${how}\n${this.#errorOutput}`.trimEnd();
    for (const { reject } of this.#waiting.values()) reject(new Error(this.#ended));
    this.#waiting.clear();
  }
}
