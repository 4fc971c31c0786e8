'use strict';

// The child process: one bcoin full node in memory, driven by requests over the IPC channel
// (src/protocol.ts has their shapes). It ends when the channel closes, and so with its parent.

const { isIPv4 } = require('node:net');
const { format } = require('node:util');
const { load } = require('./load.cjs');

const MAX_INBOUND_PEERS = 128;

let bcoin;
let node;
/** Turns a hash in hex around: bcoin's keys are in wire order, people's hashes in display order. */
let reverseHex;

/** bcoin's own debug log, a line at a time, for whoever asked for it. */
function createLogger() {
  const Logger = bcoin.require('blgr');
  const logger = new Logger({ level: 'debug', console: false });
  logger.writeConsole = (level, module, args) => {
    process.send({ log: `[${Logger.levelsByVal[level]}] (${module}) ${format(...args)}` });
    return true;
  };
  return logger;
}

/**
 * Rules under which bcoin's regtest differs from Bitcoin Core's, and made equal here: segwit and
 * CSV, which Core has active from the first block and bcoin votes in over 432 blocks. Without it
 * bcoin refuses the witness in the first coinbase of a chain that Core made.
 */
async function activateSoftForks(chain) {
  const { csv, segwit } = chain.network.deployments;
  const { thresholdStates } = bcoin.require('./lib/blockchain/common');
  const getState = chain.getState.bind(chain);
  chain.getState = async (previous, deployment) =>
    deployment === csv || deployment === segwit
      ? thresholdStates.ACTIVE
      : getState(previous, deployment);
  chain.setDeploymentState(await chain.getDeployments(chain.network.now(), chain.tip));
}

/**
 * A short main chain counts as synced. Otherwise bcoin would answer no getheaders and no getblocks
 * until it has a tip of the last day and all the work of the real chain.
 */
function lowerSyncThreshold(network) {
  network.block.maxTipAge = 0xffffffff;
  const BN = bcoin.require('bn.js');
  network.pow.chainwork = new BN(0);
}

/**
 * Leaves bcoin with the connections it is told to make: no DNS, no UPnP, no dialling of its own, and
 * no addresses from its seed list, which it would hand to peers that may dial them.
 */
function confineToLoopback(pool) {
  pool.discoverGateway = async () => false;
  pool.discoverExternal = async () => {};
  pool.discoverSeeds = async () => {};
  pool.getHost = () => null;
  pool.hosts.injectSeeds = () => {};
  // bcoin collects the machine's public addresses, and would advertise them.
  pool.hosts.local.clear();
}

function createNode(options) {
  const fullNode = new bcoin.FullNode({
    network: options.network,
    memory: true,
    persistentMempool: false,
    checkpoints: false,
    workers: false,
    bip37: true,
    listen: options.listen,
    host: '127.0.0.1',
    seeds: [],
    maxInbound: MAX_INBOUND_PEERS,
    ...(options.log ? { logger: createLogger() } : { logConsole: false, logLevel: 'none' }),
  });
  // Only peers may talk to it: the HTTP server stays closed.
  fullNode.http.open = async () => {};
  fullNode.http.close = async () => {};
  confineToLoopback(fullNode.pool);
  // Any free port. As an option bcoin would refuse it, though its server takes it.
  fullNode.pool.options.port = 0;
  return fullNode;
}

async function connectBlocks(blocks) {
  for (const [index, bytes] of blocks.entries()) {
    const block = bcoin.Block.fromRaw(bcoin.buffer(bytes));
    if (await node.chain.has(block.hash('hex'))) continue;
    if (!(await node.chain.add(block))) {
      throw new Error(`seed block ${index} (${block.rhash()}) has no known parent`);
    }
  }
}

async function listen(pool) {
  let port = 0;
  pool.once('listening', (address) => { port = address.port; });
  await pool.connect();
  pool.startSync();
  return port;
}

function handshakenPeers() {
  const peers = [];
  for (let peer = node.pool.peers.head(); peer; peer = peer.next) {
    if (peer.handshake && !peer.destroyed) peers.push(peer);
  }
  return peers;
}

