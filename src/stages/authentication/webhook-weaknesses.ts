import type { Weakness } from '../../core/stage.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { DAY_MS } from '../../lib/time/day.ts';
import type { WebhookConfig } from './webhook.schema.ts';

/** Prefixes shorter than this are more networks than one sender has. */
const WIDE_BITS = { 4: 8, 6: 16 } as const;
/** Age at which a secret should have a successor. */
export const SECRET_LIFE_MS = 90 * DAY_MS;

/** Lists what weakens protection in a valid webhook; pointers are relative to the block. */
export function webhookWeaknesses(config: WebhookConfig, nowMs: number): readonly Weakness[] {
  const { pointer, scheme, toleranceS, replay, replayWindowS, timestampHeader, sources } = config;
  const found: Weakness[] = [];
  const report = (field: string, message: string) => found.push({ pointer: `${pointer}${field}`, message });
  if (replay === 'allow') report('/replay', 'Whoever has a copy of a message can send it again.');
  if (toleranceS > 300)
    report('/toleranceS', `${toleranceS} s: messages are accepted for longer than five minutes.`);
  const hasTime = scheme === 'hmac-sha256' ? timestampHeader !== undefined : scheme !== 'github';
  if (!hasTime && replay === 'refuse' && sources.length === 0) {
    const after = `The signature never ends: a copy of a message is accepted again after ${replayWindowS} s`;
    report(
      '',
      `${after}. List the networks of the sender in \`sources\`${scheme === 'github' ? '' : ', or have it sign the time'}.`,
    );
  }
  sources.forEach((text, at) => {
    const { ip, bits } = parseCidr(text) as Cidr;
    if (bits < WIDE_BITS[ip.family])
      report(`/sources/${at}`, `"${text}" holds so many addresses that it restricts next to nothing.`);
  });
  config.secrets.forEach(({ id, createdAtMs, untilMs }, at) => {
    if (untilMs <= nowMs) return;
    const days = Math.floor((nowMs - createdAtMs) / DAY_MS);
    const place = `/secrets/${at}`;
    if (createdAtMs === 0)
      report(
        place,
        `The secret \`${id}\` does not say \`createdAt\`, so nobody is told when it is 90 days old.`,
      );
    else if (nowMs - createdAtMs >= SECRET_LIFE_MS)
      report(
        `${place}/createdAt`,
        `The secret \`${id}\` is ${days} days old: agree on a new one with the sender.`,
      );
  });
  return found;
}
