import { COIN, MAX_MONEY } from './subsidy.ts';

/** Whether an amount is from 0 to {@link MAX_MONEY} satoshis (Core `MoneyRange`, consensus/amount.h). */
export function isMoneyRange(value: bigint): boolean {
  return value >= 0n && value <= MAX_MONEY;
}

/**
 * Satoshis as bitcoins for people: two to eight decimals, `-0.10` (Core `FormatMoney`,
 * util/moneystr.cpp).
 */
export function formatMoney(value: bigint): string {
  const sign = value < 0n ? '-' : '';
  const amount = value < 0n ? -value : value;
  const decimals = (amount % COIN).toString().padStart(8, '0').replace(/0{1,6}$/, '');
  return `${sign}${amount / COIN}.${decimals}`;
}
