import type { ConfigProblem } from '../core/errors.ts';
import { apiProblems } from './api-checks.ts';
import { listenerProblems } from './listener-checks.ts';
import { nameProblems } from './name-checks.ts';
import { oauthProblems } from './oauth-checks.ts';
import { asList, asRecord } from './pointer.ts';
import { tierProblems } from './tier-checks.ts';
import { uniqueProblems } from './unique.ts';

/**
 * Finds mistakes that lie between several settings.
 *
 * Shape: reads the document as it is, so that these are told together with mistakes of shape; what has the wrong shape
 * is skipped, because the schema tells about it.
 */
export function crossProblems(document: unknown): ConfigProblem[] {
  const root = asRecord(document) ?? {};
  const ids = asList(root.issuers).map((issuer, at) => ({
    pointer: `/issuers/${at}/id`,
    value: asRecord(issuer)?.id,
  }));
  return [
    ...listenerProblems(root),
    ...uniqueProblems('issuer', ids),
    ...apiProblems(root),
    ...tierProblems(root),
    ...nameProblems(root),
    ...oauthProblems(root),
  ];
}
