import { typeName, type JsonOutput, type JsonTypeName, type JsonValue } from './json-value.ts';
import { writeJson } from './write-json.ts';

/**
 * What a parameter may be (Core `RPCArg::Type`, rpc/util.h): `amount` is a number or text, `range` a
 * number or an array of two, `named-object` an object whose members may also be given by name beside
 * the parameters, `user-keys` an object whose names the user chooses.
 */
export type RpcParamType =
  | 'string'
  | 'hex'
  | 'number'
  | 'boolean'
  | 'amount'
  | 'range'
  | 'array'
  | 'object'
  | 'named-object'
  | 'user-keys';

/** A parameter of a method, or a part of one. It is required unless something says otherwise. */
export interface RpcParam {
  /** Its name and other names for it: `verbosity|verbose`. Empty for elements of arrays. */
  readonly name: string;
  readonly type: RpcParamType;
  /** It may be left out, and then means nothing. */
  readonly optional?: true;
  /** It may be left out, and then means this. */
  readonly default?: JsonValue;
  /** It may be left out, and then means what this says. */
  readonly defaultHint?: string;
  readonly description: string;
  /** Elements of an array, members of an object. */
  readonly inner?: readonly RpcParam[];
  /** Any type of value is taken. */
  readonly anyType?: true;
  /** In place of the parameter in the first line of the help. */
  readonly oneLine?: string;
  /** In place of its type in the help: how a value looks, and the name of the type. */
  readonly typeText?: readonly [value: string, type: string];
  /** Neither it nor what follows is in the help. */
  readonly hidden?: true;
}

/** All names of a parameter, the first of which is its own. */
export function namesOf(param: RpcParam): readonly string[] {
  return param.name.split('|');
}

/** Whether it may be left out. */
export function isOptional(param: RpcParam): boolean {
  return param.optional === true || param.default !== undefined || param.defaultHint !== undefined;
}

const EXPECTED: Readonly<Partial<Record<RpcParamType, JsonTypeName>>> = {
  string: 'string',
  hex: 'string',
  number: 'number',
  boolean: 'bool',
  array: 'array',
  object: 'object',
  'named-object': 'object',
  'user-keys': 'object',
};

/**
 * What is wrong with the types of values given by position, or undefined (Core
 * `RPCHelpMan::HandleRequest`).
 */
export function wrongTypes(
  params: readonly RpcParam[],
  values: readonly JsonValue[],
): string | undefined {
  const wrong = new Map<string, JsonOutput>();
  for (const [i, param] of params.entries()) {
    const value = values[i] ?? null;
    const expected = EXPECTED[param.type];
    if (expected === undefined || param.anyType === true) continue;
    if (value === null && isOptional(param)) continue;
    const actual = typeName(value);
    if (actual === expected) continue;
    wrong.set(
      `Position ${i + 1} (${param.name})`,
      `JSON value of type ${actual} is not of expected type ${expected}`,
    );
  }
  return wrong.size === 0 ? undefined : `Wrong type passed:\n${writeJson(wrong, 4)}`;
}

/** Whether that many values may be given. */
export function isValidCount(params: readonly RpcParam[], count: number): boolean {
  const required = params.findLastIndex((param) => !isOptional(param)) + 1;
  return required <= count && count <= params.length;
}
