/** Columns of the embedded database: text, JSON as text, and whole numbers, so that PostgreSQL can hold the same. */
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
  };
  key_usage: { key_id: string; requests: number; errors: number; last_used_at_ms: number };
  decisions: {
    /** Grows with every record: tells the order, and two records of one request id apart. */
    seq: number;
    id: string;
    at_ms: number;
    effect: string;
    reason: string;
    api: string;
    /** The journal record as JSON. */
    record: string;
  };
}
