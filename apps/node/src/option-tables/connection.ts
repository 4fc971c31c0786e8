import { networks } from '@btcp2p/wire';
import {
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_MAX_PEER_CONNECTIONS,
  DEFAULT_PEER_CONNECT_TIMEOUT,
  type OptionDefinition,
} from '../options.ts';

const ports = [
  networks.main.defaultPort,
  `testnet3: ${networks.test.defaultPort}`,
  `testnet4: ${networks.testnet4.defaultPort}`,
  `signet: ${networks.signet.defaultPort}`,
  `regtest: ${networks.regtest.defaultPort}`,
].join(', ');

/** Connections to peers. */
export const CONNECTION_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'addnode',
    argument: '=<ip>',
    category: 'connection',
    flags: ['network-only'],
    help:
      'Connect to this node and keep trying to stay connected, besides other connections. Can be ' +
      'given many times',
  },
  {
    name: 'bind',
    argument: '=<addr>[:<port>][=onion]',
    category: 'connection',
    flags: ['network-only'],
    help:
      'Listen on this address, also where -connect would turn listening off. IPv6 is written ' +
      '[host]:port. With =onion, whoever connects there counts as coming through Tor, and the port ' +
      "is the chain's plus 1 unless given. Can be given many times (default: any address)",
  },
  {
    name: 'connect',
    argument: '=<ip>',
    category: 'connection',
    flags: ['network-only'],
    help:
      'Connect to this node and no other. Can be given many times. -noconnect or -connect=0 ' +
      'connects to none by itself',
  },
  {
    name: 'listen',
    category: 'connection',
    help: 'Accept connections from others (default: 1, unless -connect or -maxconnections=0)',
  },
  {
    name: 'peerblockfilters',
    category: 'connection',
    help: 'Give peers compact filters of blocks (BIP 157). It takes -blockfilterindex (default: 0)',
  },
  {
    name: 'maxconnections',
    argument: '=<n>',
    category: 'connection',
    help:
      'Hold at most this many connections, not counting those of -addnode ' +
      `(default: ${DEFAULT_MAX_PEER_CONNECTIONS})`,
  },
  {
    name: 'networkactive',
    category: 'connection',
    help: 'Make and take connections from the start; else when the RPC setnetworkactive says so (default: 1)',
  },
  {
    name: 'peerbloomfilters',
    category: 'connection',
    help: 'Let peers ask for transactions by bloom filters, and for the mempool (default: 0)',
    noEffect: { when: 'on', because: 'bloom filters are not served' },
  },
  {
    name: 'peertimeout',
    argument: '=<n>',
    category: 'connection',
    flags: ['debug-only'],
    help:
      'Give up on a peer that has not finished the handshake or has been silent for this many ' +
      `seconds after connecting (minimum: 1, default: ${DEFAULT_PEER_CONNECT_TIMEOUT})`,
  },
  {
    name: 'port',
    argument: '=<port>',
    category: 'connection',
    flags: ['network-only'],
    help: `Listen on this port (default: ${ports})`,
  },
  {
    name: 'timeout',
    argument: '=<n>',
    category: 'connection',
    help:
      'Give up on a connection that is not made within this many milliseconds (minimum: 1, ' +
      `default: ${DEFAULT_CONNECT_TIMEOUT})`,
  },
  {
    name: 'v2transport',
    category: 'connection',
    help:
      'Encrypt connections where the peer can do so (BIP 324); a peer that hangs up on that is ' +
      'tried again without (default: 1)',
  },
  {
    name: 'discover',
    category: 'connection',
    help: 'Find out our own addresses (default: 1, unless -listen=0)',
    noEffect: { when: 'on', because: 'addresses of ours are not looked for' },
  },
  {
    name: 'dnsseed',
    category: 'connection',
    help:
      'Ask DNS seeds for peers when few are known (default: 1, unless -connect or ' +
      '-maxconnections=0)',
    noEffect: { when: 'on', because: 'peers are not looked for' },
  },
  {
    name: 'fixedseeds',
    category: 'connection',
    help: 'Take peers from a list in the program if DNS seeds give none (default: 1)',
    noEffect: { when: 'on', because: 'peers are not looked for' },
  },
  {
    name: 'listenonion',
    category: 'connection',
    help: 'Make a Tor onion service to be reached at (default: 1, unless -listen=0)',
    noEffect: { when: 'on', because: 'there is no onion service' },
  },
  {
    name: 'natpmp',
    category: 'connection',
    help: 'Have the router forward the port (default: 0)',
    noEffect: { when: 'on', because: 'routers are not spoken to' },
  },
  {
    name: 'whitebind',
    argument: '=<[permissions@]addr>',
    category: 'connection',
    help:
      'Listen on this address, and give whoever connects there permissions: those named, ' +
      'with commas between, of bloomfilter, noban, forcerelay, relay, mempool, download, ' +
      'addr and all; else noban, mempool, relay and download. Can be given many times',
  },
  {
    name: 'whitelist',
    argument: '=<[permissions@]ip>',
    category: 'connection',
    help:
      'Give peers at this address, or in this network (1.2.3.0/24), permissions as ' +
      '-whitebind does. Among them, in and out say for connections in which direction ' +
      '(default: in). Can be given many times',
  },
];
