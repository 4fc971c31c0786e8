/**
 * Where the skip pointer of a header at `height` leads: to height 0 or an ancestor's. The lowest
 * one bit of an even height goes; of an odd one, the two above its last. Pointers so placed reach
 * any ancestor in a number of steps that grows with the logarithm of the distance (Core
 * `GetSkipHeight`, chain.cpp, whose numbers these are).
 */
export function skipHeight(height: number): number {
  if (height < 2) return 0;
  if (height % 2 === 0) return dropLowestOne(height);
  return dropLowestOne(dropLowestOne(height - 1)) + 1;
}

function dropLowestOne(height: number): number {
  return height & (height - 1);
}
