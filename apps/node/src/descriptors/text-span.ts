/** The part of a text that is still to be read (Core script/parsing.h). */
export class TextSpan {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  /** What is left. */
  get rest(): string {
    return this.#rest;
  }

  /** Skips a text if the rest begins with it. Returns whether it does. */
  skip(text: string): boolean {
    if (!this.#rest.startsWith(text)) return false;
    this.#rest = this.#rest.slice(text.length);
    return true;
  }

  /** Takes up to the first comma or closing brace that is in no braces (Core `Expr`). */
  takeExpression(): string {
    let level = 0;
    let end = 0;
    for (; end < this.#rest.length; end++) {
      const character = this.#rest[end]!;
      if (character === '(' || character === '{') level++;
      else if (level > 0 && (character === ')' || character === '}')) level--;
      else if (level === 0 && (character === ')' || character === '}' || character === ',')) break;
    }
    const expression = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return expression;
  }
}

/** What is in the braces of `name(…)`; undefined if the text is something else (Core `Func`). */
export function argumentsOf(name: string, text: string): string | undefined {
  const isCall = text.startsWith(`${name}(`) && text.endsWith(')');
  return isCall ? text.slice(name.length + 1, -1) : undefined;
}
