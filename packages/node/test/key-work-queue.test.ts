import { describe, expect, test } from '@jest/globals';
import { PeerIds, SeededRng, type PeerId } from '@btcp2p/machine';
import * as fc from 'fast-check';
import { KEY_WORK_BURST_MS, KeyWorkQueue } from '../src/key-work-queue.ts';
import { addressGroup } from '../src/address-group.ts';

const work = { type: 'create-key' } as const;
const ids = new PeerIds();

function request(group = 'a', peer: PeerId = ids.next()) {
  return { peer, work, group };
}

describe('inbound steps', () => {
  test('are taken one at a time', () => {
    const queue = new KeyWorkQueue();
    const [first, second] = [request(), request()];
    queue.add(first, true);
    queue.add(second, true);
    expect(queue.next(0)).toBe(first);
    expect(queue.next(0)).toBeUndefined();
    queue.finished(1, 1);
    expect(queue.next(1)).toBe(second);
    expect(queue.size).toBe(0);
  });

  test('wait once the burst is used up, until as much time has passed as the share wants', () => {
    const queue = new KeyWorkQueue(0.25);
    queue.add(request(), true);
    queue.add(request(), true);
    queue.next(1_000);
    queue.finished(KEY_WORK_BURST_MS + 10, 1_000);
    expect(queue.next(1_000)).toBeUndefined();
    // 10 ms of debt are 40 ms of waiting.
    expect(queue.next(1_040)).toBeUndefined();
    expect(queue.deadline()).toBe(1_041);
    expect(queue.next(1_041)).toBeDefined();
  });

  test('of several groups take turns, whatever one group asks for', () => {
    const queue = new KeyWorkQueue();
    for (let i = 0; i < 100; i++) queue.add(request('flood'), true);
    queue.add(request('honest'), true);
    const order: string[] = [];
    for (let i = 0; i < 4; i++) {
      order.push(queue.next(0)!.group);
      queue.finished(0, 0);
    }
    expect(order).toEqual(['flood', 'honest', 'flood', 'flood']);
  });

  test('of a peer that is gone are forgotten', () => {
    const queue = new KeyWorkQueue();
    const gone = [request('a'), request('b')];
    const stays = request('b');
    for (const one of [...gone, stays]) queue.add(one, true);
    queue.add(gone[0]!, false);
    for (const { peer } of gone) queue.remove(peer);
    expect(queue.size).toBe(1);
    expect(queue.next(0)).toBe(stays);
  });

  test('never take more than their share, the burst and one step, in any span of time', () => {
    const share = 0.25;
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 40 }), (seed, cost) => {
        const rng = new SeededRng(seed);
        const queue = new KeyWorkQueue(share);
        const started: { readonly at: number; readonly elapsed: number }[] = [];
        let now = 0;
        for (let i = 0; i < 400; i++) queue.add(request(`${rng.below(5)}`), true);
        while (now < 20_000) {
          if (queue.next(now) !== undefined) {
            const elapsed = rng.below(cost) + 0.5;
            started.push({ at: now, elapsed });
            now += Math.ceil(elapsed);
            queue.finished(elapsed, now);
          } else {
            const due = queue.deadline();
            if (due === undefined) break;
            expect(due).toBeGreaterThan(now);
            now = due;
          }
        }
        let most = 0;
        for (let from = 0; from < started.length; from += 7) {
          let sum = 0;
          for (let to = from; to < started.length; to++) {
            sum += started[to]!.elapsed;
            most = Math.max(most, sum - share * (started[to]!.at - started[from]!.at));
          }
        }
        expect(most).toBeLessThanOrEqual(KEY_WORK_BURST_MS + cost + 1);
      }),
      { numRuns: 30 },
    );
  });
});

describe('outbound steps', () => {
  test('wait for nothing', () => {
    const queue = new KeyWorkQueue();
    queue.add(request(), true);
    queue.next(0);
    queue.finished(1e6, 0);
    queue.add(request(), true);
    const ours = request();
    queue.add(ours, false);
    expect(queue.next(0)).toBe(ours);
    expect(queue.next(0)).toBeUndefined();
  });
});

describe('groups', () => {
  test.each([
    ['203.0.113.7:8333', '203.0.200.1:1', true],
    ['203.0.113.7:8333', '203.1.113.7:8333', false],
    ['[2001:db8::1]:1', '[2001:db8:ffff::2]:2', true],
    ['[2001:db8::1]:1', '[2001:db9::1]:1', false],
    ['[::ffff:203.0.1.2]:1', '203.0.9.9:1', true],
    ['one.example:1', 'two.example:1', false],
  ])('%s and %s', (a, b, same) => {
    expect(addressGroup(a) === addressGroup(b)).toBe(same);
  });
});
