import { z } from 'zod';
import { NOTICE_KINDS, noticeRow } from '../core/notices.ts';
import { instant } from './instants.ts';
import type { ControlServices } from './services.ts';

/** Which notices to list. */
export const noticeFilter = z.strictObject({
  kind: z.enum(NOTICE_KINDS).optional().describe('Only notices of this kind.'),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('The most notices to list.'),
});

const deliveryView = z.object({
  webhook: z.string(),
  state: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  at: instant.describe('When it was delivered or given up; when it is tried next while pending.'),
  error: z.string().describe('Why the last attempt failed.'),
});

export const noticeList = z.object({
  notices: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      severity: z.enum(['info', 'warning', 'critical']),
      title: z.string(),
      remedy: z.string(),
      createdAt: instant,
      payload: z.record(z.string(), z.unknown()),
      deliveries: z.array(deliveryView),
    }),
  ),
});

/** Lists notices, the newest first, with what became of their copies. */
export async function listNotices(services: ControlServices, query: z.output<typeof noticeFilter>) {
  const records = await services.notices.list(query.kind ?? '', query.limit);
  return {
    notices: records.map(({ id, kind, createdAtMs, payload, deliveries }) => ({
      id,
      kind,
      ...noticeRow(kind),
      createdAt: new Date(createdAtMs).toISOString(),
      payload: { ...payload },
      deliveries: deliveries.map(({ target, state, attempts, atMs, error }) => ({
        webhook: target,
        state,
        attempts,
        at: new Date(atMs).toISOString(),
        error,
      })),
    })),
  };
}
