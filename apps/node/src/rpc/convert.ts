import { fromHex, hashFromHex } from '@btcp2p/wire';
import { JsonNumber, JsonObject, typeName, type JsonTypeName, type JsonValue } from './json-value.ts';
import { RPC_INVALID_PARAMETER, RPC_MISC_ERROR, RPC_TYPE_ERROR, RpcError } from './rpc-error.ts';

/**
 * Makes a JSON value what a method works with, or refuses it with Core's words.
 *
 * @param name of the parameter or member, for the message
 * @throws RpcError
 */
export type Converter<T> = (value: JsonValue, name: string) => T;

/** The error of a value of the wrong type (Core `UniValue::checkType`). */
export function typeError(actual: JsonTypeName, expected: JsonTypeName): RpcError {
  return new RpcError(
    RPC_TYPE_ERROR,
    `JSON value of type ${actual} is not of expected type ${expected}`,
  );
}

/** Text. */
export function asString(value: JsonValue): string {
  if (typeof value !== 'string') throw typeError(typeName(value), 'string');
  return value;
}

/** True or false. */
export function asBoolean(value: JsonValue): boolean {
  if (typeof value !== 'boolean') throw typeError(typeName(value), 'bool');
  return value;
}

/** An object; what is in it is not looked at. */
export function asObject(value: JsonValue): JsonObject {
  if (!(value instanceof JsonObject)) throw typeError(typeName(value), 'object');
  return value;
}

/** An array; what is in it is not looked at. */
export function asArray(value: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(value)) throw typeError(typeName(value), 'array');
  return value as readonly JsonValue[];
}

/** A signed integer of 32 bits. */
export function asInt32(value: JsonValue): number {
  return Number(integer(value, -(2n ** 31n), 2n ** 31n - 1n));
}

/** An unsigned integer of 32 bits. */
export function asUint32(value: JsonValue): number {
  return Number(integer(value, 0n, 2n ** 32n - 1n));
}

/** A signed integer of 64 bits. */
export function asInt64(value: JsonValue): bigint {
  return integer(value, -(2n ** 63n), 2n ** 63n - 1n);
}

/** An unsigned integer of 64 bits. */
export function asUint64(value: JsonValue): bigint {
  return integer(value, 0n, 2n ** 64n - 1n);
}

/** Digits only: `1e3` and `1.0` are none (Core `UniValue::getInt`). */
function integer(value: JsonValue, minimum: bigint, maximum: bigint): bigint {
  if (!(value instanceof JsonNumber)) throw typeError(typeName(value), 'number');
  // 20 characters hold every integer of 64 bits; many more would take long to convert.
  if (/^-?[0-9]{1,20}$/.test(value.text)) {
    const result = BigInt(value.text);
    if (result >= minimum && result <= maximum) return result;
  }
  throw new RpcError(RPC_MISC_ERROR, 'JSON integer out of range');
}

/** A number, rounded to a double (Core `UniValue::get_real`). */
export function asDouble(value: JsonValue): number {
  if (!(value instanceof JsonNumber)) throw typeError(typeName(value), 'number');
  const result = Number(value.text);
  if (!Number.isFinite(result)) throw new RpcError(RPC_MISC_ERROR, 'JSON double out of range');
  return result;
}

/** Core `MAX_MONEY` (consensus/amount.h): 21 million bitcoins, in satoshis. */
const MAX_MONEY = 2_100_000_000_000_000n;

/** Bitcoins, as a number or as text with one, to satoshis, exactly (Core `AmountFromValue`, rpc/util.cpp). */
export function asAmount(value: JsonValue): bigint {
  if (!(value instanceof JsonNumber) && typeof value !== 'string') {
    throw new RpcError(RPC_TYPE_ERROR, 'Amount is not a number or string');
  }
  const satoshis = parseFixedPoint(typeof value === 'string' ? value : value.text, 8);
  if (satoshis === undefined) throw new RpcError(RPC_TYPE_ERROR, 'Invalid amount');
  if (satoshis < 0n || satoshis > MAX_MONEY) throw new RpcError(RPC_TYPE_ERROR, 'Amount out of range');
  return satoshis;
}

/** A fee rate in bitcoins per 1,000 virtual bytes, to satoshis (Core `ParseFeeRate`, rpc/util.cpp). */
export function asFeeRate(value: JsonValue): bigint {
  const rate = asAmount(value);
  if (rate < 100_000_000n) return rate;
  throw new RpcError(
    RPC_INVALID_PARAMETER,
    'Fee rates larger than or equal to 1BTC/kvB are not accepted',
  );
}

/**
 * A decimal number times 10^`decimals`, if that is an integer of at most 18 digits, else undefined
 * (Core `ParseFixedPoint`, util/strencodings.cpp).
 */
export function parseFixedPoint(text: string, decimals: number): bigint | undefined {
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const mantissa = digits.replace(/0+$/, '');
  const zeros = mantissa === '' ? fraction.length : digits.length - mantissa.length;
  const shift = Number(exponent) - fraction.length + zeros + decimals;
  if (shift < 0 || shift >= 18 || mantissa.length + shift > 18) return undefined;
  const value = BigInt(mantissa + '0'.repeat(shift));
  return sign === '-' ? -value : value;
}

/** A hash as people write it, to its 32 bytes in wire order (Core `ParseHashV`, rpc/util.cpp). */
export function asHash(value: JsonValue, name: string): Uint8Array {
  const text = asString(value);
  if (/^[0-9a-fA-F]{64}$/.test(text)) return hashFromHex(text);
  throw new RpcError(
    RPC_INVALID_PARAMETER,
    text.length === 64
      ? `${name} must be hexadecimal string (not '${text}')`
      : `${name} must be of length 64 (not ${byteLength(text)}, for '${text}')`,
  );
}

/** Bytes in hex, at least one (Core `ParseHexV`, rpc/util.cpp). */
export function asBytes(value: JsonValue, name: string): Uint8Array {
  const text = typeof value === 'string' ? value : '';
  if (text !== '' && text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text)) return fromHex(text);
  throw new RpcError(RPC_INVALID_PARAMETER, `${name} must be hexadecimal string (not '${text}')`);
}

/**
 * How much a method is to tell: a number, or for older clients a switch (Core `ParseVerbosity`,
 * rpc/util.cpp).
 */
export function asVerbosity(value: JsonValue): number {
  return typeof value === 'boolean' ? Number(value) : asInt32(value);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
