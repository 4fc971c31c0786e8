import type { RpcContext } from '../context.ts';
import { asString } from '../convert.ts';
import type { MethodTable } from '../method-table.ts';
import { exampleCli, exampleRpc } from '../rpc-help.ts';
import type { RpcMethod } from '../rpc-method.ts';

type Method = RpcMethod<Pick<RpcContext, 'control'>>;

/** The methods about methods (Core rpc/server.cpp). */
export function serverMethods(table: MethodTable): readonly Method[] {
  return [getrpcinfo(table), help(table)];
}

function help(table: MethodTable): Method {
  return {
    name: 'help',
    category: 'control',
    description: 'Lists the methods, or describes one.',
    params: [
      {
        name: 'command',
        type: 'string',
        defaultHint: 'all commands',
        description: 'The method to describe',
      },
    ],
    // The second kind answers `dump_all_command_conversions`, which is for tests of clients.
    results: [{ type: 'string', description: 'The text' }, { type: 'any' }],
    handler: (args) => {
      const command = args.maybe('command', asString);
      if (command === 'dump_all_command_conversions') return table.argumentMap();
      return table.help(command ?? '');
    },
  };
}

function getrpcinfo(table: MethodTable): Method {
  return {
    name: 'getrpcinfo',
    category: 'control',
    description: 'Tells about the JSON-RPC server.',
    params: [],
    results: [
      {
        type: 'object',
        inner: [
          {
            type: 'array',
            name: 'active_commands',
            description: 'The calls that are being executed',
            inner: [
              {
                type: 'object',
                inner: [
                  { type: 'string', name: 'method', description: 'The name of the method' },
                  { type: 'number', name: 'duration', description: 'Microseconds so far' },
                ],
              },
            ],
          },
          { type: 'string', name: 'logpath', description: 'The path of the log' },
        ],
      },
    ],
    examples: [exampleCli('getrpcinfo'), exampleRpc('getrpcinfo')],
    handler: (_args, { control }) => ({
      active_commands: table.active.map(({ method, duration }) => ({
        method,
        duration: Math.trunc(duration),
      })),
      logpath: control.log.path ?? '',
    }),
  };
}
