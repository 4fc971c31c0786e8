import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** Who whoever can read the cookie calls as (Core `COOKIEAUTH_USER`, rpc/request.cpp). */
export const COOKIEAUTH_USER = '__cookie__';

/** A file with a password that is new at every start: who can read it may call methods. */
export interface AuthCookie {
  readonly password: string;
  /** As `ls` shows them: `rw-------`. */
  readonly permissions: string;
}

/**
 * Writes a cookie, `__cookie__:` and 64 hex digits, beside its place and then into it, so that
 * nobody ever reads half of one (Core `GenerateAuthCookie`, rpc/request.cpp).
 *
 * @param path absolute
 * @param mode permissions of the file; only its owner's by default
 * @throws Error of the system
 */
export function writeAuthCookie(path: string, mode = 0o600): AuthCookie {
  const temporary = `${path}.tmp`;
  const password = randomBytes(32).toString('hex');
  // What an earlier process left may have other permissions, which writing would keep.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${COOKIEAUTH_USER}:${password}`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
  if (mode !== 0o600) chmodSync(path, mode);
  return { password, permissions: symbolic(statSync(path).mode) };
}

/** Removes a cookie; whether it was there does not matter. */
export function removeAuthCookie(path: string): void {
  rmSync(path, { force: true });
}

function symbolic(mode: number): string {
  return [...'rwxrwxrwx'].map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : '-')).join('');
}
