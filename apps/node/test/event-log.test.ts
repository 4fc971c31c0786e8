import { beforeEach, describe, expect, test } from '@jest/globals';
import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import type { PeerId } from '@btcp2p/machine';
import type { NodeEvent } from '@btcp2p/node';
import { hashToHex, regtest } from '@btcp2p/wire';
import { EventLog, type EventLogContext } from '../src/event-log.ts';
import { Log } from '../src/log.ts';

const headers = new HeaderTree({ params: consensusParams(regtest), anchor: genesisAnchor(regtest) });
const { anchor } = headers;
const genesis = hashToHex(headers.hash(anchor));
const peer = 3 as PeerId;

let lines: string[];
let log: EventLog;

function make(context?: Partial<EventLogContext>, debug = true): void {
  lines = [];
  const printer = new Log(
    {
      file: undefined, console: true, timestamps: false, timeMicros: false, threadNames: false,
      sourceLocations: false, levelAlways: false, level: 'debug', categoryLevels: new Map(),
      categories: new Set(debug ? ['net', 'validation'] : []), shrink: false,
    },
    (line) => lines.push(line.trimEnd()),
  );
  printer.open('.');
  log = new EventLog(printer, headers, {
    isInitialBlockDownload: true, unixTime: () => headers.time(anchor) + 6_000, powTargetSpacing: 600,
    ...context,
  });
}

beforeEach(() => make());

const said = (event: NodeEvent): string[] => {
  lines = [];
  log.log(event);
  return lines;
};
type Notice = Extract<NodeEvent, { type: 'notice' }>;
const notice = (code: Notice['code'], detail: string): string[] =>
  said({ type: 'notice', code, peer, detail });

