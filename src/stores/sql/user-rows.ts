import type { Insertable, Selectable } from 'kysely';
import type { UserAttributes, UserRecord } from '../../core/users.ts';
import type { Tables } from './tables.ts';

type Row = Insertable<Tables['users']>;

/** The columns that hold what is given of a user. */
export function userColumns(user: Partial<UserRecord>): Partial<Row> {
  const columns: { [Name in keyof Row]?: Row[Name] | undefined } = {
    id: user.id,
    name: user.name,
    name_key: user.nameKey,
    email: user.email,
    email_verified: user.isEmailVerified === undefined ? undefined : Number(user.isEmailVerified),
    display_name: user.displayName,
    roles: user.roles === undefined ? undefined : JSON.stringify(user.roles),
    attributes: user.attributes === undefined ? undefined : JSON.stringify(user.attributes),
    password_hash: user.passwordHash,
    totp_secret: user.totpSecret,
    totp_required: user.isTotpRequired === undefined ? undefined : Number(user.isTotpRequired),
    created_at_ms: user.createdAtMs,
    disabled_at_ms: user.disabledAtMs,
    credentials_changed_at_ms: user.credentialsChangedAtMs,
    last_login_at_ms: user.lastLoginAtMs,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

/** The row of a new user. */
export function rowOfUser(user: UserRecord): Row {
  return {
    ...(userColumns(user) as Row),
    totp_step: 0,
    failed_attempts: 0,
    paused_until_ms: 0,
  };
}

function parseRoles(text: string): string[] | null {
  const value = parseJson(text);
  return Array.isArray(value) && value.every((role) => typeof role === 'string') ? value : null;
}

function parseAttributes(text: string): UserAttributes | null {
  const value = parseJson(text) as Partial<Record<keyof UserAttributes, unknown>> | null;
  if (typeof value !== 'object' || value === null) return null;
  const { department, clearance, tenant } = value;
  return typeof department === 'string' && typeof clearance === 'string' && typeof tenant === 'string'
    ? { department, clearance, tenant }
    : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The user that a row holds; null when the row is damaged. */
export function parseUserRow(row: Selectable<Tables['users']>): UserRecord | null {
  const roles = parseRoles(row.roles);
  const attributes = parseAttributes(row.attributes);
  if (roles === null || attributes === null) return null;
  return {
    id: row.id,
    name: row.name,
    nameKey: row.name_key,
    email: row.email,
    isEmailVerified: Number(row.email_verified) !== 0,
    displayName: row.display_name,
    roles,
    attributes,
    passwordHash: row.password_hash,
    totpSecret: row.totp_secret,
    isTotpRequired: Number(row.totp_required) !== 0,
    createdAtMs: Number(row.created_at_ms),
    disabledAtMs: Number(row.disabled_at_ms),
    credentialsChangedAtMs: Number(row.credentials_changed_at_ms),
    lastLoginAtMs: Number(row.last_login_at_ms),
  };
}
