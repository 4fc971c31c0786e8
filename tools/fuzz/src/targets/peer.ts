import type { Time } from '@btcp2p/machine';
import type { FuzzCase } from '../fuzz-case.ts';
import { keyPool } from '../keys.ts';
import { mutate } from '../mutate.ts';
import type { Target } from '../target.ts';
import { PeerSide } from './peer-side.ts';

const MINUTE = 60_000;

/** Two `Peer`s face to face, over `V2Transport` mostly. */
export const peerTarget: Target = {
  name: 'peer',
  what: 'two Peers over V2Transport, with work, time and faults in any order',
  run: runPeers,
};

function runPeers(test: FuzzCase): void {
  const { draw } = test;
  const protocol = draw.oneIn(6) ? 'v1' : 'v2';
  const now: Time = { instant: draw.below(1_000_000), unix: 1_700_000_000 };
  const [key, otherKey] = [keyPool()[draw.below(6)]!, keyPool()[draw.between(6, 11)]!];
  const dialler = new PeerSide(test, { role: 'initiator', key, protocol, now });
  const listener = new PeerSide(test, { role: 'responder', key: otherKey, protocol: 'v2', now });
  dialler.other = listener;
  listener.other = dialler;
  const world = new World(test, [dialler, listener], now, {
    // v1 has no check of a message's type.
    faults: protocol === 'v2' && draw.oneIn(4),
    hangUps: draw.oneIn(4),
    longWaits: draw.oneIn(8),
    // A step that is never completed: the peer waits, and that is all.
    neverServes: draw.oneIn(10),
  });
  test.note(`the dialler speaks ${protocol}; ${JSON.stringify(world.habits)}`);
  for (let steps = draw.pick([20, 100, 400]); steps > 0; steps--) world.step();
  world.settle();
}

/** What may happen besides what should. */
interface Habits {
  readonly faults: boolean;
  readonly hangUps: boolean;
  readonly longWaits: boolean;
  readonly neverServes: boolean;
}

/** Two peers, what is between them, and the time. */
class World {
  readonly #test: FuzzCase;
  readonly #sides: readonly [PeerSide, PeerSide];
  readonly habits: Habits;
  #now: Time;
  #isDisturbed = false;

  constructor(test: FuzzCase, sides: readonly [PeerSide, PeerSide], now: Time, habits: Habits) {
    this.#test = test;
    this.#sides = sides;
    this.#now = now;
    this.habits = habits;
  }

  /** One thing happens. */
  step(): void {
    const { draw } = this.#test;
    this.#test.step();
    const side = draw.pick(this.#sides);
    switch (draw.weighted({ deliver: 10, order: 5, serve: 6, time: 2, ping: 1, info: 1, end: 1 })) {
      case 'deliver':
        return this.#deliver(side, draw.size(10_000, [1, 16, 64, 65_536]));
      case 'order':
        return side.order(this.#now);
      case 'serve':
        if (!this.habits.neverServes) side.serve(this.#now);
        return;
      case 'time':
        return this.#wait();
      case 'ping':
        side.peer.ping(this.#now);
        return side.drain();
      case 'info':
        side.peer.info(this.#now);
        return;
      case 'end':
        return this.#disturb(side);
    }
  }

  /** Everything arrives that can, and then everything has to be there. */
  settle(): void {
    const test = this.#test;
    const [a, b] = this.#sides;
    for (let rounds = 0; a.outgoing.length + b.outgoing.length > 0 || !a.isIdle || !b.isIdle; rounds++) {
      if (this.habits.neverServes && rounds > 4) break;
      test.step();
      for (const side of this.#sides) {
        this.#deliver(side, Infinity);
        if (!this.habits.neverServes) side.serve(this.#now);
      }
    }
    this.#checkEnds();
  }

  #checkEnds(): void {
    const test = this.#test;
    const [a, b] = this.#sides;
    for (const side of this.#sides) {
      side.peer.info(this.#now);
      test.same(side.peer.stage === 'disconnected', side.hasEnded, 'the connection is over');
      if (!side.hasEnded) continue;
      test.check(side.isSilent(this.#now), 'something happens after the end, or a late secret is left');
    }
    if (a.hasEnded || b.hasEnded || this.#isDisturbed || this.habits.neverServes) {
      test.count(a.hasEnded || b.hasEnded ? 'ended' : 'disturbed');
      return;
    }
    for (const side of this.#sides) {
      test.same(side.peer.stage, 'established', 'the stage in the end');
      test.same(side.peer.pendingBytes, 0, 'bytes that wait in the end');
      test.same(side.arrived, side.sent.length, 'messages that arrived');
    }
    test.sameBytes(a.sessionId, b.sessionId, 'the session ids');
    test.count('settled');
  }

  #deliver(from: PeerSide, size: number): void {
    const { draw } = this.#test;
    const to = from.other!;
    let data = from.take(size);
    if (data.length === 0) return;
    if (this.habits.faults && draw.oneIn(30)) {
      const { bytes, what } = mutate(draw, data, [], data);
      this.#test.note(what);
      if (bytes.length !== data.length || bytes.some((byte, i) => byte !== data[i])) this.#disturbed();
      data = bytes;
    }
    to.receive(data, this.#now);
  }

  #wait(): void {
    const { draw } = this.#test;
    const isLong = this.habits.longWaits && draw.oneIn(4);
    // All short waits together are within the timeout of a handshake.
    const milliseconds = isLong ? draw.below(25 * MINUTE) : draw.below(600);
    const instant = this.#now.instant + milliseconds;
    this.#now = { instant, unix: this.#now.unix + Math.round(milliseconds / 1_000) };
    for (const side of this.#sides) side.wake(this.#now);
  }

  #disturb(side: PeerSide): void {
    const { draw } = this.#test;
    const { other } = side;
    if (!side.hasEnded && other?.hasEnded === true && draw.oneIn(2)) side.hangUp(this.#now);
    else if (this.habits.hangUps && draw.oneIn(10)) {
      this.#disturbed();
      side.hangUp(this.#now);
    }
  }

  #disturbed(): void {
    if (!this.#isDisturbed) this.#test.count('with faults');
    this.#isDisturbed = true;
  }
}
