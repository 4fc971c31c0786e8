import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { PeerId } from '@btcp2p/machine';
import {
  closeAll,
  drive,
  handles,
  pair,
  pattern,
  plainServer,
  plainSocket,
  type Driven,
} from './support.ts';

afterEach(closeAll);

const MB = 1_000_000;

describe('connections', () => {
  test('both ends hear who the other is, once', async () => {
    const { a, b, address } = await pair();
    const [connected] = a.machine.ofType('connected');
    const [accepted] = b.machine.ofType('connected');
    expect(connected).toMatchObject({ peer: 0, address, attempt: 1 });
    expect(accepted).toMatchObject({ peer: 0, localAddress: address, attempt: undefined });
    expect(accepted!.address).toBe(connected!.localAddress);
    expect(a.reactor.connectionCount).toBe(1);
  });

  test('peers are counted per connection that stands', async () => {
    const { address } = await plainServer(() => {});
    const { machine, do: want } = drive();
    want({ type: 'connect', attempt: 7, address: 'nonsense' });
    await machine.next('connect-failed');
    want({ type: 'connect', attempt: 8, address }, { type: 'connect', attempt: 9, address });
    await machine.next('connected', 2);
    expect(machine.ofType('connected').map(({ peer }) => peer)).toEqual([0, 1]);
    expect(machine.ofType('connected').map(({ attempt }) => attempt).sort()).toEqual([8, 9]);
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  (hasIPv6 ? test : test.skip)('IPv6 addresses stand in brackets', async () => {
    const { machine, reactor, do: want } = drive();
    const address = await reactor.listen({ host: '::1', port: 0 });
    expect(address).toMatch(/^\[::1\]:\d+$/);
    want({ type: 'connect', attempt: 1, address });
    await machine.next('connected', 2);
    const outbound = machine.ofType('connected').find(({ attempt }) => attempt === 1);
    expect(outbound?.address).toBe(address);
    expect(outbound?.localAddress).toMatch(/^\[::1\]:\d+$/);
  });

  (hasIPv6 ? test : test.skip)('an IPv4 peer of a listener on all addresses is IPv4', async () => {
    const { machine, reactor } = drive();
    const address = await reactor.listen({ host: '::', port: 0 });
    await plainSocket(`127.0.0.1:${address.slice(address.lastIndexOf(':') + 1)}`);
    const connected = await machine.next('connected');
    expect(connected.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(connected.localAddress).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  (hasIPv6 ? test : test.skip)('each family may have a listener of its own on one port', async () => {
    const { reactor } = drive();
    const address = await reactor.listen({ host: '::', port: 0, ipv6Only: true });
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    expect(await reactor.listen({ host: '0.0.0.0', port })).toBe(`0.0.0.0:${port}`);
  });

  test('a listener on a port that is taken is refused', async () => {
    const { reactor } = drive();
    const address = await reactor.listen({ host: '127.0.0.1', port: 0 });
    const again = reactor.listen({ host: '127.0.0.1', port: Number(address.split(':')[1]) });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('a peer that closes is reported once, after its last bytes', async () => {
    const { machine, reactor } = drive();
    const socket = await plainSocket(await reactor.listen({ host: '127.0.0.1', port: 0 }));
    socket.end(pattern(100_000));
    await machine.next('disconnected');
    expect(machine.received()).toBe(100_000);
    expect(machine.inputs.at(-1)).toEqual({ type: 'disconnected', peer: 0, cause: 'socket closed' });
    expect(machine.ofType('disconnected')).toHaveLength(1);
    expect(reactor.connectionCount).toBe(0);
  });

  test('a reset is reported once, with its cause', async () => {
    const { machine, reactor } = drive();
    const socket = await plainSocket(await reactor.listen({ host: '127.0.0.1', port: 0 }));
    await machine.next('connected');
    socket.resetAndDestroy();
    const { cause } = await machine.next('disconnected');
    expect(cause).toBe('ECONNRESET');
    expect(machine.ofType('disconnected')).toHaveLength(1);
  });

  test('what is received is a plain array of its own', async () => {
    const { a, b, ofA } = await pair();
    a.do({ type: 'send', peer: ofA, data: pattern(1_000) });
    await b.machine.until(() => b.machine.received() === 1_000);
    const [{ data } = { data: undefined }] = b.machine.ofType('received');
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    expect(data).toEqual(pattern(1_000));
  });

  test('effects for peers that are not there do nothing', async () => {
    const { a, b, ofA } = await pair();
    const stranger = 99 as PeerId;
    a.do(
      { type: 'send', peer: stranger, data: pattern(3) },
      { type: 'pause', peer: stranger },
      { type: 'resume', peer: stranger },
      { type: 'disconnect', peer: stranger },
      { type: 'send', peer: ofA, data: pattern(5) },
    );
    await b.machine.until(() => b.machine.received() === 5);
  });

  test('200 connections come and go without a trace', async () => {
    const before = await handles();
    const { a, b, address } = await pair();
    for (let i = 1; i < 200; i++) a.do({ type: 'connect', attempt: i, address });
    await a.machine.next('connected', 200);
    await b.machine.next('connected', 200);
    expect([a.reactor.connectionCount, b.reactor.connectionCount]).toEqual([200, 200]);
    for (const { peer } of a.machine.ofType('connected')) {
      a.do({ type: 'send', peer, data: pattern(10) });
      // Half are closed by one side, half by the other.
      if (peer % 2 === 0) a.do({ type: 'disconnect', peer });
    }
    await b.machine.until(() => b.machine.received() === 2_000);
    for (const { peer } of b.machine.ofType('connected')) b.do({ type: 'disconnect', peer });
    await a.machine.next('disconnected', 200);
    await b.machine.next('disconnected', 200);
    expect([a.reactor.connectionCount, b.reactor.connectionCount]).toEqual([0, 0]);
    await closeAll();
    expect(await handles()).toEqual(before);
  });
});

describe('dials that fail', () => {
  test.each([
    ['nonsense', 'not an address: nonsense'],
    ['1.2.3.4', 'not an address: 1.2.3.4'],
    [':8333', 'not an address: :8333'],
    ['[::1:8333', 'not an address: [::1:8333'],
    ['1.2.3.4:99999', 'not an address: 1.2.3.4:99999'],
    ['abc.onion:8333', 'no way to abc.onion'],
    ['abc.B32.I2P:0', 'no way to abc.B32.I2P'],
  ])('%s', async (address, cause) => {
    const { machine, do: want } = drive();
    want({ type: 'connect', attempt: 3, address });
    expect(machine.inputs).toEqual([]);
    expect(await machine.next('connect-failed')).toEqual({
      type: 'connect-failed',
      attempt: 3,
      cause,
    });
  });

  test('nobody listens', async () => {
    const { server, address } = await plainServer(() => {});
    await new Promise((resolve) => server.close(resolve));
    const { machine, do: want } = drive();
    want({ type: 'connect', attempt: 4, address });
    expect(await machine.next('connect-failed')).toMatchObject({ attempt: 4, cause: 'ECONNREFUSED' });
  });

  test('nobody answers in time', async () => {
    // A listener that never accepts, so that the system soon stops answering for it.
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const server = require('node:net').createServer();
       server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       });`,
      { eval: true },
    );
    try {
      const [port] = (await once(worker, 'message')) as [number];
      const { machine, do: want } = drive({ connectTimeout: 100 });
      const address = `127.0.0.1:${port}`;
      for (let attempt = 0; attempt < 16; attempt++) want({ type: 'connect', attempt, address });
      const outcomes = (): number =>
        machine.ofType('connected').length + machine.ofType('connect-failed').length;
      await machine.until(() => outcomes() === 16);
      const causes = new Set(machine.ofType('connect-failed').map(({ cause }) => cause));
      expect([...causes]).toEqual(['timeout']);
    } finally {
      await worker.terminate();
    }
  });
});

/** Sends `total` bytes in blocks, a new one whenever all before have left. */
function stream({ machine }: Driven, peer: PeerId, total: number, block = 256_000): () => number {
  let sent = 0;
  const data = pattern(block);
  const send = (): void => {
    if (sent >= total) return;
    const part = data.subarray(0, Math.min(block, total - sent));
    sent += part.length;
    machine.want({ type: 'send', peer, data: part });
  };
  const before = machine.onInput;
  machine.onInput = (input, now) => {
    before(input, now);
    if (input.type === 'drained' && input.peer === peer) send();
  };
  send();
  return () => sent;
}

describe('back-pressure', () => {
  test('two peers send each other megabytes, as fast as the other takes them', async () => {
    const { a, b, ofA, ofB } = await pair();
    const total = 20 * MB;
    a.reactor.run(() => void stream(a, ofA, total));
    b.reactor.run(() => void stream(b, ofB, total));
    await Promise.all([
      a.machine.until(() => a.machine.received() === total),
      b.machine.until(() => b.machine.received() === total),
    ]);
    const expected = createHash('sha256');
    for (let sent = 0; sent < total; sent += 256_000) {
      expected.update(pattern(256_000).subarray(0, Math.min(256_000, total - sent)));
    }
    const digest = expected.digest('hex');
    for (const { machine } of [a, b]) {
      const hash = createHash('sha256');
      for (const { data } of machine.ofType('received')) hash.update(data);
      expect(hash.digest('hex')).toBe(digest);
    }
  });

  test('`drained` comes once for all that was sent in a turn, and again for the next', async () => {
    const { a, b, ofA } = await pair();
    const data = pattern(1_000);
    const send = { type: 'send', peer: ofA, data } as const;
    a.do(send, send, send);
    await a.machine.next('drained');
    await b.machine.until(() => b.machine.received() === 3_000);
    a.do(send);
    await a.machine.next('drained', 2);
    await b.machine.until(() => b.machine.received() === 4_000);
    // A round trip later there is still no third.
    b.do({ type: 'send', peer: 0 as PeerId, data });
    await a.machine.until(() => a.machine.received() === 1_000);
    expect(a.machine.ofType('drained')).toHaveLength(2);
  });

  test('a peer that does not read stops the writer, and our memory stays as it is', async () => {
    const { a, b, ofA, ofB, address } = await pair();
    // A second connection, whose round trips tell that time passes.
    a.do({ type: 'connect', attempt: 2, address });
    const { peer: clockOfA } = await a.machine.next('connected', 2);
    const { peer: clockOfB } = await b.machine.next('connected', 2);
    b.machine.onInput = (input) => {
      if (input.type !== 'received' || input.peer !== clockOfB) return;
      b.machine.want({ type: 'send', peer: clockOfB, data: input.data });
    };
    const roundTrips = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const before = a.machine.received(clockOfA);
        a.do({ type: 'send', peer: clockOfA, data: pattern(1) });
        await a.machine.until(() => a.machine.received(clockOfA) > before);
      }
    };

    b.do({ type: 'pause', peer: ofB });
    const memory = process.memoryUsage().arrayBuffers;
    let sent = (): number => 0;
    a.reactor.run(() => (sent = stream(a, ofA, 500 * MB, MB)));
    for (let last = -1; sent() !== last; ) {
      last = sent();
      await roundTrips(100);
    }
    const stalledAt = sent();
    // What the system holds on both sides of a loopback connection is a few megabytes.
    expect(stalledAt).toBeLessThan(64 * MB);
    expect(b.machine.received(ofB)).toBe(0);
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(8 * MB);

    b.do({ type: 'resume', peer: ofB });
    await a.machine.until(() => sent() > stalledAt + 20 * MB);
    await b.machine.until(() => b.machine.received(ofB) > stalledAt);
  });

  test('a peer that sends without pause holds up neither other peers nor timers', async () => {
    const { a, b, ofA, ofB, address } = await pair();
    a.do({ type: 'connect', attempt: 2, address });
    const { peer: otherOfA } = await a.machine.next('connected', 2);
    const { peer: otherOfB } = await b.machine.next('connected', 2);
    b.machine.onInput = (input, now) => {
      if (input.type !== 'received') return;
      b.machine.due ??= now.instant + 1;
      if (input.peer !== otherOfB) return;
      b.machine.want({ type: 'send', peer: otherOfB, data: input.data });
    };
    const total = 500 * MB;
    a.reactor.run(() => void stream(a, ofA, total, MB));
    await b.machine.until(() => b.machine.received(ofB) > 10 * MB);
    for (let i = 1; i <= 5; i++) {
      a.do({ type: 'send', peer: otherOfA, data: pattern(1) });
      await a.machine.until(() => a.machine.received(otherOfA) === i);
    }
    await b.machine.until(() => b.machine.timeouts.length >= 3);
    expect(b.machine.received(ofB)).toBeLessThan(total / 2);
  });

  test('nothing comes from a peer that is paused, and everything after', async () => {
    const { a, b, ofA, ofB } = await pair();
    b.do({ type: 'pause', peer: ofB });
    a.do({ type: 'send', peer: ofA, data: pattern(50_000) });
    await a.machine.next('drained');
    // The other direction is not paused.
    b.do({ type: 'send', peer: ofB, data: pattern(10) });
    await a.machine.until(() => a.machine.received() === 10);
    expect(b.machine.received()).toBe(0);
    b.do({ type: 'resume', peer: ofB });
    await b.machine.until(() => b.machine.received() === 50_000);
  });
});

describe('disconnect', () => {
  test('what was sent before still arrives, whatever the peer sends meanwhile', async () => {
    const { a, b, ofA, ofB } = await pair();
    b.reactor.run(() => void stream(b, ofB, 100 * MB));
    await a.machine.until(() => a.machine.received() > MB);
    a.do({ type: 'send', peer: ofA, data: pattern(5 * MB) }, { type: 'disconnect', peer: ofA });
    const received = a.machine.received();
    await b.machine.next('disconnected');
    expect(b.machine.received()).toBe(5 * MB);
    expect(await a.machine.next('disconnected')).toMatchObject({ cause: 'disconnected' });
    expect(a.machine.received()).toBe(received);
    expect(a.machine.inputs.at(-1)!.type).toBe('disconnected');
  });

  test('what is sent after it is dropped', async () => {
    const { a, b, ofA } = await pair();
    a.do(
      { type: 'send', peer: ofA, data: pattern(10) },
      { type: 'disconnect', peer: ofA },
      { type: 'send', peer: ofA, data: pattern(10) },
    );
    await b.machine.next('disconnected');
    expect(b.machine.received()).toBe(10);
  });

  test('a peer that does not read is cut off when the grace is over', async () => {
    const { a, b, ofA, ofB } = await pair({ grace: 50 });
    b.do({ type: 'pause', peer: ofB });
    a.do({ type: 'send', peer: ofA, data: pattern(32 * MB) }, { type: 'disconnect', peer: ofA });
    const { cause } = await a.machine.next('disconnected');
    expect(cause).toBe('disconnected');
    expect(a.reactor.connectionCount).toBe(0);
    expect(a.machine.ofType('drained')).toEqual([]);
  });

  test('a peer that was never sent anything is cut off at once', async () => {
    const { machine, reactor } = drive({ grace: 1e9 });
    machine.onInput = ({ type }) => {
      if (type === 'connected') machine.want({ type: 'disconnect', peer: 0 as PeerId });
    };
    // This one would never close its own side.
    const { address } = await plainServer(() => {});
    reactor.run(() => machine.want({ type: 'connect', attempt: 0, address }));
    await machine.next('disconnected');
    expect(reactor.connectionCount).toBe(0);
  });
});

describe('turns', () => {
  test('what comes during a turn waits for its end', async () => {
    const machineEvents: string[] = [];
    const driven = drive({
      onEvent(event) {
        machineEvents.push(event);
        if (event !== 'first') return;
        // The scripted machine throws if it is called from inside.
        driven.reactor.input({ type: 'connect-failed', attempt: 1, cause: 'made up' });
        driven.do({ type: 'event', event: 'third' });
        expect(driven.machine.inputs).toEqual([]);
      },
    });
    driven.do({ type: 'event', event: 'first' }, { type: 'event', event: 'second' });
    expect(machineEvents).toEqual(['first', 'second', 'third']);
    expect(driven.machine.inputs).toHaveLength(1);
  });

  test('effects and a deadline from before the first input are seen to', async () => {
    const driven = drive();
    driven.machine.want({ type: 'event', event: 'from the constructor' });
    driven.machine.due = 0;
    expect(driven.events).toEqual([]);
    await driven.machine.until(() => driven.machine.timeouts.length === 1);
    expect(driven.events).toEqual(['from the constructor']);
  });

  test('a request is answered once', async () => {
    const { machine, do: want } = drive();
    want({ type: 'request', token: 5, job: 'sum' }, { type: 'request', token: 6, job: 'product' });
    expect(machine.inputs).toEqual([]);
    await machine.next('completed', 2);
    expect(machine.inputs).toEqual([
      { type: 'completed', token: 5, result: 'sum done' },
      { type: 'completed', token: 6, result: 'product done' },
    ]);
  });

  test('the deadline is kept, and never early', async () => {
    const { machine, reactor } = drive();
    let due = 0;
    reactor.run((now) => (due = machine.due = now.instant + 20));
    // An input that leaves the deadline alone, and one that brings it forward.
    reactor.run((now) => (machine.due = now.instant + 1e9));
    reactor.run(() => (machine.due = due));
    await machine.until(() => machine.timeouts.length === 1);
    expect(machine.timeouts[0]!.instant).toBeGreaterThanOrEqual(due);
    expect(machine.timeouts[0]!.unix).toBeCloseTo(Date.now() / 1_000, -1);
  });
});

describe('bugs', () => {
  test('what a command throws reaches its caller, and nothing else happens', async () => {
    const { a, b, ofA } = await pair();
    const command = (): void => {
      a.machine.want({ type: 'send', peer: ofA, data: pattern(3) });
      throw new RangeError('of the application');
    };
    expect(() => a.reactor.run(command)).toThrow(RangeError);
    await b.machine.until(() => b.machine.received() === 3);
    expect(a.reactor.isClosed).toBe(false);
  });

  test('a machine that throws is not called again, and its connections are cut', async () => {
    const { a, b } = await pair();
    a.machine.onInput = () => {
      throw new Error('a bug');
    };
    const inputs = a.machine.inputs.length;
    const input = { type: 'connect-failed', attempt: 0, cause: '' } as const;
    expect(() => a.reactor.input(input)).toThrow('a bug');
    expect(a.reactor.isClosed).toBe(true);
    expect(() => a.reactor.input(input)).toThrow('the reactor is closed');
    await b.machine.next('disconnected');
    expect(a.machine.inputs).toHaveLength(inputs + 1);
    await a.reactor.close();
  });

  test('`perform` that rejects is an uncaught exception', async () => {
    const { reactor, do: want } = drive({ perform: () => Promise.reject(new Error('a bug')) });
    const thrown = new Promise<() => void>((resolve) => {
      const take = (callback: unknown): void => resolve(callback as () => void);
      jest.spyOn(process, 'nextTick').mockImplementationOnce(take);
    });
    want({ type: 'request', token: 1, job: 'any' });
    const rethrow = await thrown;
    jest.restoreAllMocks();
    expect(rethrow).toThrow('a bug');
    expect(reactor.isClosed).toBe(true);
  });
});

describe('close', () => {
  test('ends connections, dials and listeners, and tells the machine', async () => {
    const before = await handles();
    const { a, b, ofA, address } = await pair();
    a.do({ type: 'send', peer: ofA, data: pattern(MB) }, { type: 'connect', attempt: 2, address });
    await a.reactor.close();
    expect(a.machine.ofType('disconnected')).toEqual([
      { type: 'disconnected', peer: 0, cause: 'closed' },
    ]);
    expect(a.machine.ofType('connect-failed')).toMatchObject([{ attempt: 2, cause: 'closed' }]);
    await b.machine.next('disconnected');
    expect(b.machine.received()).toBe(MB);
    await b.reactor.close();
    expect(await handles()).toEqual(before);
    await expect(b.reactor.listen({ host: '127.0.0.1', port: 0 })).rejects.toThrow('closed');
    expect(() => b.do()).toThrow('closed');
  });

  test('a machine that would dial for ever does not keep it', async () => {
    const { machine, reactor, do: want } = drive();
    const { address } = await plainServer(() => {});
    const again = { type: 'connect', attempt: 1, address } as const;
    machine.onInput = () => machine.want(again);
    want(again);
    await reactor.close();
    expect(machine.ofType('connect-failed')).toHaveLength(1);
  });

  test('waits for the answers to requests', async () => {
    let answer: (result: string) => void = () => {};
    const { machine, reactor, do: want } = drive({
      perform: () => new Promise((resolve) => (answer = resolve)),
    });
    want({ type: 'request', token: 1, job: 'any' });
    let isClosed = false;
    const closed = reactor.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    answer('late');
    await closed;
    expect(machine.ofType('completed')).toMatchObject([{ token: 1, result: 'late' }]);
  });

  test('but not for longer than the grace', async () => {
    const { machine, reactor, do: want } = drive({
      grace: 20,
      perform: () => new Promise<string>(() => {}),
    });
    want({ type: 'request', token: 1, job: 'any' });
    await reactor.close();
    expect(machine.inputs).toEqual([]);
  });

  test('may be called from inside a turn, and twice', async () => {
    const { a, b, ofA } = await pair();
    b.machine.onInput = ({ type }) => {
      if (type === 'received') b.machine.want({ type: 'event', event: 'close' });
    };
    let closed: Promise<void> | undefined;
    const c = drive({ onEvent: () => void (closed = c.reactor.close()) });
    c.do({ type: 'event', event: 'now' });
    await closed;
    a.do({ type: 'send', peer: ofA, data: pattern(1) });
    await b.machine.until(() => b.events.length === 1);
    await Promise.all([b.reactor.close(), b.reactor.close()]);
  });

  test('with a grace of 0, all is cut at once', async () => {
    const { a, b, ofA, ofB } = await pair();
    b.do({ type: 'pause', peer: ofB });
    a.do({ type: 'send', peer: ofA, data: pattern(32 * MB) });
    await a.reactor.close({ grace: 0 });
    expect(a.reactor.connectionCount).toBe(0);
    b.do({ type: 'resume', peer: ofB });
    await b.machine.next('disconnected');
    expect(b.machine.received()).toBeLessThan(32 * MB);
  });
});
