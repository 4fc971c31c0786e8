import { connect } from 'node:net';

import { describe } from '@jest/globals';

import { installBcoin, loadBcoin, startBcoin } from '../src/index.ts';
import type { BcoinOptions, BcoinPacket, BcoinPeer } from '../src/index.ts';

function canInstall(): boolean {
  try {
    installBcoin();
    return true;
  } catch (error) {
    console.warn('skipped: needs bcoin, and the npm registry to install it from\n', error);
    return false;
  }
}

/** `describe`, or a visible skip on a machine that has no bcoin and no way to get it. */
export const describeBcoin: typeof describe.skip = canInstall() ? describe : describe.skip;

/** Runs `use` with as many bcoins as there are options, and stops them. */
export async function withBcoins<Result>(
  options: readonly BcoinOptions[],
  use: (...bcoins: BcoinPeer[]) => Promise<Result>,
): Promise<Result> {
  const bcoins = await Promise.all(options.map(startBcoin));
  try {
    return await use(...bcoins);
  } finally {
    await Promise.all(bcoins.map((bcoin) => bcoin.stop()));
  }
}

/** Whether a process exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Message {
  readonly command: string;
  readonly payload: Uint8Array;
}

const PING: Message = { command: 'ping', payload: new Uint8Array(8).fill(7) };

/**
 * Shakes hands with bcoin over a plain socket, sends the messages and a ping behind them, and answers
 * everything that came up to the pong.
 */
export async function converse(
  port: number,
  network: 'regtest' | 'main',
  messages: readonly Message[],
): Promise<BcoinPacket[]> {
  const bcoin = loadBcoin();
  const framer = new bcoin.Framer(network);
  const parser = new bcoin.Parser(network);
  const socket = connect(port, '127.0.0.1');
  const send = ({ command, payload }: Message): void => {
    socket.write(framer.packet(command, bcoin.buffer(payload)));
  };
  const received: BcoinPacket[] = [];
  try {
    await new Promise((resolve, reject) => {
      parser.on('error', reject);
      parser.on('packet', (packet) => {
        received.push(packet);
        if (packet.cmd === 'version') send({ command: 'verack', payload: new Uint8Array() });
        if (packet.cmd === 'verack') [...messages, PING].forEach(send);
        if (packet.cmd === 'pong') resolve(undefined);
      });
      socket.on('data', (bytes) => parser.feed(bytes));
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('bcoin closed the connection')));
      send({ command: 'version', payload: encodeVersion() });
    });
  } finally {
    socket.destroy();
  }
  return received;
}

/** The payload of `version`: protocol 70016, NODE_NETWORK and NODE_WITNESS, no user agent. */
function encodeVersion(): Uint8Array {
  const bytes = new Uint8Array(86);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 70_016, true);
  view.setBigUint64(4, 9n, true);
  view.setBigInt64(12, BigInt(Math.floor(Date.now() / 1000)), true);
  view.setBigUint64(72, 0x1234_5678n, true);
  return bytes;
}
