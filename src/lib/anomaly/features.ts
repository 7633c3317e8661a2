/** One thing that is looked at of what a client did in a window. */
export interface FeatureRow {
  readonly name: string;
  /** Upper end of the values that are told apart; the lower one is 0. */
  readonly most: number;
  /** Smallest spread that a client is taken to have, in the unit of the value: less is chance. */
  readonly leastSpread: number;
  /** What may be everybody's change at once, a deploy or a sale, and is then nobody's: the most of it that is taken off. */
  readonly mostShared: number;
  /** Whether the client alone decides it. What upstreams decide as well drives no action by itself. */
  readonly isClients: boolean;
  /** Whether it means harm whoever the client is: then nothing of it is learned while it is unusual. */
  readonly isHostile: boolean;
  /** The value for people. */
  readonly text: (value: number) => string;
}

const count =
  (what: string) =>
  (value: number): string =>
    `${Math.round(2 ** value - 1)} ${what}`;
const percent =
  (what: string) =>
  (value: number): string =>
    `${(value * 100).toFixed(0)} % ${what}`;

/** THE TABLE of features. Numbers of things are logarithms, so that twice as many is one step for small and large clients. */
export const FEATURES = [
  {
    name: 'requests',
    most: 18,
    leastSpread: 0.5,
    mostShared: 2,
    isClients: true,
    isHostile: false,
    text: count('requests'),
  },
  {
    name: 'clientErrors',
    most: 1,
    leastSpread: 0.1,
    mostShared: 0.5,
    isClients: true,
    isHostile: true,
    text: percent('answered with 4xx'),
  },
  {
    name: 'serverErrors',
    most: 1,
    leastSpread: 0.1,
    mostShared: 1,
    isClients: false,
    isHostile: false,
    text: percent('answered with 5xx'),
  },
  {
    name: 'responseTime',
    most: 18,
    leastSpread: 1,
    mostShared: 18,
    isClients: false,
    isHostile: false,
    text: count('ms on average'),
  },
  {
    name: 'countries',
    most: 4,
    leastSpread: 0.6,
    mostShared: 0,
    isClients: true,
    isHostile: false,
    text: count('countries'),
  },
  {
    name: 'newCountries',
    most: 1,
    leastSpread: 0.08,
    mostShared: 0,
    isClients: true,
    isHostile: false,
    text: percent('from countries it never came from'),
  },
  {
    name: 'userAgents',
    most: 9,
    leastSpread: 0.75,
    mostShared: 0,
    isClients: true,
    isHostile: false,
    text: count('user agents'),
  },
  {
    name: 'paths',
    most: 12,
    leastSpread: 0.75,
    mostShared: 1,
    isClients: true,
    isHostile: false,
    text: count('different paths'),
  },
  {
    name: 'refusedCredentials',
    most: 1,
    leastSpread: 0.08,
    mostShared: 0.5,
    isClients: true,
    isHostile: true,
    text: percent('answered with 401 or 403'),
  },
] as const satisfies readonly FeatureRow[];

export type FeatureName = (typeof FEATURES)[number]['name'];
export const FEATURE_COUNT = FEATURES.length;

/** Place of a feature in the table. */
export function featureAt(name: FeatureName): number {
  return FEATURES.findIndex((row) => row.name === name);
}

/** Requests that are added to those that a share is taken of, so that a share of few is small. */
const DAMPING = 10;

/** What a client did in one window, summed over all threads. */
export interface ClientWindow {
  readonly requests: number;
  /** Answers with 4xx without 401, 403 and 429. */
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** Answers with 401 or 403. */
  readonly refusedCredentials: number;
  readonly totalMs: number;
  readonly userAgents: number;
  readonly paths: number;
  readonly countries: number;
  /** Requests from countries that the client is not known from. */
  readonly fromNewCountries: number;
}

/** Writes the values of the features of a window into `into`, from `at`, in the order of the table. */
export function measure(window: ClientWindow, into: Float64Array, at: number): void {
  const { requests } = window;
  const damped = requests + DAMPING;
  into[at] = Math.log2(1 + requests);
  into[at + 1] = window.clientErrors / damped;
  into[at + 2] = window.serverErrors / damped;
  into[at + 3] = Math.log2(1 + (requests === 0 ? 0 : window.totalMs / requests));
  into[at + 4] = Math.log2(1 + window.countries);
  into[at + 5] = window.fromNewCountries / damped;
  into[at + 6] = Math.log2(1 + window.userAgents);
  into[at + 7] = Math.log2(1 + window.paths);
  into[at + 8] = window.refusedCredentials / damped;
}
