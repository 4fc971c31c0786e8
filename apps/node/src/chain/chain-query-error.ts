/** Something that was asked of the chain and cannot be done: a sentence for who asked. */
export class ChainQueryError extends Error {
  override readonly name = 'ChainQueryError';
}

/** The message of one that was given up because the process ends. */
export const SHUTTING_DOWN = 'Shutting down';
