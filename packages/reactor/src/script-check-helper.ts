import { Reader, Transaction } from '@btcp2p/wire';
import type { ScriptBatchChecker, Spending } from './script-batch-checker.ts';
import type { ScriptCheckBell } from './script-check-bell.ts';
import { ScriptCheckMemory } from './script-check-memory.ts';

/** What a helper is started with. */
export interface ScriptHelperData {
  /** Memory of the {@link ScriptCheckBell}. */
  readonly bell: SharedArrayBuffer;
  /** Memory of the `AddonGate`. */
  readonly gate: SharedArrayBuffer | undefined;
  /** The number of this helper. */
  readonly helper: number;
}

/** What a helper is told: other memory is used from now on, or there is a chunk more. */
export type ScriptHelperMessage =
  | {
      readonly type: 'memory';
      readonly generation: number;
      readonly memory: SharedArrayBuffer;
      readonly chunks: readonly SharedArrayBuffer[];
    }
  | { readonly type: 'chunk'; readonly generation: number; readonly chunk: SharedArrayBuffer };

/**
 * A thread that takes batches of inputs while there are any, and sleeps while there are none. It does
 * not get back to its event loop before it is stopped.
 */
export class ScriptCheckHelper {
  readonly #helper: number;
  readonly #bell: ScriptCheckBell;
  readonly #checker: ScriptBatchChecker;
  readonly #receive: () => ScriptHelperMessage | undefined;
  #generation = 0;
  #memory: ScriptCheckMemory | undefined;
  #job = 0;

  /** @param receive the next message, without waiting for one */
  constructor(
    helper: number,
    bell: ScriptCheckBell,
    checker: ScriptBatchChecker,
    receive: () => ScriptHelperMessage | undefined,
  ) {
    this.#helper = helper;
    this.#bell = bell;
    this.#checker = checker;
    this.#receive = receive;
  }

  /** Works until it is stopped. */
  run(): void {
    const bell = this.#bell;
    while (!bell.isStopped) {
      const { signal } = bell;
      this.#receiveAll();
      // The owner may have gone on to other memory meanwhile: then the message is there already.
      bell.setBusy(this.#helper, this.#generation);
      if (bell.isOpen && bell.generation === this.#generation) this.#work();
      bell.setIdle(this.#helper);
      bell.wait(signal);
    }
  }

  #work(): void {
    const memory = this.#memory!;
    if (this.#bell.job !== this.#job) this.#checker.reset();
    this.#job = this.#bell.job;
    while (this.#bell.isOpen && this.#memory === memory) {
      const number = memory.take();
      if (number < 0) return;
      this.#check(memory, number);
    }
  }

  #check(memory: ScriptCheckMemory, number: number): void {
    const load = (entry: number): Spending => this.#load(memory, entry);
    try {
      const result = memory.isBehindFailure(number)
        ? undefined
        : this.#checker.check(memory.batch(number), memory.flags, load);
      memory.complete(number, result);
    } catch {
      // The owner gave this memory up, or it is a mistake of ours or the caller's: the owner does
      // what is left undone, and is the one to throw.
      this.#checker.reset();
    }
  }

  #load(memory: ScriptCheckMemory, entry: number): Spending {
    // A chunk is sent before what is in it is ready.
    this.#receiveAll();
    if (this.#memory !== memory) throw new Error('the owner uses other memory by now');
    const transaction = Transaction.read(new Reader(memory.transactionBytes(entry)));
    return { transaction, prevouts: memory.prevouts(entry) };
  }

  #receiveAll(): void {
    for (let message = this.#receive(); message !== undefined; message = this.#receive()) {
      if (message.type === 'memory') {
        this.#generation = message.generation;
        this.#memory = new ScriptCheckMemory(message.memory);
        this.#memory.chunks.push(...message.chunks);
      } else if (message.generation === this.#generation) {
        this.#memory!.chunks.push(message.chunk);
      }
    }
  }
}
