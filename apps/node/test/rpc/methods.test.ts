import { describe, expect, test } from '@jest/globals';
import { CLIENT_NAME } from '../../src/client.ts';
import { asAmount, asArray, asHash, asInt32 } from '../../src/rpc/convert.ts';
import { JsonNumber, type JsonObject, type JsonOutput, type JsonValue } from '../../src/rpc/json-value.ts';
import { controlMethods } from '../../src/rpc/methods/control.ts';
import { parseJson } from '../../src/rpc/parse-json.ts';
import { RpcError } from '../../src/rpc/rpc-error.ts';
import type { RpcMethod } from '../../src/rpc/rpc-method.ts';
import { RpcTable } from '../../src/rpc/rpc-table.ts';
import { amount, writeJson } from '../../src/rpc/write-json.ts';
import { FakeControl } from '../support/rpc-server.ts';

const control = new FakeControl();
const bugs: string[] = [];

/** A method with every kind of parameter. */
const sample: RpcMethod<unknown> = {
  name: 'sample',
  category: 'util',
  description: 'Does this.\nAnd that.',
  params: [
    { name: 'blockhash|hash', type: 'hex', description: 'The block' },
    {
      name: 'verbosity|verbose', type: 'number', default: new JsonNumber('1'), anyType: true,
      description: 'How much',
    },
    {
      name: 'outputs', type: 'array', optional: true, description: 'Where to',
      inner: [
        {
          name: '', type: 'user-keys', optional: true, description: '',
          inner: [{ name: 'address', type: 'amount', description: 'An amount' }],
        },
      ],
    },
    {
      name: 'options', type: 'named-object', optional: true, description: 'More',
      inner: [
        { name: 'fee_rate|feeRate', type: 'amount', defaultHint: 'the least', description: 'The fee' },
        { name: 'replaceable', type: 'boolean', default: true, description: 'Whether' },
      ],
    },
  ],
  results: [
    {
      type: 'object', description: 'What came in',
      inner: [
        { type: 'hex', name: 'hash' },
        { type: 'number', name: 'verbosity', optional: true, description: 'The number' },
        { type: 'array', name: 'fees', inner: [{ type: 'amount' }] },
        { type: 'any', name: 'options', optional: true },
      ],
    },
  ],
  handler: (args) => {
    const options = args.raw('options') as JsonObject | null;
    return {
      hash: Buffer.from(args.get('blockhash', asHash)).toString('hex'),
      verbosity: args.raw('verbosity') === true ? undefined : args.get('verbosity', asInt32),
      fees: (args.maybe('outputs', asArray) ?? []).map((value) => amount(asAmount(value))),
      options: options ?? undefined,
    };
  },
};

/** Answers with something else than it says. */
const liar: RpcMethod<unknown> = {
  name: 'liar', category: 'hidden', description: '', params: [],
  results: [{ type: 'object', inner: [{ type: 'string', name: 'a' }, { type: 'number', name: 'b' }] }],
  handler: () => ({ a: 1, c: 2 }),
};

const table = new RpcTable([...controlMethods, sample, liar], { control }, {
  docCheck: true,
  bug: (method) => bugs.push(method),
  now: () => 0,
});

const call = { user: 'u', signal: new AbortController().signal };
const execute = (method: string, params = '[]'): Promise<JsonOutput> =>
  table.execute(method, parseJson(params) as readonly JsonValue[] | JsonObject, call);

/** What a call answers, as text; of a refusal, its code and message. */
async function answer(method: string, params = '[]'): Promise<string> {
  try {
    return writeJson(await execute(method, params));
  } catch (error) {
    if (error instanceof RpcError) return `${error.code} ${error.message}`;
    throw error;
  }
}

test('no call is executed before the start is over', async () => {
  expect(await answer('uptime')).toBe('-28 RPC server started');
  table.warmup = 'Loading block index…';
  expect(await answer('nonsense')).toBe('-28 Loading block index…');
  table.warmup = undefined;
  expect(await answer('uptime')).toBe('12');
  expect(await answer('nonsense')).toBe('-32601 Method not found');
});

const hash = '00'.repeat(31) + '01';
const wire = `01${'00'.repeat(31)}`;

