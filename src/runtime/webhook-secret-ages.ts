import type { GatewayConfig } from '../config/config.ts';
import type { Notice } from '../core/notices.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { type AuthenticationConfig, methodsOf } from '../stages/authentication/authentication.schema.ts';
import type { WebhookConfig, WebhookSecret } from '../stages/authentication/webhook.schema.ts';
import { SECRET_LIFE_MS } from '../stages/authentication/webhook-weaknesses.ts';

/** Days before a secret is 90 days old on which a notice is due. */
const DAYS_AHEAD = [14, 7, 0];

function noticeOf(
  webhook: string,
  { id, createdAtMs, untilMs }: WebhookSecret,
  nowMs: number,
): Notice | null {
  // Its end is agreed on already.
  if (createdAtMs === 0 || Number.isFinite(untilMs)) return null;
  const dueMs = createdAtMs + SECRET_LIFE_MS;
  const reached = DAYS_AHEAD.filter((days) => nowMs >= dueMs - days * DAY_MS);
  const days = reached.at(-1);
  if (days === undefined) return null;
  const createdAt = new Date(createdAtMs).toISOString();
  return {
    kind: 'webhook-secret.expires-soon',
    dedupeKey: `${webhook} ${id} ${createdAt} ${days}`,
    payload: { webhook, secretId: id, createdAt, dueAt: new Date(dueMs).toISOString() },
  };
}

/** The notices about secrets of webhooks that are due: 14 days before they are 90 days old, 7 days before, and then. */
export function dueSecrets(config: GatewayConfig, nowMs: number): readonly Notice[] {
  const found = new Map<string, Notice>();
  for (const api of config.apis) {
    for (const { blocks } of [api, ...api.endpoints]) {
      const authentication = blocks.get('authenticate')?.config as AuthenticationConfig | undefined;
      const webhooks = (authentication === undefined ? [] : methodsOf(authentication)).filter(
        (method): method is WebhookConfig => method.kind === 'webhook',
      );
      for (const { name, secrets } of webhooks) {
        for (const secret of secrets) {
          const notice = noticeOf(name || api.id, secret, nowMs);
          if (notice !== null) found.set(notice.dedupeKey, notice);
        }
      }
    }
  }
  return [...found.values()];
}
