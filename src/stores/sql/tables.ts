import type { Generated } from 'kysely';

/** Columns of the database: text, JSON as text, and whole numbers, which SQLite and PostgreSQL hold alike. */
export interface Tables {
  schema_migrations: { version: number; name: string; applied_at_ms: number };
  api_keys: {
    id: string;
    name: string;
    prefix: string;
    salt: string;
    hash: string;
    owner: string;
    /** JSON list of strings. */
    scopes: string;
    /** JSON list of strings. */
    roles: string;
    tier: string;
    /** JSON of a KeyGrant. */
    limited_to: string;
    created_at_ms: number;
    expires_at_ms: number;
    revoked_at_ms: number;
    kind: string;
    client_id: string;
    /** JSON of WindowLimits; '' when the key has none of its own. */
    own_limits: string;
    predecessor_id: string;
    successor_id: string;
    rotated_at_ms: number;
    rotate_every_days: number;
    next_rotation_at_ms: number;
    /** JSON of a KeyDelivery; '' when there is none. */
    delivery: string;
  };
  key_usage: {
    key_id: string;
    requests: number;
    errors: number;
    last_used_at_ms: number;
    /** Sum of the durations in microseconds. */
    total_us: number;
  };
  /** Requests with a key by duration. */
  key_latency: { key_id: string; bucket: number; requests: number };
  /** What a key was used for, see `KeyActivity`. */
  key_activity: {
    key_id: string;
    kind: string;
    value: string;
    requests: number;
    first_at_ms: number;
    last_at_ms: number;
  };
  /** All requests of an hour. */
  limit_hours: { hour_ms: number; requests: number };
  /** What limits refused in an hour, see `LimitedRequests`. */
  limited_requests: {
    hour_ms: number;
    tier: string;
    kind: string;
    client: string;
    limit_label: string;
    refused: number;
    observed: number;
    last_at_ms: number;
  };
  decisions: {
    /** Given by the database, grows: tells the order, and two records of one request id apart. */
    seq: Generated<number>;
    id: string;
    at_ms: number;
    effect: string;
    reason: string;
    api: string;
    /** The journal record as JSON. */
    record: string;
  };
  notices: {
    id: string;
    kind: string;
    dedupe_key: string;
    /** JSON of a NoticePayload. */
    payload: string;
    created_at_ms: number;
    /** 0 once it was announced; before, when a gateway may announce it. */
    announce_at_ms: number;
  };
  notice_deliveries: {
    notice_id: string;
    /** Name of the webhook. */
    target: string;
    state: string;
    attempts: number;
    /** When it is tried next; when it ended once the state is another than `pending`. */
    next_at_ms: number;
    error: string;
  };
  users: {
    id: string;
    name: string;
    /** As it is compared. */
    name_key: string;
    email: string;
    /** 0 or 1. */
    email_verified: number;
    display_name: string;
    /** JSON list of strings. */
    roles: string;
    /** JSON of UserAttributes. */
    attributes: string;
    /** PHC string; '' for none. */
    password_hash: string;
    /** Sealed; '' for none. */
    totp_secret: string;
    /** The last time step that was used. */
    totp_step: number;
    /** 0 or 1. */
    totp_required: number;
    /** In a row. */
    failed_attempts: number;
    paused_until_ms: number;
    created_at_ms: number;
    disabled_at_ms: number;
    credentials_changed_at_ms: number;
    last_login_at_ms: number;
  };
  user_recovery_codes: { user_id: string; hash: string };
  user_links: { issuer: string; subject: string; user_id: string; created_at_ms: number };
  token_revocations: {
    id: string;
    issuer: string;
    kind: string;
    value: string;
    before_ms: number;
    until_ms: number;
    created_at_ms: number;
  };
  /** What adaptive limits did, see `AdaptiveAction`. */
  adaptive_actions: {
    id: string;
    kind: string;
    client: string;
    /** 0 or 1. */
    is_address: number;
    at_ms: number;
    since_ms: number;
    until_ms: number;
    mode: string;
    share_thousandths: number;
    score_thousandths: number;
    /** JSON list of ActionDriver. */
    drivers: string;
  };
  limit_exceptions: {
    id: string;
    subject: string;
    issuer: string;
    value: string;
    /** JSON of an ExceptionChange. */
    change: string;
    api: string;
    endpoint: string;
    limit_id: string;
    owner: string;
    reason: string;
    approved_by: string;
    created_by: string;
    created_at_ms: number;
    expires_at_ms: number;
  };
  /** See `BypassRecord`. */
  waf_bypasses: {
    id: string;
    network: string;
    rule_id: number;
    path: string;
    parameter: string;
    owner: string;
    reason: string;
    requested_by: string;
    approver: string;
    /** 0 or 1. */
    is_proven: number;
    life_ms: number;
    created_at_ms: number;
    approved_at_ms: number;
    expires_at_ms: number;
    ended_at_ms: number;
    ended_by: string;
  };
  waf_bypass_uses: { bypass_id: string; requests: number; would_block: number; last_at_ms: number };
  /** Released sets of rules that were loaded before. */
  waf_rule_sets: { name: string; first_loaded_at_ms: number };
  /** See `RuleRecord`. */
  waf_rules: {
    record_id: string;
    rule_id: number;
    fingerprint: string;
    origin: string;
    rule_set: string;
    category: string;
    message: string;
    role: string;
    state: string;
    first_seen_at_ms: number;
    tried_ms: number;
    /** When time was last added; 0 before the first. */
    counted_at_ms: number;
    trial_ms: number;
    decided_at_ms: number;
    decided_by: string;
  };
  /** See `RuleCount`. */
  waf_rule_hours: {
    hour_ms: number;
    category: string;
    rule_id: number;
    matches: number;
    blocks: number;
    would_blocks: number;
  };
  /** See `FalsePositive`. */
  waf_false_positives: {
    request_id: string;
    rule_id: number;
    category: string;
    at_ms: number;
    /** 0 or 1. */
    was_blocked: number;
    path: string;
    variable: string;
    confirmed_at_ms: number;
    confirmed_by: string;
  };
  /** One row: the number of the latest change. */
  change_counter: { name: string; last: number };
  /** What changed of the records that threads hold copies of. */
  changes: { seq: number; kind: string; id: string };
  /** Gateways that use the database. */
  nodes: {
    id: string;
    name: string;
    version: string;
    applied: number;
    lease_ms: number;
    /** Number of beats, and the time of the last one by the clock of the database. */
    beats: number;
    beat_at_ms: number;
  };
  oauth_clients: {
    id: string;
    name: string;
    owner: string;
    class: string;
    /** JSON of everything else. */
    settings: string;
    created_at_ms: number;
    disabled_at_ms: number;
  };
  oauth_keys: {
    purpose: string;
    generation: number;
    kid: string;
    /** Sealed with the secret of the authorization server. */
    sealed: string;
    created_at_ms: number;
    active_from_ms: number;
    expires_at_ms: number;
  };
  oauth_artifacts: {
    /** Keyed hash of kind and identifier. */
    id: string;
    kind: string;
    /** Sealed with the secret of the authorization server. */
    payload: string;
    /** Keyed hash of the grant. */
    grant_ref: string;
    /** Keyed hash of another name it is found by. */
    alias: string;
    account: string;
    client: string;
    expires_at_ms: number;
    consumed_at_ms: number;
  };
}
