import type { HeaderTree } from '@btcp2p/consensus';
import type { NodeEvent } from '@btcp2p/node';
import { hashToHex, toHex } from '@btcp2p/wire';
import type { Log } from './log.ts';

/** Writes what a node tells into its log, in the words of bitcoind's debug.log. */
export class EventLog {
  readonly #log: Log;
  readonly #headers: HeaderTree;

  constructor(log: Log, headers: HeaderTree) {
    this.#log = log;
    this.#headers = headers;
  }

  log(event: NodeEvent): void {
    const log = this.#log;
    switch (event.type) {
      case 'message':
        this.#message(event);
        return;
      case 'peer-connected': {
        const what = event.inbound ? `connection from ${event.address} accepted` : 'Added connection';
        log.debug('net', `${what} peer=${event.peer}`);
        return;
      }
      case 'peer-established': {
        const { version, transport, sessionId } = event.info;
        const text =
          `New ${event.connectionType} ${transport} peer connected: ` +
          `version: ${version.version}, blocks=${version.startHeight}, peer=${event.peer}` +
          (sessionId === undefined ? '' : `, session_id=${toHex(sessionId)}`);
        // Whoever connects to us should not fill our disk with it (as in Core).
        if (event.connectionType === 'inbound') log.debug('net', text);
        else log.info(`${text}, agent=${version.userAgent}`);
        return;
      }
      case 'peer-disconnected':
        log.debug('net', `disconnecting peer=${event.peer}: ${event.detail}`);
        return;
      case 'connect-failed':
        log.debug('net', `connect() to ${event.address} failed: ${event.cause}`);
        return;
      case 'v2-handshake':
        log.debug('net', `start sending v2 handshake to peer=${event.peer}`);
        return;
      case 'reconnecting-v1':
        log.debug('net', `retrying with v1 transport protocol for peer=${event.peer}`);
        return;
      case 'inbound-refused':
        log.debug('net', `${event.detail}: connection from ${event.address}`);
        return;
      case 'headers':
        log.info(
          `Synchronized ${event.count} headers up to height=${this.#headers.height(event.last)}`,
        );
        return;
      case 'tip': {
        const hash = hashToHex(this.#headers.hash(event.tip));
        log.info(`UpdateTip: new best=${hash} height=${event.height}`);
        return;
      }
      case 'block-rejected': {
        const hash = hashToHex(this.#headers.hash(event.entry));
        log.warning(`Block ${hash} rejected: ${event.detail}`);
        return;
      }
      case 'notice':
        log.debug('net', event.detail);
        return;
      case 'fatal':
        log.error(event.detail);
    }
  }

  #message(event: Extract<NodeEvent, { type: 'message' }>): void {
    const { messageType, payloadSize, peer } = event;
    const verb = event.direction === 'received' ? 'received:' : 'sending';
    this.#log.debug('net', `${verb} ${messageType} (${payloadSize} bytes) peer=${peer}`);
  }
}
