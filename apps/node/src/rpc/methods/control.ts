import { setTimeout as delay } from 'node:timers/promises';
import { CLIENT_NAME } from '../../client.ts';
import { LOG_CATEGORIES, type LogCategory } from '../../options.ts';
import type { ControlContext, RpcContext } from '../context.ts';
import { asArray, asInt32, asInt64, asString } from '../convert.ts';
import { JsonNumber } from '../json-value.ts';
import { RPC_INVALID_PARAMETER, RPC_MISC_ERROR, RpcError } from '../rpc-error.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';

type Method = RpcMethod<Pick<RpcContext, 'control'>>;

/** The seconds that Core's nanoseconds of 64 bits can hold. */
const MAX_MOCK_TIME = 9_223_372_036n;

const stop: Method = {
  name: 'stop',
  category: 'control',
  description: 'Asks the node to end.',
  params: [
    {
      name: 'wait',
      type: 'number',
      optional: true,
      hidden: true,
      description: 'Milliseconds to wait before answering, for tests',
    },
  ],
  results: [{ type: 'string', description: `Always '${CLIENT_NAME} stopping'` }],
  handler: async (args, { control }) => {
    control.requestShutdown();
    const wait = args.raw('wait');
    if (wait instanceof JsonNumber) await delay(Math.max(0, asInt32(wait)));
    return `${CLIENT_NAME} stopping`;
  },
};

const uptime: Method = {
  name: 'uptime',
  category: 'control',
  description: 'Tells for how long the node has been running.',
  params: [],
  results: [{ type: 'number', description: 'Seconds' }],
  examples: [exampleCli('uptime'), exampleRpc('uptime')],
  handler: (_args, { control }) => control.unixTime() - control.startTime,
};

const getmemoryinfo: Method = {
  name: 'getmemoryinfo',
  category: 'control',
  description: 'Tells how much memory is in use.',
  params: [
    {
      name: 'mode',
      type: 'string',
      default: 'stats',
      description:
        'What to tell.\n"stats": numbers.\n"mallocinfo": the state of the C heap, which is not ' +
        'available here.',
    },
  ],
  results: [
    {
      type: 'object',
      condition: 'mode "stats"',
      inner: [
        {
          type: 'object',
          name: 'locked',
          description: 'Memory that is kept from being swapped to disk: none here, there are no secrets',
          inner: [
            { type: 'number', name: 'used', description: 'Bytes in use' },
            { type: 'number', name: 'free', description: 'Bytes to spare' },
            { type: 'number', name: 'total', description: 'Bytes altogether' },
            { type: 'number', name: 'locked', description: 'Bytes that could be locked' },
            { type: 'number', name: 'chunks_used', description: 'Pieces in use' },
            { type: 'number', name: 'chunks_free', description: 'Pieces to spare' },
          ],
        },
        {
          type: 'object',
          name: 'process',
          description: 'Memory of the whole process',
          inner: [
            { type: 'number', name: 'resident', description: 'Bytes in main memory' },
            { type: 'number', name: 'heap_used', description: 'Bytes of JavaScript objects' },
            { type: 'number', name: 'heap_total', description: 'Bytes set aside for them' },
            { type: 'number', name: 'external', description: 'Bytes outside, of buffers mostly' },
          ],
        },
      ],
    },
    { type: 'string', condition: 'mode "mallocinfo"', description: 'Never given here' },
  ],
  examples: [exampleCli('getmemoryinfo'), exampleRpc('getmemoryinfo')],
  handler: (args) => {
    const mode = args.get('mode', asString);
    if (mode === 'mallocinfo') {
      throw new RpcError(RPC_INVALID_PARAMETER, 'mallocinfo mode not available');
    }
    if (mode !== 'stats') throw new RpcError(RPC_INVALID_PARAMETER, `unknown mode ${mode}`);
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    return {
      locked: { used: 0, free: 0, total: 0, locked: 0, chunks_used: 0, chunks_free: 0 },
      process: { resident: rss, heap_used: heapUsed, heap_total: heapTotal, external },
    };
  },
};

