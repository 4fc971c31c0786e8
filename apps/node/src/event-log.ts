import type { HeaderTree } from '@btcp2p/consensus';
import type { NodeEvent } from '@btcp2p/node';
import { hashToHex } from '@btcp2p/wire';
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
        const { version } = event.info;
        const { userAgent, startHeight } = version;
        log.info(
          `New peer connected: version: ${version.version}, blocks=${startHeight}, ` +
            `peer=${event.peer}, agent=${userAgent}`,
        );
        return;
      }
      case 'peer-disconnected':
        log.debug('net', `disconnecting peer=${event.peer}: ${event.detail}`);
        return;
      case 'connect-failed':
        log.debug('net', `connect() to ${event.address} failed: ${event.cause}`);
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
    const { messageType, size, peer } = event;
    // The payload's bytes, as Core counts them here.
    const verb = event.direction === 'received' ? 'received:' : 'sending';
    this.#log.debug('net', `${verb} ${messageType} (${Math.max(0, size - 24)} bytes) peer=${peer}`);
  }
}
