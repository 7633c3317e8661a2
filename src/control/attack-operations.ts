import { z } from 'zod';
import { attackView, attackViewOf } from './attack-view.ts';
import { common, operation } from './operation-row.ts';

const MINUTE_MS = 60_000;
const MOST_MINUTES = 1440;

const startBody = z.strictObject({
  minutes: z.int().min(1).max(MOST_MINUTES).default(30).describe('Minutes until it ends by itself.'),
});

/** Attack mode of the running gateway. */
export const ATTACK_OPERATIONS = {
  showAttack: operation({
    ...common,
    method: 'GET',
    path: '/v1/attack',
    summary: 'Tells whether attack mode is on, when it ends, and how much comes from strangers.',
    response: attackView,
    run: async ({ attack }) => attackViewOf(attack.state()),
  }),
  startAttack: operation({
    ...common,
    method: 'POST',
    path: '/v1/attack',
    summary: 'Turns attack mode on for a while, in all threads at once: strangers have half their limits.',
    body: startBody,
    response: attackView,
    run: async ({ attack }, { body }) => attackViewOf(attack.start(body.minutes * MINUTE_MS)),
  }),
  stopAttack: operation({
    ...common,
    method: 'DELETE',
    path: '/v1/attack',
    summary: 'Turns attack mode off; it does not turn itself on again for `attackMode.holdOffS`.',
    response: attackView,
    run: async ({ attack }) => attackViewOf(attack.stop()),
  }),
} as const;
