import { userInfo } from 'node:os';

/** The name of the user who runs the command; '' for one without a name. */
export function whoami(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
