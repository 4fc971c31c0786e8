import { BTCArray, RawOldTx, RawTx } from '@scure/btc-signer/script.js';
import { sha256d } from '@btcp2p/wire';
import type { BlockLibrary, DecodedBlock } from '../block-library.ts';
import { packageVersion } from '../package-version.ts';

const coder = BTCArray(RawTx);

/** Bytes of a block before its transactions. */
const HEADER_SIZE = 80;

/**
 * `@scure/btc-signer`: it has no blocks, but its coders put together read what follows a header. It
 * hashes with noble.
 */
export const scure: BlockLibrary = {
  name: '@scure/btc-signer',
  version: packageVersion('@scure/btc-signer'),
  decode: (bytes) => decoded(coder.decode(bytes.subarray(HEADER_SIZE))),
};

function decoded(transactions: ReturnType<typeof coder.decode>): DecodedBlock {
  return {
    txids: () => transactions.map((transaction) => sha256d(RawOldTx.encode(transaction))),
    fields: () =>
      transactions.map(({ version, lockTime, inputs, outputs, witnesses }) => ({
        version,
        lockTime,
        inputs: inputs.map(({ txid, index, finalScriptSig, sequence }, i) => ({
          txid: txid.toReversed(),
          index,
          script: finalScriptSig,
          sequence,
          witness: witnesses?.[i] ?? [],
        })),
        outputs: outputs.map(({ amount, script }) => ({ value: amount, script })),
      })),
    encode: () => transactions.map((transaction) => RawTx.encode(transaction)),
  };
}
