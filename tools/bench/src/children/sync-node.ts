// A node of ours in a process of its own: it says when it is ready, waits to be told to go, connects
// to one peer, and tells how long it took until it had what it was to reach.
import { consensusParams, genesisAnchor, HeaderTree } from '@btcp2p/consensus';
import { join } from 'node:path';
import {
  Node,
  type ChainJob,
  type ChainResult,
  type Job,
  type JobResult,
  type NodeEvent,
} from '@btcp2p/node';
import { nativeSha256d, Reactor, secureRng, systemTime } from '@btcp2p/reactor';
import { hashToHex, networks } from '@btcp2p/wire';
import { ChainThread, defaultChainSettings, HeaderFile } from 'btcp2p-node';
import { anchorOf, headerRange } from '../header-data.ts';
import type { SyncResult, SyncTask } from '../sync-node.ts';

const task = JSON.parse(process.argv[2]!) as SyncTask;
const network = networks[task.chain];
const params = consensusParams(network);
const headers = new HeaderTree({
  params,
  anchor: task.range === undefined ? genesisAnchor(network) : anchorOf(headerRange(task.range)),
  sha256d: nativeSha256d,
});
/** Headers on their own go into the file alone: with an anchor there are no coins to start from. */
const keep = task.until === 'headers' ? keepHeaders() : await keepBlocks();
const node = new Node({
  network,
  params,
  headers,
  rng: secureRng,
  sha256d: nativeSha256d,
  userAgent: '/btcp2p-bench:0/',
  minimumChainWork: 0n,
  v2Transport: false,
});
const reactor = new Reactor<Job, JobResult, NodeEvent>({
  machine: node,
  perform(job) {
    if (job.type === 'key-work') throw new Error('v1 has no keys');
    return keep(job);
  },
  onEvent: follow,
});

let start = 0;
process.on('message', () => {
  start = performance.now();
  reactor.run((now) => node.addNode(task.peer, now));
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');

function follow(event: NodeEvent): void {
  if (event.type === 'fatal') throw new Error(event.detail);
  if (start === 0 || heightOf(event) !== task.height) return;
  const tip = task.until === 'blocks' ? node.chain.tip() : headers.best;
  const seconds = (performance.now() - start) / 1_000;
  const result: SyncResult = { seconds, tip: hashToHex(headers.hash(tip)) };
  start = 0;
  process.send!(result);
}

function keepHeaders(): (job: ChainJob) => Promise<ChainResult> {
  const { file } = HeaderFile.open(join(task.directory, 'headers.dat'), () => false);
  return (job) => {
    if (job.type !== 'append-headers') throw new Error(`nobody has blocks to ${job.type}`);
    file.append(job.headers);
    return Promise.resolve({ type: 'appended' });
  };
}

async function keepBlocks(): Promise<(job: ChainJob) => Promise<ChainResult>> {
  const { thread } = await ChainThread.start({
    settings: {
      ...defaultChainSettings(task.chain, task.directory, systemTime().unix),
      minimumChainWork: 0n,
    },
    onEvent: (event) => {
      if (event.type === 'log' || event.type === 'mempool') return;
      reactor.run((now) => node.handle({ type: 'chain', event }, now));
    },
    onFailure: (error) => {
      throw error;
    },
  });
  return (job) => thread.perform(job, systemTime().unix);
}

/** The height that an event says has been reached, if it is of the kind that counts. */
function heightOf(event: NodeEvent): number | undefined {
  if (task.until === 'blocks') return event.type === 'tip' ? event.height : undefined;
  return event.type === 'headers' ? headers.height(headers.best) : undefined;
}
