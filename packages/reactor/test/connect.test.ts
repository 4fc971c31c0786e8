import { afterEach, describe, expect, test } from '@jest/globals';
import { createConnection } from 'node:net';
import { fromHex, mainnet, regtest, splitHostPort, testnet4, v1Frame, type Message } from '@btcp2p/wire';
import { connect, type ConnectOptions } from '../src/connect.ts';
import { ConnectError } from '../src/connect-error.ts';
import { listen, type ListenOptions, type PeerListener } from '../src/listen.ts';
import { MAX_WAITING_BYTES } from '../src/message-queue.ts';
import type { PeerConnection } from '../src/peer-connection.ts';
import type { PeerNotice } from '../src/peer-network.ts';
import { closeAll, handles, pattern, plainServer, plainSocket } from './support.ts';

const listeners: PeerListener[] = [];

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  await closeAll();
});

/** A listener whose connections come in the order in which they are asked for. */
async function serve(
  options: Partial<ListenOptions> = {},
): Promise<{ address: string; listener: PeerListener; next: () => Promise<PeerConnection> }> {
  const peers: PeerConnection[] = [];
  let wake: () => void = () => {};
  const listener = await listen({ network: regtest, port: 0, ...options }, (peer) => {
    peers.push(peer);
    wake();
  });
  listeners.push(listener);
  const next = async (): Promise<PeerConnection> => {
    while (peers.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return peers.shift()!;
  };
  return { address: listener.address, listener, next };
}

/** Both ends of one connection. */
async function meet(
  options: Partial<ConnectOptions> = {},
  theirs: Partial<ListenOptions> = {},
): Promise<{ ours: PeerConnection; theirs: PeerConnection; listener: PeerListener }> {
  const { address, next, listener } = await serve(theirs);
  const ours = await connect(address, { network: regtest, ...options });
  return { ours, theirs: await next(), listener };
}

async function take(peer: PeerConnection, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of peer.messages()) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

/** A message that `Peer` leaves to us, with that many bytes of payload. */
function unknown(size: number, messageType = 'filler'): Message {
  return { type: 'unknown', payload: { messageType, bytes: pattern(size) } };
}

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

describe('connect and listen', () => {
  test('shake hands and know each other', async () => {
    const { ours, theirs, listener } = await meet(
      { userAgent: '/ours:1/', relay: true, startHeight: 7 },
      { userAgent: '/theirs:2/', services: 9n, startHeight: 1_000 },
    );
    expect(ours.address).toBe(listener.address);
    expect(ours.version).toMatchObject({ userAgent: '/theirs:2/', services: 9n, startHeight: 1_000 });
    expect(theirs.version).toMatchObject({ userAgent: '/ours:1/', relay: true, startHeight: 7 });
    expect(ours.established).toMatchObject({ wtxidRelay: true, wantsAddrV2: true, commonVersion: 70_016 });
    expect(ours.info).toMatchObject({ inbound: false, connection_type: 'manual', subver: '/theirs:2/' });
    expect(theirs.info).toMatchObject({ inbound: true, relaytxes: true, subver: '/ours:1/' });
    expect(listener.connectionCount).toBe(1);
  });

  test('messages arrive decoded and in order, in both directions', async () => {
    const { ours, theirs } = await meet();
    const sent: Message[] = [
      { type: 'getaddr', payload: {} },
      { type: 'inv', payload: { inventory: [{ type: 'wtx', hash: pattern(32) }] } },
      unknown(100_000),
      { type: 'block', payload: { block: regtest.genesis } },
    ];
    for (const message of sent) expect(ours.send(message)).toBe(true);
    const [getaddr, inv, filler, block] = await take(theirs, 4);
    expect([getaddr, inv, filler]).toEqual(sent.slice(0, 3));
    expect(block?.type === 'block' && block.payload.block.bytes).toEqual(regtest.genesis.bytes);
    theirs.send({ type: 'getaddr', payload: {} });
    expect(await take(ours, 1)).toEqual([{ type: 'getaddr', payload: {} }]);
  });

  test('the default port is the network\'s, and an address without a port is fine', async () => {
    // Nothing listens on testnet4's port here, or else on nobody's.
    const options = { network: { ...testnet4, defaultPort: 1 } };
    expect((await failure(connect('127.0.0.1', options))).message).toContain('ECONNREFUSED');
    expect((await failure(connect('[::1]', options))).message).toMatch(/ECONNREFUSED|EADDRNOTAVAIL/);
    expect((await failure(connect('::1', options))).message).toMatch(/ECONNREFUSED|EADDRNOTAVAIL/);
  });

  test('a peer with a wrong idea of a message is noticed, and the connection goes on', async () => {
    const notices: PeerNotice[] = [];
    const { ours, theirs } = await meet({}, { onNotice: (notice) => notices.push(notice) });
    ours.send({ type: 'unknown', payload: { messageType: 'inv', bytes: Uint8Array.of(5) } });
    ours.send({ type: 'getaddr', payload: {} });
    await take(theirs, 1);
    expect(notices).toMatchObject([{ code: 'undecodable', address: theirs.address }]);
  });

  test('a message that cannot be sent is its sender\'s fault, and the connection goes on', async () => {
    const { ours, theirs } = await meet();
    expect(() => ours.send(unknown(1, 'far-too-long-a-type'))).toThrow(RangeError);
    expect(() => ours.send({ type: 'verack', payload: {} })).toThrow('verack');
    ours.send({ type: 'getaddr', payload: {} });
    expect(await take(theirs, 1)).toEqual([{ type: 'getaddr', payload: {} }]);
    expect(ours.isClosed).toBe(false);
  });

  test('many at once', async () => {
    const before = await handles();
    const { address, next, listener } = await serve();
    const connecting = Array.from({ length: 50 }, () => connect(address, { network: regtest }));
    const ours = await Promise.all(connecting);
    for (const [i, peer] of ours.entries()) peer.send(unknown(i));
    const sizes = [];
    for (let i = 0; i < 50; i++) {
      const [message] = await take(await next(), 1);
      if (message?.type === 'unknown') sizes.push(message.payload.bytes.length);
    }
    expect(sizes.sort((a, b) => a - b)).toEqual([...ours.keys()]);
    await Promise.all(ours.map((peer) => peer.close()));
    await listener.close();
    expect(await handles()).toEqual(before);
  });
});

describe('messages', () => {
  test('leaving the loop leaves the connection open; the next goes on', async () => {
    const { ours, theirs } = await meet();
    for (let i = 0; i < 5; i++) ours.send(unknown(i));
    expect(await take(theirs, 2)).toEqual([unknown(0), unknown(1)]);
    expect(await take(theirs, 3)).toEqual([unknown(2), unknown(3), unknown(4)]);
    expect(theirs.isClosed).toBe(false);
  });

  test('those that came before the end are still there after it', async () => {
    const { ours, theirs } = await meet();
    for (let i = 0; i < 3; i++) ours.send(unknown(i));
    await ours.close();
    await theirs.closed;
    const messages: Message[] = [];
    for await (const message of theirs.messages()) messages.push(message);
    expect(messages).toEqual([unknown(0), unknown(1), unknown(2)]);
    expect(await theirs.messages().next()).toEqual({ done: true, value: undefined });
  });

  test('a loop that waits ends with the connection', async () => {
    const { ours, theirs } = await meet();
    const waiting = take(theirs, 1);
    await ours.close();
    expect(await waiting).toEqual([]);
  });

  test('two loops share them', async () => {
    const { ours, theirs } = await meet();
    const both = Promise.all([take(theirs, 2), take(theirs, 2)]);
    for (let i = 0; i < 4; i++) ours.send(unknown(i));
    const sizes = (await both).flat().map((message) =>
      message.type === 'unknown' ? message.payload.bytes.length : -1,
    );
    expect(sizes.sort()).toEqual([0, 1, 2, 3]);
  });

  test('of a slow reader wait, and the sender feels it', async () => {
    const { ours, theirs } = await meet();
    const size = 50_000;
    let sent = 0;
    const stop = new AbortController();
    const sending = (async (): Promise<void> => {
      while (!stop.signal.aborted) {
        sent++;
        if (!ours.send(unknown(size))) await ours.drained();
      }
    })();
    // The other way still works, and tells that time passes.
    let last = -1;
    while (sent !== last) {
      last = sent;
      for (let i = 0; i < 50; i++) {
        theirs.send({ type: 'getaddr', payload: {} });
        await take(ours, 1);
      }
    }
    // Nothing has been taken: what was sent is in the queue, here and there, and in the system.
    expect(sent * size).toBeLessThan(MAX_WAITING_BYTES + 64_000_000);
    expect(theirs.info.bytesrecv).toBeLessThan(MAX_WAITING_BYTES + 200_000);
    stop.abort();
    const messages = take(theirs, sent + 1);
    await sending;
    while (!ours.send(unknown(1))) await ours.drained();
    const last2 = (await messages).at(-1);
    expect(last2).toBeDefined();
    expect(theirs.info.bytesrecv).toBeGreaterThan(sent * size);
  });
});

describe('closing', () => {
  test('by us, from their side and ours', async () => {
    const before = await handles();
    const { ours, theirs, listener } = await meet();
    await ours.close();
    expect(await ours.closed).toEqual({ reason: 'closed-by-us', detail: 'closed by us' });
    expect(await theirs.closed).toMatchObject({ reason: 'closed-by-peer' });
    expect([ours.isClosed, theirs.isClosed]).toEqual([true, true]);
    await ours.close();
    await listener.close();
    expect(await handles()).toEqual(before);
  });

  test('of the listener closes its connections', async () => {
    const { ours, theirs, listener } = await meet();
    await listener.close();
    expect(await theirs.closed).toMatchObject({ reason: 'closed-by-us' });
    expect(await ours.closed).toMatchObject({ reason: 'closed-by-peer' });
    expect(listener.connectionCount).toBe(0);
  });

  test('what was sent before still arrives', async () => {
    const { ours, theirs } = await meet();
    for (let i = 0; i < 10; i++) ours.send(unknown(400_000));
    const taking = take(theirs, 11);
    await ours.close();
    expect(await taking).toHaveLength(10);
  });

  test('nothing can be sent any more, and nobody waits for ever', async () => {
    const { ours, theirs } = await meet();
    // More than the system takes at once.
    while (ours.send(unknown(3_000_000)));
    for (let i = 0; i < 10; i++) ours.send(unknown(3_000_000));
    const drained = failure(ours.drained());
    void theirs.close();
    expect((await drained).code).toBe('closed');
    expect(ours.send({ type: 'getaddr', payload: {} })).toBe(false);
    expect((await failure(ours.drained())).code).toBe('closed');
    await ours.closed;
  });

  test('for a fault of the peer\'s has its reason', async () => {
    const { ours, theirs } = await meet();
    // A count of 50,001, one more than an `inv` may have (Core `MAX_INV_SZ`, net_processing.cpp).
    const bytes = new Uint8Array(3 + 50_001 * 36);
    bytes.set([0xfd, 0x51, 0xc3]);
    ours.send({ type: 'unknown', payload: { messageType: 'inv', bytes } });
    expect(await theirs.closed).toMatchObject({ reason: 'misbehaving' });
    expect(await ours.closed).toMatchObject({ reason: 'closed-by-peer' });
  });
});

describe('a handshake that comes to nothing', () => {
  test('with something that is no Bitcoin peer', async () => {
    const { address } = await plainServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await failure(connect(address, { network: regtest, v2Transport: false }));
    expect(error).toMatchObject({ code: 'handshake-failed', name: 'ConnectError' });
    expect(error.message).toContain(address);
  });

  test('with a peer of another network', async () => {
    const { address } = await serve({ network: mainnet, v2Transport: false });
    const error = await failure(connect(address, { network: regtest }));
    expect(error.code).toBe('handshake-failed');
  });

  test('with something that talks without end', async () => {
    const { address } = await plainServer((socket) => socket.write(pattern(10_000)));
    const error = await failure(connect(address, { network: regtest }));
    expect(error).toMatchObject({ code: 'handshake-failed' });
    expect(error.message).toContain('missing garbage terminator');
  });

  test('with an encrypted peer of another network, whose keys are others', async () => {
    const { address } = await serve({ network: mainnet });
    const error = await failure(connect(address, { network: regtest, peerTimeout: 200 }));
    expect(error).toMatchObject({ code: 'timeout' });
    expect(error.message).toContain('V2 handshake timeout');
  });

  test('with a peer that hangs up', async () => {
    const { address } = await plainServer((socket) => socket.once('data', () => socket.end()));
    const error = await failure(connect(address, { network: regtest }));
    expect(error.code).toBe('handshake-failed');
    expect(error.message).toContain('closed-by-peer');
  });

  test('with a peer that hangs up in the middle of a message', async () => {
    const { address } = await plainServer((socket) => {
      const verack = v1Frame(regtest.magic, { type: 'verack', payload: {} });
      socket.end(verack.subarray(0, 10));
    });
    expect((await failure(connect(address, { network: regtest }))).code).toBe('handshake-failed');
  });

  test('with a peer that says nothing', async () => {
    const before = await handles();
    const { address } = await plainServer(() => {});
    const error = await failure(connect(address, { network: regtest, peerTimeout: 30 }));
    expect(error.code).toBe('timeout');
    await closeAll();
    expect(await handles()).toEqual(before);
  });

  test('with nobody', async () => {
    const { server, address } = await plainServer(() => {});
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(connect(address, { network: regtest }));
    expect(error).toMatchObject({ code: 'connect-failed', message: `${address}: ECONNREFUSED` });
  });

  test('because it is aborted, at whatever moment', async () => {
    const before = await handles();
    let accepted = (): void => {};
    const { address } = await plainServer(() => accepted());

    const early = connect(address, { network: regtest, signal: AbortSignal.abort('early') });
    expect(await failure(early)).toMatchObject({ code: 'aborted', cause: 'early' });

    const dialling = new AbortController();
    const second = failure(connect(address, { network: regtest, signal: dialling.signal }));
    dialling.abort('while dialling');
    expect(await second).toMatchObject({ code: 'aborted', cause: 'while dialling' });

    const shaking = new AbortController();
    const stands = new Promise<void>((resolve) => (accepted = resolve));
    const third = failure(connect(address, { network: regtest, signal: shaking.signal }));
    await stands;
    shaking.abort('while shaking hands');
    expect(await third).toMatchObject({ code: 'aborted', cause: 'while shaking hands' });
    await closeAll();
    expect(await handles()).toEqual(before);
  });

  test('with v2, by a peer that answers in v1, is taken up again in v1', async () => {
    const codes: string[] = [];
    const { address } = await serve({ v2Transport: false });
    // In front of the listener, somebody who lets the first connection down.
    let connections = 0;
    const { address: front } = await plainServer((socket) => {
      if (connections++ === 0) {
        socket.write(v1Frame(regtest.magic, { type: 'verack', payload: {} }));
        return;
      }
      const { host, port } = splitHostPort(address)!;
      const back = createConnection(port!, host);
      socket.pipe(back).pipe(socket);
    });
    const ours = await connect(front, { network: regtest, onNotice: ({ code }) => codes.push(code) });
    expect(ours.established.transport).toBe('v1');
    expect(codes).toEqual(['reconnecting-v1']);
    await ours.close();
  });

  test('a signal given later has no effect', async () => {
    const controller = new AbortController();
    const { ours, theirs } = await meet({ signal: controller.signal });
    controller.abort();
    ours.send({ type: 'getaddr', payload: {} });
    expect(await take(theirs, 1)).toHaveLength(1);
  });

  test.each([
    ['v1', 100],
    ['v2', 5_000],
  ] as const)('a listener with %s lives through it', async (transport, bytes) => {
    const notices: PeerNotice[] = [];
    const v2Transport = transport === 'v2';
    const { address, next } = await serve({
      v2Transport,
      onNotice: (notice) => notices.push(notice),
    });
    const garbage = await plainSocket(address);
    garbage.resume().write(fromHex('00'.repeat(bytes)));
    await new Promise((resolve) => garbage.once('close', resolve));
    const early = await plainSocket(address);
    early.resume().end(v1Frame(regtest.magic, { type: 'getaddr', payload: {} }));
    await new Promise((resolve) => early.once('close', resolve));
    const ours = await connect(address, { network: regtest });
    const theirs = await next();
    expect(theirs.established.transport).toBe(transport);
    expect(ours.established.transport).toBe(transport);
    expect(ours.info.session_id).toBe(theirs.info.session_id);
    // To one that may speak v2, what does not begin with a v1 version is the start of a key.
    expect(notices.map(({ code }) => code)).toEqual(v2Transport ? [] : ['message-before-version']);
  });
});
