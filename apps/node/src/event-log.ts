import type { HeaderEntry, HeaderTree } from '@btcp2p/consensus';
import type { NodeEvent } from '@btcp2p/node';
import { hashToHex, toHex } from '@btcp2p/wire';
import {
  disconnectLines,
  headersProgress,
  noticeLine,
  updateTipText,
  type ChainFacts,
  type LogLine,
} from './event-text.ts';
import type { Log } from './log.ts';

/** What lines depend on besides the events. */
export interface EventLogContext {
  readonly isInitialBlockDownload: boolean;
  /** Unix seconds by the node's clock. */
  unixTime(): number;
  /** Seconds from block to block. */
  readonly powTargetSpacing: number;
  /** What is known of the chain that ends with a block. */
  chainFacts?(tip: HeaderEntry): ChainFacts;
}

/** Writes what a node tells into its log, in the words of bitcoind's debug.log. */
export class EventLog {
  readonly #log: Log;
  readonly #headers: HeaderTree;
  readonly #context: EventLogContext | undefined;

  /** @param context without it, some lines are left out */
  constructor(log: Log, headers: HeaderTree, context?: EventLogContext) {
    this.#log = log;
    this.#headers = headers;
    this.#context = context;
  }

  log(event: NodeEvent): void {
    const log = this.#log;
    switch (event.type) {
      case 'message':
        this.#message(event);
        return;
      case 'peer-connected':
        log.debug('net', `Added connection peer=${event.peer}`);
        if (event.inbound) log.debug('net', `connection from ${event.address} accepted`);
        return;
      case 'peer-established':
        this.#established(event);
        return;
      case 'peer-disconnected':
        for (const line of disconnectLines(event)) this.#write(line);
        return;
      case 'network-active':
        log.info(`SetNetworkActive: ${event.active}`);
        return;
      case 'dialling':
        log.debug('net', `trying ${event.transport} connection ${event.name} lastseen=0.0hrs`);
        return;
      case 'already-connected': {
        const { name, address } = event;
        log.info(`Not opening a connection to ${name}, already connected to ${address}`);
        return;
      }
      case 'connect-failed': {
        const text = `connect() to ${event.address} failed: ${event.cause}`;
        if (event.isManual) log.info(text);
        else log.debug('net', text);
        return;
      }
      case 'v2-handshake':
        log.debug('net', `start sending v2 handshake to peer=${event.peer}`);
        return;
      case 'reconnecting-v1':
        log.debug('net', `retrying with v1 transport protocol for peer=${event.peer}`);
        return;
      case 'inbound-refused':
        log.debug('net', event.detail);
        return;
      case 'headers':
        this.#newHeaders(event);
        return;
      case 'block-connected':
        this.#updateTip(event.entry);
        return;
      case 'block-disconnected':
        this.#updateTip(this.#headers.parent(event.entry) ?? event.entry);
        return;
      case 'tip':
        // Every block of the way was told of.
        return;
      case 'block-rejected': {
        const hash = hashToHex(this.#headers.hash(event.entry));
        log.error(`Block validation error: ${event.detail}`);
        log.debug('validation', `AcceptBlock: ${hash}, ${event.detail}`);
        return;
      }
      case 'notice':
        this.#write(noticeLine(event, this.#context?.isInitialBlockDownload === true));
        return;
      case 'fatal':
        log.error(event.detail);
    }
  }

  #write({ level, category, text }: LogLine): void {
    if (level === 'info') this.#log.info(text, category);
    else this.#log.debug(category ?? 'net', text);
  }

  #message(event: Extract<NodeEvent, { type: 'message' }>): void {
    const { messageType, payloadSize, peer } = event;
    const verb = event.direction === 'received' ? 'received:' : 'sending';
    this.#log.debug('net', `${verb} ${messageType} (${payloadSize} bytes) peer=${peer}`);
  }

  #established({ connectionType, info, peer }: Extract<NodeEvent, { type: 'peer-established' }>): void {
    // Whoever connects to us should not fill our disk with it (as in Core).
    if (connectionType === 'inbound' && !this.#log.isLogged('net')) return;
    const { version, transport, sessionId } = info;
    this.#log.info(
      `New ${connectionType} ${transport} peer connected: ` +
        `version: ${version.version}, blocks=${version.startHeight}, peer=${peer}` +
        (sessionId === undefined ? '' : `, session_id=${toHex(sessionId)}`) +
        (connectionType === 'inbound' ? '' : `, agent=${version.userAgent}`),
    );
  }

  #newHeaders({ last }: Extract<NodeEvent, { type: 'headers' }>): void {
    if (this.#context?.isInitialBlockDownload !== true || this.#headers.best !== last) return;
    const progress = headersProgress(
      this.#headers.height(last),
      this.#headers.time(last),
      this.#context.unixTime(),
      this.#context.powTargetSpacing,
    );
    this.#log.info(`Synchronizing blockheaders, ${progress}`);
  }

  #updateTip(tip: HeaderEntry): void {
    this.#log.info(updateTipText(this.#headers, tip, this.#context?.chainFacts?.(tip)));
  }
}
