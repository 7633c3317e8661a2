import type { ConfigProblem } from '../core/errors.ts';
import { BUILTIN_ISSUER } from './oauth-api.ts';
import { asList, asRecord } from './pointer.ts';
import { uniqueProblems } from './unique.ts';

type Loose = Record<string, unknown>;

/** Finds mistakes between the `oauth` block and the rest, or between its parts. */
export function oauthProblems(root: Loose): ConfigProblem[] {
  const reserved = asList(root.issuers).flatMap((issuer, at) =>
    asRecord(issuer)?.id === BUILTIN_ISSUER
      ? [{ pointer: `/issuers/${at}/id`, message: 'This name stands for the built-in authorization server.' }]
      : [],
  );
  const oauth = asRecord(root.oauth);
  return oauth === null
    ? reserved
    : [...reserved, ...resourceProblems(oauth), ...lifetimeProblems(oauth), ...peopleProblems(oauth)];
}

function resourceProblems(oauth: Loose): ConfigProblem[] {
  const ids = asList(oauth.resources).map((resource, at) => ({
    pointer: `/oauth/resources/${at}/id`,
    value: asRecord(resource)?.id,
  }));
  const problems = uniqueProblems('resource', ids);
  const { defaultResource } = oauth;
  if (typeof defaultResource === 'string' && !ids.some(({ value }) => value === defaultResource)) {
    const message = `There is no resource \`${defaultResource}\` among \`resources\`.`;
    problems.push({ pointer: '/oauth/defaultResource', message });
  }
  return problems;
}

function peopleProblems(oauth: Loose): ConfigProblem[] {
  const providers = asList(oauth.federation);
  const ids = providers.map((provider, at) => ({
    pointer: `/oauth/federation/${at}/id`,
    value: asRecord(provider)?.id,
  }));
  const problems = uniqueProblems('provider', ids);
  if (asRecord(oauth.users)?.passwords === false && providers.length === 0) {
    const message = 'Without passwords people need a provider in `federation` to sign in with.';
    problems.push({ pointer: '/oauth/users/passwords', message });
  }
  return problems;
}

function lifetimeProblems(oauth: Loose): ConfigProblem[] {
  const lifetimes = asRecord(oauth.lifetimes) ?? {};
  const { refreshIdleS, refreshAbsoluteS } = lifetimes;
  if (typeof refreshIdleS !== 'number' || typeof refreshAbsoluteS !== 'number') return [];
  if (refreshIdleS <= refreshAbsoluteS) return [];
  const message = 'A refresh token cannot be valid longer unused than in all (`refreshAbsoluteS`).';
  return [{ pointer: '/oauth/lifetimes/refreshIdleS', message }];
}
