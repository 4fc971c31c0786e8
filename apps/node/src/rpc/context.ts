import type { LogCategory } from '../options.ts';

/**
 * The node as methods see it: one part for each group of methods, so that a method asks for what it
 * uses and a test need not make up the rest. A part comes in together with its first method.
 */
export interface RpcContext {
  readonly control: ControlContext;
}

/** The process: its end, its clocks, its log. */
export interface ControlContext {
  /** Unix seconds when the node was started. */
  readonly startTime: number;
  /** Unix seconds by the node's clock, which may be mocked. */
  unixTime(): number;
  /** Begins the end of the node. Calls that are under way are still answered. */
  requestShutdown(): void;
  /** Whether the chain is one for tests, whose clocks may be set (Core `IsMockableChain`: regtest). */
  readonly isMockable: boolean;
  /** Stops the Unix time at this second; 0 lets it go with the system's again. */
  setMockTime(unix: number): void;
  /** Brings what is scheduled forward by this many seconds. */
  mockForward(seconds: number): void;
  readonly log: LogControl;
}

/** What can be asked of the log, and changed: `Log` is one. */
export interface LogControl {
  /** Of the file; undefined if there is none. */
  readonly path: string | undefined;
  isLogged(category: LogCategory): boolean;
  setCategory(category: LogCategory, on: boolean): void;
}
