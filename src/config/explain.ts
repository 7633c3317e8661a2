import type { z } from 'zod';
import type { ConfigProblem } from '../core/errors.ts';
import { closest } from '../lib/text/suggest.ts';
import { meantNumber } from './amounts.ts';
import { type Path, pointerOf, valueAt } from './pointer.ts';
import { redactText, type Secrets } from './redact.ts';
import { describeAt, keysOf, schemasAt, takesWholeNumbers } from './schema-walk.ts';
import { type Issue, type KindIssue, type LeafIssue, leafIssues } from './union-issues.ts';
import { choice, describeType, describeValue, nameOf, nounOf, sentence, subjectOf, unitOf } from './words.ts';

/** What was parsed, and against what. */
export interface Explained {
  readonly schema: z.core.$ZodType;
  readonly document: unknown;
  /** The `${…}` reference that the value at a path came from; null when it was typed in. */
  referenceAt(path: Path): string | null;
  /** What all references resolved to. */
  readonly secrets: Secrets;
}

type Told = Omit<ConfigProblem, 'pointer'>;

const ZOD_DEFAULT = /^(?:Invalid|Too (?:small|big)|Unrecognized)\b/;
const MANY = 16;

/** Tells every issue as a problem in our own words; pointers are relative to the document. */
export function explainIssues(issues: readonly Issue[], about: Explained): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const meant = new Set<string>();
  const missing: ConfigProblem[] = [];
  for (const leaf of leafIssues(about.schema, issues)) {
    const path = leaf.path as Path;
    if (leaf.code === 'unrecognized_keys') {
      for (const key of leaf.keys) problems.push(unknownKey(key, path, about, meant));
    } else if (isMissing(leaf, about)) {
      missing.push({ pointer: pointerOf(path), ...tellMissing(path, about) });
    } else {
      problems.push({ pointer: pointerOf(path), ...tell(leaf, path, about) });
    }
  }
  // A key that is missing because it was misspelt is one mistake, not two.
  return [...problems, ...missing.filter((problem) => !meant.has(problem.pointer))];
}

function isMissing(leaf: LeafIssue, about: Explained): boolean {
  const isAboutValue = leaf.code === 'invalid_type' || leaf.code === 'invalid_value' || leaf.code === 'kind';
  return isAboutValue && leaf.path.length > 0 && valueAt(about.document, leaf.path as Path) === undefined;
}

function unknownKey(key: string, path: Path, about: Explained, meant: Set<string>): ConfigProblem {
  const keys = schemasAt(about.schema, path).flatMap(keysOf);
  const nearest = closest(key, keys);
  if (nearest !== null) meant.add(pointerOf([...path, nearest]));
  const list = keys.slice(0, MANY).map((known) => `\`${known}\``);
  return {
    pointer: pointerOf([...path, key]),
    message: `\`${key}\` is not a key of ${nounOf(path)}.`,
    suggestion:
      nearest !== null
        ? `Did you mean \`${nearest}\`?`
        : `Its keys are ${list.join(', ')}${keys.length > MANY ? ' …' : ''}.`,
  };
}

function tellMissing(path: Path, about: Explained): Told {
  const description = describeAt(about.schema, path);
  return {
    message: `\`${String(path.at(-1))}\` is missing from ${nounOf(path.slice(0, -1))}.`,
    ...(description === '' ? {} : { suggestion: sentence(description) }),
  };
}

/** What is there, without telling what a reference resolved to. */
function actual(path: Path, about: Explained): string {
  const reference = about.referenceAt(path);
  return reference === null
    ? describeValue(valueAt(about.document, path), nameOf(path))
    : `the value of \`${reference}\``;
}

