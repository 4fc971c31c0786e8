/**
 * Which methods each user may call (Core httprpc.cpp, `InitRPCAuthentication`).
 *
 * **Specification**. `-rpcwhitelist=user:method,method` restricts a user to these; several for one
 * user restrict to those that are in all of them, and one without methods to none. Other users may
 * call everything, or nothing if `restrictsOthers`.
 */
export class RpcWhitelist {
  readonly #methods = new Map<string, ReadonlySet<string>>();
  readonly #restrictsOthers: boolean;

  constructor(entries: readonly string[], restrictsOthers: boolean) {
    this.#restrictsOthers = restrictsOthers;
    for (const entry of entries) {
      const colon = entry.indexOf(':');
      const user = colon < 0 ? entry : entry.slice(0, colon);
      const earlier = this.#methods.get(user);
      if (colon < 0) {
        this.#methods.set(user, earlier ?? new Set());
        continue;
      }
      const methods = entry.slice(colon + 1).split(/[, ]/);
      this.#methods.set(
        user,
        new Set(earlier === undefined ? methods : methods.filter((method) => earlier.has(method))),
      );
    }
  }

  /** Whether the user may call anything at all. */
  admits(user: string): boolean {
    return this.#methods.has(user) || !this.#restrictsOthers;
  }

  /** Whether single methods are allowed to the user and others are not. */
  restricts(user: string): boolean {
    return this.#methods.has(user);
  }

  /** Whether the user may call a method. */
  allows(user: string, method: string): boolean {
    return this.#methods.get(user)?.has(method) ?? !this.#restrictsOthers;
  }
}
