import { membersOf, typeName, type JsonOutput, type JsonTypeName } from './json-value.ts';

/**
 * What a method answers with (Core `RPCResult::Type`, rpc/util.h): `amount` and `time` are numbers,
 * `map` is an object whose names are data, `tuple` an array of as many elements as are described,
 * `elision` stands for what is described elsewhere.
 */
export type RpcResultType =
  | 'any'
  | 'null'
  | 'string'
  | 'hex'
  | 'number'
  | 'amount'
  | 'time'
  | 'boolean'
  | 'array'
  | 'tuple'
  | 'object'
  | 'map'
  | 'elision';

/** One thing that a method may answer, or a part of it. */
export interface RpcResult {
  readonly type: RpcResultType;
  /** Of a member of an object. */
  readonly name?: string;
  readonly description?: string;
  /** The member may be missing. */
  readonly optional?: true;
  /** When the method answers this, if there are several possibilities. */
  readonly condition?: string;
  /** Elements of an array or a map, members of an object. */
  readonly inner?: readonly RpcResult[];
  /** Whether it is as described is not checked. */
  readonly unchecked?: true;
}

const EXPECTED: Readonly<Partial<Record<RpcResultType, JsonTypeName>>> = {
  null: 'null',
  string: 'string',
  hex: 'string',
  number: 'number',
  amount: 'number',
  time: 'number',
  boolean: 'bool',
  array: 'array',
  tuple: 'array',
  object: 'object',
  map: 'object',
};

/**
 * How an answer differs from every description, or undefined if it is as one of them says (Core
 * `RPCHelpMan::HandleRequest` under `-rpcdoccheck`). Without a description there is nothing to check.
 */
export function undescribed(results: readonly RpcResult[], value: JsonOutput): JsonOutput | undefined {
  const mismatches: JsonOutput[] = [];
  for (const result of results) {
    const difference = mismatch(result, value);
    if (difference === undefined) return undefined;
    mismatches.push(difference);
  }
  if (mismatches.length === 0) return undefined;
  return mismatches.length === 1 ? mismatches[0]! : mismatches;
}

function mismatch(result: RpcResult, value: JsonOutput): JsonOutput | undefined {
  const expected = EXPECTED[result.type];
  if (result.unchecked === true || expected === undefined) return undefined;
  const actual = typeName(value);
  if (actual !== expected) return `returned type is ${actual}, but declared as ${expected} in doc`;
  const inner = result.inner ?? [];
  if (actual === 'array') return elementMismatch(inner, value as readonly JsonOutput[]);
  if (actual !== 'object' || inner[0]?.type === 'elision') return undefined;
  return result.type === 'map' ? mapMismatch(inner[0], value) : memberMismatch(inner, value);
}

function elementMismatch(
  inner: readonly RpcResult[],
  values: readonly JsonOutput[],
): JsonOutput | undefined {
  const wrong = new Map<string, JsonOutput>();
  for (const [i, value] of values.entries()) {
    // Elements beyond those described are as the last of them.
    const result = inner[Math.min(i, inner.length - 1)];
    const difference = result === undefined ? undefined : mismatch(result, value);
    if (difference !== undefined) wrong.set(String(i), difference);
  }
  return wrong.size === 0 ? undefined : wrong;
}

function mapMismatch(result: RpcResult | undefined, value: JsonOutput): JsonOutput | undefined {
  const wrong = new Map<string, JsonOutput>();
  for (const [name, member] of membersOf(value)) {
    const difference = result === undefined ? undefined : mismatch(result, member);
    if (difference !== undefined) wrong.set(name, difference);
  }
  return wrong.size === 0 ? undefined : wrong;
}

function memberMismatch(inner: readonly RpcResult[], value: JsonOutput): JsonOutput | undefined {
  const wrong = new Map<string, JsonOutput>();
  const members = new Map(membersOf(value));
  const described = new Set(inner.map(({ name }) => name));
  for (const name of members.keys()) {
    if (!described.has(name)) wrong.set(name, 'key returned that was not in doc');
  }
  for (const result of inner) {
    const name = result.name ?? '';
    const member = members.get(name);
    if (member === undefined) {
      if (result.optional !== true) wrong.set(name, 'key missing, despite not being optional in doc');
      continue;
    }
    const difference = mismatch(result, member);
    if (difference !== undefined) wrong.set(name, difference);
  }
  return wrong.size === 0 ? undefined : wrong;
}
