import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import { SeededRng, type PeerId, type Time } from '@btcp2p/machine';
import {
  ServiceFlags, V1Transport, regtest, unspecifiedAddress, type Message, type MessageOf, type Version,
} from '@btcp2p/wire';
import { Node, type NodeEvent, type NodeOptions } from '../../src/index.ts';

const { NODE_NETWORK, NODE_WITNESS } = ServiceFlags;

/** A node without peers, blocks or disk: a test plays everybody else, word by word. */
export class ScriptedNode {
  readonly node: Node;
  readonly headers: HeaderTree;
  readonly events: NodeEvent[] = [];
  /** Dials that the node has begun and nobody has answered. */
  readonly dials: { readonly attempt: number; readonly address: string }[] = [];
  readonly #remotes = new Map<PeerId, Remote>();
  #nextPeer = 0;
  instant = 1_000;
  unix: number;

  constructor(options: Partial<NodeOptions> = {}) {
    const params = consensusParams(regtest);
    this.headers = new HeaderTree({ params, anchor: genesisAnchor(regtest) });
    this.unix = this.headers.time(this.headers.best) + 600;
    this.node = new Node({
      network: regtest,
      params,
      headers: this.headers,
      rng: new SeededRng(7n),
      userAgent: '/test:0.1/',
      v2Transport: false,
      ...options,
    });
  }

  get now(): Time {
    return { instant: this.instant, unix: this.unix };
  }

  /** Gives a command, and carries out what follows. */
  do<T>(command: (node: Node, now: Time) => T): T {
    const result = command(this.node, this.now);
    this.drain();
    return result;
  }

  /** Lets seconds pass. */
  pass(seconds: number): void {
    this.instant += 1_000 * seconds;
    this.unix += seconds;
    this.do((node, now) => node.handleTimeout(now));
  }

  /** Somebody connects to the node. */
  accept(address = '10.0.0.2:2', localAddress = '10.0.0.1:18444'): Remote {
    return this.#connected(address, localAddress, undefined);
  }

  /** Answers the oldest dial. */
  answer(): Remote {
    const dial = this.dials.shift();
    if (dial === undefined) throw new Error('nobody was dialled');
    return this.#connected(dial.address, '10.0.0.1:50000', dial.attempt);
  }

  /**
   * The texts of the events of one type, of those that are about a peer. That headers are asked of
   * one is left out, which happens with nearly all of them.
   */
  details(type: 'notice' | 'peer-disconnected' | 'inbound-refused'): string[] {
    return this.events.flatMap((event) => {
      if (event.type !== type || ('peer' in event && event.peer === undefined)) return [];
      if (event.type === 'notice' && event.code === 'initial-getheaders') return [];
      return [event.detail];
    });
  }

  drain(): void {
    for (let effect = this.node.poll(); effect; effect = this.node.poll()) {
      if (effect.type === 'connect') this.dials.push(effect);
      else if (effect.type === 'event') this.events.push(effect.event);
      else if (effect.type === 'send') this.#remotes.get(effect.peer)?.receive(effect.data);
      else if (effect.type === 'disconnect') this.#remotes.get(effect.peer)?.end();
    }
  }

  #connected(address: string, localAddress: string, attempt: number | undefined): Remote {
    const peer = this.#nextPeer++ as PeerId;
    const remote = new Remote(this, peer);
    this.#remotes.set(peer, remote);
    this.do((node, now) =>
      node.handle({ type: 'connected', peer, address, localAddress, attempt }, now),
    );
    return remote;
  }
}

/** The other end of a connection of a {@link ScriptedNode}. */
export class Remote {
  readonly id: PeerId;
  readonly #script: ScriptedNode;
  readonly #transport = new V1Transport({ magic: regtest.magic });
  readonly heard: Message[] = [];
  isEnded = false;

  constructor(script: ScriptedNode, id: PeerId) {
    this.#script = script;
    this.id = id;
  }

  /** Types of the messages that were heard. */
  get types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  /** The one message of a type that was heard. */
  only<T extends Message['type']>(type: T): MessageOf<T> {
    const found = this.heard.filter((message) => message.type === type);
    if (found.length !== 1) throw new Error(`${found.length} messages of ${type}`);
    return found[0] as MessageOf<T>;
  }

  say(...messages: Message[]): this {
    for (const message of messages) {
      this.#transport.send(message);
      for (let data = this.#transport.pollBytes(); data; data = this.#transport.pollBytes()) {
        const bytes = data;
        this.#script.do((node, now) =>
          node.handle({ type: 'received', peer: this.id, data: bytes }, now),
        );
      }
    }
    return this;
  }

  /** Goes through the handshake. */
  shake(changes: Partial<Version> = {}): this {
    return this.say(this.version(changes), { type: 'verack', payload: {} });
  }

  version(changes: Partial<Version> = {}): Message {
    const payload: Version = {
      version: 70_016, services: NODE_NETWORK | NODE_WITNESS, timestamp: BigInt(this.#script.unix),
      receiver: unspecifiedAddress, sender: unspecifiedAddress, nonce: 5n, userAgent: '/remote/',
      startHeight: 0, relay: true, ...changes,
    };
    return { type: 'version', payload };
  }

  /** The connection is gone. */
  gone(cause = 'socket closed'): void {
    this.#script.do((node, now) => node.handle({ type: 'disconnected', peer: this.id, cause }, now));
  }

  receive(data: Uint8Array): void {
    this.#transport.receive(data);
    for (let event = this.#transport.poll(); event; event = this.#transport.poll()) {
      if (event.type === 'message') this.heard.push(event.message);
    }
  }

  end(): void {
    this.isEnded = true;
  }
}
