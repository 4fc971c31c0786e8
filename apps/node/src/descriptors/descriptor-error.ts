/** Why a text is no descriptor, in Core's words. It is thrown by the parts of the parser only. */
export class DescriptorError extends Error {
  override readonly name = 'DescriptorError';
}

/** Fails as a part of an expression, whose name Core puts in front. */
export function within<T>(prefix: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    throw new DescriptorError(`${prefix}: ${error.message}`);
  }
}
