import type { Bytes } from '../../seclang/bytes.ts';
import { mayHoldEscapes, withDecoded } from '../decode.ts';
import { type Finding, found } from '../finding.ts';

/** Pieces of LDAP filters in a value that change the filter around it. */
export function findLdapFilter(value: Bytes): Finding | null {
  if (!value.includes('(') && !value.includes(')') && !mayHoldEscapes(value)) return null;
  return withDecoded(value, findFilter);
}

const FILTER =
  /\)\s{0,4}\(\s{0,4}[|&!]|\)\s{0,4}\(\s{0,4}[\w.;-]{1,40}\s{0,4}(?:[~<>]?=|:\w{0,20}:=)|\(\s{0,4}[|&]\s{0,4}\(|\(\s{0,4}!\s{0,4}\(\s{0,4}[\w.-]{1,40}\s{0,4}=|\(\s{0,4}[|&!]\s{0,4}(?:\([\w.-]{1,40}|[\w.-]{1,40}\s{0,4})=|\*\s{0,4}\)\s{0,4}\(|\*\)\s{0,4}\)|^\s{0,4}\*?\)\s{0,4}(?:\(|%00|\0|&|\|)|\*\(\||^\*\)[(&|]|^\(\w{2,20}=\*?[\w*]{0,20}\)$|\)\)%00|^[|&]\s{0,4}\(\w{2,40}=/i;
const ATTRIBUTE =
  /\b(?:objectclass|objectcategory|samaccountname|userprincipalname|useraccountcontrol|memberof|userpassword|unicodepwd|cn|uid|sn|ou|dc|mail|givenname|password|pass|user|username|name|department|homedirectory|description|admincount|ntsecuritydescriptor|zone)\s{0,4}(?:[~<>]?=|:\d)/i;

function findFilter(text: Bytes): Finding | null {
  const filter = FILTER.exec(text);
  if (filter === null) return null;
  const isNamed = ATTRIBUTE.test(text) || /\*\)|\)\(\||\)\(&|\(\|\(|\(&\(/.test(text);
  const isCode = /[;{}]|=>|\bfunction\b|\s\w{3,20}\s\w{3,20}\s/.test(text);
  return found(
    isNamed && !isCode ? 'sure' : 'likely',
    'filter of a directory',
    text,
    filter.index,
    filter.index + 80,
  );
}

/** XPath in a value that changes the expression around it. */
export function findXpath(value: Bytes): Finding | null {
  if (!value.includes('/') && !value.includes('(') && !mayHoldEscapes(value)) return null;
  return withDecoded(value, findPath);
}

const AXES =
  /\b(?:ancestor|ancestor-or-self|child|descendant|descendant-or-self|following|following-sibling|parent|preceding|preceding-sibling|self|attribute)::(?:\w|\*|node\(\))|\b(?:count|name|string-length|substring|local-name|normalize-space|translate|starts-with|contains|string|concat|number|boolean|not|doc|document)\s{0,4}\(\s{0,4}(?:\/{1,2}[\w*@.[]|name\s{0,4}\(|\.\.?\/|\/\*|(?:user|name|password|text\(\)|@\w{1,20})\s{0,4},)|\b(?:position|last)\(\)\s{0,4}[=<>]|\/(?:text|node|comment|processing-instruction)\(\)|\]\s{0,4}\|\s{0,4}\/|['"]\s{0,4}\]\s{0,4}(?:\||%00|\0)|\bdoc\(\s{0,4}concat\(|^['"]?\s{0,4}\|\s{0,4}\/{1,2}\w|\bor\s{1,4}\w{1,20}\(\)\s{0,4}=/i;

function findPath(text: Bytes): Finding | null {
  const axis = AXES.exec(text);
  if (axis === null) return findStep(text);
  const isProse = /(?:[a-z]{2,}\s{1,2}){8}/i.test(text.slice(0, 1_000));
  return found(isProse ? 'likely' : 'sure', 'expression of XPath', text, axis.index, axis.index + 80);
}

/** Steps with conditions: tools for tests and measurements send them too. */
const STEP = /\/\/[\w*]{1,40}\[\s{0,4}(?:@|\w{1,40}(?:\(\))?\s{0,4}[=<>]|\d|position|contains|starts)/i;

function findStep(text: Bytes): Finding | null {
  const step = STEP.exec(text);
  return step === null ? null : found('likely', 'expression of XPath', text, step.index, step.index + 80);
}
