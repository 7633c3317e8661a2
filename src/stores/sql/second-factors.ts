import type { UserRecord, UserStore } from '../../core/users.ts';
import type { Connection } from './connection.ts';

type SecondFactors = Pick<
  UserStore,
  'enrolSecondFactor' | 'resetSecondFactor' | 'takeTotpStep' | 'takeRecoveryCode' | 'countRecoveryCodes'
>;

/** What the database keeps of second factors: the sealed secret, its last time step, hashes of recovery codes. */
export function secondFactors(
  connection: Connection,
  find: (id: string) => Promise<UserRecord | null>,
): SecondFactors {
  return {
    enrolSecondFactor: (id, { sealedSecret, step, recoveryHashes }) =>
      connection.query((db) =>
        db.transaction().execute(async (tx) => {
          const result = await tx
            .updateTable('users')
            .set({ totp_secret: sealedSecret, totp_step: step })
            .where('id', '=', id)
            .where('totp_secret', '=', '')
            .executeTakeFirst();
          if (Number(result.numUpdatedRows) !== 1) return false;
          await tx.deleteFrom('user_recovery_codes').where('user_id', '=', id).execute();
          for (const hash of recoveryHashes) {
            await tx.insertInto('user_recovery_codes').values({ user_id: id, hash }).execute();
          }
          return true;
        }),
      ),

    resetSecondFactor: (id, atMs) =>
      connection.query(async (db) => {
        await db.transaction().execute(async (tx) => {
          await tx.deleteFrom('user_recovery_codes').where('user_id', '=', id).execute();
          await tx
            .updateTable('users')
            .set({ totp_secret: '', totp_step: 0, credentials_changed_at_ms: atMs })
            .where('id', '=', id)
            .execute();
        });
        return find(id);
      }),

    takeTotpStep: (id, step) =>
      connection.query(async (db) => {
        const result = await db
          .updateTable('users')
          .set({ totp_step: step })
          .where('id', '=', id)
          .where('totp_step', '<', step)
          .executeTakeFirst();
        return Number(result.numUpdatedRows) === 1;
      }),

    takeRecoveryCode: (id, hash) =>
      connection.query(async (db) => {
        const result = await db
          .deleteFrom('user_recovery_codes')
          .where('user_id', '=', id)
          .where('hash', '=', hash)
          .executeTakeFirst();
        return Number(result.numDeletedRows) === 1;
      }),

    countRecoveryCodes: (id) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('user_recovery_codes')
          .select((eb) => eb.fn.countAll().as('count'))
          .where('user_id', '=', id)
          .executeTakeFirst();
        return Number(row?.count ?? 0);
      }),
  };
}
