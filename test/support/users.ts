import type { UserRecord } from '../../src/core/users.ts';

/** A user who can be stored; what a test is about it says. */
export function userRecord(id: string, fields: Partial<UserRecord> = {}): UserRecord {
  return {
    id,
    name: id,
    nameKey: id,
    email: `${id}@example.com`,
    isEmailVerified: true,
    displayName: `Name of ${id}`,
    roles: ['customer'],
    attributes: { department: 'sales', clearance: 'internal', tenant: 'acme' },
    passwordHash: '',
    totpSecret: '',
    isTotpRequired: false,
    createdAtMs: 1_000,
    disabledAtMs: 0,
    credentialsChangedAtMs: 1_000,
    lastLoginAtMs: 0,
    ...fields,
  };
}