const logging: Method = {
  name: 'logging',
  category: 'control',
  description:
    'Tells which categories of debug messages are logged, and changes that.\n' +
    'A category that is both included and excluded is excluded.\n' +
    `The valid logging categories are: ${LOG_CATEGORIES.join(', ')}\n` +
    '"all" and "1" stand for every category.',
  params: [
    {
      name: 'include',
      type: 'array',
      optional: true,
      description: 'Categories to log from now on',
      inner: [{ name: 'include_category', type: 'string', optional: true, description: 'A category' }],
    },
    {
      name: 'exclude',
      type: 'array',
      optional: true,
      description: 'Categories to log no longer',
      inner: [{ name: 'exclude_category', type: 'string', optional: true, description: 'A category' }],
    },
  ],
  results: [
    {
      type: 'map',
      description: 'Every category',
      inner: [{ type: 'boolean', name: 'category', description: 'Whether it is logged' }],
    },
  ],
  examples: [
    exampleCli('logging', '"[\\"all\\"]" "[\\"http\\"]"'),
    exampleRpc('logging', '["all"], ["libevent"]'),
  ],
  handler: (args, { control: { log } }) => {
    for (const [name, on] of [['include', true], ['exclude', false]] as const) {
      for (const item of args.maybe(name, asArray) ?? []) {
        for (const category of categoriesNamed(asString(item))) log.setCategory(category, on);
      }
    }
    return new Map(LOG_CATEGORIES.map((category) => [category, log.isLogged(category)]));
  },
};

/** @throws RpcError if there is none of that name */
function categoriesNamed(name: string): readonly LogCategory[] {
  if (name === '' || name === '1' || name === 'all') return LOG_CATEGORIES;
  const found = LOG_CATEGORIES.filter((category) => category === name);
  if (found.length > 0) return found;
  throw new RpcError(RPC_INVALID_PARAMETER, `unknown logging category ${name}`);
}

/** `echojson` differs from `echo` in clients only, which convert its words to JSON. */
function echo(name: 'echo' | 'echojson'): Method {
  return {
    name,
    category: 'hidden',
    description:
      'Answers with the parameters that it is given. For tests.\n' +
      "With 'trigger_internal_bug' as the last one it fails as if it had a bug.",
    params: Array.from({ length: 10 }, (_, i) => ({
      name: `arg${i}`,
      type: 'string',
      optional: true,
      anyType: true,
      description: '',
    })),
    results: [{ type: 'any', description: 'The parameters' }],
    handler: (args) => {
      if (args.raw('arg9') === 'trigger_internal_bug') {
        throw new Error('request.params[9].get_str() != "trigger_internal_bug"');
      }
      return args.values;
    },
  };
}

const setmocktime: Method = {
  name: 'setmocktime',
  category: 'hidden',
  description: 'Sets the clock of the node (-regtest only).',
  params: [
    {
      name: 'timestamp',
      type: 'number',
      description: "Seconds since 1970.\nWith 0 it goes with the system's clock again.",
    },
  ],
  results: [{ type: 'null' }],
  handler: (args, { control }) => {
    checkMockable(control, 'setmocktime');
    const time = args.get('timestamp', asInt64);
    if (time < 0n || time > MAX_MOCK_TIME) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        `Mocktime must be in the range [0, ${MAX_MOCK_TIME}], not ${time}.`,
      );
    }
    control.setMockTime(Number(time));
    return null;
  },
};

const mockscheduler: Method = {
  name: 'mockscheduler',
  category: 'hidden',
  description: 'Brings scheduled work forward (-regtest only).',
  params: [{ name: 'delta_time', type: 'number', description: 'By how many seconds' }],
  results: [{ type: 'null' }],
  handler: (args, { control }) => {
    checkMockable(control, 'mockscheduler');
    const seconds = args.get('delta_time', asInt64);
    if (seconds <= 0n || seconds > 3_600n) {
      throw new RpcError(RPC_MISC_ERROR, 'delta_time must be between 1 and 3600 seconds (1 hr)');
    }
    control.mockForward(Number(seconds));
    return null;
  },
};

function checkMockable(control: ControlContext, method: string): void {
  if (control.isMockable) return;
  throw new RpcError(
    RPC_MISC_ERROR,
    `${method} is for regression testing (-regtest mode) only`,
  );
}

/** The methods about the process (Core rpc/server.cpp, rpc/node.cpp). */
export const controlMethods: readonly Method[] = [
  stop, uptime, getmemoryinfo, logging, echo('echo'), echo('echojson'), setmocktime, mockscheduler,
];
