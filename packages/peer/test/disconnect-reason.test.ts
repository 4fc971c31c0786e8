import { describe, expect, test } from '@jest/globals';
import {
  expectsServices,
  isTransient,
  relaysTransactions,
  type ConnectionType,
  type DisconnectReason,
} from '../src/index.ts';

describe('isTransient', () => {
  const table: Readonly<Record<DisconnectReason, boolean>> = {
    'feeler-complete': true,
    'self-connection': false,
    'obsolete-version': false,
    'insufficient-services': false,
    'late-negotiation': false,
    'invalid-feature': false,
    'header-error': false,
    'v2-error': false,
    'oversized-locator': false,
    misbehaving: false,
    'no-message-timeout': true,
    'handshake-timeout': true,
    'ping-timeout': true,
    'receive-timeout': true,
    'addr-fetch-timeout': true,
  };

  test.each(Object.entries(table))('%s: %s', (reason, expected) => {
    expect(isTransient(reason as DisconnectReason)).toBe(expected);
  });
});

describe('connection types', () => {
  // Core `CNode::ExpectServicesFromConn` (net.h) and `RejectIncomingTxs` (net_processing.cpp).
  const table: Readonly<Record<ConnectionType, readonly [services: boolean, transactions: boolean]>> = {
    inbound: [false, true],
    'outbound-full-relay': [true, true],
    'block-relay-only': [true, false],
    manual: [false, true],
    feeler: [false, false],
    'addr-fetch': [true, true],
  };

  test.each(Object.entries(table))('%s: %j', (type, expected) => {
    const connection = type as ConnectionType;
    expect([expectsServices(connection), relaysTransactions(connection)]).toEqual(expected);
  });
});
