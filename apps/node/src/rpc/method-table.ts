import type { JsonOutput } from './json-value.ts';

/** A call that has not been answered yet. */
export interface ActiveCommand {
  readonly method: string;
  /** Microseconds that it has taken so far. */
  readonly duration: number;
}

/** The methods that there are, as the methods about methods see them. */
export interface MethodTable {
  /** Oldest first. */
  readonly active: readonly ActiveCommand[];
  /** The help of a method; of `''`, the list of methods. */
  help(command: string): string;
  /** Rows of method, position, name of the parameter, whether it is text. */
  argumentMap(): JsonOutput;
}
