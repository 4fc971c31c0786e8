import type { Converter } from './convert.ts';
import type { JsonOutput, JsonValue } from './json-value.ts';
import { isOptional, namesOf, type RpcParam } from './rpc-param.ts';
import type { RpcResult } from './rpc-result.ts';

/** Under which heading the help lists a method; hidden ones it only describes when asked for by name. */
export type RpcCategory =
  | 'blockchain'
  | 'control'
  | 'hidden'
  | 'mining'
  | 'network'
  | 'rawtransactions'
  | 'util';

/** A call in progress. */
export interface RpcCall {
  /** Who calls, as in `-rpcauth`. */
  readonly user: string;
  /** Aborted when the client has gone or the node stops: methods that wait end then. */
  readonly signal: AbortSignal;
}

/** What a method says about itself. */
export interface RpcMethodText {
  readonly name: string;
  readonly category: RpcCategory;
  readonly description: string;
  readonly params: readonly RpcParam[];
  /** What it may answer; empty: not described, and so not checked. */
  readonly results: readonly RpcResult[];
  /** Lines, each ended: see `exampleCli` and `exampleRpc`. */
  readonly examples?: readonly string[];
}

/** A method that clients can call, with the part `Context` of the node that it works on. */
export interface RpcMethod<in Context> extends RpcMethodText {
  /**
   * Number and types of the values have been checked. Throws an `RpcError` to refuse; anything else
   * that is thrown is a bug, and reported to the client as one.
   */
  readonly handler: (
    args: RpcArgs,
    context: Context,
    call: RpcCall,
  ) => JsonOutput | Promise<JsonOutput>;
}

/** The values that a method was called with. */
export class RpcArgs {
  readonly #params: readonly RpcParam[];
  /** By position, as many as were given. */
  readonly values: readonly JsonValue[];

  constructor(params: readonly RpcParam[], values: readonly JsonValue[]) {
    this.#params = params;
    this.values = values;
  }

  /** A parameter that is required or has a default. */
  get<T>(name: string, convert: Converter<T>): T {
    const param = this.#param(name);
    const value = this.raw(name);
    if (value === null && isOptional(param)) throw new Error(`parameter ${name} may be missing`);
    return convert(value, name);
  }

  /** A parameter that may be left out: undefined if it was, or is null. */
  maybe<T>(name: string, convert: Converter<T>): T | undefined {
    const value = this.raw(name);
    return value === null ? undefined : convert(value, name);
  }

  /** Its value as it was given, its default if it was not, or null. */
  raw(name: string): JsonValue {
    const param = this.#param(name);
    return this.values[this.#params.indexOf(param)] ?? param.default ?? null;
  }

  #param(name: string): RpcParam {
    const param = this.#params.find((each) => namesOf(each)[0] === name);
    if (param === undefined) throw new Error(`the method has no parameter ${name}`);
    return param;
  }
}
