import { BTCArray, RawOldTx, RawTx } from '@scure/btc-signer/script.js';
import { sha256d } from '@btcp2p/wire';
import type { BlockLibrary } from '../block-library.ts';
import { packageVersion } from '../package-version.ts';

const transactions = BTCArray(RawTx);

/** Bytes of a block before its transactions. */
const HEADER_SIZE = 80;

/**
 * `@scure/btc-signer`: it has no blocks, but its coders put together read what follows a header. It
 * hashes with noble. Its hashes are in display order.
 */
export const scure: BlockLibrary<ReturnType<typeof transactions.decode>> = {
  name: '@scure/btc-signer',
  version: packageVersion('@scure/btc-signer'),
  decode: ({ bytes }) => transactions.decode(bytes.subarray(HEADER_SIZE)),
  txids: (decoded) => decoded.map((transaction) => sha256d(RawOldTx.encode(transaction))),
  fields: (decoded) =>
    decoded.map(({ version, lockTime, inputs, outputs, witnesses }) => ({
      version,
      lockTime,
      inputs: inputs.map(({ txid, index, finalScriptSig, sequence }, i) => ({
        txid: txid.toReversed(), index, script: finalScriptSig, sequence,
        witness: witnesses?.[i] ?? [],
      })),
      outputs: outputs.map(({ amount, script }) => ({ value: amount, script })),
    })),
  encode: (decoded) => decoded.map((transaction) => RawTx.encode(transaction)),
};
