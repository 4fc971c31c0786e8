import { describe, expect, test } from '@jest/globals';
import { type Session } from '../src/index.ts';
import { concat, pattern, toHex } from './support/bytes.ts';
import { againstRaw, bytesOf, eventsOf, NOTHING, RawPeer, session } from './support/sessions.ts';

const FAILURE = /^failed (no-garbage-terminator|authentication-failed|packet-too-large|wrong-network)$/;

/** More than any packet may have. */
const FLOOD = pattern(65_536);
const FLOODS = 80;

/** What a session has to say in the end, which is the name of an error however long it has waited. */
function endOf(tested: Session): { events: string[]; hasWaited: boolean } {
  const hasWaited = tested.stage !== 'failed';
  for (let i = 0; i < FLOODS && tested.stage !== 'failed'; i++) tested.receive(FLOOD.slice());
  return { events: eventsOf(tested), hasWaited };
}

describe.each(['initiator', 'responder'] as const)('%s', (role) => {
  const options = { garbageSize: 0 };

  test('any byte of a handshake changed: a named error, at once or after more bytes', () => {
    const peer = new RawPeer(role === 'initiator' ? 'responder' : 'initiator');
    const first = session(role, options);
    if (role === 'responder') first.receive(peer.publicKey.slice());
    peer.meet(bytesOf(first).subarray(0, 64));
    const garbage = pattern(30);
    const version = peer.packet(NOTHING, { aad: garbage });
    const packets = [peer.packet(pattern(40)), peer.packet(pattern(50))];
    const heard = concat([peer.publicKey, garbage, peer.terminator, version, ...packets]);
    const good = ['established', ...[40, 50].map((size) => `packet ${toHex(pattern(size))}`)];
    const unchanged = session(role, options);
    unchanged.receive(heard.slice());
    expect(eventsOf(unchanged)).toEqual(good);

    let waits = 0;
    for (let at = 0; at < heard.length; at++) {
      for (const bit of [0x01, 0x80]) {
        const tested = session(role, options);
        const changed = heard.slice();
        changed[at]! ^= bit;
        tested.receive(changed);
        const { events, hasWaited } = endOf(tested);
        if (hasWaited) waits++;
        expect(events.at(-1)).toMatch(FAILURE);
        // Nothing comes out but what came before.
        expect(events.slice(0, -1)).toEqual(good.slice(0, events.length - 1));
        expect(events.length).toBeLessThanOrEqual(good.length);
      }
    }
    // That of a key or of a terminator is not noticed before more comes.
    expect(waits).toBeGreaterThan(2 * 64);
  }, 20_000);

  test('a byte of one in 1,000 packets changed: those before it, then a named error', () => {
    for (let run = 0; run < 1_000; run++) {
      const { tested, peer } = againstRaw(role, options);
      tested.receive(concat([peer.terminator, peer.packet(NOTHING)]));
      const good = run % 5;
      for (let i = 0; i < good; i++) tested.receive(peer.packet(pattern(10, i + 1)));
      const packet = peer.packet(pattern(run % 60, run));
      const at = (run * 7) % packet.length;
      packet[at]! ^= 1 << (run % 8);
      tested.receive(packet);
      const { events } = endOf(tested);
      expect(events).toHaveLength(1 + good + 1);
      expect(events.at(-1)).toMatch(FAILURE);
    }
  }, 20_000);

  test('packets that are left out, repeated, or in another order', () => {
    for (const order of [[1], [0, 0], [1, 0], [0, 2], [0, 1, 1], [2, 1, 0]]) {
      const { tested, peer } = againstRaw(role, options);
      tested.receive(concat([peer.terminator, peer.packet(NOTHING)]));
      const packets = [0, 1, 2].map((i) => peer.packet(pattern(33, i + 1)));
      tested.receive(concat(order.map((i) => packets[i]!)));
      const { events } = endOf(tested);
      expect(events.at(-1)).toMatch(FAILURE);
      const inOrder = order.findIndex((packet, i) => packet !== i);
      expect(events).toHaveLength(1 + inOrder + 1);
    }
  });

  test('what a peer without keys sends', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const tested = session(role, options);
      tested.receive(pattern(5_000, seed));
      expect(eventsOf(tested)).toEqual(['failed no-garbage-terminator']);
    }
  });
});
