import { attackStart, attackStatus, attackStop } from './attack.ts';
import { behaviourBlocked } from './behaviour-blocked.ts';
import { behaviourUnblock } from './behaviour-unblock.ts';
import { check } from './check.ts';
import type { AnyCommand } from './command.ts';
import { dev } from './dev.ts';
import { explain } from './explain.ts';
import { init } from './init.ts';
import { keyCompromise } from './key-compromise.ts';
import { keyCreate } from './key-create.ts';
import { keyList } from './key-list.ts';
import { keyRevoke } from './key-revoke.ts';
import { keyRotate } from './key-rotate.ts';
import { keyScan } from './key-scan.ts';
import { keyShow } from './key-show.ts';
import { limitsAccept } from './limits-accept.ts';
import { limitsAdaptive } from './limits-adaptive.ts';
import { limitsExceptionList, limitsExceptionRemove, limitsExceptionShow } from './limits-exception.ts';
import { limitsExceptionAdd } from './limits-exception-add.ts';
import { limitsReport } from './limits-report.ts';
import { loginBlocked } from './login-blocked.ts';
import { loginUnblock } from './login-unblock.ts';
import { noticesList } from './notices-list.ts';
import {
  oauthClientDelete,
  oauthClientDisable,
  oauthClientEnable,
  oauthClientList,
  oauthClientRotateSecret,
  oauthClientShow,
} from './oauth-client.ts';
import { oauthClientCreate } from './oauth-client-create.ts';
import { oauthKeysList, oauthKeysRotate } from './oauth-keys.ts';
import { reload } from './reload.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { tokenRevoke } from './token-revoke.ts';
import {
  userChange,
  userDelete,
  userDisable,
  userEnable,
  userResetTotp,
  userSetPassword,
} from './user-change.ts';
import { userCreate } from './user-create.ts';
import { userList } from './user-list.ts';
import { userShow } from './user-show.ts';
import { wafBypassEnd, wafBypassList } from './waf-bypass.ts';
import { wafBypassAdd, wafBypassApprove } from './waf-bypass-add.ts';
import { wafConfirmFp } from './waf-confirm-fp.ts';
import { wafEvents } from './waf-events.ts';
import { wafExplain } from './waf-explain.ts';
import { wafLint } from './waf-lint.ts';
import { wafReport } from './waf-report.ts';
import { wafTest } from './waf-test.ts';
import { wafToken } from './waf-token.ts';
import { wafTrialAccept, wafTrialExtend, wafTrials } from './waf-trials.ts';
import { wafTune } from './waf-tune.ts';
import { webhookSecret } from './webhook-secret.ts';

/** THE TABLE of commands, in the order that help lists them. */
export const COMMANDS: readonly AnyCommand[] = [
  init,
  dev,
  run,
  check,
  explain,
  wafEvents,
  wafExplain,
  keyCreate,
  keyList,
  keyShow,
  keyRotate,
  keyRevoke,
  keyCompromise,
  keyScan,
  limitsReport,
  attackStart,
  attackStop,
  attackStatus,
  limitsExceptionAdd,
  limitsExceptionList,
  limitsExceptionShow,
  limitsExceptionRemove,
  behaviourBlocked,
  behaviourUnblock,
  wafBypassAdd,
  wafBypassApprove,
  wafBypassList,
  wafBypassEnd,
  wafLint,
  wafTest,
  wafToken,
  wafTrials,
  wafTrialAccept,
  wafTrialExtend,
  wafConfirmFp,
  wafTune,
  wafReport,
  loginBlocked,
  loginUnblock,
  limitsAdaptive,
  limitsAccept,
  noticesList,
  webhookSecret,
  tokenRevoke,
  userCreate,
  userList,
  userShow,
  userChange,
  userSetPassword,
  userResetTotp,
  userDisable,
  userEnable,
  userDelete,
  oauthClientCreate,
  oauthClientList,
  oauthClientShow,
  oauthClientRotateSecret,
  oauthClientDisable,
  oauthClientEnable,
  oauthClientDelete,
  oauthKeysList,
  oauthKeysRotate,
  reload,
  status,
];
