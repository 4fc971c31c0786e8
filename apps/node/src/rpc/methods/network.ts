import { NET_PERMISSIONS, type NodePeerInfo, type OutboundType } from '@btcp2p/node';
import { fromHex, serviceNames } from '@btcp2p/wire';
import { isHex } from '../../descriptors/key-expression.ts';
import { asBoolean, asInt64, asString } from '../convert.ts';
import type { JsonOutput } from '../json-value.ts';
import type { NetworkContext } from '../network-context.ts';
import {
  RPC_CLIENT_NODE_ALREADY_ADDED,
  RPC_CLIENT_NODE_CAPACITY_REACHED,
  RPC_CLIENT_NODE_NOT_ADDED,
  RPC_CLIENT_NODE_NOT_CONNECTED,
  RPC_INVALID_PARAMETER,
  RPC_INVALID_PARAMS,
  RPC_MISC_ERROR,
  RpcError,
} from '../rpc-error.ts';
import { exampleCli, exampleRpc, helpText } from '../rpc-help.ts';
import type { RpcArgs, RpcMethod } from '../rpc-method.ts';
import type { RpcParam } from '../rpc-param.ts';
import type { RpcResult } from '../rpc-result.ts';
import { amount } from '../write-json.ts';

type Method = RpcMethod<{ readonly network: NetworkContext }>;

const NODE_P2P_V2 = 1n << 11n;
/** Core `DEFAULT_MIN_RELAY_TX_FEE` and `DEFAULT_INCREMENTAL_RELAY_FEE` (policy/policy.h), satoshis. */
const RELAY_FEE = 100n;
/** Seconds of a cycle of `-maxuploadtarget`, which is not limited here (Core net.h). */
const MAX_UPLOAD_TIMEFRAME_S = 24 * 60 * 60;

const AUTOMATIC_TYPES: readonly Exclude<OutboundType, 'manual'>[] = [
  'outbound-full-relay',
  'block-relay-only',
  'addr-fetch',
  'feeler',
];

const number = (name: string, description: string): RpcResult => ({ type: 'number', name, description });
const time = (name: string, what: string): RpcResult => ({
  type: 'time',
  name,
  description: `Seconds since 1970 when ${what}`,
});
const text = (name: string, description: string): RpcResult => ({ type: 'string', name, description });
const flag = (name: string, description: string): RpcResult => ({ type: 'boolean', name, description });
const list = (name: string, description: string, element: RpcResult): RpcResult => ({
  type: 'array',
  name,
  description,
  inner: [element],
});
const SERVICE: RpcResult = text('SERVICE_NAME', 'The name of a service');

const getconnectioncount: Method = {
  name: 'getconnectioncount',
  category: 'network',
  description: 'Tells how many connections there are.',
  params: [],
  results: [{ type: 'number', description: 'The number of connections' }],
  examples: [exampleCli('getconnectioncount'), exampleRpc('getconnectioncount')],
  handler: (_args, { network }) => network.connectionCount('both'),
};

const ping: Method = {
  name: 'ping',
  category: 'network',
  description:
    'Pings all peers. getpeerinfo shows how long they take to answer.\n' +
    'A ping waits behind what was sent before, so that more than the way there and back is measured.',
  params: [],
  results: [{ type: 'null' }],
  examples: [exampleCli('ping'), exampleRpc('ping')],
  handler: (_args, { network }) => {
    network.ping();
    return null;
  },
};

