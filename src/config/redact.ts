import type { ConfigProblem } from '../core/errors.ts';

/** What references resolved to, by the reference. */
export type Secrets = ReadonlyMap<string, string>;

const SHORT = 4;

/**
 * Replaces resolved values in a message by the references they came from.
 *
 * Safety: for messages that may quote a value; those made from the schema alone are left as they are. Values of fewer
 * than four characters are replaced only where they are quoted as a whole, numbers only as whole numbers, because they
 * are parts of ordinary words.
 */
export function redactText(text: string, secrets: Secrets): string {
  let result = text;
  for (const [reference, value] of secrets) {
    if (value === '' || value === 'true' || value === 'false') continue;
    for (const form of new Set([value, JSON.stringify(value).slice(1, -1)])) {
      result = replaceValue(result, form, reference);
    }
  }
  return result;
}

/** The same for a whole problem. */
export function redactProblem<Problem extends ConfigProblem>(problem: Problem, secrets: Secrets): Problem {
  if (secrets.size === 0) return problem;
  const { message, suggestion } = problem;
  return {
    ...problem,
    message: redactText(message, secrets),
    ...(suggestion === undefined ? {} : { suggestion: redactText(suggestion, secrets) }),
  };
}

function replaceValue(text: string, value: string, reference: string): string {
  if (!text.includes(value)) return text;
  const literal = value.replace(/[^A-Za-z0-9]/g, '\\$&');
  if (value.length < SHORT) {
    return text.replace(new RegExp(`(?<=[\`'"])${literal}(?=[\`'"])`, 'g'), () => reference);
  }
  if (/^\d+$/.test(value)) return text.replace(new RegExp(`(?<!\\d)${literal}(?!\\d)`, 'g'), () => reference);
  return text.replaceAll(value, () => reference);
}
