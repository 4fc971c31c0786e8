// reject (BIP 61, gone from Core since 0.20):
//   message: CompactSize, bytes | code 1 | reason: CompactSize, bytes | hash 32 where it fits
import { varString, type Codec } from '../codec.ts';
import type { Reader } from '../reader.ts';

/** `reject` says why something was refused. Read, but never sent by today's nodes. */
export interface Reject {
  /** The type of the message refused. */
  readonly message: string;
  /** BIP 61's table, such as 0x10, invalid. */
  readonly code: number;
  readonly reason: string;
  /** What came after: the hash of a refused block or transaction, or nothing. */
  readonly data: Uint8Array;
}

const message = varString({ max: 12 });
/** Core up to 0.19 limited it so (`MAX_REJECT_MESSAGE_LENGTH`). */
const reason = varString({ max: 111 });

export const Reject: Codec<Reject> = {
  size: (reject) => message.size(reject.message) + 1 + reason.size(reject.reason) + reject.data.length,
  write(writer, reject) {
    message.write(writer, reject.message);
    writer.u8(reject.code);
    reason.write(writer, reject.reason);
    writer.bytes(reject.data);
  },
  read: (reader: Reader): Reject => ({
    message: message.read(reader),
    code: reader.u8(),
    reason: reason.read(reader),
    data: reader.bytes(reader.remaining),
  }),
};
