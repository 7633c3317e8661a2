import type { Limits } from '../../core/limits.ts';

/** Limits with all that an answer says about them, ready to send. */
export interface LimitPolicy {
  readonly limits: Limits;
  /** Value of `RateLimit-Policy`. */
  readonly field: string;
  /** Value of the member `tier`, as JSON. */
  readonly tierJson: string;
  /** How the journal names it. */
  readonly label: string;
}

/** Prepares the limits of a tier. */
export function tierPolicy(name: string, limits: Limits): LimitPolicy {
  const shown = name.slice(0, 1).toUpperCase() + name.slice(1);
  return {
    limits,
    field: policyField(limits),
    tierJson: JSON.stringify(shown),
    label: `tier ${JSON.stringify(name)}`,
  };
}

/** Prepares limits that are no tier's. */
export function plainPolicy(label: string, limits: Limits): LimitPolicy {
  return { limits, field: policyField(limits), tierJson: 'null', label };
}

/** Whether any window is limited. */
export function isLimited(limits: Limits): boolean {
  return limits.perMinute > 0 || limits.perHour > 0 || limits.perDay > 0;
}

/** A list of quota policies: quota `q` in requests, window `w` in seconds (draft-ietf-httpapi-ratelimit-headers-11, 3.1). */
function policyField(limits: Limits): string {
  const items: string[] = [];
  if (limits.perMinute > 0) items.push(`"minute";q=${limits.perMinute};w=60`);
  if (limits.perHour > 0) items.push(`"hour";q=${limits.perHour};w=3600`);
  if (limits.perDay > 0) items.push(`"day";q=${limits.perDay};w=86400`);
  return items.join(', ');
}
