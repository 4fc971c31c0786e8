import type { Instant, Time, UnixTime } from '@btcp2p/machine';

/** The clocks of the system. */
export interface SystemClocks {
  /** Monotonic milliseconds: `performance.now()` by default. */
  steady(): Instant;
  /** Milliseconds since 1970: `Date.now()` by default. */
  wall(): number;
}

const SYSTEM: SystemClocks = { steady: () => performance.now(), wall: () => Date.now() };

/**
 * Milliseconds after which a machine should be asked again what is due, while its clock is one that
 * the user sets: Core's message thread wakes as often (net.cpp, `ThreadMessageHandler`).
 */
export const MOCK_TICK_MS = 100;

/**
 * Both clocks of a machine, which the user may stop and set (Core's RPC `setmocktime`, and
 * `-mocktime`; util/time.cpp).
 *
 * **Specification.**
 *
 * 1. Without a mock time both are the system's.
 * 2. With one, Unix time is that, and stands still. Instants stand still too, and jump forward with
 *    it: by as many milliseconds as the mock time is after the time before.
 * 3. Instants never go back. When the mock time goes back, they stay where they are. When it ends,
 *    they go on with the system's: from where they would be without it, or from where they are if
 *    that is later.
 * 4. With a mock time, `steady` goes on as if there were none.
 *
 * **Rationale.** In Core nearly every timeout is measured by the time that can be mocked, so that a
 * test can wait for hours in no time, and for none while it works. Here machines measure by
 * instants, which must not decrease; so they follow, as far as that allows. A test that sets the
 * time to the past and ends that again has let no time pass, which is what it means.
 */
export class MockableClock {
  readonly #system: SystemClocks;
  /** Milliseconds that instants are ahead of the system's. */
  #offset = 0;
  #mock: { readonly unix: UnixTime; readonly instant: Instant } | undefined;

  /** @param mockTime Unix seconds to start with; 0: the system's */
  constructor(mockTime: UnixTime = 0, system: SystemClocks = SYSTEM) {
    this.#system = system;
    if (mockTime > 0) this.set(mockTime);
  }

  /** Whether the user has set the time. */
  get isMocked(): boolean {
    return this.#mock !== undefined;
  }

  /** The time set by the user, Unix seconds; 0 if there is none. */
  get mockTime(): UnixTime {
    return this.#mock?.unix ?? 0;
  }

  /** The time. Good to be handed to a reactor as it is. */
  readonly now = (): Time => {
    const steady = this.#system.steady() + this.#offset;
    if (this.#mock !== undefined) return { ...this.#mock, steady };
    return { instant: steady, unix: Math.floor(this.#system.wall() / 1_000) };
  };

  /** Milliseconds since 1970, by whichever clock is in use. */
  wallMilliseconds(): number {
    return this.#mock === undefined ? this.#system.wall() : this.#mock.unix * 1_000;
  }

  /** Stops the time at a Unix second; 0 lets it go with the system's again. */
  set(unix: UnixTime): void {
    const { instant } = this.now();
    if (unix === 0) {
      this.#offset = Math.max(this.#offset, instant - this.#system.steady());
      this.#mock = undefined;
      return;
    }
    const jump = Math.max(0, unix * 1_000 - this.wallMilliseconds());
    this.#mock = { unix, instant: instant + jump };
  }
}
