import type { GatewayConfig } from '../config/config.ts';
import type { Counters, LimitScale, LimitStore } from '../core/limits.ts';
import type { CertificateStatuses, Clock, Countries, KeySets, Ports } from '../core/ports.ts';
import type { TimerWheel } from '../lib/time/timer-wheel.ts';
import { timersOn } from '../proxy/thread-wheel.ts';
import { Introspector } from '../stores/introspection/introspector.ts';
import { measureThread } from '../stores/memory/measured-thread.ts';
import type { RedisLink } from '../stores/redis/redis-link.ts';
import { AttackFlag, attackScale } from '../stores/shared/attack-flag.ts';
import { HmacNonces } from '../stores/shared/proof-nonces.ts';
import { SharedBehaviours } from '../stores/shared/shared-behaviours.ts';
import { openLoads } from '../stores/shared/shared-loads.ts';
import { openLogins } from '../stores/shared/shared-logins.ts';
import { SharedStrangers } from '../stores/shared/shared-strangers.ts';
import type { FromThread, ThreadData } from './messages.ts';
import { openReplay } from './open-replay.ts';
import { threadNotices } from './thread-notices.ts';
import type { ThreadRecords } from './thread-records.ts';

/** What a thread has opened before its ports. */
export interface ThreadParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly limits: LimitStore;
  readonly adaptive: LimitScale;
  readonly records: ThreadRecords;
  readonly keySets: KeySets;
  readonly statuses: CertificateStatuses;
  readonly link: RedisLink | null;
  readonly countries: Countries;
  readonly wheel: TimerWheel;
  send(message: FromThread): void;
}

/** Opens everything that stages of a thread may use of the outside world. */
export function openThreadPorts(data: ThreadData, config: GatewayConfig, parts: ThreadParts): Ports {
  const { clock, counters, limits, records, send } = parts;
  const attack = new AttackFlag(data.attack);
  return {
    clock,
    counters,
    limits,
    limitScales: [parts.adaptive, attackScale(attack, clock)],
    attack,
    loads: openLoads(data.loads, data.index),
    threadLoad: measureThread(),
    strangers: new SharedStrangers(data.attack, data.index, clock),
    limitExceptions: records.limitExceptions,
    apiKeys: records.apiKeys,
    keySets: parts.keySets,
    notices: threadNotices((notice) => send({ type: 'notice', notice })),
    certificateStatuses: parts.statuses,
    replay: openReplay(parts.link, config.counters, data.replay, clock),
    proofNonces: new HmacNonces(data.nonceSecret, clock),
    countries: parts.countries,
    introspection: new Introspector(clock),
    logins: openLogins(data.logins),
    behaviours: new SharedBehaviours(data.behaviours),
    timers: timersOn(parts.wheel),
    revokedTokens: records.revokedTokens,
    wafGovernance: records.wafGovernance,
  };
}
