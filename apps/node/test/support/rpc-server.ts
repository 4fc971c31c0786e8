import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import { configure } from '../../src/configuration.ts';
import { LOG_CATEGORIES, type LogCategory } from '../../src/options.ts';
import type { ControlContext, RpcContext } from '../../src/rpc/context.ts';
import type { RpcMethod } from '../../src/rpc/rpc-method.ts';
import { startRpc, type RpcServer } from '../../src/rpc/start-rpc.ts';
import type { RpcOptions } from '../../src/rpc-options.ts';
import { temporaryDirectory } from './support.ts';

type Context = Pick<RpcContext, 'control'>;

/** A process that notes what is asked of it. */
export class FakeControl implements ControlContext {
  readonly startTime = 1_700_000_000;
  readonly isMockable: boolean;
  readonly calls: string[] = [];
  readonly logged = new Set<LogCategory>(LOG_CATEGORIES);
  readonly log = {
    path: '/chain/debug.log',
    isLogged: (category: LogCategory) => this.logged.has(category),
    setCategory: (category: LogCategory, on: boolean) => {
      if (on) this.logged.add(category);
      else this.logged.delete(category);
    },
  };

  constructor(isMockable = true) {
    this.isMockable = isMockable;
  }

  unixTime(): number {
    return this.startTime + 12;
  }
  requestShutdown(): void {
    this.calls.push('shutdown');
  }
  setMockTime(unix: number): void {
    this.calls.push(`mock ${unix}`);
  }
  mockForward(seconds: number): void {
    this.calls.push(`forward ${seconds}`);
  }
}

/** A server over a fake process, on a port of its own. */
export interface TestRpc {
  readonly rpc: RpcServer;
  readonly address: string;
  readonly control: FakeControl;
  readonly directory: string;
  /** Lines of the log. */
  readonly lines: readonly string[];
  /** `user:password` of this run. */
  cookie(): string;
}

const running = new Set<RpcServer>();
afterEach(async () => {
  for (const rpc of running) await rpc.stop();
  running.clear();
});

/** Options as the command line gives them, but on a free port. */
export function rpcOptionsOf(...args: string[]): RpcOptions {
  const request = configure(['-regtest', ...args], { home: '/nowhere', workingDirectory: '/' });
  if (request.type !== 'run') throw new Error('not a run');
  const { rpc } = request.configuration.options;
  const endpoints = rpc.warnings.length > 0 || rpc.endpoints.length === 2;
  return endpoints ? { ...rpc, endpoints: [{ host: '127.0.0.1', port: 0 }] } : rpc;
}

/** Starts a server that executes calls; it ends with the test. */
export async function startTestRpc(
  args: readonly string[] = [],
  {
    methods = [], isMockable = true,
  }: { readonly methods?: readonly RpcMethod<Context>[]; readonly isMockable?: boolean } = {},
): Promise<TestRpc> {
  const directory = temporaryDirectory();
  const control = new FakeControl(isMockable);
  const lines: string[] = [];
  const note = (text: string): void => void lines.push(text);
  const rpc = await startRpc<Context>({
    options: rpcOptionsOf(...args),
    directory,
    context: { control },
    methods,
    log: { info: note, warning: note, error: note, debug: (_category, text) => note(text) },
  });
  running.add(rpc);
  rpc.finishWarmup();
  const cookie = (): string => readFileSync(join(directory, '.cookie'), 'utf8');
  return { rpc, address: rpc.addresses[0]!, control, directory, lines, cookie };
}
