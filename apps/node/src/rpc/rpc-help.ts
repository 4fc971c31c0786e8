import type { RpcMethodText } from './rpc-method.ts';
import { isOptional, namesOf, type RpcParam } from './rpc-param.ts';
import type { RpcResult } from './rpc-result.ts';
import { writeJson } from './write-json.ts';

/** How a method is called from a shell with bitcoin-cli: for `examples`. */
export function exampleCli(method: string, args = ''): string {
  return `> bitcoin-cli ${method} ${args}\n`;
}

/** How a method is called with curl: for `examples`. */
export function exampleRpc(method: string, params = ''): string {
  const body = `{"jsonrpc": "2.0", "id": "curltest", "method": "${method}", "params": [${params}]}`;
  const header = 'content-type: application/json';
  return `> curl --user myusername --data-binary '${body}' -H '${header}' http://127.0.0.1:8332/\n`;
}

/** The first line of a method's help: its name and parameters, optional ones in parentheses. */
export function helpLine({ name, params }: RpcMethodText): string {
  let text = name;
  let inOptional = false;
  for (const param of visible(params)) {
    text += ' ';
    if (isOptional(param) !== inOptional) {
      text += inOptional ? ') ' : '( ';
      inOptional = !inOptional;
    }
    text += paramText(param, true);
  }
  return inOptional ? `${text} )` : text;
}

/** The help of a method, laid out as Core's (`RPCHelpMan::ToString`, rpc/util.cpp). */
export function helpText(method: RpcMethodText): string {
  const lines = new Lines();
  const named = new Lines();
  for (const [i, param] of visible(method.params).entries()) {
    lines.add(`${i + 1}. ${namesOf(param)[0]!}`, paramDescription(param, true));
    addParam(lines, param, 5, 'top');
    if (param.type !== 'named-object') continue;
    for (const member of param.inner ?? []) {
      named.add(namesOf(member)[0]!, paramDescription(member, true));
      addParam(named, member, 5, 'top');
    }
  }
  let text = `${helpLine(method)}\n\n${method.description.trim()}\n`;
  if (!lines.isEmpty) text += `\nArguments:\n${lines.text()}`;
  if (!named.isEmpty) text += `\nNamed Arguments:\n${named.text()}`;
  for (const result of method.results) {
    if (result.type === 'any') continue;
    const results = new Lines();
    addResult(results, result, 0, 'top');
    const condition = result.condition === undefined ? '' : ` (${result.condition})`;
    text += `\nResult${condition}:\n${results.text()}`;
  }
  const examples = (method.examples ?? []).join('');
  return examples === '' ? text : `${text}\nExamples:\n${examples}`;
}

/** What stands around a part of a parameter or a result. */
type Place = 'top' | 'object' | 'array';

/** Text in two columns, the right one as far left as the longest of the left ones allows. */
class Lines {
  readonly #lines: [left: string, right: string][] = [];

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  add(left: string, right = ''): void {
    this.#lines.push([left, right]);
  }

  /** Takes the comma from the last line: after the last member of an object, JSON has none. */
  dropComma(): void {
    const last = this.#lines.at(-1);
    if (last !== undefined) last[0] = last[0].slice(0, -1);
  }