function tell(leaf: LeafIssue, path: Path, about: Explained): Told {
  const name = nameOf(path);
  switch (leaf.code) {
    case 'invalid_type':
      return tellKind({ code: 'kind', path: leaf.path, types: [leaf.expected], values: [] }, path, about);
    case 'invalid_value':
      return tellKind({ code: 'kind', path: leaf.path, types: [], values: leaf.values }, path, about);
    case 'kind':
      return tellKind(leaf, path, about);
    case 'too_small':
      if (leaf.origin !== 'string' && !ZOD_DEFAULT.test(leaf.message)) return tellCustom(leaf, path, about);
      return tellBound(leaf.origin, 'least', Number(leaf.minimum), path, about);
    case 'too_big':
      return tellBound(leaf.origin, 'most', Number(leaf.maximum), path, about);
    case 'not_multiple_of':
      return { message: `\`${name}\` must be a multiple of ${leaf.divisor}, but is ${actual(path, about)}.` };
    case 'invalid_key': {
      const why = leaf.issues.find((issue) => !ZOD_DEFAULT.test(issue.message))?.message ?? '';
      return { message: sentence(`\`${String(path.at(-1))}\` cannot be a key here. ${why}`) };
    }
    default:
      return tellCustom(leaf, path, about);
  }
}

function tellKind(issue: KindIssue, path: Path, about: Explained): Told {
  const name = nameOf(path);
  const value = valueAt(about.document, path);
  const words = issue.values.map((option) => `\`${String(option)}\``);
  const isWhole = schemasAt(about.schema, path).some(takesWholeNumbers);
  const types = issue.types.map((type) => (type === 'number' && isWhole ? 'int' : type));
  const expected = choice([...words, ...types.map((type) => describeType(type, name))]);
  const options = issue.values.filter((option): option is string => typeof option === 'string');
  const suggestion = about.referenceAt(path) === null ? suggestFor(value, options, issue.types, name) : '';
  return {
    message: `${subjectOf(path)} must be ${expected}, but is ${actual(path, about)}.`,
    ...(suggestion === '' ? {} : { suggestion }),
  };
}

function suggestFor(
  value: unknown,
  options: readonly string[],
  types: readonly string[],
  name: string,
): string {
  if (value === null) return 'Give it a value, or remove the key.';
  if (typeof value !== 'string') {
    return types.includes('array') && value !== undefined && typeof value !== 'object'
      ? 'Write it as `[…]`.'
      : '';
  }
  const nearest = closest(value, options);
  if (nearest !== null) return `Did you mean \`${nearest}\`?`;
  if (types.includes('boolean')) {
    if (/^(?:yes|on|true)$/i.test(value)) return 'Write `true`.';
    if (/^(?:no|off|false)$/i.test(value)) return 'Write `false`.';
  }
  if (types.includes('array')) return 'Write a list: `[…]`, or one entry per line after `- `.';
  if (!types.includes('int') && !types.includes('number')) return '';
  const meant = meantNumber(value, name);
  return meant === null ? '' : `Write ${meant}, without quotes or unit.`;
}

function tellBound(
  origin: string,
  side: 'least' | 'most',
  bound: number,
  path: Path,
  about: Explained,
): Told {
  const subject = subjectOf(path);
  if (origin === 'array' || origin === 'set' || origin === 'map') {
    if (side === 'least' && bound === 1) return { message: `${subject} must have at least one entry.` };
    return { message: `${subject} must have at ${side} ${bound} entries.` };
  }
  if (origin === 'string') {
    if (side === 'least' && bound === 1) return { message: `${subject} must not be empty.` };
    return { message: `${subject} must have at ${side} ${bound} characters.` };
  }
  const unit = unitOf(nameOf(path));
  const amount = unit === '' ? `${bound}` : `${bound} ${unit}`;
  return { message: `${subject} must be at ${side} ${amount}, but is ${actual(path, about)}.` };
}

/**
 * Tells an issue whose message a schema gave itself.
 *
 * Safety: such a message may quote the value, so it is not shown where the value came from a reference.
 */
function tellCustom(leaf: LeafIssue, path: Path, about: Explained): Told {
  const description = describeAt(about.schema, path);
  const suggestion = description === '' ? {} : { suggestion: sentence(description) };
  const reference = about.referenceAt(path);
  if (reference !== null)
    return { message: `The value of \`${reference}\` is not accepted here.`, ...suggestion };
  const message = 'message' in leaf ? leaf.message : '';
  if (message !== '' && !ZOD_DEFAULT.test(message))
    return { message: redactText(sentence(message), about.secrets) };
  return { message: `${subjectOf(path)} is not accepted as ${actual(path, about)}.`, ...suggestion };
}
