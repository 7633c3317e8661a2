import { z } from 'zod';
import type { AttackState } from '../core/attack.ts';
import { common, operation } from './operation-row.ts';

const MINUTE_MS = 60_000;
const MOST_MINUTES = 1440;

const attackView = z.object({
  isOn: z.boolean().describe('Whether attack mode is on.'),
  startedAt: z.string().nullable().describe('RFC 3339; null while it is off.'),
  until: z.string().nullable().describe('When it ends by itself, RFC 3339; null while it is off.'),
});

const startBody = z.strictObject({
  minutes: z.int().min(1).max(MOST_MINUTES).default(30).describe('Minutes until it ends by itself.'),
});

function viewOf({ isOn, startedAtMs, untilMs }: AttackState) {
  const instant = (ms: number): string | null => (isOn ? new Date(ms).toISOString() : null);
  return { isOn, startedAt: instant(startedAtMs), until: instant(untilMs) };
}

/** Attack mode of the running gateway. */
export const ATTACK_OPERATIONS = {
  showAttack: operation({
    ...common,
    method: 'GET',
    path: '/v1/attack',
    summary: 'Tells whether attack mode is on, and when it ends.',
    response: attackView,
    run: async ({ attack }) => viewOf(attack.state()),
  }),
  startAttack: operation({
    ...common,
    method: 'POST',
    path: '/v1/attack',
    summary: 'Turns attack mode on for a while, in all threads at once: strangers have half their limits.',
    body: startBody,
    response: attackView,
    run: async ({ attack }, { body }) => viewOf(attack.start(body.minutes * MINUTE_MS)),
  }),
  stopAttack: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/attack',
    summary: 'Turns attack mode off.',
    response: attackView,
    run: async ({ attack }) => viewOf(attack.stop()),
  }),
} as const;