  text(): string {
    const width = Math.max(0, ...this.#lines.map(([left]) => left.length)) + 4;
    return this.#lines
      .map(([left, right]) => {
        if (right === '') return `${left}\n`;
        return `${left.padEnd(width)}${right.replace(/\n */g, `\n${' '.repeat(width)}`)}\n`;
      })
      .join('');
  }
}

function visible(params: readonly RpcParam[]): readonly RpcParam[] {
  const hidden = params.findIndex((param) => param.hidden === true);
  return hidden < 0 ? params : params.slice(0, hidden);
}

/** A parameter as it looks in a call. */
function paramText(param: RpcParam, oneLine: boolean): string {
  if (oneLine && param.oneLine !== undefined) return param.oneLine;
  const name = namesOf(param)[0]!;
  const inner = param.inner ?? [];
  switch (param.type) {
    case 'string':
    case 'hex':
      return `"${name}"`;
    case 'number':
    case 'range':
    case 'amount':
    case 'boolean':
      return name;
    case 'object':
      return `{${inner.map((each) => memberText(each, oneLine)).join(',')}}`;
    case 'named-object':
    case 'user-keys':
      return `{${inner.map((each) => memberText(each, oneLine)).join(',')},...}`;
    case 'array':
      return `[${inner.map((each) => `${paramText(each, oneLine)},`).join('')}...]`;
  }
}

const MEMBER_VALUES = {
  string: '"str"',
  hex: '"hex"',
  number: 'n',
  range: 'n or [n,n]',
  amount: 'amount',
  boolean: 'bool',
} as const;

/** A member of an object parameter as it looks in a call. */
function memberText(param: RpcParam, oneLine: boolean): string {
  const name = `"${namesOf(param)[0]!}":${oneLine ? '' : ' '}`;
  switch (param.type) {
    case 'array':
      return `${name}${paramText(param, oneLine)}`;
    case 'object':
    case 'named-object':
    case 'user-keys':
      return `${name}{...}`;
    default:
      return `${name}${MEMBER_VALUES[param.type]}`;
  }
}

const TYPE_TEXTS: Readonly<Record<RpcParam['type'], string>> = {
  string: 'string',
  hex: 'string',
  number: 'numeric',
  amount: 'numeric or string',
  range: 'numeric or array',
  boolean: 'boolean',
  object: 'json object',
  'named-object': 'json object',
  'user-keys': 'json object',
  array: 'json array',
};

/** @param isNamed whether it can be called by name, which an element of an array cannot */
function paramDescription(param: RpcParam, isNamed: boolean): string {
  let text = `(${param.typeText?.[1] ?? TYPE_TEXTS[param.type]}`;
  if (param.defaultHint !== undefined) text += `, optional, default=${param.defaultHint}`;
  else if (param.default !== undefined) text += `, optional, default=${writeJson(param.default)}`;
  else if (param.optional !== true) text += ', required';
  else if (isNamed) text += ', optional';
  text += ')';
  if (param.type === 'named-object') {
    text += ' Options object that can be used to pass named arguments, listed below.';
  }
  return param.description === '' ? text : `${text} ${param.description}`;
}

/** The lines for the parts of a parameter (Core `Sections::Push`). */
function addParam(lines: Lines, param: RpcParam, indent: number, place: Place): void {
  const blanks = ' '.repeat(indent);
  const isMember = place === 'object';
  const right = place === 'top' ? '' : paramDescription(param, isMember);
  const key = isMember ? `"${param.name}": ` : '';
  const isArray = param.type === 'array';
  if (!isArray && param.type !== 'object' && param.type !== 'user-keys') {
    if (place === 'top') return;
    const typed = isMember && param.typeText !== undefined;
    const text = isMember ? memberText(param, false) : paramText(param, false);
    lines.add(`${blanks}${typed ? `"${param.name}": ${param.typeText![0]}` : text},`, right);
    return;
  }
  lines.add(`${blanks}${key}${isArray ? '[' : '{'}`, right);
  for (const inner of param.inner ?? []) {
    addParam(lines, inner, indent + 2, isArray ? 'array' : 'object');
  }
  if (param.type !== 'object') lines.add(`${blanks}  ...`);
  lines.add(`${blanks}${isArray ? ']' : '}'}${place === 'top' ? '' : ','}`);
}

const RESULT_TEXTS = {
  null: ['null', 'json null'],
  string: ['"str"', 'string'],
  hex: ['"hex"', 'string'],
  number: ['n', 'numeric'],
  amount: ['n', 'numeric'],
  time: ['xxx', 'numeric'],
  boolean: ['true|false', 'boolean'],
} as const;

/** The lines for a result and its parts (Core `RPCResult::ToSections`). */
function addResult(lines: Lines, result: RpcResult, indent: number, place: Place): void {
  const blanks = ' '.repeat(indent);
  const comma = place === 'top' ? '' : ',';
  const key = place === 'object' ? `"${result.name ?? ''}" : ` : '';
  const describe = (type: string): string => {
    const description = result.description ?? '';
    const optional = result.optional === true ? ', optional' : '';
    return `(${type}${optional})${description === '' ? '' : ` ${description}`}`;
  };
  switch (result.type) {
    case 'elision':
      lines.add(`${blanks}...${comma}`, result.description);
      return;
    case 'any':
      return;
    case 'array':
    case 'tuple':
    case 'object':
    case 'map':
      break;
    default: {
      const [value, type] = RESULT_TEXTS[result.type];
      // Core writes null without its name.
      lines.add(`${blanks}${result.type === 'null' ? '' : key}${value}${comma}`, describe(type));
      return;
    }
  }
  const inner = result.inner ?? [];
  const isArray = result.type === 'array' || result.type === 'tuple';
  if (!isArray && inner.length === 0) {
    lines.add(`${blanks}${key}{}`, describe('empty JSON object'));
    return;
  }
  lines.add(`${blanks}${key}${isArray ? '[' : '{'}`, describe(isArray ? 'json array' : 'json object'));
  for (const each of inner) addResult(lines, each, indent + 2, isArray ? 'array' : 'object');
  const goesOn = result.type === 'array' || result.type === 'map';
  if (goesOn && inner.at(-1)?.type !== 'elision') lines.add(`${blanks}  ...`);
  else lines.dropComma();
  lines.add(`${blanks}${isArray ? ']' : '}'}${comma}`);
}
