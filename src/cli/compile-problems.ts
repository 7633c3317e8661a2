import { loadCountryLists, loadReputationLists } from '../config/access-lists.ts';
import { loadCertificates } from '../config/certificates.ts';
import { loadAuthorities } from '../config/client-authorities.ts';
import type { GatewayConfig } from '../config/config.ts';
import { loadRevocationLists } from '../config/revocation-lists.ts';
import { NO_OPERATOR_HOST } from '../config/rule-files.ts';
import { loadRuleSets } from '../config/rule-sets.ts';
import { NO_ATTACK } from '../core/attack.ts';
import { ConfigError, type ConfigProblem } from '../core/errors.ts';
import { UNWATCHED } from '../core/load.ts';
import type { Ports } from '../core/ports.ts';
import { UNGOVERNED } from '../core/waf.ts';
import { compilePlan } from '../plan/compile-plan.ts';
import { RuleEngines } from '../plan/rule-engines.ts';
import { openTrust } from '../plan/trust-files.ts';
import { loadCountryDatabase } from '../stores/geo/country-database.ts';

/** Ports for a plan that no request is decided with. */
const NO_PORTS: Ports = {
  clock: { nowMs: () => Date.now() },
  counters: { take: () => {} },
  limits: { take: (_hits, _rule, _nowMs, state) => state, release: () => {}, giveBack: () => {} },
  limitScales: [],
  wafGovernance: UNGOVERNED,
  attack: NO_ATTACK,
  ...UNWATCHED,
  apiKeys: { find: () => null, problem: () => '' },
  keySets: {
    find: () => null,
    version: () => 0,
    problem: () => '',
    fetchProblem: () => '',
    refetch: async () => {},
  },
  notices: { raise: () => {} },
  revokedTokens: { version: 0, isRevoked: () => false },
  limitExceptions: { find: () => null },
  proofNonces: { current: () => '', isValid: () => false },
  replay: { once: () => 'accepted', bound: () => 'accepted', forget() {}, problem: '' },
  certificateStatuses: { ask: () => ({ status: 'unavailable', untilMs: 0, problem: '' }), version: 0 },
  countries: { find: () => '' },
  introspection: { introspect: async () => ({ kind: 'inactive' }) },
  behaviours: { blockOf: () => null, note: () => null },
  logins: { tagOf: () => '', find: () => null, begin: () => null, end: () => null },
  timers: { after: async () => {} },
};

function geoProblems({ geo }: GatewayConfig): ConfigProblem[] {
  try {
    if (geo.database !== '') loadCountryDatabase(geo.database);
    return [];
  } catch (error) {
    return [{ pointer: '/geo/database', message: (error as Error).message }];
  }
}

/** Finds what only shows when a valid configuration is put to use: in certificates, and by the stages. */
export function compileProblems(config: GatewayConfig): ConfigProblem[] {
  const authorities = loadAuthorities(config);
  const revocation = loadRevocationLists(config);
  const reputation = loadReputationLists(config);
  const countries = loadCountryLists(config);
  const rules = loadRuleSets(config);
  const problems = [
    ...loadCertificates(config, Date.now()).problems,
    ...authorities.problems,
    ...revocation.problems,
    ...reputation.problems,
    ...countries.problems,
    ...rules.problems,
    ...geoProblems(config),
  ];
  const trust = openTrust(config, {
    authorities: Object.fromEntries(authorities.pems),
    revocationLists: Object.fromEntries(revocation.lists),
    reputationLists: Object.fromEntries(reputation.lists),
    countryLists: Object.fromEntries(countries.lists),
  });
  try {
    const engines = new RuleEngines(NO_OPERATOR_HOST).open(Object.fromEntries(rules.sets));
    compilePlan(config, NO_PORTS, trust, '', engines);
    return [...problems];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...problems, ...error.problems];
  }
}
