import type { RpcContext } from './context.ts';
import type { JsonObject, JsonOutput, JsonValue } from './json-value.ts';
import type { ActiveCommand, MethodTable } from './method-table.ts';
import { serverMethods } from './methods/server.ts';
import { positionalParams } from './named-params.ts';
import {
  RPC_IN_WARMUP, RPC_METHOD_NOT_FOUND, RPC_MISC_ERROR, RPC_TYPE_ERROR, RpcError,
} from './rpc-error.ts';
import { helpLine, helpText } from './rpc-help.ts';
import { RpcArgs, type RpcCall, type RpcMethod } from './rpc-method.ts';
import { isValidCount, namesOf, wrongTypes, type RpcParam } from './rpc-param.ts';
import { undescribed } from './rpc-result.ts';
import { writeJson } from './write-json.ts';

/** What a table of methods needs to know. */
export interface RpcTableOptions {
  /** Whether answers are compared with their descriptions (`-rpcdoccheck`). */
  readonly docCheck: boolean;
  /** Told of errors that no method should throw. */
  readonly bug: (method: string, error: unknown) => void;
  /** A clock in microseconds, for how long a call takes. */
  readonly now: () => number;
}

/** The methods that there are, and their execution (Core `CRPCTable`, rpc/server.cpp). */
export class RpcTable<Context extends Pick<RpcContext, 'control'>> implements MethodTable {
  readonly #methods: ReadonlyMap<string, RpcMethod<Context>>;
  readonly #context: Context;
  readonly #options: RpcTableOptions;
  readonly #active = new Set<{ readonly method: string; readonly start: number }>();
  #warmup: string | undefined = 'RPC server started';

  /** @param methods those that need the context; `help` and `getrpcinfo` are added */
  constructor(methods: readonly RpcMethod<Context>[], context: Context, options: RpcTableOptions) {
    const all: readonly RpcMethod<Context>[] = [...methods, ...serverMethods(this)];
    this.#methods = new Map(all.map((method) => [method.name, method]));
    if (this.#methods.size < all.length) throw new Error('two methods of one name');
    this.#context = context;
    this.#options = options;
  }

  /** What every call is refused with for now; undefined: calls are executed. */
  set warmup(status: string | undefined) {
    this.#warmup = status;
  }

  /** The calls that have not been answered yet, oldest first. */
  get active(): readonly ActiveCommand[] {
    const now = this.#options.now();
    return [...this.#active].map(({ method, start }) => ({ method, duration: now - start }));
  }

  /**
   * Executes a call.
   *
   * @param params an array by position, or an object by name
   * @throws RpcError
   */
  async execute(
    name: string,
    params: readonly JsonValue[] | JsonObject,
    call: RpcCall,
  ): Promise<JsonOutput> {
    if (this.#warmup !== undefined) throw new RpcError(RPC_IN_WARMUP, this.#warmup);
    const method = this.#methods.get(name);
    if (method === undefined) throw new RpcError(RPC_METHOD_NOT_FOUND, 'Method not found');
    const command = { method: name, start: this.#options.now() };
    this.#active.add(command);
    try {
      return await this.#call(method, params, call);
    } catch (error) {
      if (error instanceof RpcError) throw error;
      this.#options.bug(name, error);
      const { message = String(error) } = error as { readonly message?: string };
      throw new RpcError(RPC_MISC_ERROR, `Internal bug detected: ${message}`, { cause: error });
    } finally {
      this.#active.delete(command);
    }
  }

  async #call(
    method: RpcMethod<Context>,
    params: readonly JsonValue[] | JsonObject,
    call: RpcCall,
  ): Promise<JsonOutput> {
    const values = isArray(params) ? params : positionalParams(method.params, params);
    if (!isValidCount(method.params, values.length)) {
      throw new RpcError(RPC_MISC_ERROR, helpText(method));
    }
    const wrong = wrongTypes(method.params, values);
    if (wrong !== undefined) throw new RpcError(RPC_TYPE_ERROR, wrong);
    const args = new RpcArgs(method.params, values);
    const result = await method.handler(args, this.#context, call);
    const difference = this.#options.docCheck ? undescribed(method.results, result) : undefined;
    if (difference !== undefined) {
      throw new Error(
        `RPC call "${method.name}" returned incorrect type:\n${writeJson(difference, 4)}`,
      );
    }
    return result;
  }

  /** The help of a method; of `''`, the list of methods (Core `CRPCTable::help`). */
  help(command: string): string {
    const method = this.#methods.get(command);
    if (method !== undefined) return helpText(method);
    if (command !== '') return `help: unknown command: ${command}`;
    const key = ({ category, name }: RpcMethod<Context>): string => category + name;
    const listed = [...this.#methods.values()]
      .filter(({ category }) => category !== 'hidden')
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const lines: string[] = [];
    let category = '';
    for (const each of listed) {
      if (each.category !== category) {
        if (category !== '') lines.push('');
        category = each.category;
        lines.push(`== ${category[0]!.toUpperCase()}${category.slice(1)} ==`);
      }
      lines.push(helpLine(each));
    }
    return lines.join('\n');
  }

  /**
   * Of every parameter of every method: the method, the position, a name, and whether a shell's word
   * is taken as it stands (Core `CRPCTable::dumpArgMap`; for clients that convert words to JSON).
   */
  argumentMap(): JsonOutput {
    const rows: JsonOutput[] = [];
    for (const { name, params } of [...this.#methods.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      for (const [position, param] of params.entries()) {
        const row = (each: RpcParam): void => {
          const isText = each.type === 'string' || each.type === 'hex';
          for (const argument of namesOf(each)) rows.push([name, position, argument, isText]);
        };
        row(param);
        if (param.type === 'named-object') for (const member of param.inner ?? []) row(member);
      }
    }
    return rows;
  }
}

function isArray(params: readonly JsonValue[] | JsonObject): params is readonly JsonValue[] {
  return Array.isArray(params);
}
