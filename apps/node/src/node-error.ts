/**
 * What a {@link NodeError} is about:
 * - `command-line`, `configuration`, `option`: what the user asked for cannot be done;
 * - `data-directory`, `locked`: the data directory is missing, unusable, or in use by a process;
 * - `disk-full`, `read-only`, `io`: the system refused a file operation;
 * - `corrupt`: stored data is not what was stored;
 * - `rebuild`: so is what can be built anew from blocks. Core asks whether to do that, and so its
 *   message comes without the word `Error`.
 */
export type NodeErrorCode =
  | 'command-line'
  | 'configuration'
  | 'option'
  | 'data-directory'
  | 'locked'
  | 'disk-full'
  | 'read-only'
  | 'io'
  | 'corrupt'
  | 'rebuild';

/** An error whose message is meant for the person who runs the node: one line, after `Error: `. */
export class NodeError extends Error {
  readonly code: NodeErrorCode;

  constructor(code: NodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NodeError';
    this.code = code;
  }
}

/** What an error of the system says in the form that `node:fs` gives it, `ENOSPC` for example. */
export function systemErrorCode(error: unknown): string | undefined {
  // Not `instanceof Error`: under jest, errors of node:fs come from another realm.
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** The sentence in an error of the system: `no space left on device`. */
export function systemErrorText(error: unknown): string {
  const message = String((error as { message?: unknown } | null | undefined)?.message ?? error);
  // node:fs writes `ENOSPC: no space left on device, write '/path'`.
  return /^[A-Z][A-Z0-9]*: (.+?), \w+(?: |$)/.exec(message)?.[1] ?? message;
}

/** A failed operation on a file as the one error that people see. */
export function fileError(error: unknown, path: string): NodeError {
  if (error instanceof NodeError) return error;
  const text = systemErrorText(error);
  switch (systemErrorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new NodeError('disk-full', `Disk space is too low! Cannot write to ${path}: ${text}`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new NodeError('read-only', `Cannot write to ${path}; check permissions (${text}).`, {
        cause: error,
      });
    default:
      return new NodeError('io', `Input or output failed on ${path}: ${text}`, { cause: error });
  }
}