describe('the words of bitcoind', () => {
  test('connections', () => {
    const connected = { type: 'peer-connected', peer, address: '1.2.3.4:5' } as const;
    expect(said({ ...connected, inbound: true })).toEqual([
      '[net] Added connection peer=3', '[net] connection from 1.2.3.4:5 accepted',
    ]);
    expect(said({ ...connected, inbound: false })).toEqual(['[net] Added connection peer=3']);
    expect(said({ type: 'dialling', name: 'a:1', transport: 'v1' })).toEqual([
      '[net] trying v1 connection a:1 lastseen=0.0hrs',
    ]);
    expect(said({ type: 'already-connected', name: 'a', address: 'a:1' })).toEqual([
      'Not opening a connection to a, already connected to a:1',
    ]);
    const failed = { type: 'connect-failed', address: 'a:1', cause: 'ECONNREFUSED' } as const;
    expect(said({ ...failed, isManual: true })).toEqual(['connect() to a:1 failed: ECONNREFUSED']);
    expect(said({ ...failed, isManual: false })).toEqual(['[net] connect() to a:1 failed: ECONNREFUSED']);
    expect(said({ type: 'network-active', active: false })).toEqual(['SetNetworkActive: false']);
    expect(said({ type: 'v2-handshake', peer })).toEqual(['[net] start sending v2 handshake to peer=3']);
  });

  test.each([
    ['received', 'headers', '[net] received: headers (163 bytes) peer=3'],
    ['sent', 'verack', '[net] sending verack (163 bytes) peer=3'],
  ] as const)('messages: %s', (direction, messageType, line) => {
    const message = {
      type: 'message', direction, peer, address: 'a:1', messageType, payloadSize: 163,
    } as const;
    expect(said(message)).toEqual([line]);
  });

  test.each([
    ['handshake-timeout', 'version handshake timeout, disconnecting peer=3',
      '[net] version handshake timeout, disconnecting peer=3'],
    ['stalling', 'Peer is stalling block download',
      'Peer is stalling block download, disconnecting peer=3'],
    ['block-timeout', 'Timeout downloading block ab', 'Timeout downloading block ab, disconnecting peer=3'],
    ['self-connection', 'connected to self at 1.2.3.4:5, disconnecting',
      'connected to self at 1.2.3.4:5, disconnecting'],
    ['stopped', 'shutting down', '[net] Stopping node, disconnecting peer=3'],
    [undefined, 'socket closed', '[net] socket closed, disconnecting peer=3'],
    [undefined, 'ECONNRESET', '[net] socket recv error, disconnecting peer=3: ECONNRESET'],
  ] as const)('disconnection: %s, %s', (reason, detail, line) => {
    expect(said({ type: 'peer-disconnected', peer, reason, detail })).toEqual([
      line, '[net] Resetting socket for peer=3', '[net] Cleared nodestate for peer=3',
    ]);
  });

  test.each([
    ['low-work-chain', 'Ignoring low-work chain (height=14)',
      '[net] Ignoring low-work chain (height=14) from peer=3'],
    ['stall-started', 'Stall started', '[net] Stall started peer=3'],
    ['stalling-timeout', 'Decreased stalling timeout to 2 seconds',
      '[net] Decreased stalling timeout to 2 seconds'],
    ['misbehaving', 'Misbehaving: peer=3: x', '[net] Misbehaving: peer=3: x'],
    ['not-punished', 'Warning: not punishing noban peer 3!', 'Warning: not punishing noban peer 3!'],
    ['headers-timeout', 'Timeout downloading headers from noban peer',
      'Timeout downloading headers from noban peer, not disconnecting peer=3'],
    ['initial-block-download-finished', 'Leaving InitialBlockDownload',
      'Leaving InitialBlockDownload (latching to false)'],
    ['protected', 'x', '[net] Protecting outbound peer=3 from eviction'],
    ['new-header', 'Saw new header hash=ab height=1',
      '[validation] Saw new header hash=ab height=1 peer=3'],
  ] as const)('%s', (code, detail, line) => {
    expect(notice(code, detail)).toEqual([line]);
  });

  test('new headers are for everybody once we are synced', () => {
    make({ isInitialBlockDownload: false });
    expect(notice('new-header', 'Saw new header hash=ab height=1')).toEqual([
      'Saw new header hash=ab height=1 peer=3',
    ]);
  });

  test('headers that are being synced', () => {
    const event = { type: 'headers', count: 1, last: anchor } as const;
    expect(said(event)).toEqual(['Synchronizing blockheaders, height: 0 (~0.00%)']);
    make({ isInitialBlockDownload: false });
    expect(said(event)).toEqual([]);
  });

  test('the tip', () => {
    const line =
      `UpdateTip: new best=${genesis} height=0 version=0x00000001 log2_work=1.000000`;
    expect(said({ type: 'block-connected', entry: anchor })).toEqual([
      `${line} date='2011-02-02T23:16:42Z'`,
    ]);
    const cache = { bytes: 1.5 * 2 ** 20, coins: 7 };
    make({ chainFacts: () => ({ transactions: 5, progress: 1, cache }) });
    expect(said({ type: 'block-disconnected', entry: anchor })).toEqual([
      `${line} tx=5 date='2011-02-02T23:16:42Z' progress=1.000000 cache=1.5MiB(7txo)`,
    ]);
    make({ chainFacts: () => ({ warnings: ['a', 'b'] }) });
    expect(said({ type: 'block-connected', entry: anchor })).toEqual([
      `${line} date='2011-02-02T23:16:42Z' warning='a, b'`,
    ]);
  });

  test('a block that is refused', () => {
    expect(said({ type: 'block-rejected', entry: anchor, detail: 'bad-cb-amount, x' })).toEqual([
      '[error] Block validation error: bad-cb-amount, x',
      `[validation] AcceptBlock: ${genesis}, bad-cb-amount, x`,
    ]);
  });

  test('those who come in are told of only with -debug=net', () => {
    const info = {
      type: 'established', version: { version: 70016, startHeight: 9, userAgent: '/x/' },
      transport: 'v1', sessionId: undefined,
    } as unknown as Extract<NodeEvent, { type: 'peer-established' }>['info'];
    const established = { type: 'peer-established', peer, info } as const;
    const line = 'v1 peer connected: version: 70016, blocks=9, peer=3';
    expect(said({ ...established, connectionType: 'inbound' })).toEqual([`New inbound ${line}`]);
    make({}, false);
    expect(said({ ...established, connectionType: 'inbound' })).toEqual([]);
    expect(said({ ...established, connectionType: 'manual' })).toEqual([
      `New manual ${line}, agent=/x/`,
    ]);
  });
});
