/** What the language knows of an operator. */
export interface OperatorFacts {
  /** `text`: an argument with macros. `none`: no argument. `files`: names of files, between blanks. `fixed`: an argument without macros. */
  readonly argument: 'text' | 'none' | 'files' | 'fixed';
  /** What to do instead, for an operator that is refused; '' for one that works. */
  readonly refusal: string;
}

const text: OperatorFacts = { argument: 'text', refusal: '' };
const fixed: OperatorFacts = { argument: 'fixed', refusal: '' };
const none: OperatorFacts = { argument: 'none', refusal: '' };
const files: OperatorFacts = { argument: 'files', refusal: '' };
const refused = (refusal: string): OperatorFacts => ({ argument: 'fixed', refusal });

/** Every operator of the language, with its name as it is written. */
export const OPERATOR_FACTS: Readonly<Record<string, OperatorFacts>> = {
  beginsWith: text,
  contains: text,
  containsWord: text,
  detectSQLi: none,
  detectXSS: none,
  endsWith: text,
  eq: text,
  fuzzyHash: refused('compare digests outside of the gateway, or look for a phrase of the file with @pm'),
  ge: text,
  geoLookup: none,
  gsbLookup: refused('Google Safe Browsing has no local lists any more; take the rule out'),
  gt: text,
  inspectFile: refused('the gateway runs no programs; use the upload rules of the route'),
  ipMatch: fixed,
  ipMatchF: files,
  ipMatchFromFile: files,
  le: text,
  lt: text,
  noMatch: none,
  pm: fixed,
  pmf: files,
  pmFromFile: files,
  rbl: fixed,
  rsub: refused('the gateway changes no bodies by rules; take the rule out'),
  rx: text,
  rxGlobal: text,
  streq: text,
  strmatch: text,
  unconditionalMatch: none,
  validateByteRange: fixed,
  validateDTD: refused('use a schema of the route, which is checked by the stage of schemas'),
  validateHash: refused('links are not signed by the gateway; take the rule out'),
  validateSchema: refused('use a schema of the route, which is checked by the stage of schemas'),
  validateUrlEncoding: none,
  validateUtf8Encoding: none,
  verifyCC: text,
  verifyCPF: text,
  verifySSN: text,
  verifySVNR: text,
  within: text,
};