describe('parameters', () => {
  test.each([
    [`["${hash}"]`, `{"hash":"${wire}","verbosity":1,"fees":[]}`],
    [`["${hash}",null]`, `{"hash":"${wire}","verbosity":1,"fees":[]}`],
    [`["${hash}",2,[0.1,"0.00000001",1e-7]]`,
      `{"hash":"${wire}","verbosity":2,"fees":[0.10000000,0.00000001,0.00000010]}`],
    [`{"blockhash":"${hash}"}`, `{"hash":"${wire}","verbosity":1,"fees":[]}`],
    [`{"verbose":true,"hash":"${hash}"}`, `{"hash":"${wire}","fees":[]}`],
    [`{"args":["${hash}"],"verbosity":3}`, `{"hash":"${wire}","verbosity":3,"fees":[]}`],
    [`{"args":["${hash}",5],"outputs":[1]}`, `{"hash":"${wire}","verbosity":5,"fees":[1.00000000]}`],
    [`{"hash":"${hash}","feeRate":1.5,"replaceable":false}`,
      `{"hash":"${wire}","verbosity":1,"fees":[],"options":{"feeRate":1.5,"replaceable":false}}`],
    [`{"hash":"${hash}","options":{"x":1}}`,
      `{"hash":"${wire}","verbosity":1,"fees":[],"options":{"x":1}}`],
  ])('%s', async (params, result) => {
    expect(await answer('sample', params)).toBe(result);
  });

  const mismatch = (position: string, actual: string, expected: string): string =>
    '-3 Wrong type passed:\n{\n    ' +
    `"Position ${position}": "JSON value of type ${actual} is not of expected type ${expected}"\n}`;
  test.each([
    ['[1]', mismatch('1 (blockhash|hash)', 'number', 'string')],
    ['[null]', mismatch('1 (blockhash|hash)', 'null', 'string')],
    [`["${hash}",1,{}]`, mismatch('3 (outputs)', 'object', 'array')],
    [`["${hash}",1,[],[]]`, mismatch('4 (options)', 'array', 'object')],
    [`["${hash}","1"]`, '-3 JSON value of type string is not of expected type number'],
    [`["${hash}",1.5]`, '-1 JSON integer out of range'],
    [`["${hash}",2147483648]`, '-1 JSON integer out of range'],
    [`["${hash}",1,[true]]`, '-3 Amount is not a number or string'],
    [`["${hash}",1,[0.000000001]]`, '-3 Invalid amount'],
    [`["${hash}",1,["1,0"]]`, '-3 Invalid amount'],
    [`["${hash}",1,[-1]]`, '-3 Amount out of range'],
    [`["${hash}",1,[21000001]]`, '-3 Amount out of range'],
    ['["ab"]', "-8 blockhash must be of length 64 (not 2, for 'ab')"],
    [`["${'g'.repeat(64)}"]`, `-8 blockhash must be hexadecimal string (not '${'g'.repeat(64)}')`],
    [`{"hash":"${hash}","x":1}`, '-8 Unknown named parameter x'],
    [`{"hash":"${hash}","hash":1}`, '-8 Parameter hash specified multiple times'],
    [`{"hash":"${hash}","blockhash":1}`, '-8 Unknown named parameter hash'],
    [`{"args":["${hash}"],"hash":1}`,
      '-8 Parameter blockhash|hash specified twice both as positional and named argument'],
    [`{"hash":"${hash}","options":{},"fee_rate":1}`,
      '-8 Parameter options conflicts with parameter fee_rate'],
  ])('%s is refused', async (params, error) => {
    expect(await answer('sample', params)).toBe(error);
  });

  test('too few and too many get the help', async () => {
    const help = await execute('help', '["sample"]');
    for (const params of ['[]', '[1,2,3,4,5]', '{"verbose":1}']) {
      const text = await answer('sample', params);
      if (params.startsWith('[')) expect(text).toBe(`-1 ${String(help)}`);
      else expect(text).toContain('JSON value of type null is not of expected type string');
    }
  });
});

describe('help', () => {
  test('of a method', async () => {
    expect(await execute('help', '["sample"]')).toBe(
      `sample "hash" ( verbosity [{"address":amount,...},...] {"fee_rate":amount,"replaceable":bool,...} )

Does this.
And that.

Arguments:
1. blockhash                   (string, required) The block
2. verbosity                   (numeric, optional, default=1) How much
3. outputs                     (json array, optional) Where to
     [
       {                       (json object)
         "address": amount,    (numeric or string, required) An amount
         ...
       },
       ...
     ]
4. options                     (json object, optional) NAMED More

Named Arguments:
fee_rate       (numeric or string, optional, default=the least) The fee
replaceable    (boolean, optional, default=true) Whether

Result:
{                     (json object) What came in
  "hash" : "hex",     (string)
  "verbosity" : n,    (numeric, optional) The number
  "fees" : [          (json array)
    n,                (numeric)
    ...
  ]
}
`
        .replace('"hash" (', '"blockhash" (')
        .replace('NAMED', 'Options object that can be used to pass named arguments, listed below.'),
    );
  });

  test('of all: by category, hidden ones left out', async () => {
    expect(await execute('help')).toBe(
      [
        '== Control ==', 'getmemoryinfo ( "mode" )', 'getrpcinfo', 'help ( "command" )',
        'logging ( ["include_category",...] ["exclude_category",...] )', 'stop', 'uptime', '', '== Util ==',
        'sample "blockhash" ( verbosity [{"address":amount,...},...] ' +
          '{"fee_rate":amount,"replaceable":bool,...} )',
      ].join('\n'),
    );
  });

  test('of what is hidden, and of what is not there', async () => {
    expect(await execute('help', '["setmocktime"]')).toMatch(/^setmocktime timestamp\n\nSets/);
    expect(await execute('help', '["foo"]')).toBe('help: unknown command: foo');
    expect(await answer('help', '[0]')).toContain(
      'JSON value of type number is not of expected type string',
    );
  });

  test('names of all parameters, for clients', async () => {
    const rows = (await execute('help', '["dump_all_command_conversions"]')) as JsonOutput[];
    expect(rows).toContainEqual(['sample', 1, 'verbose', false]);
    expect(rows).toContainEqual(['sample', 3, 'feeRate', false]);
    expect(rows).toContainEqual(['help', 0, 'command', true]);
  });
});