const PEER: readonly RpcResult[] = [
  number('id', 'Counts connections from 0'),
  text('addr', 'Host and port of the peer'),
  { ...text('addrbind', 'Address and port of our end'), optional: true },
  { ...text('addrlocal', 'Where the peer sees us'), optional: true },
  text('network', 'ipv4, ipv6, onion, i2p, cjdns or not_publicly_routable'),
  { ...number('mapped_as', 'Number of the autonomous system. Never given here'), optional: true },
  { type: 'hex', name: 'services', description: 'What the peer offers' },
  list('servicesnames', 'What the peer offers, as names', SERVICE),
  flag('relaytxes', 'Whether transactions are announced to it'),
  number('last_inv_sequence', 'Sequence number of the mempool when it was last told of transactions'),
  number('inv_to_send', 'How many transactions wait to be announced to it'),
  time('lastsend', 'something was last sent'),
  time('lastrecv', 'something was last received'),
  time('last_transaction', 'it last sent a transaction that was good and new'),
  time('last_block', 'it last sent a block that was new'),
  number('bytessent', 'Bytes sent'),
  number('bytesrecv', 'Bytes received'),
  time('conntime', 'the connection was made'),
  number('timeoffset', 'Seconds by which its clock is ahead of ours'),
  { ...number('pingtime', 'Seconds that the last answer to a ping took'), optional: true },
  { ...number('minping', 'Seconds that the quickest answer to a ping took'), optional: true },
  { ...number('pingwait', 'Seconds that an answer to a ping has been waited for'), optional: true },
  number('version', 'Protocol version'),
  text('subver', 'User agent'),
  flag('inbound', 'Whether the peer dialled us'),
  flag('bip152_hb_to', 'Whether we asked it for compact blocks unannounced'),
  flag('bip152_hb_from', 'Whether it asked us for them'),
  number('startingheight', 'Height of its chain when it connected'),
  number('presynced_headers', 'Height of a sync of headers of low work, -1 if there is none'),
  number('synced_headers', 'Height of the last header that both have'),
  number('synced_blocks', 'Height of the last block that both have'),
  list('inflight', 'Blocks that it was asked for', number('n', 'Height')),
  flag('addr_relay_enabled', 'Whether addresses are exchanged with it'),
  number('addr_processed', 'Addresses that it sent, those left out'),
  number('addr_rate_limited', 'Addresses that were left out because they were too many'),
  list('permissions', 'What it may do that others may not', {
    ...text('permission_type', NET_PERMISSIONS.join(', ')),
  }),
  { type: 'amount', name: 'minfeefilter', description: 'Fee rate below which it wants no transactions' },
  { type: 'map', name: 'bytessent_per_msg', description: 'Bytes sent', inner: [number('msg', 'By type')] },
  {
    type: 'map',
    name: 'bytesrecv_per_msg',
    description: "Bytes received; '*other*' are those of unknown types",
    inner: [number('msg', 'By type')],
  },
  text('connection_type', `inbound, manual, ${AUTOMATIC_TYPES.join(', ')}`),
  text('transport_protocol_type', 'detecting, v1 or v2'),
  text('session_id', 'What both ends of an encrypted connection have in common, or ""'),
];

const getpeerinfo: Method = {
  name: 'getpeerinfo',
  category: 'network',
  description: 'Tells about every connection.',
  params: [],
  results: [{ type: 'array', inner: [{ type: 'object', inner: PEER }] }],
  examples: [exampleCli('getpeerinfo'), exampleRpc('getpeerinfo')],
  handler: (_args, { network }) => network.peers().map(peerJson),
};

function peerJson(peer: NodePeerInfo): JsonOutput {
  return { ...peer, minfeefilter: amount(peer.minfeefilter) };
}

const NODE_PARAM: RpcParam = {
  name: 'node',
  type: 'string',
  description: 'Address or name of the peer, with or without a port',
};

const addnode: Method = {
  name: 'addnode',
  category: 'network',
  description:
    'Adds a node to those that connections are kept to, takes it from them, or tries to connect once.\n' +
    'Peers that are connected so need not be full nodes, and are not let go for misbehaviour.\n' +
    'They are not counted among -maxconnections.',
  params: [
    NODE_PARAM,
    { name: 'command', type: 'string', description: "'add', 'remove', or 'onetry' to try once" },
    {
      name: 'v2transport',
      type: 'boolean',
      defaultHint: 'set by -v2transport',
      description: 'Whether to try the encrypted protocol of BIP 324 (not for remove)',
    },
  ],
  results: [{ type: 'null' }],
  examples: [
    exampleCli('addnode', '"192.168.0.6:8333" "onetry" true'),
    exampleRpc('addnode', '"192.168.0.6:8333", "onetry", true'),
  ],
  handler: (args, { network }) => {
    const command = args.get('command', asString);
    const node = args.get('node', asString);
    const speaksV2 = (network.services & NODE_P2P_V2) !== 0n;
    if (!['onetry', 'add', 'remove'].includes(command)) throw wrongUse(addnode);
    const useV2 = args.maybe('v2transport', asBoolean) ?? speaksV2;
    if (useV2 && !speaksV2) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        'Error: v2transport requested but not enabled (see -v2transport)',
      );
    }
    if (command === 'onetry') network.tryNode(node, useV2);
    else if (command === 'add' && !network.addNode(node, useV2)) {
      throw new RpcError(RPC_CLIENT_NODE_ALREADY_ADDED, 'Error: Node already added');
    } else if (command === 'remove' && !network.removeNode(node)) {
      throw new RpcError(
        RPC_CLIENT_NODE_NOT_ADDED,
        'Error: Node could not be removed. It has not been added previously.',
      );
    }
    return null;
  },
};

