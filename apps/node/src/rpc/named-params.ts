import { JsonObject, type JsonValue } from './json-value.ts';
import { namesOf, type RpcParam } from './rpc-param.ts';
import { RPC_INVALID_PARAMETER, RpcError } from './rpc-error.ts';

/**
 * Values given by name, as if they were given by position.
 *
 * **Specification** (Core `transformNamedArguments`, rpc/server.cpp). Positions that are left out
 * before one that is given become null; after it they stay left out, since methods may look at how
 * many there are. Members of a `named-object` may be given as if they were parameters, and are put
 * into it. A parameter `args` that the method does not have holds values by position, which the
 * named ones follow.
 *
 * @throws RpcError for names that do not exist or are given twice
 */
export function positionalParams(params: readonly RpcParam[], named: JsonObject): readonly JsonValue[] {
  const given = new Map<string, JsonValue>();
  for (const [name, value] of named.entries) {
    if (given.has(name)) throw twice(name);
    given.set(name, value);
  }
  const placed = place(params, given);
  const args = given.get('args');
  given.delete('args');
  const result = Array.isArray(args) ? behind(args as readonly JsonValue[], placed) : placed.values;
  const [unknown] = given.keys();
  if (unknown !== undefined) {
    throw new RpcError(RPC_INVALID_PARAMETER, `Unknown named parameter ${unknown}`);
  }
  return result;
}

interface Placed {
  readonly values: readonly JsonValue[];
  /** The first position that has a value, and the names of that parameter. */
  readonly first: { readonly position: number; readonly name: string } | undefined;
}

/** Takes what the parameters name out of `given`. */
function place(params: readonly RpcParam[], given: Map<string, JsonValue>): Placed {
  const values: JsonValue[] = [];
  let first: Placed['first'];
  for (const [position, param] of params.entries()) {
    const options = param.type === 'named-object' ? takeMembers(param, given) : [];
    const name = namesOf(param).find((each) => given.has(each));
    if (options.length === 0 && name === undefined) continue;
    while (values.length < position) values.push(null);
    first ??= { position, name: param.name };
    if (name === undefined) {
      values.push(new JsonObject(options));
      continue;
    }
    if (options.length > 0) {
      throw new RpcError(
        RPC_INVALID_PARAMETER,
        `Parameter ${name} conflicts with parameter ${options[0]![0]}`,
      );
    }
    values.push(given.get(name)!);
    given.delete(name);
  }
  return { values, first };
}

function takeMembers(param: RpcParam, given: Map<string, JsonValue>): (readonly [string, JsonValue])[] {
  const members: (readonly [string, JsonValue])[] = [];
  for (const member of param.inner ?? []) {
    const name = namesOf(member).find((each) => given.has(each));
    if (name === undefined) continue;
    if (members.some(([taken]) => taken === name)) throw twice(name);
    members.push([name, given.get(name)!]);
    given.delete(name);
  }
  return members;
}

function behind(args: readonly JsonValue[], { values, first }: Placed): readonly JsonValue[] {
  if (first !== undefined && first.position < args.length) {
    throw new RpcError(
      RPC_INVALID_PARAMETER,
      `Parameter ${first.name} specified twice both as positional and named argument`,
    );
  }
  return [...args, ...values.slice(args.length)];
}

function twice(name: string): RpcError {
  return new RpcError(RPC_INVALID_PARAMETER, `Parameter ${name} specified multiple times`);
}
