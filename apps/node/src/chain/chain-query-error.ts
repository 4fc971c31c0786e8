/** Something that was asked of the chain and cannot be done: a sentence for who asked. */
export class ChainQueryError extends Error {
  override readonly name = 'ChainQueryError';
}
