import type { FtwProblem } from './ftw-test.ts';

/** A mapping of a test file that is being read: what it lacks or holds of another kind becomes a problem. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #file: string;
  readonly #problems: FtwProblem[];

  constructor(value: unknown, place: string, file: string, problems: FtwProblem[]) {
    this.#place = place;
    this.#file = file;
    this.#problems = problems;
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#values = isMapping ? (value as Record<string, unknown>) : {};
    if (!isMapping) this.complain('', 'It must be a mapping.');
  }

  complain(name: string, message: string): void {
    this.#problems.push({ file: this.#file, place: this.placeOf(name), message });
  }

  placeOf(name: string): string {
    if (name === '') return this.#place;
    return this.#place === '' ? name : `${this.#place}.${name}`;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null;
  }

  value(name: string): unknown {
    return this.has(name) ? this.#values[name] : undefined;
  }

  names(): string[] {
    return Object.keys(this.#values);
  }

  /** A text; numbers are texts as well. */
  text(name: string, otherwise: string): string {
    const value = this.value(name);
    if (value === undefined) return otherwise;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    this.complain(name, 'It must be a text.');
    return otherwise;
  }

  flag(name: string): boolean | null {
    const value = this.value(name);
    if (value === undefined) return null;
    if (typeof value === 'boolean') return value;
    this.complain(name, 'It must be true or false.');
    return null;
  }

  /** Whole numbers: one, or a list. */
  numbers(name: string): number[] {
    const value = this.value(name);
    if (value === undefined) return [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const numbers = list.map((item) =>
      typeof item === 'string' && /^\d+$/.test(item) ? Number(item) : item,
    );
    if (numbers.every((item) => Number.isSafeInteger(item))) return numbers as number[];
    this.complain(name, 'It must be a number or a list of numbers.');
    return [];
  }

  /** A mapping inside; an empty one where there is none. */
  inside(name: string): Fields {
    return new Fields(this.value(name) ?? {}, this.placeOf(name), this.#file, this.#problems);
  }

  /** The mappings of a list. */
  list(name: string): Fields[] {
    const value = this.value(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.complain(name, 'It must be a list.');
      return [];
    }
    return value.map(
      (item, index) => new Fields(item, `${this.placeOf(name)}[${index}]`, this.#file, this.#problems),
    );
  }
}