/** What Core answers to words that it does not know: the help. */
function wrongUse(method: Method): RpcError {
  return new RpcError(RPC_MISC_ERROR, helpText(method));
}

const addconnection: Method = {
  name: 'addconnection',
  category: 'hidden',
  description: 'Connects to a node as if the node itself had chosen to. For tests (-regtest only).',
  params: [
    { name: 'address', type: 'string', description: 'Address and port to connect to' },
    { name: 'connection_type', type: 'string', description: `One of ${AUTOMATIC_TYPES.join(', ')}` },
    {
      name: 'v2transport',
      type: 'boolean',
      description: 'Whether to try the encrypted protocol of BIP 324',
    },
  ],
  results: [
    {
      type: 'object',
      inner: [
        text('address', 'The address'),
        text('connection_type', 'What the connection is for'),
      ],
    },
  ],
  examples: [
    exampleCli('addconnection', '"192.168.0.6:8333" "outbound-full-relay" true'),
    exampleRpc('addconnection', '"192.168.0.6:8333", "outbound-full-relay", true'),
  ],
  handler: (args, { network }) => {
    if (!network.isRegtest) {
      const what = 'addconnection is for regression testing (-regtest mode) only.';
      throw new RpcError(RPC_MISC_ERROR, what);
    }
    const address = args.get('address', asString);
    const named = args.get('connection_type', asString).trim();
    const type = AUTOMATIC_TYPES.find((each) => each === named);
    if (type === undefined) throw new RpcError(RPC_INVALID_PARAMETER, helpText(addconnection));
    const useV2 = args.get('v2transport', asBoolean);
    if (useV2 && (network.services & NODE_P2P_V2) === 0n) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        'Error: Adding v2transport connections requires -v2transport init flag to be set.',
      );
    }
    if (!network.addConnection(address, type, useV2)) {
      throw new RpcError(
        RPC_CLIENT_NODE_CAPACITY_REACHED,
        'Error: Already at capacity for specified connection type.',
      );
    }
    return { address, connection_type: type };
  },
};

const disconnectnode: Method = {
  name: 'disconnectnode',
  category: 'network',
  description:
    "Ends a connection at once, named by either 'address' or 'nodeid'.\n" +
    "To name it by 'nodeid' leave 'address' out or empty.",
  params: [
    {
      name: 'address',
      type: 'string',
      defaultHint: 'fallback to nodeid',
      description: 'Address and port of the peer',
    },
    {
      name: 'nodeid',
      type: 'number',
      defaultHint: 'fallback to address',
      description: 'Its id, as getpeerinfo shows it',
    },
  ],
  results: [{ type: 'null' }],
  examples: [
    exampleCli('disconnectnode', '"192.168.0.6:8333"'),
    exampleCli('disconnectnode', '"" 1'),
    exampleRpc('disconnectnode', '"192.168.0.6:8333"'),
  ],
  handler: (args, { network }) => {
    if (!network.disconnectNode(peerNamed(args))) {
      throw new RpcError(RPC_CLIENT_NODE_NOT_CONNECTED, 'Node not found in connected nodes');
    }
    return null;
  },
};

function peerNamed(args: RpcArgs): string | number {
  const address = args.maybe('address', asString);
  const id = args.maybe('nodeid', asInt64);
  if (address !== undefined && id === undefined) return address;
  if (id !== undefined && (address === undefined || address === '')) return Number(id);
  throw new RpcError(RPC_INVALID_PARAMS, 'Only one of address and nodeid should be provided.');
}

