import { DecodeError, MAX_ADDRV2_SIZE, MAX_SIZE, type DecodeErrorCode } from '@btcp2p/wire';
import { sanitizeString } from './sanitize-string.ts';

/** How Core's exceptions name what a decoder finds (streams.h, serialize.h, transaction.h). */
const CORE_WORDS: Readonly<Partial<Record<DecodeErrorCode, string>>> = {
  truncated: 'end of data',
  'non-canonical-size': 'non-canonical ReadCompactSize()',
  'size-too-large': 'size too large',
  'superfluous-witness': 'Superfluous witness record',
  'unknown-transaction-flags': 'Unknown transaction optional data',
};

/** Core's line for a message that does not decode (net_processing.cpp, ProcessMessages). */
export function undecodableText(messageType: string, bytes: number, error: DecodeError): string {
  const what = errorText(messageType, error);
  const message = `${sanitizeString(messageType)}, ${bytes} bytes`;
  return `ProcessMessages(${message}): Exception '${what}' (${error.name}) caught`;
}

function errorText(messageType: string, error: DecodeError): string {
  const { code, size } = error;
  if (code === 'size-too-large' && messageType === 'addrv2' && size !== undefined && size <= MAX_SIZE) {
    return `Address too long: ${size} > ${MAX_ADDRV2_SIZE}`;
  }
  const words = CORE_WORDS[code];
  return words === undefined ? error.message : `${words}: ${error.message}`;
}

/** Core's line for a message that is too short: it has only `bytes`. */
export function tooShortText(messageType: string, bytes: number): string {
  return undecodableText(messageType, bytes, new DecodeError('truncated', bytes));
}

/** A set of services as Core logs it: at least 8 hexadecimal digits. */
export function servicesText(services: bigint): string {
  return services.toString(16).padStart(8, '0');
}