function describePeer(peer) {
  return {
    address: peer.hostname(),
    agent: peer.agent,
    version: peer.version,
    services: peer.services,
    direction: peer.outbound ? 'outbound' : 'inbound',
    startHeight: peer.height,
    bestHeight: peer.bestHeight === -1 ? undefined : peer.bestHeight,
    pingMs: peer.minPing === -1 ? undefined : peer.minPing,
    banScore: peer.banScore,
  };
}

function parseLoopback(hostPort) {
  const [host, port, ...rest] = hostPort.split(':');
  const number = Number(port);
  const isPort = Number.isInteger(number) && number > 0 && number < 65_536;
  const isLoopback = isIPv4(host) && host.startsWith('127.');
  if (rest.length > 0 || !isPort || !isLoopback) {
    throw new Error(`not a loopback address 127.x.y.z:port: ${hostPort}`);
  }
  return hostPort;
}

/** Resolves once `check` holds, looking again at each of the emitter's `event`s. */
function waitFor(emitter, event, check, timeoutMs, describe) {
  return new Promise((resolve, reject) => {
    const finish = (settle, value) => {
      clearTimeout(timer);
      emitter.removeListener(event, look);
      settle(value);
    };
    const look = () => { if (check()) finish(resolve); };
    const expire = () => {
      if (check()) finish(resolve);
      else finish(reject, new Error(`${describe()} after ${timeoutMs} ms`));
    };
    const timer = setTimeout(expire, timeoutMs);
    emitter.on(event, look);
    look();
  });
}

const methods = {
  async start(options) {
    bcoin = load(options.directory, options.backend);
    reverseHex = bcoin.require('./lib/utils/util').revHex;
    node = createNode(options);
    if (options.network === 'main') lowerSyncThreshold(node.network);
    await node.open();
    if (options.network === 'regtest') await activateSoftForks(node.chain);
    await connectBlocks(options.seedBlocks);
    await methods.mine(options.blocks);
    const port = await listen(node.pool);
    if (options.connect !== undefined) await methods.addPeer(options.connect);
    return port;
  },

  height: () => node.chain.height,

  tipHash: () => node.chain.tip.rhash(),

  async mine(count) {
    if (count > 0 && node.network.type !== 'regtest') {
      throw new Error(`cannot mine on ${node.network.type}`);
    }
    const hashes = [];
    for (let i = 0; i < count; i += 1) {
      const block = await node.miner.cpu.mineBlock();
      if (!(await node.chain.add(block))) throw new Error('bcoin refused its own block');
      hashes.push(block.rhash());
    }
    return hashes;
  },

  async addPeer(hostPort) {
    const NetAddress = bcoin.require('./lib/net/netaddress');
    const address = NetAddress.fromHostname(parseLoopback(hostPort), node.network);
    if (node.pool.peers.has(address.hostname)) throw new Error(`already connected to ${hostPort}`);
    const peer = node.pool.createOutbound(address);
    node.pool.peers.add(peer);
    await new Promise((resolve, reject) => {
      let reason = 'closed';
      peer.on('error', (error) => { reason = error.message; });
      peer.once('open', resolve);
      peer.once('close', () => reject(new Error(`no handshake with ${hostPort}: ${reason}`)));
    });
  },

  async blockBytes(hash) {
    const bytes = await node.chain.getRawBlock(reverseHex(hash));
    if (!bytes) throw new Error(`no block ${hash}`);
    return new Uint8Array(bytes);
  },

  peers: () => handshakenPeers().map(describePeer),

  async ping(timeoutMs) {
    const pinged = handshakenPeers();
    for (const peer of pinged) peer.sendPing();
    const waiting = () => pinged.filter((peer) => peer.challenge && !peer.destroyed);
    const describe = () => `no pong from ${waiting().map((peer) => peer.hostname()).join(', ')}`;
    await waitFor(node.pool, 'packet', () => waiting().length === 0, timeoutMs, describe);
  },

  async waitForHeight(height, timeoutMs) {
    const { chain } = node;
    const describe = () => `bcoin is at height ${chain.height}, not yet at ${height},`;
    await waitFor(chain, 'connect', () => chain.height >= height, timeoutMs, describe);
  },
};

process.on('message', async ({ id, method, parameters }) => {
  let answer;
  try {
    answer = { id, result: await methods[method](...parameters) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  if (process.connected) process.send(answer);
});

process.on('disconnect', () => process.exit(0));
