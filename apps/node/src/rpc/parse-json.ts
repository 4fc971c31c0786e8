import { JsonNumber, JsonObject, type JsonValue } from './json-value.ts';

/** Core `MAX_JSON_DEPTH` (univalue_read.cpp): arrays and objects within one another. */
export const MAX_JSON_DEPTH = 512;

const BLANKS = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const KEYWORD = /null|true|false/y;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * JSON to values, or undefined for what is none.
 *
 * **Specification** (Core `UniValue::read`, univalue_read.cpp). RFC 8259, at most
 * {@link MAX_JSON_DEPTH} deep, halves of surrogate pairs refused. Numbers keep their text, objects
 * the order and the repetition of their members.
 *
 * **Rationale**. The platform's parser rounds numbers, and so do those libraries' objects drop what
 * Core's methods look at: the order of outputs, an address that is named twice.
 */
export function parseJson(text: string): JsonValue | undefined {
  return new JsonParser(text).parse();
}

/** Thrown inside this file only, to leave any depth at once. */
class MalformedJson extends Error {}

class JsonParser {
  readonly #text: string;
  #at = 0;
  /** The next backslash from `#at` on: looked for once, not once in every string. */
  #backslash = -1;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonValue | undefined {
    try {
      this.#skip();
      const value = this.#value(0);
      this.#skip();
      return this.#at === this.#text.length ? value : undefined;
    } catch (error) {
      if (error instanceof MalformedJson) return undefined;
      throw error;
    }
  }

  #value(depth: number): JsonValue {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#array(this.#deeper(depth));
      case '"':
        return this.#string();
      case 'n':
      case 't':
      case 'f':
        return this.#keyword();
      default:
        return new JsonNumber(this.#match(NUMBER));
    }
  }

  #deeper(depth: number): number {
    if (depth === MAX_JSON_DEPTH) throw new MalformedJson();
    return depth + 1;
  }

  #object(depth: number): JsonObject {
    const entries: [string, JsonValue][] = [];
    if (this.#opens('}')) return new JsonObject(entries);
    do {
      this.#skip();
      const name = this.#string();
      this.#skip();
      if (!this.#take(':')) throw new MalformedJson();
      this.#skip();
      entries.push([name, this.#value(depth)]);
      this.#skip();
    } while (this.#take(','));
    if (!this.#take('}')) throw new MalformedJson();
    return new JsonObject(entries);
  }

  #array(depth: number): JsonValue[] {
    const values: JsonValue[] = [];
    if (this.#opens(']')) return values;
    do {
      this.#skip();
      values.push(this.#value(depth));
      this.#skip();
    } while (this.#take(','));
    if (!this.#take(']')) throw new MalformedJson();
    return values;
  }

  /** Steps over an opening bracket; and over the closing one, if nothing is between them. */
  #opens(close: string): boolean {
    this.#at++;
    this.#skip();
    return this.#take(close);
  }

  #string(): string {
    if (!this.#take('"')) throw new MalformedJson();
    const start = this.#at;
    let end = this.#text.indexOf('"', start);
    let from = start;
    for (;;) {
      if (end < 0) throw new MalformedJson();
      if (this.#backslash < from) {
        const next = this.#text.indexOf('\\', from);
        this.#backslash = next < 0 ? this.#text.length : next;
      }
      if (this.#backslash > end) break;
      from = this.#backslash + 2;
      if (from > end) end = this.#text.indexOf('"', from);
    }
    this.#at = end + 1;
    const raw = this.#text.slice(start, end);
    if (CONTROL.test(raw)) throw new MalformedJson();
    return from === start ? raw : unescape(raw);
  }

  #keyword(): null | boolean {
    const word = this.#match(KEYWORD);
    return word === 'null' ? null : word === 'true';
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match === undefined) throw new MalformedJson();
    this.#at += match.length;
    return match;
  }

  #skip(): void {
    // Mostly there are none.
    if (this.#text.charCodeAt(this.#at) <= 0x20) this.#match(BLANKS);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

/** What a string with backslashes stands for: the platform knows. */
function unescape(raw: string): string {
  let text: string;
  try {
    text = JSON.parse(`"${raw}"`) as string;
  } catch {
    throw new MalformedJson();
  }
  if (LONE_SURROGATE.test(text)) throw new MalformedJson();
  return text;
}
