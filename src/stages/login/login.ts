import type { Ports } from '../../core/ports.ts';
import type { RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { LoginCheck, UserNameCheck } from './admission.ts';
import { LoginAnswerCheck } from './answer.ts';
import { type LoginConfig, loginSchema } from './login.schema.ts';
import { genericFailure } from './login-refusals.ts';
import { LoginRules } from './login-rules.ts';

function compile(config: LoginConfig, route: RouteFacts, ports: Ports): StageChecks {
  const isGuarded = config.failures !== undefined;
  if (!isGuarded && !config.refuseBlocked) return {};
  const rules = new LoginRules(config, route);
  const head = new LoginCheck(rules, ports);
  if (!isGuarded) return { head };
  const answers = answerCheck(config, rules, ports);
  const checks = { head, response: answers, finisher: answers };
  if (rules.userName === null) return checks;
  const body = new UserNameCheck(rules, rules.userName, ports);
  return { ...checks, body, bodyLimitBytes: config.maxBodyBytes };
}

function answerCheck(config: LoginConfig, { realm }: LoginRules, ports: Ports): LoginAnswerCheck {
  return new LoginAnswerCheck(
    {
      realm,
      failureStatuses: new Set(config.failureStatuses),
      failureRedirects: config.failureRedirects,
      accountFailuresPerHour: config.account.failuresPerHour,
      genericFailure: config.genericFailure ? genericFailure(realm) : null,
      // What is observed holds nobody up.
      minimumMs: config.mode === 'observe' ? 0 : config.minimumMs,
    },
    ports,
  );
}

function weaknesses({ failures, userName, stuffing, account, shared }: LoginConfig): readonly Weakness[] {
  if (failures === undefined) return [];
  if (userName === undefined) {
    const message =
      'Without `userName`, one address that tries many user names is not told from one that mistypes a password.';
    return [{ pointer: '/failures', message }];
  }
  const found: Weakness[] = [];
  const note = (pointer: string, message: string) => found.push({ pointer, message });
  if (stuffing.userNames === 0) note('/stuffing/userNames', 'Credential stuffing is not looked for.');
  if (account.failuresPerHour === 0)
    note(
      '/account/failuresPerHour',
      'Many addresses may try one user name as often as each of them may fail.',
    );
  if (shared !== undefined && shared.userNames === 0)
    note(
      '/shared',
      'Credential stuffing from these addresses is found by the number of failures only; see `userNames`.',
    );
  return found;
}

/** Blocks addresses whose logins fail too often, by what the upstream answers. */
export const login: Stage<LoginConfig> = {
  name: 'login',
  key: 'login',
  schema: loginSchema,
  compile,
  weaknesses,
};
