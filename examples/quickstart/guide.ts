import { relative, resolve } from 'node:path';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface GuideFacts {
  /** Where the gateway listens. */
  readonly url: string;
  readonly key: string;
  readonly admin: { readonly url: string; readonly tokenPath: string };
  /** Absolute path of the configuration. */
  readonly config: string;
}

const PACKAGE = resolve(import.meta.dirname, '../..');

/** A path as it is written in the folder of the package, where `npm run` works. */
function fromPackage(path: string): string {
  const short = relative(PACKAGE, path);
  return short.startsWith('..') ? path : short;
}

/** The lines to paste, each with what it shows. */
function curls({ url, key }: GuideFacts): [what: string, line: string][] {
  const withKey = `-H 'X-API-Key: ${key}'`;
  const json = "-H 'Content-Type: application/json'";
  const twice = `'{"customerId":"cus_1","customerId":"cus_2"}'`;
  return [
    [
      '200: with the key. Note the security fields and what is left of the limit.',
      `curl -i ${withKey} ${url}/api/v1/orders/ord_1001`,
    ],
    ['401: without one.', `curl -i ${url}/api/v1/orders`],
    [
      '429: the third export within a minute; its limit is 2.',
      `curl -s -o /dev/null -w '%{http_code}\\n' ${withKey} '${url}/api/v1/export?try=[1-3]'`,
    ],
    [
      '400: JSON that two parsers would read differently.',
      `curl -i ${withKey} ${json} -d ${twice} ${url}/api/v1/orders`,
    ],
  ];
}

/** What the quickstart prints when everything runs. */
export function guide(facts: GuideFacts, terminal: Terminal): string {
  const { url, key, admin, config } = facts;
  const bold = (text: string) => terminal.paint('bold', text);
  const explain = `npm run portcullis -- explain REQUEST-ID --config ${fromPackage(config)}`;
  return [
    `${bold('Portcullis')} listens on ${bold(url)} and guards the sample API.`,
    '',
    `API key, shown this once and valid for a day: ${bold(key)}`,
    '',
    'Paste these into another terminal:',
    ...curls(facts).flatMap(([what, line]) => ['', `  # ${what}`, `  ${line}`]),
    '',
    'Why was a request answered as it was? Take the X-Request-ID of an answer:',
    '',
    `  ${explain}`,
    '',
    `Admin API: ${admin.url} (its token is in ${fromPackage(admin.tokenPath)})`,
    '',
    `  curl -s -H "Authorization: Bearer $(cat '${admin.tokenPath}')" ${admin.url}/v1/status`,
    '',
    `Change ${fromPackage(config)} while this runs: it is read again at once. Ctrl-C stops.`,
  ].join('\n');
}
