import type { ConfigProblem } from '../core/errors.ts';
import { closest } from '../lib/text/suggest.ts';
import { DEFAULT_TIERS } from '../stages/ratelimit/tiers.ts';
import { BUILTIN_ISSUER } from './oauth-api.ts';
import { asList, asRecord } from './pointer.ts';

type Loose = Record<string, unknown>;

/** A place that names something defined elsewhere in the document. */
interface Mention {
  readonly pointer: string;
  readonly name: unknown;
}

/**
 * Finds names of tiers and issuers that nothing has.
 *
 * The stages say so too, but only of a document without other mistakes; an operator wants to read all at once.
 */
export function nameProblems(root: Loose): ConfigProblem[] {
  const levels = levelsOf(root);
  const tiers = [...DEFAULT_TIERS.keys(), ...Object.keys(asRecord(root.tiers) ?? {})];
  const named = asList(root.issuers).flatMap((issuer) => {
    const id = asRecord(issuer)?.id;
    return typeof id === 'string' ? [id] : [];
  });
  const issuers = root.oauth === undefined ? named : [...named, BUILTIN_ISSUER];
  return [
    ...unknownNames(levels.flatMap(tierMentions), [...tiers, 'fromPrincipal'], 'tier', '`tiers`'),
    ...unknownNames(levels.flatMap(issuerMentions), issuers, 'issuer', '`issuers`'),
  ];
}

function levelsOf(root: Loose): { pointer: string; level: Loose }[] {
  const apis = asList(root.apis).flatMap((api, at) => {
    const pointer = `/apis/${at}`;
    const endpoints = asList(asRecord(api)?.endpoints).map((endpoint, index) => ({
      pointer: `${pointer}/endpoints/${index}`,
      level: asRecord(endpoint) ?? {},
    }));
    return [{ pointer, level: asRecord(api) ?? {} }, ...endpoints];
  });
  return [{ pointer: '/defaults', level: asRecord(root.defaults) ?? {} }, ...apis];
}

function tierMentions({ pointer, level }: { pointer: string; level: Loose }): Mention[] {
  const block = asRecord(level.rateLimit);
  return ['tier', 'defaultTier'].map((key) => ({
    pointer: `${pointer}/rateLimit/${key}`,
    name: block?.[key],
  }));
}

function issuerMentions({ pointer, level }: { pointer: string; level: Loose }): Mention[] {
  const block = asRecord(level.authenticate);
  const nested = asList(block?.anyOf).map((method, at) => ({
    pointer: `${pointer}/authenticate/anyOf/${at}/jwt/issuer`,
    name: asRecord(asRecord(method)?.jwt)?.issuer,
  }));
  return [{ pointer: `${pointer}/authenticate/jwt/issuer`, name: asRecord(block?.jwt)?.issuer }, ...nested];
}

function unknownNames(
  mentions: readonly Mention[],
  known: readonly string[],
  kind: string,
  where: string,
): ConfigProblem[] {
  return mentions.flatMap(({ pointer, name }) => {
    if (typeof name !== 'string' || known.includes(name)) return [];
    const near = closest(name, known);
    const suggestion = near === null ? `Add it to ${where}.` : `Did you mean \`${near}\`?`;
    return [{ pointer, message: `There is no ${kind} \`${name}\`.`, suggestion }];
  });
}
