import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Who may call methods: a name, and what tells whether a password is theirs. */
interface Credential {
  readonly user: string;
  readonly salt: string;
  /** HMAC-SHA256 of the password under the salt, in hex. */
  readonly hash: string;
}

/** The users that there are and their passwords, which only their hashes are kept of (Core httprpc.cpp). */
export class Credentials {
  readonly #all: Credential[] = [];

  /** Adds a user whose password is known. */
  addPassword(user: string, password: string): void {
    const salt = randomBytes(16).toString('hex');
    this.#all.push({ user, salt, hash: hashOf(salt, password) });
  }

  /** Adds the user of an `-rpcauth=user:salt$hash`; false if it does not have that form. */
  addHashed(text: string): boolean {
    const [user, rest, ...others] = text.split(':');
    const [salt, hash, ...more] = (rest ?? '').split('$');
    if (rest === undefined || hash === undefined || others.length > 0 || more.length > 0) return false;
    this.#all.push({ user: user!, salt: salt!, hash });
    return true;
  }

  /**
   * The user whom an `Authorization` header proves to be there (RFC 7617), or undefined. How long that
   * takes does not depend on how much of a password is right.
   */
  userOf(authorization: string): string | undefined {
    const encoded = /^Basic[ ](.*)$/s.exec(authorization)?.[1]?.trim() ?? '';
    if (encoded === '' || !isBase64(encoded)) return undefined;
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) return undefined;
    const user = text.slice(0, colon);
    const password = text.slice(colon + 1);
    const isRight = this.#all.some(
      (each) => isSame(each.user, user) && isSame(each.hash, hashOf(each.salt, password)),
    );
    return isRight ? user : undefined;
  }
}

function hashOf(salt: string, password: string): string {
  return createHmac('sha256', salt).update(password).digest('hex');
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** Whether two texts are the same, in a time that tells nothing about either. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
