import { afterEach, expect, test } from '@jest/globals';
import { startBitcoind, type BitcoindPeer } from '@btcp2p/bitcoind-peer';
import type { TrafficShaping } from '@btcp2p/peer';
import { describeWithBitcoind } from '@btcp2p/testdata';
import { hashFromHex, regtest, type Message } from '@btcp2p/wire';
import { connect } from '../src/connect.ts';
import { listen, type PeerListener } from '../src/listen.ts';
import type { PeerConnection } from '../src/peer-connection.ts';
import { closeAll } from './support.ts';

interface PeerInfo {
  readonly transport_protocol_type: string;
  readonly session_id: string;
  readonly bytesrecv: number;
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>;
}

const MEGABYTE = 1_000_000;
/** Megabytes each way. */
const BULK = 300;
/** Pings, and as many pongs: 2,000 changes of key each way, since one key is for 224 packets. */
const PINGS = 2_000 * 224;
/** Bytes of `ping` and `pong` on the wire: 20 of the packet, 1 of type, 8. */
const PING_SIZE = 29;
/** Bytes on the wire of 2,000 headers: the packet, type, count, and 81 for each header. */
const HEADERS_SIZE = 20 + 1 + 3 + 2_000 * 81;

/** Pays to OP_TRUE. */
const ANYONE = 'raw(51)#8lvh9jxk';

describeWithBitcoind('v2 with a real bitcoind', (binary) => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).toReversed()) await close();
    await closeAll();
  });

  async function startCore(args: readonly string[]): Promise<BitcoindPeer> {
    const core = await startBitcoind(binary, args);
    open.push(() => core.stop());
    return core;
  }

  async function peerOf(core: BitcoindPeer): Promise<PeerInfo> {
    const peers = await core.rpc<PeerInfo[]>('getpeerinfo');
    expect(peers).toHaveLength(1);
    return peers[0]!;
  }

  async function join(core: BitcoindPeer, shaping?: TrafficShaping): Promise<PeerConnection> {
    const peer = await connect(`127.0.0.1:${core.port}`, {
      network: regtest,
      ...(shaping && { shaping }),
    });
    open.push(() => peer.close());
    return peer;
  }

  test('300 MB and 2,000 changes of key in each direction, with decoys', async () => {
    // Its log would have a line for each of these messages.
    const core = await startCore(['-debug=none']);
    await core.rpc('generatetodescriptor', 2_000, ANYONE);
    let decoys = 0;
    let decoyBytes = 0;
    const peer = await join(core, {
      garbageSize: () => 4_095,
      nextDecoy: (rng) => {
        decoys++;
        const size = rng.below(2_000);
        decoyBytes += size + 20;
        return { delay: 1 + rng.below(10), size };
      },
    });
    expect(peer.established).toMatchObject({ transport: 'v2' });
    expect((await peerOf(core)).session_id).toBe(peer.info.session_id);

    // All that it receives from the start is what we sent, so that nothing was lost of it.
    await sendPings(peer);
    await untilReceived(peer, 'pong', PINGS * PING_SIZE);
    await sendBulk(peer);
    await receiveHeaders(peer);
    const ours = peer.info;
    expect(ours.bytesrecv_per_msg['headers']).toBeGreaterThanOrEqual(BULK * MEGABYTE);
    await core.until(async () => {
      const theirs = await peerOf(core);
      return theirs.bytesrecv_per_msg['*other*'] === BULK * (MEGABYTE + 33);
    });
    const theirs = await peerOf(core);
    expect(theirs.bytesrecv_per_msg['ping']).toBe(ours.bytessent_per_msg['ping']);
    expect(theirs.bytesrecv_per_msg['getheaders']).toBe(ours.bytessent_per_msg['getheaders']);
    expect(decoys).toBeGreaterThan(100);
    const messages = Object.values(theirs.bytesrecv_per_msg).reduce((sum, bytes) => sum + bytes, 0);
    // What is more than messages are decoys, and a handshake of 4 KB.
    expect(theirs.bytesrecv - messages).toBeGreaterThan(decoyBytes / 2);
    expect(core.log()).not.toMatch(/error|misbehav|discourag/i);
  }, 300_000);

  test('one that speaks v1 only is reached by dialling again', async () => {
    const core = await startCore(['-v2transport=0']);
    const notices: string[] = [];
    const peer = await connect(`127.0.0.1:${core.port}`, {
      network: regtest,
      onNotice: ({ code }) => notices.push(code),
    });
    open.push(() => peer.close());
    expect(notices).toEqual(['reconnecting-v1']);
    expect(peer.established).toMatchObject({ transport: 'v1', sessionId: undefined });
    expect(await peerOf(core)).toMatchObject({ transport_protocol_type: 'v1', session_id: '' });
    expect(core.log()).toContain('Header error: Wrong MessageStart');
  });

  test.each(['v2', 'v1'])('one that speaks %s reaches us', async (transport) => {
    let reached: (peer: PeerConnection) => void = () => {};
    const first = new Promise<PeerConnection>((resolve) => (reached = resolve));
    const listener: PeerListener = await listen({ network: regtest, port: 0 }, reached);
    open.push(() => listener.close());
    const core = await startCore([
      `-v2transport=${transport === 'v2' ? 1 : 0}`, `-connect=${listener.address}`,
    ]);
    const peer = await first;
    expect(peer.established.transport).toBe(transport);
    await core.until(async () => {
      const theirs = await peerOf(core);
      return theirs.transport_protocol_type === transport;
    });
    expect((await peerOf(core)).session_id).toBe(peer.info.session_id);
  });
});

async function sendPings(peer: PeerConnection): Promise<void> {
  for (let i = 1; i <= PINGS; i++) {
    if (!peer.send({ type: 'ping', payload: { nonce: BigInt(i) } })) await peer.drained();
  }
}

async function untilReceived(peer: PeerConnection, type: string, bytes: number): Promise<void> {
  while ((peer.info.bytesrecv_per_msg[type] ?? 0) < bytes) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function sendBulk(peer: PeerConnection): Promise<void> {
  const message: Message = {
    type: 'unknown',
    payload: { messageType: 'bulk', bytes: new Uint8Array(MEGABYTE).fill(0x5a) },
  };
  for (let i = 0; i < BULK; i++) {
    if (!peer.send(message)) await peer.drained();
  }
}

async function receiveHeaders(peer: PeerConnection): Promise<void> {
  const request: Message = {
    type: 'getheaders',
    payload: {
      version: 70016,
      locator: [regtest.genesisHash],
      hashStop: hashFromHex('00'.repeat(32)),
    },
  };
  const count = Math.ceil((BULK * MEGABYTE) / HEADERS_SIZE);
  let asked = 0;
  let taken = 0;
  for (; asked < 8; asked++) peer.send(request);
  for await (const message of peer.messages()) {
    if (message.type !== 'headers') continue;
    expect(message.payload.headers.length).toBe(2_000);
    if (++taken === count) return;
    if (asked++ < count) peer.send(request);
  }
}
