import type { Strangers } from '../../core/attack.ts';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { ThreadLoad } from '../../core/load.ts';
import type { Ports } from '../../core/ports.ts';
import { ShownCredential } from '../../core/shown-credential.ts';
import type { Check, Finisher, RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import {
  type OverloadConfig,
  overloadSchema,
  type StrangersConfig,
  strangersSchema,
} from './overload.schema.ts';
import { OverloadCheck } from './overload-check.ts';
import { STRANGER_RANK } from './ranks.ts';
import { attackRefusals, Refusals } from './refusals.ts';
import { UpstreamMeter } from './upstream-meter.ts';

const WHOLE = 100;

function compileOverload(config: OverloadConfig, route: RouteFacts, ports: Ports): StageChecks {
  const { apiId, endpointId } = route;
  const load = {
    upstream: ports.loads.upstream(apiId),
    route: ports.loads.route(`${apiId}/${endpointId}`),
    thread: ports.threadLoad,
    strangers: ports.strangers,
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

/** Lets those wait for authentication who show a credential, or may; the others share what strangers may send. */
class StrangersCheck implements Check, Finisher {
  readonly #thread: ThreadLoad;
  readonly #strangers: Strangers;
  readonly #shown: ShownCredential;
  readonly #refusals = new Refusals(
    'the gateway cannot keep up: requests without credentials are thinned out',
  );
  readonly #attack = attackRefusals();

  constructor({ threadLoad, strangers }: Ports, route: RouteFacts) {
    this.#thread = threadLoad;
    this.#strangers = strangers;
    this.#shown = new ShownCredential(route);
  }

  run(ctx: RequestContext): Decision {
    ctx.showsCredential = this.#shown.isIn(ctx);
    if (ctx.showsCredential) return CONTINUE;
    this.#strangers.came();
    if (!this.#thread.admits(STRANGER_RANK)) return this.#refusals.next();
    return this.#strangers.admits() ? CONTINUE : this.#attack.next();
  }

  /** Whoever showed something that did not verify was a stranger, too. */
  finish({ showsCredential, principal }: RequestContext): void {
    if (showsCredential && principal === null) this.#strangers.came();
  }
}

function compileStrangers(_config: StrangersConfig, route: RouteFacts, ports: Ports): StageChecks {
  const check = new StrangersCheck(ports, route);
  return { head: check, finisher: check };
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