describe('methods', () => {
  test.each([
    ['stop', '[]', `"${CLIENT_NAME} stopping"`],
    ['stop', '{"wait":0}', `"${CLIENT_NAME} stopping"`],
    ['uptime', '[]', '12'],
    ['getrpcinfo', '[]',
      '{"active_commands":[{"method":"getrpcinfo","duration":0}],"logpath":"/chain/debug.log"}'],
    ['echo', '[]', '[]'],
    ['echo', '{"arg0":0,"arg3":3,"arg9":9}', '[0,null,null,3,null,null,null,null,null,9]'],
    ['echo', '{"args":[0,1],"arg3":3,"arg5":5}', '[0,1,null,3,null,5]'],
    ['echojson', '[{"b":1.0,"a":[]}]', '[{"b":1.0,"a":[]}]'],
    ['echo', '{"arg9":null}', '[null,null,null,null,null,null,null,null,null,null]'],
    ['setmocktime', '[1296688602]', 'null'],
    ['setmocktime', '[-1]', '-8 Mocktime must be in the range [0, 9223372036], not -1.'],
    ['setmocktime', '[9223372037]', '-8 Mocktime must be in the range [0, 9223372036], not 9223372037.'],
    ['mockscheduler', '[3600]', 'null'],
    ['mockscheduler', '[0]', '-1 delta_time must be between 1 and 3600 seconds (1 hr)'],
    ['getmemoryinfo', '["mallocinfo"]', '-8 mallocinfo mode not available'],
    ['getmemoryinfo', '["foobar"]', '-8 unknown mode foobar'],
    ['logging', '[["nope"]]', '-8 unknown logging category nope'],
    ['logging', '[[1]]', '-3 JSON value of type number is not of expected type string'],
  ])('%s %s', async (method, params, expected) => {
    expect(await answer(method, params)).toBe(expected);
  });

  test('what they ask of the process', async () => {
    control.calls.length = 0;
    await execute('stop');
    await execute('setmocktime', '[7]');
    await execute('mockscheduler', '[8]');
    expect(control.calls).toEqual(['shutdown', 'mock 7', 'forward 8']);
  });

  test('clocks are not set on other chains than regtest', async () => {
    const other = new RpcTable(controlMethods, { control: new FakeControl(false) }, {
      docCheck: true, bug: () => {}, now: () => 0,
    });
    other.warmup = undefined;
    for (const method of ['setmocktime', 'mockscheduler']) {
      await expect(other.execute(method, parseJson('[1]') as JsonValue[], call)).rejects.toMatchObject({
        code: -1, message: `${method} is for regression testing (-regtest mode) only`,
      });
    }
  });

  test('memory', async () => {
    const { process } = (await execute('getmemoryinfo')) as Record<string, Record<string, number>>;
    expect(process!['heap_used']).toBeGreaterThan(1_000_000);
    expect(process!['heap_total']).toBeGreaterThanOrEqual(process!['heap_used']!);
  });

  test('categories of the log', async () => {
    const state = async (params: string): Promise<ReadonlyMap<string, boolean>> =>
      (await execute('logging', params)) as ReadonlyMap<string, boolean>;
    expect((await state('{"exclude":["qt"]}')).get('qt')).toBe(false);
    expect((await state('[["all"],["net"]]')).get('qt')).toBe(true);
    const now = await state('[]');
    expect(now.get('net')).toBe(false);
    expect([...now.keys()]).toEqual([...now.keys()].toSorted());
    await state('[["1"]]');
  });

  test('a bug is reported, to the client too', async () => {
    bugs.length = 0;
    expect(await answer('echo', '{"arg9":"trigger_internal_bug"}')).toBe(
      '-1 Internal bug detected: request.params[9].get_str() != "trigger_internal_bug"',
    );
    expect(await answer('liar')).toBe(
      '-1 Internal bug detected: RPC call "liar" returned incorrect type:\n{\n' +
        '    "c": "key returned that was not in doc",\n' +
        '    "a": "returned type is number, but declared as string in doc",\n' +
        '    "b": "key missing, despite not being optional in doc"\n}',
    );
    expect(bugs).toEqual(['echo', 'liar']);
  });
});