const getaddednodeinfo: Method = {
  name: 'getaddednodeinfo',
  category: 'network',
  description: 'Tells about the nodes that addnode has added, or about one of them.',
  params: [
    {
      name: 'node',
      type: 'string',
      defaultHint: 'all nodes',
      description: 'The node to tell about, as it was added',
    },
  ],
  results: [
    {
      type: 'array',
      inner: [
        {
          type: 'object',
          inner: [
            text('addednode', 'The node, as it was added'),
            flag('connected', 'Whether there is a connection'),
            list('addresses', 'The connection, if there is one', {
              type: 'object',
              inner: [
                text('address', 'Address and port'),
                text('connected', 'inbound or outbound'),
              ],
            }),
          ],
        },
      ],
    },
  ],
  examples: [exampleCli('getaddednodeinfo', '"192.168.0.201"'), exampleRpc('getaddednodeinfo')],
  handler: (args, { network }) => {
    const wanted = args.maybe('node', asString);
    const nodes = network.addedNodes().filter(({ name }) => wanted === undefined || name === wanted);
    if (wanted !== undefined && nodes.length === 0) {
      throw new RpcError(RPC_CLIENT_NODE_NOT_ADDED, 'Error: Node has not been added.');
    }
    return nodes.map(({ name, connection }) => ({
      addednode: name,
      connected: connection !== undefined,
      addresses:
        connection === undefined
          ? []
          : [{
              address: connection.address,
              connected: connection.inbound ? 'inbound' : 'outbound',
            }],
    }));
  },
};

const getnettotals: Method = {
  name: 'getnettotals',
  category: 'network',
  description: 'Tells how many bytes have been sent and received, and the time.',
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        number('totalbytesrecv', 'Bytes received'),
        number('totalbytessent', 'Bytes sent'),
        { type: 'time', name: 'timemillis', description: "Milliseconds since 1970, by the system's clock" },
        {
          type: 'object',
          name: 'uploadtarget',
          description: 'What may be sent, which is not limited here',
          inner: [
            number('timeframe', 'Seconds for which a limit holds'),
            number('target', 'The limit in bytes, 0 if there is none'),
            flag('target_reached', 'Whether that much was sent'),
            flag('serve_historical_blocks', 'Whether old blocks are given to peers'),
            number('bytes_left_in_cycle', 'Bytes that may still be sent'),
            number('time_left_in_cycle', 'Seconds until it starts anew'),
          ],
        },
      ],
    },
  ],
  examples: [exampleCli('getnettotals'), exampleRpc('getnettotals')],
  handler: (_args, { network }) => ({
    totalbytesrecv: network.totals.received,
    totalbytessent: network.totals.sent,
    timemillis: Math.trunc(network.systemTime()),
    uploadtarget: {
      timeframe: MAX_UPLOAD_TIMEFRAME_S,
      target: 0,
      target_reached: false,
      serve_historical_blocks: true,
      bytes_left_in_cycle: 0,
      time_left_in_cycle: 0,
    },
  }),
};

