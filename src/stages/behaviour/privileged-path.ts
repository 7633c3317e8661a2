/** Names of path segments that ordinary clients of an API have no business with. */
const NAMES = new Set(
  (
    'admin administrator administration backoffice internal debug console management manage superuser root sudo ' +
    'actuator heapdump jolokia phpmyadmin wp-admin wp-login.php cgi-bin server-status .git .env .svn .aws .ssh config configuration ' +
    'backup backups dump secrets credentials impersonate privileges permissions roles'
  ).split(' '),
);
const LONGEST = Math.max(...[...NAMES].map((name) => name.length));

/** Whether a canonical path has a segment with such a name, in any case. */
export function isPrivilegedPath(path: string): boolean {
  for (let from = 0; from <= path.length; ) {
    let to = path.indexOf('/', from);
    if (to < 0) to = path.length;
    if (to > from && to - from <= LONGEST && NAMES.has(path.slice(from, to).toLowerCase())) return true;
    from = to + 1;
  }
  return false;
}
