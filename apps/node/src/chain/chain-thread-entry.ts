import { parentPort, workerData } from 'node:worker_threads';
import { ChainstateError } from '@btcp2p/chainstate';
import type { ChainResult } from '@btcp2p/node';
import { AddonGate, ScriptCheckPool } from '@btcp2p/reactor';
import { fileError, NodeError, type NodeErrorCode } from '../node-error.ts';
import { ChainQueryError } from './chain-query-error.ts';
import type { ChainMessage, ChainRequest, ChainSettings, QueryJob } from './chain-messages.ts';
import { ChainService } from './chain-service.ts';
import { isPiecemeal, PiecemealWork } from './piecemeal.ts';

/** Milliseconds between two looks whether something is to be stored. */
const REST_INTERVAL_MS = 250;

const port = parentPort!;
const settings = workerData as ChainSettings;

function say(message: ChainMessage, transferred: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transferred);
}

/** The process is to end: nothing more is done here, least of all stored. */
function end(error: unknown): void {
  const { code, message } = asNodeError(error);
  say({ type: 'fatal', code, message });
  port.close();
  clearInterval(timer);
}

function asNodeError(error: unknown): { readonly code: NodeErrorCode; readonly message: string } {
  if (error instanceof NodeError) return error;
  if (error instanceof ChainstateError) {
    const advice = 'Restart with -reindex or -reindex-chainstate to recover.';
    return { code: 'corrupt', message: `${sentence(error.message)} ${advice}` };
  }
  return fileError(error, settings.directory);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

let service: ChainService;
const timer = setInterval(() => attempt(rest), REST_INTERVAL_MS);

function rest(): void {
  service.rest(performance.now());
  catchUp();
  proveSnapshot();
}

function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    end(error);
  }
}

function handle({ id, job, now }: ChainRequest): void {
  switch (job.type) {
    case 'append-headers':
    case 'process-block':
    case 'read-block':
    case 'read-filters':
    case 'read-filter-hashes':
    case 'read-filter-checkpoints':
      sayResult(id, service.perform(job, now));
      break;
    default:
      answer(id, job, now);
  }
}

/** A block is handed over, and not copied once more. */
function sayResult(id: number, result: ChainResult): void {
  const buffers = result.type === 'block' ? [result.bytes.buffer as ArrayBuffer] : [];
  say({ type: 'answer', id, result }, buffers);
}

function answer(id: number, job: QueryJob, now: number): void {
  let result: unknown;
  try {
    result = service.query(job, now);
  } catch (error) {
    say(answerOf(id, () => {
      throw error;
    }));
    return;
  }
  if (isPiecemeal(result)) piecemeal.add(result, (done) => say(answerOf(id, done)));
  else say(answerOf(id, () => result));
}

function answerOf(id: number, result: () => unknown): ChainMessage {
  try {
    return { type: 'query-answer', id, result: result() };
  } catch (error) {
    if (!(error instanceof ChainQueryError)) throw error;
    return { type: 'query-failed', id, message: error.message };
  }
}

const piecemeal = new PiecemealWork(attempt, () => Atomics.load(settings.interrupt, 0) !== 0);

let isCatchingUp = false;

/** Has indexes that are behind catch up between jobs. */
function catchUp(): void {
  if (isCatchingUp || !service.isIndexBehind) return;
  isCatchingUp = true;
  piecemeal.add(service.catchUp(), (result) => {
    isCatchingUp = false;
    resultOrLeft(result);
  });
}

let isProving = false;

/** Has a snapshot proved between jobs, once it can be. */
function proveSnapshot(): void {
  if (isProving || !service.isSnapshotProvable) return;
  isProving = true;
  piecemeal.add(service.proveSnapshot(), (result) => {
    isProving = false;
    resultOrLeft(result);
  });
}

/** Work that was left because the process is to end goes on at the next start. */
function resultOrLeft(result: () => void): void {
  try {
    result();
  } catch (error) {
    if (!(error instanceof ChainQueryError)) throw error;
  }
}

attempt(() => {
  const scripts = new ScriptCheckPool({
    helpers: settings.scriptThreads,
    gate: new AddonGate(settings.addonGate),
  });
  service = new ChainService(settings, scripts, (event) => say({ type: 'event', event }));
  const chain = service.load();
  port.on('message', (message: ChainRequest | 'close') => {
    attempt(() => {
      if (message !== 'close') {
        handle(message);
        catchUp();
        return;
      }
      clearInterval(timer);
      piecemeal.close();
      service.close();
      void scripts.close().then(() => port.close());
    });
  });
  say({ type: 'loaded', chain });
});
