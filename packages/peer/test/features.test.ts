import { describe, expect, test } from '@jest/globals';
import type { Feature, Message } from '@btcp2p/wire';
import { FEATURE_VERSION, type PeerOptions } from '../src/index.ts';
import { theirVersion } from './support/options.ts';
import { concat } from './support/payloads.ts';
import { ScriptedPeer } from './support/scripted-peer.ts';

const feature = (id: string, data: readonly number[] = []): Feature => ({
  id,
  data: Uint8Array.from(data),
});
const say = (payload: Feature): Message => ({ type: 'feature', payload });
const version = (number: number): Message => ({
  type: 'version',
  payload: theirVersion({ version: number }),
});
const VERACK: Message = { type: 'verack', payload: {} };

const OURS = [feature('BIP434v2', [1, 2]), feature('BIP434v1')];
const ON: Partial<PeerOptions> = { protocolVersion: FEATURE_VERSION, features: OURS };

/** A payload of `feature`, well-formed or not. */
function payloadOf(idLength: number, dataLength: number, trailing = 0): Uint8Array {
  const size = (length: number): Uint8Array =>
    length < 0xfd ? Uint8Array.of(length) : Uint8Array.of(0xfd, length & 0xff, length >> 8);
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  return concat([
    size(idLength), zeros(idLength).fill(0x61), size(dataLength), zeros(dataLength), zeros(trailing),
  ]);
}

describe('from protocol version 70017 on', () => {
  test('we offer ours between the other negotiation and verack', () => {
    const script = new ScriptedPeer(ON);
    script.say(version(FEATURE_VERSION));
    expect(script.receivedTypes).toEqual([
      'version', 'wtxidrelay', 'sendaddrv2', 'feature', 'feature', 'verack',
    ]);
    expect(script.last('version').payload.version).toBe(70017);
    const sent = script.received.filter((message) => message.type === 'feature');
    expect(sent.map(({ payload }) => payload)).toEqual(OURS);
  });

  test('but not to a peer with a lower version', () => {
    const script = new ScriptedPeer(ON);
    script.say(version(70016));
    expect(script.receivedTypes).not.toContain('feature');
  });

  test("the peer's count if they are ours, in its order, the first of each id", () => {
    const script = new ScriptedPeer(ON);
    const theirs = [
      feature('BIP434v1', [7]), feature('BIP9999'), feature('BIP434v2'), feature('BIP434v1', [8]),
    ];
    script.say(version(FEATURE_VERSION), ...theirs.map(say), VERACK);
    expect(script.peer.features).toEqual([theirs[0], theirs[2]]);
    expect(script.all('established')[0]?.features).toEqual([theirs[0], theirs[2]]);
    expect(script.notices).toEqual([
      'unknown feature advertised: BIP9999, peer=0',
      'duplicate feature advertised: BIP434v1, peer=0',
    ]);
  });

  // The cases of Core's test/functional/p2p_bip434_feature.py.
  test.each([
    ['an id of nothing', payloadOf(0, 0), false],
    ['an id of 3', payloadOf(3, 0), false],
    ['an id of 4', payloadOf(4, 0), true],
    ['an id of 80', payloadOf(80, 0), true],
    ['an id of 81', payloadOf(81, 0), false],
    ['data of 512', payloadOf(4, 512), true],
    ['data of 513', payloadOf(4, 513), false],
    ['a byte too many', payloadOf(4, 0, 1), false],
    ['a truncated id', Uint8Array.of(10, 0x61, 0x62), false],
    ['truncated data', Uint8Array.of(4, 0x61, 0x62, 0x63, 0x64, 10, 0), false],
    ['an id that is not text', Uint8Array.of(4, 0, 0xff, 1, 0x7f, 0), true],
  ])('%s', (_, payload, isTaken) => {
    const script = new ScriptedPeer(ON);
    script.say(version(FEATURE_VERSION));
    script.sayRaw('feature', payload);
    if (isTaken) {
      expect(script.events).toEqual(['notice ignored-negotiation']);
      expect(script.notices[0]).toContain('unknown feature advertised');
    } else {
      expect(script.disconnect?.reason).toBe('invalid-feature');
      expect(script.disconnect?.detail).toBe('invalid feature payload, disconnecting peer=0');
    }
  });

  test('one before version is dropped like any other message', () => {
    const script = new ScriptedPeer(ON);
    script.say(say(OURS[0]!));
    expect(script.events).toEqual(['notice message-before-version']);
  });

  test.each([say(OURS[0]!), undefined])('one after verack ends the connection', (message) => {
    const script = ScriptedPeer.established(ON, { version: FEATURE_VERSION });
    if (message === undefined) script.sayRaw('feature', [1]);
    else script.say(message);
    expect(script.events).toEqual(['established', 'disconnect late-negotiation']);
    expect(script.disconnect?.detail).toBe('feature received after verack, disconnecting peer=0');
    expect(script.peer.features).toEqual([]);
  });

  test.each([say(OURS[0]!), undefined])('so does one of a peer with a lower version', (message) => {
    const script = new ScriptedPeer(ON);
    script.say(version(70016));
    if (message === undefined) script.sayRaw('feature', [1]);
    else script.say(message);
    expect(script.disconnect?.reason).toBe('invalid-feature');
    expect(script.disconnect?.detail).toBe(
      'feature received with incompatible version, disconnecting peer=0',
    );
  });

  test('a peer may offer as many as it likes: only ours take memory', () => {
    const script = new ScriptedPeer(ON);
    script.say(version(FEATURE_VERSION));
    for (let i = 0; i < 1_000; i++) script.say(say(feature(`feat${i}`)));
    expect(script.peer.features).toEqual([]);
    expect(script.peer.stage).toBe('awaiting-verack');
  });

  test('what is kept does not change with the bytes that it came in', () => {
    const script = new ScriptedPeer(ON);
    script.say(version(FEATURE_VERSION));
    const data = script.bytesOf(say(OURS[0]!));
    script.sayBytes(data);
    data.fill(0);
    expect(script.peer.features).toEqual([OURS[0]]);
  });
});

describe('below it', () => {
  test('none is offered, and theirs are messages like any other', () => {
    const script = new ScriptedPeer({ features: OURS });
    script.say(version(FEATURE_VERSION), say(OURS[0]!));
    expect(script.receivedTypes).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack']);
    script.say(VERACK, say(OURS[0]!));
    script.sayRaw('feature', [1]);
    expect(script.events).toEqual([
      'notice message-before-verack',
      'established',
      'message feature',
      'notice undecodable',
    ]);
    expect(script.peer.features).toEqual([]);
  });
});
