/**
 * Where a function was called from, as bitcoind's log shows it: `[event-log.ts:40] [EventLog.log]`
 * (Core logging.cpp, `FormatLogStrInPlace`). It takes a few microseconds.
 */
export function callerLocation(method: (...args: never) => unknown): string {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, method);
  Error.stackTraceLimit = limit;
  // "    at EventLog.log (file:///…/src/event-log.ts:40:9)", or without a name and parentheses.
  const match = /^\s+at (?:(?:async )?(.+) \()?(\S+?):(\d+):\d+\)?$/m.exec(holder.stack ?? '');
  if (match === null) return '[unknown:0] [unknown]';
  const [, name = 'module', file = '', line = '0'] = match;
  const path = /(?:^|\/)(?:src|dist)\/(.*)$/.exec(file)?.[1] ?? file;
  return `[${path}:${line}] [${name}]`;
}
