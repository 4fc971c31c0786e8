import { curveSide, FIELD_ORDER, modulo } from './ellswift-field.ts';
import { isSquare as isSquareInJavaScript } from './ellswift-is-square.ts';
import { nobleSecp256k1 } from './noble-secp256k1.ts';
import type { Secp256k1 } from './secp256k1.ts';

/** BIP 324: the square root of -3 that is a square itself. */
const C = 0xa2d2ba93507f1df233770c2a797962cc61f6d15da14ecd47d8d27ae1cd5f852n;
const HALF = (FIELD_ORDER + 1n) >> 1n;

/** The operations on public values. No function here has to do with a secret. */
type Field = Pick<Secp256k1, 'sqrt' | 'isSquare' | 'invert'>;

/**
 * `XSwiftEC` of BIP 324: maps two field elements, whichever they are, to an X coordinate on the
 * curve.
 *
 * It takes one inversion, no square root, and one or two tests for squares. With g = u^3 + 7 and
 * h = g + t^2, the BIP's X and Y give X/Y = cu (g - t^2) / h and -3 (2Y)^2 = (h / (tu))^2, so that
 * the three candidates are, as fractions,
 *
 *     u - h^2 / (3 t^2 u^2),   u (c (t^2 - g) - h) / (2h),   u (c (g - t^2) - h) / (2h)
 *
 * and n/d is on the curve just if d (n^3 + 7 d^3) is a square. The last two add up to -u, and where
 * neither of the first two is on the curve, the third is.
 *
 * @param u 0 to p - 1, where 0 counts as 1
 * @param t 0 to p - 1, where 0 counts as 1
 * @param field public values only: it may vary in time
 */
export function xswiftec(u: bigint, t: bigint, field: Field = nobleSecp256k1): bigint {
  if (u === 0n) u = 1n;
  if (t === 0n) t = 1n;
  const uu = (u * u) % FIELD_ORDER;
  const g = curveSide(u);
  let tt = (t * t) % FIELD_ORDER;
  let h = (g + tt) % FIELD_ORDER;
  if (h === 0n) {
    tt = (4n * tt) % FIELD_ORDER;
    h = (g + tt) % FIELD_ORDER;
  }
  const d1 = (3n * tt * uu) % FIELD_ORDER;
  const n1 = modulo(u * d1 - h * h);
  if (isFractionOnCurve(n1, d1, field)) return (n1 * field.invert(d1)) % FIELD_ORDER;

  const d2 = (2n * h) % FIELD_ORDER;
  const n2 = modulo(u * modulo(C * (tt - g) - h));
  const x2 = (n2 * field.invert(d2)) % FIELD_ORDER;
  return isOnCurve(x2, field) ? x2 : modulo(-x2 - u);
}

/**
 * `XSwiftECInv` of BIP 324: the `t` that {@link xswiftec} maps to `x` together with `u`, if there
 * is one in this case. No two cases have the same, and save for the values that are replaced
 * (u = 0, t = 0, u^3 + t^2 + 7 = 0) there are no others.
 *
 * The BIP's t is ±w (u(1 ± c)/2 + v) with w^2 = s. With g = u^3 + 7:
 *
 * - cases 0, 1, 4, 5: v = x and s = -g / (u^2 + ux + x^2). Two tests tell whether there is a t, and
 *   only then follow an inversion and a root.
 * - cases 2, 3, 6, 7: v = (r/s - u)/2, s = x - u, and r^2 = -s (4g + 3 s u^2). Where there is w,
 *   there is r just if there is e with e^2 = -(4g + 3 s u^2), and then r = we. That makes w r/s
 *   equal to e, and t to ±(cuw ± e)/2: two tests, two roots, nothing to divide by.
 *
 * @param x 0 to p - 1, an X coordinate on the curve
 * @param u 1 to p - 1
 * @param ellCase 0 to 7
 * @param field public values only: it may vary in time
 */
export function xswiftecInv(
  x: bigint,
  u: bigint,
  ellCase: number,
  field: Field = nobleSecp256k1,
): bigint | undefined {
  const uu = (u * u) % FIELD_ORDER;
  const g = curveSide(u);
  return (ellCase & 2) === 0
    ? inverseOfLaterCandidates(x, u, uu, g, ellCase, field)
    : inverseOfFirstCandidate(x, u, uu, g, ellCase, field);
}

/** Cases 0, 1, 4 and 5: x is one of those two candidates that add up to -u. */
function inverseOfLaterCandidates(
  x: bigint,
  u: bigint,
  uu: bigint,
  g: bigint,
  ellCase: number,
  field: Field,
): bigint | undefined {
  if (isOnCurve(modulo(-x - u), field)) return undefined;
  // Not 0: otherwise (x/u)^3 = 1, likewise for -x - u, which would then be on the curve as x is.
  const d = (uu + (u + x) * x) % FIELD_ORDER;
  if (!isSquare(modulo(-g * d), field)) return undefined;
  const w = rootOfSquare(modulo(-g * field.invert(d)), field);
  const c = (ellCase & 1) === 0 ? -C : C;
  const t = w * (((u * (1n + c)) % FIELD_ORDER) * HALF + x);
  return modulo(ellCase === 0 || ellCase === 5 ? -t : t);
}

/** Cases 2, 3, 6 and 7: x is the candidate u + (2Y)^2. */
function inverseOfFirstCandidate(
  x: bigint,
  u: bigint,
  uu: bigint,
  g: bigint,
  ellCase: number,
  field: Field,
): bigint | undefined {
  const s = modulo(x - u);
  if (s === 0n || !isSquare(s, field)) return undefined;
  const ee = modulo(-4n * g - 3n * uu * s);
  // Where e = 0, cases 2 and 3 (6 and 7) would be the same.
  if (ee === 0n && (ellCase & 1) === 1) return undefined;
  if (!isSquare(ee, field)) return undefined;
  const e = rootOfSquare(ee, field);
  const cuw = ((C * u) % FIELD_ORDER) * rootOfSquare(s, field);
  const t = ((ellCase & 1) === 0 ? cuw - e : cuw + e) * HALF;
  return modulo((ellCase & 4) === 0 ? t : -t);
}

/** Whether x, from 0 to p - 1, is the X coordinate of a point. */
export function isOnCurve(x: bigint, field: Field): boolean {
  return isSquare(curveSide(x), field);
}

/** Whether n/d is the X coordinate of a point. */
function isFractionOnCurve(n: bigint, d: bigint, field: Field): boolean {
  const nnn = (((n * n) % FIELD_ORDER) * n) % FIELD_ORDER;
  const ddd = (((d * d) % FIELD_ORDER) * d) % FIELD_ORDER;
  return isSquare((((nnn + 7n * ddd) % FIELD_ORDER) * d) % FIELD_ORDER, field);
}

function isSquare(a: bigint, field: Field): boolean {
  return field.isSquare === undefined ? isSquareInJavaScript(a) : field.isSquare(a);
}

function rootOfSquare(a: bigint, field: Field): bigint {
  const root = field.sqrt(a);
  if (root === undefined) throw new Error('sqrt and isSquare disagree');
  return root;
}
