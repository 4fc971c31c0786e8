import { networks } from '@btcp2p/wire';
import {
  COOKIEAUTH_FILE,
  DEFAULT_HTTP_SERVER_TIMEOUT,
  DEFAULT_HTTP_THREADS,
  DEFAULT_HTTP_WORKQUEUE,
  type OptionDefinition,
} from '../options.ts';

const ports = [
  networks.main.rpcPort,
  `testnet3: ${networks.test.rpcPort}`,
  `testnet4: ${networks.testnet4.rpcPort}`,
  `signet: ${networks.signet.rpcPort}`,
  `regtest: ${networks.regtest.rpcPort}`,
].join(', ');

/** JSON-RPC. */
export const RPC_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'rpcallowip',
    argument: '=<ip>',
    category: 'rpc',
    help:
      'Answer this address, or this network (1.2.3.0/24, 1.2.3.0/255.255.255.0), besides ' +
      'this machine. Can be given many times',
  },
  {
    name: 'rpcauth',
    argument: '=<user:salt$hash>',
    category: 'rpc',
    flags: ['sensitive'],
    help:
      'Let a user in whose password has this hash: HMAC-SHA256 with the salt for its key, ' +
      'in hex (Core has share/rpcauth/rpcauth.py for that). Can be given many times',
  },
  {
    name: 'rpcbind',
    argument: '=<addr>[:port]',
    category: 'rpc',
    flags: ['network-only'],
    help:
      'Listen for JSON-RPC on this address; only with -rpcallowip. Nobody you do not trust ' +
      'should reach it: what goes over it is not encrypted. Can be given many times ' +
      '(default: 127.0.0.1 and ::1)',
  },
  {
    name: 'rpccookiefile',
    argument: '=<loc>',
    category: 'rpc',
    help:
      'Write the password of this run to this file; a relative path starts at the directory ' +
      `of the chain. -norpccookiefile writes none (default: ${COOKIEAUTH_FILE})`,
  },
  {
    name: 'rpccookieperms',
    argument: '=<readable-by>',
    category: 'rpc',
    help: 'Who can read that file: owner, group or all (default: owner)',
  },
  {
    name: 'rpcdoccheck',
    category: 'rpc',
    flags: ['debug-only'],
    help: 'Fail calls whose answer is not as the help says (default: 0)',
  },
  {
    name: 'rpcpassword',
    argument: '=<pw>',
    category: 'rpc',
    flags: ['sensitive'],
    help: 'The password of the user of -rpcuser',
  },
  {
    name: 'rpcport',
    argument: '=<port>',
    category: 'rpc',
    flags: ['network-only'],
    help: `Listen for JSON-RPC on this port (default: ${ports})`,
  },
  {
    name: 'rpcservertimeout',
    argument: '=<n>',
    category: 'rpc',
    flags: ['debug-only'],
    help:
      'Close a connection on which nothing comes for this many seconds (default: ' +
      `${DEFAULT_HTTP_SERVER_TIMEOUT})`,
  },
  {
    name: 'rpcthreads',
    argument: '=<n>',
    category: 'rpc',
    help: `Work on this many calls at a time (default: ${DEFAULT_HTTP_THREADS})`,
  },
  {
    name: 'rpcuser',
    argument: '=<user>',
    category: 'rpc',
    flags: ['sensitive'],
    help: 'Let this user in, with the password of -rpcpassword',
  },
  {
    name: 'rpcwhitelist',
    argument: '=<user:method,method>',
    category: 'rpc',
    help:
      'Let a user call these methods only; several for one user: those that are in all of ' +
      'them. Can be given many times',
  },
  {
    name: 'rpcwhitelistdefault',
    category: 'rpc',
    help:
      'Let users without an -rpcwhitelist call nothing (default: 1 if there is an ' +
      '-rpcwhitelist, else 0)',
  },
  {
    name: 'rpcworkqueue',
    argument: '=<n>',
    category: 'rpc',
    flags: ['debug-only'],
    help: `Let this many calls wait; more are refused (default: ${DEFAULT_HTTP_WORKQUEUE})`,
  },
  {
    name: 'server',
    category: 'rpc',
    help: 'Answer JSON-RPC (default: 1)',
  },
];
