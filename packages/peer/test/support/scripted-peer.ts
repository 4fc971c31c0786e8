import type { Time } from '@btcp2p/machine';
import {
  messageTypeOf,
  V1Transport,
  type Message,
  type MessageOf,
  type Version,
} from '@btcp2p/wire';
import { Peer, type PeerEffect, type PeerOptions } from '../../src/index.ts';
import { peerOptions, theirVersion } from './options.ts';
import { concat } from './payloads.ts';

type EffectOf<T extends PeerEffect['type']> = Extract<PeerEffect, { readonly type: T }>;

/**
 * The other side of a connection: says what a test tells it to, and remembers what `peer` answered
 * and asked for.
 */
export class ScriptedPeer {
  readonly peer: Peer;
  /** All effects so far, in order. */
  readonly effects: PeerEffect[] = [];
  /** All messages from the peer so far, decoded from its bytes. */
  readonly received: Message[] = [];
  readonly #transport: V1Transport;
  readonly #options: PeerOptions;
  #elapsed = 0;

  constructor(changes: Partial<PeerOptions> = {}) {
    this.#options = peerOptions(changes);
    this.#transport = new V1Transport({ magic: this.#options.network.magic });
    this.peer = new Peer(this.#options);
    this.#drain();
  }

  /** A connection that is established. */
  static established(changes: Partial<PeerOptions> = {}, version: Partial<Version> = {}): ScriptedPeer {
    const script = new ScriptedPeer(changes);
    script.say({ type: 'version', payload: theirVersion(version) });
    script.say({ type: 'verack', payload: {} });
    return script;
  }

  get now(): Time {
    const { instant, unix } = this.#options.now;
    return { instant: instant + this.#elapsed, unix: unix + Math.floor(this.#elapsed / 1_000) };
  }

  /** Types of the messages received, in order. */
  get receivedTypes(): string[] {
    return this.received.map(messageTypeOf);
  }

  /** What came up, in order, without the bytes to send. */
  get events(): string[] {
    return this.effects.flatMap((effect) => {
      switch (effect.type) {
        case 'send':
        case 'trace':
          return [];
        case 'work':
          return [`work ${effect.work.type}`];
        case 'message':
          return [`message ${messageTypeOf(effect.message)}`];
        case 'notice':
          return [`notice ${effect.code}`];
        case 'disconnect':
          return [`disconnect ${effect.reason}`];
        case 'established':
          return ['established'];
      }
    });
  }

  /** The details of notices, in order. */
  get notices(): string[] {
    return this.all('notice').map(({ detail }) => detail);
  }

  get disconnect(): EffectOf<'disconnect'> | undefined {
    return this.all('disconnect')[0];
  }

  /** Effects of one type, in order. */
  all<T extends PeerEffect['type']>(type: T): EffectOf<T>[] {
    return this.effects.filter((effect): effect is EffectOf<T> => effect.type === type);
  }

  /** The last message of a type that came. */
  last<T extends Message['type']>(type: T): MessageOf<T> {
    const found = this.received.findLast((message) => message.type === type);
    if (found === undefined) throw new Error(`no ${type} among ${this.receivedTypes.join(' ')}`);
    return found as MessageOf<T>;
  }

  /** Sends messages, all in one chunk. Answers its size. */
  say(...messages: readonly Message[]): number {
    return this.sayBytes(this.bytesOf(...messages));
  }

  /** Messages as bytes for {@link sayBytes}. */
  bytesOf(...messages: readonly Message[]): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const message of messages) {
      this.#transport.send(message);
      for (let bytes = this.#transport.pollBytes(); bytes; bytes = this.#transport.pollBytes()) {
        parts.push(bytes);
      }
    }
    return concat(parts);
  }

  /** Sends a message of any type with any payload. Answers its size. */
  sayRaw(messageType: string, bytes: Uint8Array | readonly number[] = []): number {
    return this.say({ type: 'unknown', payload: { messageType, bytes: Uint8Array.from(bytes) } });
  }

  sayBytes(data: Uint8Array): number {
    this.peer.handle({ type: 'received', data }, this.now);
    this.#drain();
    return data.length;
  }

  /** The peer's owner sends a message. */
  order(message: Message): void {
    this.peer.handle({ type: 'send', message }, this.now);
    this.#drain();
  }

  /** The peer's owner is done with a message. */
  proceed(): void {
    this.peer.handle({ type: 'continue' }, this.now);
    this.#drain();
  }

  ping(): void {
    this.peer.ping(this.now);
    this.#drain();
  }

  /** Lets time pass, calling the peer at each of its deadlines. */
  advance(milliseconds: number): void {
    const end = this.#elapsed + milliseconds;
    for (;;) {
      const deadline = this.peer.deadline();
      const due = deadline === undefined ? Infinity : deadline - this.#options.now.instant;
      if (due > end) break;
      this.#elapsed = Math.max(this.#elapsed, due);
      this.peer.handleTimeout(this.now);
      this.#drain();
    }
    this.#elapsed = end;
  }

  /** Lets time pass, calling the peer only at the end. */
  jump(milliseconds: number): void {
    this.#elapsed += milliseconds;
    this.peer.handleTimeout(this.now);
    this.#drain();
  }

  #drain(): void {
    for (let effect = this.peer.poll(); effect; effect = this.peer.poll()) {
      this.effects.push(effect);
      if (effect.type !== 'send') continue;
      this.#transport.receive(effect.data);
      for (let event = this.#transport.poll(); event; event = this.#transport.poll()) {
        if (event.type !== 'message') throw new Error(`the peer sent something ${event.type}`);
        this.received.push(event.message);
      }
    }
  }
}
