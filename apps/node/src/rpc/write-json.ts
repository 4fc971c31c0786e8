import {
  JsonNumber, JsonText, membersOf, typeName, type JsonOutput,
} from './json-value.ts';

/** Satoshis in one bitcoin (Core `COIN`, consensus/amount.h). */
const COIN = 100_000_000n;

/** Satoshis as the number that Core writes: bitcoins with eight decimals (`ValueFromAmount`, core_io.cpp). */
export function amount(satoshis: bigint): JsonNumber {
  const value = satoshis < 0n ? -satoshis : satoshis;
  const decimals = (value % COIN).toString().padStart(8, '0');
  return new JsonNumber(`${satoshis < 0n ? '-' : ''}${value / COIN}.${decimals}`);
}

/**
 * A double as Core writes it: 16 digits, `%.16g` (`UniValue::setFloat`, univalue.cpp).
 *
 * @throws RangeError for what no JSON number is: infinities and NaN
 */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`The string '${value}' is not a valid JSON number`);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = ''] = value.toExponential(15).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) return withoutZeros(value.toFixed(15 - exponent));
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * An answer as JSON text, as Core writes it (`UniValue::write`, univalue_write.cpp): on one line
 * without blanks, or with `indent` blanks for each level.
 *
 * @throws RangeError for numbers that are none
 */
export function writeJson(value: JsonOutput, indent = 0): string {
  return write(value, indent, 1);
}

function write(value: JsonOutput, indent: number, level: number): string {
  if (value instanceof JsonText) return value.text;
  switch (typeName(value)) {
    case 'null':
      return 'null';
    case 'bool':
      return value === true ? 'true' : 'false';
    case 'string':
      return quote(value as string);
    case 'number':
      return writeNumber(value as JsonNumber | number | bigint);
    case 'array':
      return brackets(
        '[]', (value as readonly JsonOutput[]).map((item) => write(item, indent, level + 1)), indent, level,
      );
    case 'object': {
      const separator = indent > 0 ? ': ' : ':';
      const members = membersOf(value).map(
        ([name, member]) => `${quote(name)}${separator}${write(member, indent, level + 1)}`,
      );
      return brackets('{}', members, indent, level);
    }
  }
}

function writeNumber(value: JsonNumber | number | bigint): string {
  if (value instanceof JsonNumber) return value.text;
  const isPlain = typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value) < 1e15);
  return isPlain && !Object.is(value, -0) ? value.toString() : formatDouble(value as number);
}

function brackets(pair: string, parts: readonly string[], indent: number, level: number): string {
  if (indent === 0) return pair[0]! + parts.join(',') + pair[1]!;
  const blanks = ' '.repeat(indent * level);
  const lines = parts.map((part, i) => `${blanks}${part}${i < parts.length - 1 ? ',' : ''}\n`);
  return `${pair[0]!}\n${lines.join('')}${' '.repeat(indent * (level - 1))}${pair[1]!}`;
}

/** What is written in another way than it is: Core also escapes the delete character. */
const ESCAPED = /[^ !\u0023-\u005b\u005d-~]/;

function quote(text: string): string {
  if (!ESCAPED.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
