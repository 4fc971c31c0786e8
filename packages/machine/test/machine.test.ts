import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type Instant, type Machine, MINUTE, type NetworkEffect, type NetworkInput, Outbox, PeerIds, SECOND,
  SeededRng, type Time, Timers,
} from '../src/index.ts';

type Input = NetworkInput<never>;
type Effect = NetworkEffect<never, { readonly lost: string }>;

/** Dials one address, says hello every minute, and dials again ten seconds after each loss. */
class Greeter implements Machine<Input, Effect> {
  readonly #outbox = new Outbox<Effect>();
  readonly #timers = new Timers<'dial' | 'greet'>();
  #peer: (Input & { type: 'connected' })['peer'] | undefined;
  #attempt = 0;

  constructor(now: Time) {
    this.#timers.set('dial', now.instant);
  }

  handle(input: Input, now: Time): void {
    switch (input.type) {
      case 'connected':
        this.#peer = input.peer;
        this.#timers.set('greet', now.instant);
        break;
      case 'connect-failed':
      case 'disconnected':
        this.#peer = undefined;
        this.#timers.stop('greet');
        this.#timers.set('dial', now.instant + 10 * SECOND);
        this.#outbox.push({ type: 'event', event: { lost: input.cause } });
        break;
      case 'received':
      case 'drained':
      case 'completed':
        break;
    }
  }

  poll(): Effect | undefined {
    return this.#outbox.poll();
  }

  deadline(): Instant | undefined {
    return this.#timers.next();
  }

  handleTimeout(now: Time): void {
    for (let name = this.#timers.expire(now.instant); name; name = this.#timers.expire(now.instant)) {
      if (name === 'dial') {
        this.#outbox.push({ type: 'connect', attempt: this.#attempt++, address: '203.0.113.7:8333' });
      } else {
        this.#outbox.push({ type: 'send', peer: this.#peer!, data: Uint8Array.of(0x68, 0x69) });
        this.#timers.set('greet', now.instant + MINUTE);
      }
    }
  }
}

/** A driver without I/O: jumps from deadline to deadline; every second dial fails. */
function run(until: Instant): string[] {
  let time: Time = { instant: 0, unix: 1_700_000_000 };
  const machine: Machine<Input, Effect> = new Greeter(time);
  const ids = new PeerIds();
  const log: string[] = [];
  for (;;) {
    for (let effect = machine.poll(); effect !== undefined; effect = machine.poll()) {
      log.push(`${time.instant} ${effect.type}`);
      if (effect.type !== 'connect') continue;
      const { attempt, address } = effect;
      const input: Input =
        attempt % 2 === 0
          ? { type: 'connect-failed', attempt, cause: 'refused' }
          : { type: 'connected', peer: ids.next(), address, localAddress: '192.0.2.1:5', attempt };
      machine.handle(input, time);
    }
    const deadline = machine.deadline();
    if (deadline === undefined || deadline > until) return log;
    time = { instant: deadline, unix: 1_700_000_000 + Math.floor(deadline / SECOND) };
    machine.handleTimeout(time);
  }
}

describe('a machine', () => {
  test('runs from its deadlines alone', () => {
    expect(run(2 * MINUTE)).toEqual([
      '0 connect', '0 event', '10000 connect', '10000 send', '70000 send',
    ]);
  });

  test('does nothing when its timeout is handled early, however often', () => {
    const rng = new SeededRng(1n);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9_999 })), (early) => {
        const machine = new Greeter({ instant: 10_000, unix: 0 });
        for (const instant of early.toSorted((a, b) => a - b)) {
          machine.handleTimeout({ instant, unix: rng.below(2) });
          expect(machine.poll()).toBeUndefined();
          expect(machine.deadline()).toBe(10_000);
        }
      }),
    );
  });

  test('polling changes no deadline', () => {
    const machine = new Greeter({ instant: 0, unix: 0 });
    machine.handleTimeout({ instant: 0, unix: 0 });
    machine.handle({ type: 'connect-failed', attempt: 0, cause: 'refused' }, { instant: 5, unix: 0 });
    const deadline = machine.deadline();
    while (machine.poll() !== undefined) expect(machine.deadline()).toBe(deadline);
    expect(deadline).toBe(5 + 10 * SECOND);
  });
});
