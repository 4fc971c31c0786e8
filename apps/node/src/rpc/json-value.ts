/**
 * A JSON number as the text it is written as: what a client sends is not rounded before it is known
 * what it is for, and what is sent has exactly the digits that it should have.
 */
export class JsonNumber {
  readonly text: string;

  /** @param text a number in JSON's grammar */
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A JSON object as it was written: members in their order, names that come twice kept twice (Core
 * `UniValue`). A plain object could not: it sorts names that look like numbers, and has a prototype.
 */
export class JsonObject {
  readonly entries: readonly (readonly [name: string, value: JsonValue])[];

  constructor(entries: readonly (readonly [name: string, value: JsonValue])[]) {
    this.entries = entries;
  }

  /** The names, in order. */
  get keys(): string[] {
    return this.entries.map(([name]) => name);
  }

  /** The first value of that name; `null` if there is none. */
  get(name: string): JsonValue {
    return this.entries.find(([key]) => key === name)?.[1] ?? null;
  }

  /** Whether there is such a member, be it null. */
  has(name: string): boolean {
    return this.entries.some(([key]) => key === name);
  }
}

/**
 * A part of an answer that was written already: of a large one, so that it need not be written at
 * once. What is in it is not checked against the description.
 */
export class JsonText {
  readonly type: JsonTypeName;
  readonly text: string;

  /** @param text JSON as `writeJson` writes it */
  constructor(type: JsonTypeName, text: string) {
    this.type = type;
    this.text = text;
  }
}

/** JSON as a client sent it. */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/**
 * What a method may answer. A `number` is written as Core writes a double (`%.16g`), so integers up
 * to 2^53 are what they look like; `bigint` is an integer of any size. Members that are `undefined`
 * are left out. Names that are all digits keep their order in a Map only.
 */
export type JsonOutput =
  | JsonValue
  | JsonText
  | number
  | bigint
  | readonly JsonOutput[]
  | ReadonlyMap<string, JsonOutput>
  | JsonMembers;

/** An object by its members; those that are undefined are left out. */
export type JsonMembers = { readonly [name: string]: JsonOutput | undefined };

/** Types as Core names them in errors (`uvTypeName`, univalue.cpp). */
export type JsonTypeName = 'null' | 'bool' | 'object' | 'array' | 'string' | 'number';

/** The type of a value, by Core's name. */
export function typeName(value: JsonOutput): JsonTypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof JsonNumber) return 'number';
  if (value instanceof JsonText) return value.type;
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
    case 'bigint':
      return 'number';
    default:
      return 'object';
  }
}

/** The members of an answer that is an object. */
export function membersOf(value: JsonOutput): readonly (readonly [string, JsonOutput])[] {
  if (value instanceof JsonObject) return value.entries;
  if (value instanceof Map) return [...(value as ReadonlyMap<string, JsonOutput>)];
  const members = Object.entries(value as JsonMembers);
  return members.filter((member): member is [string, JsonOutput] => member[1] !== undefined);
}
