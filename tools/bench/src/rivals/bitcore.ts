import { createRequire } from 'node:module';
import type { Contender } from '../bench.ts';
import { packageVersion } from '../package-version.ts';
import type { Spends } from '../spends.ts';

/** Core's bits of P2SH and WITNESS, and the one that bitcore-lib has for taproot. */
const FLAGS = (1 << 0) | (1 << 11) | (1 << 17);

/** The part of bitcore-lib that is used here. It has no types of its own. */
interface Bitcore {
  readonly Script: {
    new (bytes: Buffer): object;
    readonly Interpreter: {
      new (): {
        readonly errstr: string;
        verify(
          scriptSig: object, scriptPubKey: object, transaction: object, input: number, flags: number,
          witness: readonly Buffer[], satoshis: number,
        ): boolean;
      };
    };
  };
  readonly Transaction: {
    new (): { fromBuffer(bytes: Buffer): { readonly inputs: { output: object }[] } };
    readonly Output: new (fields: { readonly satoshis: number; readonly script: object }) => object;
  };
}

interface Verifies {
  verify(...args: unknown[]): boolean;
}

const load = createRequire(import.meta.url);

/** One input in the form of bitcore-lib. */
interface Input {
  readonly transaction: () => { readonly inputs: { output: object }[] };
  readonly number: number;
  readonly scriptSig: Buffer;
  readonly scriptPubKey: Buffer;
  readonly witness: readonly Buffer[];
  readonly satoshis: number;
}

/**
 * bitcore-lib's interpreter. Where its own arithmetic is used, it takes 0.3 s a signature, so that a
 * sample is of a few inputs only, others each time, and stands for all.
 *
 * @param count how many inputs a sample is of
 * @param arithmetic whether signatures are verified, or taken to hold
 */
export function bitcore(spends: Spends, count: number, arithmetic: boolean): Contender {
  const { Script, Transaction } = load('bitcore-lib') as Bitcore;
  const inputs = inputsOf(spends, Transaction);
  let next = 0;
  const verify = (input: Input): void => {
    const interpreter = new Script.Interpreter();
    const { number, scriptSig, scriptPubKey, witness, satoshis } = input;
    const holds = interpreter.verify(
      new Script(scriptSig), new Script(scriptPubKey), input.transaction(), number, FLAGS, witness,
      satoshis,
    );
    if (!holds) throw new Error(`bitcore-lib: ${interpreter.errstr}`);
  };
  const sample = (): number => {
    const chosen = Array.from({ length: count }, () => inputs[next++ % inputs.length]!);
    const start = performance.now();
    for (const input of chosen) verify(input);
    return ((performance.now() - start) / 1_000 / count) * spends.inputs;
  };
  const run = arithmetic ? sample : () => withoutArithmetic(sample);
  return {
    name: arithmetic ? 'bitcore-lib' : 'bitcore-lib, signatures taken to hold',
    version: packageVersion('bitcore-lib'),
    // It throws where an input does not hold.
    answer: () => undefined,
    warmUp: () => void run(),
    sample: run,
  };
}

function inputsOf({ block, spends }: Spends, Transaction: Bitcore['Transaction']): Input[] {
  return spends.flatMap(({ place, spent }) => {
    const parts = block.transaction(place);
    const bytes = Buffer.from(block.transactionBytes(place));
    let parsed: ReturnType<Input['transaction']> | undefined;
    const transaction = () => (parsed ??= new Transaction().fromBuffer(bytes));
    return parts.inputs.map(({ scriptSig, witness }, number) => ({
      transaction,
      number,
      scriptSig: Buffer.from(scriptSig),
      scriptPubKey: Buffer.from(spent[number]!.scriptPubKey),
      witness: witness.map((item) => Buffer.from(item)),
      satoshis: Number(spent[number]!.value),
    }));
  });
}

function withoutArithmetic<T>(run: () => T): T {
  const ecdsa = load('bitcore-lib/lib/crypto/ecdsa.js') as Verifies;
  const { verify } = ecdsa;
  ecdsa.verify = () => true;
  try {
    return run();
  } finally {
    ecdsa.verify = verify;
  }
}
