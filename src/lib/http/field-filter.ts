import { type FieldName, foldName } from './field-lines.ts';

/**
 * Header fields that must not be passed on.
 *
 * Safety: names are compared as an upstream reads them that cannot tell `X_User_Id` from `X-User-Id`.
 * Cost: one lookup per field line.
 */
export class FieldFilter {
  /** The one spelling that passes by the folded name; '' where none does. */
  readonly #passing = new Map<string, string>();

  /** Withholds a field in all spellings. `name` is lower-case. */
  withhold(name: string): void {
    this.#passing.set(foldName(name), '');
  }

  /** Withholds all other spellings of a field, unless the field is withheld. `name` is lower-case. */
  passAsWritten(name: string): void {
    const folded = foldName(name);
    if (!this.#passing.has(folded)) this.#passing.set(folded, name);
  }

  withholds({ folded, lower }: FieldName): boolean {
    const passing = this.#passing.get(folded);
    return passing !== undefined && passing !== lower;
  }
}
