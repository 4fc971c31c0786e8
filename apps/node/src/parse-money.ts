import { COIN, isMoneyRange } from '@btcp2p/consensus';
import { NodeError } from './node-error.ts';
import type { Settings } from './settings.ts';

/**
 * Bitcoins as people write them, `0.00001`, to satoshis; undefined if it is no amount (Core
 * `ParseMoney`, util/moneystr.cpp).
 */
export function parseMoney(text: string): bigint | undefined {
  const match = /^[ \f\n\r\t\v]*(?=[0-9.])([0-9]{0,10})(?:\.([0-9]{0,8}))?[ \f\n\r\t\v]*$/.exec(text);
  if (match === null) return undefined;
  const [, whole = '', decimals = ''] = match;
  const value = BigInt(whole || 0) * COIN + BigInt(decimals.padEnd(8, '0'));
  return isMoneyRange(value) ? value : undefined;
}

/**
 * The amount that an option gives, in satoshis.
 *
 * @throws NodeError `option` if it is none
 */
export function moneyOf(settings: Settings, option: string): bigint | undefined {
  const text = settings.text(option);
  if (text === undefined) return undefined;
  const value = parseMoney(text);
  if (value !== undefined) return value;
  throw new NodeError('option', `Invalid amount for -${option}=<amount>: '${text}'`);
}
