import { SeededRng, type Rng } from '@btcp2p/machine';
import type { Case, CaseResult, Contender, Measured } from './bench.ts';
import { collectGarbage } from './garbage.ts';
import { quartiles } from './statistics.ts';
import { ratioOf, type Unit } from './unit.ts';

/** How many samples each contender gives unless its case says otherwise. */
export const DEFAULT_ROUNDS = 15;

/** The order in the rounds is random, and the same in every run. */
const SEED = 0x5eedn;

/** Contenders of one case gave different answers: nothing is measured that is wrong. */
export class Disagreement extends Error {
  /** The case. */
  readonly caseName: string;

  constructor(caseName: string, ours: string, rivalName: string, theirs: string) {
    super(`${caseName}: ${rivalName} answers ${brief(theirs)}, and we ${brief(ours)}`);
    this.name = 'Disagreement';
    this.caseName = caseName;
  }
}

/**
 * Measures a case: all answers must agree; then everyone warms up; then rounds, in each of which
 * every contender gives one sample, in an order drawn anew. What slows the machine down for a while
 * so hits all of them.
 *
 * @throws Disagreement
 */
export async function runCase(it: Case): Promise<CaseResult> {
  const contenders = [it.ours, ...it.rivals];
  await checkAnswers(it);
  for (const contender of contenders) await contender.warmUp();
  const samples = contenders.map((): number[] => []);
  const rng = new SeededRng(SEED).fork(it.name);
  for (let round = 0; round < (it.rounds ?? DEFAULT_ROUNDS); round++) {
    for (const index of shuffled(contenders.length, rng)) {
      collectGarbage();
      samples[index]!.push(await contenders[index]!.sample());
    }
  }
  const [ours, ...rivals] = contenders.map((contender, i) =>
    measured(contender, samples[i]!, it.unit),
  );
  const { name, unit, method, targets = [] } = it;
  return {
    case: { name, unit, method, targets },
    ours: ours!,
    rivals: rivals.map(({ name, version, figure }) => {
      const ratio = ratioOf(it.unit, ours!.figure.median, figure.median);
      return { name, version, figure, ratio };
    }),
  };
}

/** The numbers from 0 to `count` - 1 in a random order. */
export function shuffled(count: number, rng: Rng): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

async function checkAnswers({ name, ours, rivals }: Case): Promise<void> {
  const expected = await ours.answer();
  if (expected === undefined) throw new Error(`${name}: ours gives no answer`);
  for (const rival of rivals) {
    const answer = await rival.answer();
    if (answer !== undefined && answer !== expected) {
      throw new Disagreement(name, expected, rival.name, answer);
    }
  }
}

function measured(
  { name, version }: Contender,
  seconds: readonly number[],
  unit: Unit,
): Measured {
  return { name, version, figure: quartiles(seconds.map((value) => unit.of(value))) };
}

function brief(answer: string): string {
  return answer.length <= 80 ? answer : `${answer.slice(0, 77)}...`;
}
