import { z } from 'zod';
import type { ApiKeyRecord } from '../core/ports.ts';
import { parseApiKey } from '../lib/apikey/key-format.ts';
import { matchesSecret } from '../lib/apikey/secret-hash.ts';
import { compromisedKey, compromiseKey } from './key-compromise.ts';
import { isActive } from './key-view.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';

const MAX_FINDINGS = 1_000;
/** Notices of leaks that one report makes of one key. */
const MAX_PLACES = 20;

const place = z.string().max(2_000);

/** One finding: our own, or one of GitHub's secret scanning for partners. */
const finding = z.object({
  token: z.string().max(4_096).optional().describe('The whole key: proves that it got out.'),
  id: z
    .string()
    .regex(/^[0-9A-Za-z]{1,64}$/)
    .optional()
    .describe('Id of the key, where the finder does not tell the key itself.'),
  file: place.optional(),
  line: z.int().min(1).optional(),
  url: place.optional().describe('Where it was found.'),
  source: z.string().max(200).optional(),
});
const findings = z.array(finding).min(1).max(MAX_FINDINGS);

export const leakReport = z.union([
  findings,
  z.object({
    keys: findings,
    revokeById: z
      .boolean()
      .default(false)
      .describe(
        'Whether to believe findings that name an id only. Ids are no secrets: anyone can put one into a text.',
      ),
  }),
]);

export const leakOutcomes = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      outcome: z
        .enum(['revoked', 'inactive', 'unverified', 'forged', 'unknown', 'malformed'])
        .describe(
          '`revoked`: by this report; `inactive`: it was revoked or expired before; `unverified`: only the id was told; ' +
            '`forged`: the id of a key with another secret; `unknown`: no key has the id; `malformed`: no key at all.',
        ),
      places: z.array(z.string()),
      compromise: compromisedKey.nullable(),
    }),
  ),
});

type Finding = z.output<typeof finding>;
type Outcome = z.input<typeof leakOutcomes>['keys'][number]['outcome'];

function placeOf({ file, line, url, source }: Finding): string {
  const where = url ?? (file === undefined ? undefined : line === undefined ? file : `${file}:${line}`);
  return where ?? source ?? 'unknown place';
}

/** What a finding proves about the key that it names. */
function judge({ token }: Finding, record: ApiKeyRecord | null, trustsIds: boolean, nowMs: number): Outcome {
  if (record === null) return 'unknown';
  if (token !== undefined) {
    const secret = parseApiKey(token.trim())?.secret ?? '';
    if (!matchesSecret(secret, record.salt, record.hash)) return 'forged';
  }
  if (!isActive(record, nowMs)) return 'inactive';
  return token === undefined && !trustsIds ? 'unverified' : 'revoked';
}

/** The strongest of what several findings of one key say. */
const STRENGTH: readonly Outcome[] = ['unknown', 'forged', 'unverified', 'inactive', 'revoked'];

async function handle(services: ControlServices, id: string, own: readonly Finding[], trustsIds: boolean) {
  const record = await services.keys.find(id);
  const nowMs = services.clock.nowMs();
  const judged = own.map((entry) => ({ entry, outcome: judge(entry, record, trustsIds, nowMs) }));
  const outcome = STRENGTH.findLast((each) => judged.some((one) => one.outcome === each)) ?? 'unknown';
  const real = judged.filter((one) => one.outcome !== 'forged' && one.outcome !== 'unknown');
  const places = [...new Set(judged.map(({ entry }) => placeOf(entry)))];
  for (const { entry } of real.slice(0, MAX_PLACES)) {
    if (record !== null) await services.notices.record(leakNotice(record, placeOf(entry), outcome));
  }
  if (outcome !== 'revoked') return { id, outcome, places, compromise: null };
  const compromise = await compromiseKey(services, id, { successor: true });
  if (compromise instanceof Problem) return { id, outcome: 'unknown' as const, places, compromise: null };
  return { id, outcome, places, compromise };
}

function leakNotice({ id, prefix, name, owner }: ApiKeyRecord, at: string, outcome: Outcome) {
  const payload = { keyId: id, prefix, name, owner, place: at.slice(0, 500), outcome };
  return { kind: 'key.leaked', dedupeKey: `${id} ${at}`, payload } as const;
}

/**
 * Takes what a scanner found: an active key whose secret is proven is treated as compromised.
 *
 * Safety: an id is no secret and a checksum can be computed by anyone, so a finding revokes only when it holds the whole
 * key, or when the caller says that ids are to be believed: else whoever knows an id could have its key revoked.
 */
export async function reportLeaks(services: ControlServices, body: z.output<typeof leakReport>) {
  const { keys, revokeById } = Array.isArray(body) ? { keys: body, revokeById: false } : body;
  const byId = new Map<string, Finding[]>();
  const malformed: string[] = [];
  for (const entry of keys) {
    const id = entry.token === undefined ? entry.id : parseApiKey(entry.token.trim())?.id;
    if (id === undefined) malformed.push(placeOf(entry));
    else byId.set(id, [...(byId.get(id) ?? []), entry]);
  }
  const outcomes: z.input<typeof leakOutcomes>['keys'] = [];
  for (const [id, own] of byId) outcomes.push(await handle(services, id, own, revokeById));
  if (malformed.length > 0)
    outcomes.push({ id: '', outcome: 'malformed', places: malformed, compromise: null });
  return { keys: outcomes };
}
