/** The storage, or what is in it, is not as it must be. Nothing can be validated any more. */
export class ChainstateError extends Error {
  override readonly name = 'ChainstateError';
  readonly code: 'corrupt';

  constructor(code: 'corrupt', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
