import type { ConfigProblem } from '../core/errors.ts';

/**
 * Replaces resolved values in messages by the references they came from.
 *
 * Safety: a last line; messages are made without such values in the first place. Values of fewer than four characters
 * are replaced only where they stand as words of their own, because they are parts of ordinary words.
 */
export function redactProblem<Problem extends ConfigProblem>(
  problem: Problem,
  secrets: ReadonlyMap<string, string>,
): Problem {
  const redact = (text: string): string => {
    let result = text;
    for (const [reference, value] of secrets) {
      for (const form of new Set([value, JSON.stringify(value).slice(1, -1)])) {
        result = replaceWords(result, form, reference);
      }
    }
    return result;
  };
  const { message, suggestion } = problem;
  return {
    ...problem,
    message: redact(message),
    ...(suggestion === undefined ? {} : { suggestion: redact(suggestion) }),
  };
}

function replaceWords(text: string, value: string, reference: string): string {
  if (value === '' || !text.includes(value)) return text;
  if (value.length >= 4) return text.replaceAll(value, () => reference);
  const literal = value.replace(/[^A-Za-z0-9]/g, '\\$&');
  return text.replace(new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`, 'g'), () => reference);
}
