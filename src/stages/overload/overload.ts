import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { ThreadLoad } from '../../core/load.ts';
import type { Ports } from '../../core/ports.ts';
import type { Check, RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import {
  type OverloadConfig,
  overloadSchema,
  type StrangersConfig,
  strangersSchema,
} from './overload.schema.ts';
import { OverloadCheck } from './overload-check.ts';
import { STRANGER_RANK } from './ranks.ts';
import { Refusals } from './refusals.ts';
import { UpstreamMeter } from './upstream-meter.ts';

const WHOLE = 100;

function compileOverload(config: OverloadConfig, route: RouteFacts, ports: Ports): StageChecks {
  const { apiId, endpointId } = route;
  const load = {
    upstream: ports.loads.upstream(apiId),
    route: ports.loads.route(`${apiId}/${endpointId}`),
    thread: ports.threadLoad,
  };
  return {
    head: new OverloadCheck(config, load),
    meter: new UpstreamMeter(load.upstream, load.route, load.thread, config.toleratedDelayMs),
  };
}

function weaknesses({ routeShare }: OverloadConfig): readonly Weakness[] {
  if (routeShare < WHOLE) return [];
  const message = 'One slow endpoint may use all that the upstream takes.';
  return [{ pointer: '/routeShare', message }];
}

/** Lets those wait for authentication who show a credential, or may. */
class StrangersCheck implements Check {
  readonly #thread: ThreadLoad;
  readonly #credentialHeaders: readonly string[];
  /** Keys may also come in a cookie or the query. */
  readonly #acceptsKeys: boolean;
  readonly #refusals = new Refusals(
    'the gateway cannot keep up: requests without credentials are thinned out',
  );

  constructor(thread: ThreadLoad, { credentialHeaders, acceptsKeys }: RouteFacts) {
    this.#thread = thread;
    this.#credentialHeaders = credentialHeaders;
    this.#acceptsKeys = acceptsKeys;
  }

  run(ctx: RequestContext): Decision {
    if (this.#mayHaveCredential(ctx)) return CONTINUE;
    return this.#thread.admits(STRANGER_RANK) ? CONTINUE : this.#refusals.next();
  }

  #mayHaveCredential({ headers, certificate, query }: RequestContext): boolean {
    if (certificate !== null) return true;
    if (this.#acceptsKeys && (query !== '' || headers.has('cookie'))) return true;
    for (const name of this.#credentialHeaders) if (headers.has(name)) return true;
    return false;
  }
}

function compileStrangers(_config: StrangersConfig, route: RouteFacts, ports: Ports): StageChecks {
  return { head: new StrangersCheck(ports.threadLoad, route) };
}

/** Turns strangers away before anything is spent on them, while this thread cannot keep up. */
export const strangers: Stage<StrangersConfig> = {
  name: 'strangers',
  key: 'strangers',
  schema: strangersSchema,
  compile: compileStrangers,
};

/** Refuses the lowest tiers first, while upstream or gateway cannot keep up. */
export const overload: Stage<OverloadConfig> = {
  name: 'overload',
  key: 'overload',
  schema: overloadSchema,
  compile: compileOverload,
  weaknesses,
};