const getnetworkinfo: Method = {
  name: 'getnetworkinfo',
  category: 'network',
  description: 'Tells about the network and our part in it.',
  params: [],
  results: [
    {
      type: 'object',
      inner: [
        number('version', 'Version of this program'),
        text('subversion', 'Our user agent'),
        number('protocolversion', 'Protocol version'),
        { type: 'hex', name: 'localservices', description: 'What we offer' },
        list('localservicesnames', 'What we offer, as names', SERVICE),
        flag('localrelay', 'Whether peers are asked for transactions'),
        number('timeoffset', 'Seconds by which peers are ahead of us'),
        number('connections', 'How many there are'),
        number('connections_in', 'How many came in'),
        number('connections_out', 'How many we made'),
        flag('networkactive', 'Whether connections are made and taken'),
        list('networks', 'The networks that there are', {
          type: 'object',
          inner: [
            text('name', 'ipv4, ipv6, onion, i2p or cjdns'),
            flag('limited', 'Whether we keep away from it'),
            flag('reachable', 'Whether we can connect to peers there'),
            text('proxy', 'What connections go through, or ""'),
            flag('proxy_randomize_credentials', 'Whether each goes through it as somebody else'),
          ],
        }),
        { type: 'amount', name: 'relayfee', description: 'Least fee rate of transactions' },
        { type: 'amount', name: 'incrementalfee', description: 'Least increase of a fee rate' },
        list('localaddresses', 'Addresses that we tell peers of: none', {
          type: 'object',
          inner: [
            text('address', 'Address'),
            number('port', 'Port'),
            number('score', 'How many peers have named it'),
          ],
        }),
        list('warnings', 'What should be looked after', text('', 'A warning')),
      ],
    },
  ],
  examples: [exampleCli('getnetworkinfo'), exampleRpc('getnetworkinfo')],
  handler: (_args, { network }) => ({
    version: network.version,
    subversion: network.userAgent,
    protocolversion: network.protocolVersion,
    localservices: network.services.toString(16).padStart(16, '0'),
    localservicesnames: serviceNames(network.services),
    localrelay: network.takesTransactions,
    timeoffset: network.timeOffset,
    networkactive: network.isNetworkActive,
    connections: network.connectionCount('both'),
    connections_in: network.connectionCount('inbound'),
    connections_out: network.connectionCount('outbound'),
    networks: (['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'] as const).map(networkJson),
    relayfee: amount(RELAY_FEE),
    incrementalfee: amount(RELAY_FEE),
    localaddresses: [],
    warnings: [...network.warnings],
  }),
};

function networkJson(name: 'ipv4' | 'ipv6' | 'onion' | 'i2p' | 'cjdns'): JsonOutput {
  const reachable = name === 'ipv4' || name === 'ipv6';
  return { name, limited: !reachable, reachable, proxy: '', proxy_randomize_credentials: false };
}

const setnetworkactive: Method = {
  name: 'setnetworkactive',
  category: 'network',
  description: 'Ends all connections and makes no new ones, or does so again.',
  params: [{ name: 'state', type: 'boolean', description: 'Whether connections are made and taken' }],
  results: [{ type: 'boolean', description: 'What was asked for' }],
  handler: (args, { network }) => {
    network.setNetworkActive(args.get('state', asBoolean));
    return network.isNetworkActive;
  },
};

const MESSAGE_TYPE_SIZE = 12;

const sendmsgtopeer: Method = {
  name: 'sendmsgtopeer',
  category: 'hidden',
  description: 'Sends a peer a message of any content. For tests.',
  params: [
    { name: 'peer_id', type: 'number', description: 'The peer, as getpeerinfo shows it' },
    { name: 'msg_type', type: 'string', description: `Type, of ${MESSAGE_TYPE_SIZE} characters at most` },
    { name: 'msg', type: 'hex', description: 'What the message contains, without a header' },
  ],
  results: [{ type: 'object', inner: [] }],
  examples: [
    exampleCli('sendmsgtopeer', '0 "addr" "ffffff"'),
    exampleRpc('sendmsgtopeer', '0, "addr", "ffffff"'),
  ],
  handler: (args, { network }) => {
    const id = args.get('peer_id', asInt64);
    const messageType = args.get('msg_type', asString);
    if (messageType.length > MESSAGE_TYPE_SIZE) {
      const what = `Error: msg_type too long, max length is ${MESSAGE_TYPE_SIZE}`;
      throw new RpcError(RPC_INVALID_PARAMETER, what);
    }
    const hex = args.get('msg', asString);
    if (hex !== '' && !isHex(hex)) {
      throw new RpcError(RPC_INVALID_PARAMETER, 'Error parsing input for msg');
    }
    const isPrintable = /^[\x20-\x7e]*$/.test(messageType);
    if (!isPrintable || !network.sendMessage(Number(id), messageType, fromHex(hex))) {
      throw new RpcError(RPC_MISC_ERROR, 'Error: Could not send message to peer');
    }
    return {};
  },
};

/** The methods about the network (Core rpc/net.cpp). */
export const networkMethods: readonly Method[] = [
  getconnectioncount, ping, getpeerinfo, addnode, addconnection, disconnectnode, getaddednodeinfo,
  getnettotals, getnetworkinfo, setnetworkactive, sendmsgtopeer,
];
