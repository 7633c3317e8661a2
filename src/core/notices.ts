/** One kind of event that somebody should hear of without asking. */
export interface NoticeRow {
  /** How urgent it is: `info` was expected, `warning` wants an act soon, `critical` now. */
  readonly severity: 'info' | 'warning' | 'critical';
  /** What happened, for people; the payload says to whom. */
  readonly title: string;
  /** What to do. */
  readonly remedy: string;
}

const notice = (severity: NoticeRow['severity'], title: string, remedy: string): NoticeRow => ({
  severity,
  title,
  remedy,
});

/** The closed table of notices. Journal events, webhooks and `notices list` derive from it. */
export const NOTICES = {
  'key.expires-soon': notice(
    'warning',
    'An API key expires soon',
    'Make a successor with `portcullis key rotate` and give it to whoever uses the key.',
  ),
  'key.expired': notice(
    'warning',
    'An API key has expired',
    'Create a new key for whoever still uses it; `portcullis key show` tells the last use.',
  ),
  'key.rotated': notice(
    'info',
    'An API key was rotated',
    'Let every client use the successor before the grace period of the old key ends.',
  ),
  'key.rotation-failed': notice(
    'warning',
    'An API key could not be rotated',
    'The old key stays valid and the rotation is tried again; mend what the payload names.',
  ),
  'key.compromised': notice(
    'critical',
    'A compromised API key was revoked',
    'Read the blast radius with `portcullis key compromise`, give the successor to the owner, find out how the key got out.',
  ),
  'key.leaked': notice(
    'critical',
    'An API key was found where it must not be',
    'Take it out of the place that the payload names, and of its history.',
  ),
  'oauth.refresh-chain': notice(
    'warning',
    'A chain of refresh tokens is unusually long',
    'Ask the user whether the session is theirs; end it if not.',
  ),
  'oauth.refresh-reuse': notice(
    'critical',
    'A refresh token was used twice',
    'All tokens of the session were revoked; find out who had a copy.',
  ),
  'login.stuffing': notice(
    'critical',
    'One address tries many user names',
    'The address is blocked; look at the accounts whose passwords it guessed.',
  ),
  'login.blocked': notice(
    'warning',
    'An address was blocked after failed logins',
    'Nothing: the block ends by itself.',
  ),
  'ratelimit.burst-abuse': notice(
    'warning',
    'A client exceeds its burst again and again',
    'Look at what the client sends; agree on a larger tier with its owner, or enforce the burst.',
  ),
  'adaptive.throttled': notice(
    'warning',
    'The limits of a client became smaller because it behaves unusually',
    'Ask the owner what changed; `portcullis limits accept` takes it for normal. In observe mode nothing was done.',
  ),
  'adaptive.restored': notice('info', 'A client has its limits again', 'Nothing: it behaves as usual.'),
  'adaptive.review': notice(
    'warning',
    'A client comes from a country that it never came from',
    'Ask the owner; revoke the credential if nobody knows of it. Nothing was done to its limits.',
  ),
  'attack.started': notice(
    'critical',
    'Attack mode was turned on',
    'Look at the journal for who asks; strangers have half their limits until it ends, and share what is usual.',
  ),
  'attack.would-start': notice(
    'warning',
    'Strangers send as much as in an attack',
    'Look at the journal for who asks. Nothing was switched, because of `attackMode.mode: observe`: `portcullis attack start` does.',
  ),
  'attack.ended': notice('info', 'Attack mode has ended', 'Nothing: limits are as configured again.'),
  'reputation.stale': notice(
    'warning',
    'A reputation list is old',
    'Look at what should renew the file; it is used until it changes.',
  ),
  'countries.stale': notice(
    'warning',
    'A list of countries is old',
    'Look at what should renew the file, such as a weekly job; it is used until it changes.',
  ),
  'behaviour.blocked': notice(
    'critical',
    'A client was kept out because of what it tried',
    'Look at its requests in the journal; `portcullis behaviour unblock CLIENT` lets it in again.',
  ),
  'behaviour.seen': notice(
    'warning',
    'A client does what attackers do',
    'Look at its requests in the journal. Nothing was done: `behaviour` only tells of it.',
  ),
  'limit-exception.added': notice(
    'info',
    'Limits were raised or lowered for somebody',
    'Nothing, if you know of it; else remove it with `portcullis limits exception remove`.',
  ),
  'limit-exception.removed': notice(
    'info',
    'An exception from limits was removed',
    'Nothing: the limits of the configuration hold again.',
  ),
  'limit-exception.expires-soon': notice(
    'warning',
    'An exception from limits ends soon',
    'Ask its owner whether it is still needed; then add a new one, or a tier to the configuration.',
  ),
  'waf.bypass-requested': notice(
    'info',
    'Somebody asks for a bypass of the WAF',
    'Look at what it is for; somebody other than its owner approves it with `portcullis waf bypass approve`.',
  ),
  'waf.bypass-approved': notice(
    'warning',
    'A bypass of the WAF holds',
    'Find out why the rule matched before the bypass ends; end it with `portcullis waf bypass end` when it is not needed.',
  ),
  'waf.bypass-used': notice(
    'warning',
    'A bypass of the WAF let something through that would have been blocked',
    'Look at the requests with `portcullis waf events`: the payload says how many there are by now.',
  ),
  'waf.bypass-expires-soon': notice(
    'warning',
    'A bypass of the WAF ends soon',
    'Write an exclusion with `portcullis waf tune` where it is still needed, or ask for another one.',
  ),
  'waf.bypass-ended': notice('info', 'A bypass of the WAF was ended', 'Nothing: the rules hold again.'),
  'waf.rule-on-trial': notice(
    'info',
    'Rules are new or were changed, and are on trial',
    'Look at what they find with `portcullis waf trials`; they are only noted until their trial is over.',
  ),
  'waf.rule-promoted': notice(
    'info',
    'A rule has passed its trial and blocks',
    'Nothing: its confirmed false positives are within budget.',
  ),
  'waf.rule-held': notice(
    'warning',
    'A rule has not passed its trial and stays in log',
    'Mend the rule or write an exclusion with `portcullis waf tune`; `portcullis waf trials accept` makes it block as it is.',
  ),
  'waf.rule-accepted': notice(
    'info',
    'Somebody ended or prolonged the trial of a rule',
    'Nothing, if you know of it.',
  ),
  'waf.false-positives': notice(
    'warning',
    'The confirmed false positives of a rule are above budget',
    'Write an exclusion with `portcullis waf tune`; the rule goes on to block.',
  ),
  'certificate.expires-soon': notice(
    'warning',
    'A certificate expires soon',
    'Replace it before the day that the payload names.',
  ),
  'webhook-secret.expires-soon': notice(
    'warning',
    'The secret of a webhook should be replaced soon',
    'Agree on a new secret with the sender and list both until it uses the new one.',
  ),
} as const satisfies Record<string, NoticeRow>;

