import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect as dial, type Socket } from 'node:net';
import { Session } from '@btcp2p/bip324';
import { SeededRng } from '@btcp2p/machine';
import { connect, nativeAead, nativeEllSwift, nativeSha256d, secureRng } from '@btcp2p/reactor';
import {
  messages, regtest, unspecifiedAddress, v1Frame, type InventoryVector, type Message,
} from '@btcp2p/wire';
import { TestNode } from './support/test-node.ts';

const GETHEADERS: Message = {
  type: 'getheaders',
  payload: { version: 70016, locator: [regtest.genesisHash], hashStop: new Uint8Array(32) },
};

const rng = new SeededRng(0xbadn);
let node: TestNode;

beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(async () => node.remove());

/** A connection that says what it likes. Whatever the node does to it is all right. */
async function attack(...parts: readonly Uint8Array[]): Promise<Socket> {
  const port = Number(node.address.split(':').at(-1));
  const socket = dial({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  for (const part of parts) socket.write(part);
  return socket;
}

function frame(message: Message): Uint8Array {
  return v1Frame(regtest.magic, message, nativeSha256d);
}

function frameOf(type: string, bytes: Uint8Array): Uint8Array {
  return frame({ type: 'unknown', payload: { messageType: type, bytes } });
}

/** What opens a connection. */
function hello(): Uint8Array {
  const version = frame({
    type: 'version',
    payload: {
      version: 70016, services: 9n, timestamp: 0n, receiver: unspecifiedAddress,
      sender: unspecifiedAddress, nonce: rng.u64(), userAgent: '/evil/', startHeight: 0, relay: true,
    },
  });
  return Buffer.concat([version, frame({ type: 'verack', payload: {} })]);
}

/** An honest peer gets through its handshake and has its ping answered. */
async function expectAlive(): Promise<void> {
  const peer = await connect(node.address, { network: regtest });
  peer.send(GETHEADERS);
  for await (const message of peer.messages()) if (message.type === 'headers') break;
  await peer.close();
}

async function end(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await expectAlive();
}

test('bytes that mean nothing', async () => {
  const sockets: Socket[] = [];
  for (let i = 0; i < 60; i++) sockets.push(await attack(rng.bytes(1 + rng.below(5_000))));
  await end(sockets);
});

test('every type of message with random content, in and out of turn', async () => {
  const types = [...Object.keys(messages), 'zzz'];
  const sockets: Socket[] = [];
  for (let i = 0; i < 60; i++) {
    const parts = Array.from({ length: 40 }, () =>
      frameOf(types[rng.below(types.length)]!, rng.bytes([0, 1, 8, 33, 81, 200, 5_000][rng.below(7)]!)),
    );
    sockets.push(await attack(...(rng.below(4) === 0 ? [] : [hello()]), ...parts));
  }
  await end(sockets);
});

test('4 MB announced by each of 100 peers, and one byte sent: takes no memory', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const announced = frameOf('block', new Uint8Array(4_000_000)).subarray(0, 25);
  const sockets: Socket[] = [];
  for (let i = 0; i < 100; i++) sockets.push(await attack(hello(), announced));
  await expectAlive();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
  await end(sockets);
});

test('transactions of two million witness items', async () => {
  const items = new Uint8Array(3_800_000).fill(1);
  const start = Buffer.from(`010000000001 01${'00'.repeat(41)} 00 fe f0fc1c00`.replaceAll(' ', ''), 'hex');
  const bomb = frameOf('tx', Buffer.concat([start, items, new Uint8Array(4)]));
  await end([await attack(hello(), bomb, bomb, bomb)]);
});

test('a peer that asks for 2,500,000 blocks and reads none', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const inventory = Array.from({ length: 50_000 }, (): InventoryVector => ({
    type: 'witness_block', hash: regtest.genesisHash,
  }));
  const request = frame({ type: 'getdata', payload: { inventory } });
  const socket = await attack(hello());
  socket.pause();
  for (let i = 0; i < 50; i++) socket.write(request);
  await expectAlive();
  await expectAlive();
  // Of ours, 50 requests wait in this process; the node adds little to them.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * request.length + 40_000_000);
  await end([socket]);
});

test('half-handshakes of v2 in hundreds: who is there is answered', async () => {
  const there = await connect(node.address, { network: regtest });
  for (let wave = 0; wave < 4; wave++) {
    const sockets: Socket[] = [];
    for (let i = 0; i < 100; i++) sockets.push(await attack(rng.bytes(64 + rng.below(5_000))));
    there.send(GETHEADERS);
    for await (const message of there.messages()) if (message.type === 'headers') break;
    for (const socket of sockets) socket.destroy();
  }
  expect(there.isClosed).toBe(false);
  await there.close();
  await expectAlive();
});

test('4 MB announced in an encrypted packet by each of 100 peers: takes no memory', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const sockets: Socket[] = [];
  const contents = new Uint8Array(4_000_000);
  for (let i = 0; i < 100; i++) {
    const session = new Session({
      role: 'initiator', magic: regtest.magic, rng: secureRng, aead: nativeAead, ellSwift: nativeEllSwift,
    });
    const socket = await attack(session.pollBytes()!);
    await new Promise<void>((resolve) => {
      socket.on('data', (data: Buffer) => {
        session.receive(new Uint8Array(data));
        if (session.stage === 'established') resolve();
      });
    });
    // The terminator and our version packet, then 3 bytes: a length, which is all of a large packet.
    socket.write(Buffer.concat([session.pollBytes()!, session.pollBytes()!]));
    session.send(contents);
    socket.write(session.pollBytes()!);
    sockets.push(socket);
    session.close();
  }
  await expectAlive();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
  await end(sockets);
});