export type NoticeKind = keyof typeof NOTICES;

export const NOTICE_KINDS = Object.keys(NOTICES) as NoticeKind[];

/** The row of a kind. */
export function noticeRow(kind: NoticeKind): NoticeRow {
  return NOTICES[kind];
}

export type NoticeValue = string | number | boolean | null | readonly string[];

/**
 * What a notice is about, by names in camelCase. `address` and `user` also become `source.ip` and `user.id` of the journal.
 *
 * Safety: never a secret; of a key its id and first eight characters.
 */
export type NoticePayload = Readonly<Record<string, NoticeValue>>;

/** An event that somebody should hear of. */
export interface Notice {
  readonly kind: NoticeKind;
  /**
   * Tells one event from the next of its kind: of notices with the same kind and text only the first is told, also
   * after a restart. At most 200 characters.
   */
  readonly dedupeKey: string;
  readonly payload: NoticePayload;
}

/** Takes notices from anywhere; never throws and never waits. */
export interface Notices {
  raise(notice: Notice): void;
}

/** What became of one webhook's copy of a notice. */
export interface NoticeDelivery {
  readonly target: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** When it was delivered or given up; when it is tried next while pending. */
  readonly atMs: number;
  /** Why the last attempt failed; '' when it did not. */
  readonly error: string;
}

/** A notice as it is kept. */
export interface NoticeRecord extends Notice {
  readonly id: string;
  readonly createdAtMs: number;
  readonly deliveries: readonly NoticeDelivery[];
}

/** One attempt that is due: a claim on it holds until `untilMs`. */
export interface DueDelivery {
  readonly notice: NoticeRecord;
  readonly target: string;
  /** Attempts before this one. */
  readonly attempts: number;
  /** What the claim compares: an attempt that another gateway took has another value. */
  readonly nextAtMs: number;
}

/** Notices as they are kept until everyone was told. Every method rejects with Unavailable when the store cannot be used. */
export interface NoticeStore {
  /** Keeps a notice; false when one of this kind and text is kept already. */
  add(record: Omit<NoticeRecord, 'deliveries'>): Promise<boolean>;
  /** The newest first; '' lists every kind. */
  list(kind: string, limit: number): Promise<readonly NoticeRecord[]>;
  /** Claims notices that nobody has announced yet, so that no other gateway announces them before `untilMs`. */
  claimNew(nowMs: number, untilMs: number): Promise<readonly NoticeRecord[]>;
  /** Notes that a notice was announced, and for which webhooks a copy is due. */
  announce(id: string, targets: readonly string[], nowMs: number): Promise<void>;
  /** Copies for these webhooks whose time has come, the oldest first. */
  due(targets: readonly string[], nowMs: number): Promise<readonly DueDelivery[]>;
  /** Takes one attempt; false when another gateway has taken it. */
  claim(due: DueDelivery, untilMs: number): Promise<boolean>;
  /** Notes how an attempt ended. */
  settle(id: string, delivery: NoticeDelivery): Promise<void>;
  /** Deletes what is older than `beforeMs`, and gives up copies that nobody can deliver any more. */
  prune(beforeMs: number, nowMs: number): Promise<void>;
}
