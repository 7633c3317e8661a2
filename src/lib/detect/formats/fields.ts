import type { Bytes } from '../../seclang/bytes.ts';
import { mayHoldEscapes, withDecoded } from '../decode.ts';
import { type Finding, found } from '../finding.ts';

/** A line break with a header field, a status line or another request behind it. */
export function findHeaderInjection(value: Bytes): Finding | null {
  if (!value.includes('\n') && !value.includes('\r') && !mayHoldEscapes(value) && !value.includes('\xe5'))
    return null;
  return withDecoded(value, findField);
}

/** Fields that only answers or mails have, or that change how one is read. */
const FIELD =
  /(?:[\r\n]|\xe5\x98[\x8a\x8d])[\r\n\t ]{0,8}(?:(set-cookie2?|location|http\/[\d.]{1,3}\s{1,4}\d{3}|content-length|transfer-encoding|x-xss-protection|content-security-policy|access-control-allow-\w{1,12}|refresh|content-disposition|proxy-authenticate|www-authenticate|x-forwarded-\w{1,10}|x-frame-options|clear-site-data)\s{0,4}(?::|\d)|(?:get|post|put|delete|head|options|connect|trace|patch)\s{1,4}(?:\/|https?:)\S{0,400}\s{1,4}http\/|(?:bcc|cc|to|from|reply-to|subject|mime-version|content-type|content-transfer-encoding)\s{0,4}:\s{0,4}\S|(?:flushall|config set|slaveof|rcpt to:|mail from:|ehlo |helo |quit\b|eval |set \w{1,40} \d))/i;

function findField(text: Bytes): Finding | null {
  const field = FIELD.exec(text);
  if (field === null) return null;
  const isMail =
    field[1] === undefined && /(?:bcc|cc|to|from|reply-to|subject|content-type)\s{0,4}:/i.test(field[0]);
  const isLetter =
    text.length > 600 ||
    (isMail &&
      !/(?:bcc|cc|to)\s{0,4}:\s{0,4}\S{1,80}@|content-type\s{0,4}:\s{0,4}(?:text|multipart)/i.test(
        field[0] + text.slice(field.index + field[0].length, field.index + field[0].length + 80),
      ));
  return found(
    isLetter ? 'likely' : 'sure',
    'header field behind a line break',
    text,
    field.index,
    field.index + 120,
  );
}

/** Operators of document databases as the name of a parameter or member. */
export function findOperatorName(name: Bytes): Finding | null {
  if (!name.includes('$') && !mayHoldEscapes(name)) return null;
  return withDecoded(name, findOperator);
}

const OPERATORS =
  'eq|ne|gte?|lte?|n?in|and|or|nor|not|exists|type|expr|jsonschema|mod|regex|text|where|all|elemmatch|size|bitsall\\w{3,5}|bitsany\\w{3,5}|function|accumulator|lookup|graphlookup|merge|out|unionwith|rename|unset|push|pull|addtoset|inc|setoninsert|currentdate|eval|mapreduce|geowithin|geointersects|near|options|comment|meta|slice|natural|orderby|func|sleep|gt0|ne0';
const OPERATOR_NAME = new RegExp(`(?:^|[.[\\]"'{,\\s])\\$(?:${OPERATORS})(?:$|[\\].\\["'}:=\\s])`, 'i');

function findOperator(text: Bytes): Finding | null {
  const operator = OPERATOR_NAME.exec(text);
  return operator === null
    ? null
    : found('sure', 'operator of a database as a name', text, operator.index, operator.index + 40);
}

/** Operators and script of document databases in a value. */
export function findNosql(value: Bytes): Finding | null {
  if (value.length < 4 || !/[$'"{;|%\\]/.test(value)) return null;
  return withDecoded(value, findQuery);
}

const QUERY = new RegExp(
  `["'{,\\s[]\\s{0,4}["']?\\$(?:${OPERATORS})["']?\\s{0,4}\\]?\\s{0,4}[:=]|\\[\\$(?:${OPERATORS})\\]|^\\$(?:${OPERATORS})$|\\$where\\b|\\bthis\\.\\w{1,40}(?:\\.match\\(|\\.length|\\s{0,4}[=!<>]{1,3}|\\[)|\\bdb\\.(?:\\w{1,40}|getCollection\\([^)]{1,40}\\))\\.(?:find|insert|update|remove|drop|delete|aggregate|count|save|distinct|mapreduce|getname|stats)\\w{0,12}\\(|\\b(?:db|rs|sh)\\.(?:version|getcollectionnames|getmongo|shutdownserver|dropdatabase|injection|eval|adminCommand|runCommand|serverStatus|hostInfo)\\b|['"]\\s{0,4};\\s{0,4}(?:return|sleep\\(|while\\s{0,4}\\(|var\\s|it=|throw)\\b.{0,60}(?:[;'"(]|//)|['"]?\\s{0,4}(?:\\|\\||&&)\\s{0,4}(?:['"\\d]\\w{0,20}['"]?\\s{0,4}={2,3}\\s{0,4}['"\\d]|this\\b)|^\\s{0,4}(?:true|\\d|null)\\s{0,4},\\s{0,4}\\$where|\\bObjectId\\s{0,4}\\(|\\bnew\\s{1,4}Date\\(\\);|\\bfunction\\s{0,4}\\(\\s{0,4}\\)\\s{0,4}\\{\\s{0,4}(?:return|sleep|while|var|throw|for)\\b.{0,80}\\}|;\\s{0,4}(?:return\\s{1,4}(?:true|1)|sleep\\(\\d|while\\(true\\))|\\bmapReduce\\s{0,4}[(:]|\\bemit\\s{0,4}\\(`,
  'i',
);

function findQuery(text: Bytes): Finding | null {
  const query = QUERY.exec(text);
  if (query === null) return null;
  const isLong = text.length > 1_000;
  return found(
    isLong ? 'likely' : 'sure',
    'query of a document database',
    text,
    query.index,
    query.index + 80,
  );
}

/** Names that reach for the prototype of all objects. */
export function findPrototype(value: Bytes): Finding | null {
  if (!value.includes('proto') && !mayHoldEscapes(value)) return null;
  return withDecoded(value, findReach);
}

const REACH =
  /(?:^|[.[\]"'\s{,&?/])(?:__proto__|_{2}pro__proto__to_{2})(?:$|[.[\]"'\s:=}])|constructor\s{0,4}["'\]]{0,2}\s{0,4}(?:\.|\[|:\s{0,4}\{)\s{0,4}["'[]{0,2}\s{0,4}prototype|__(?:define|lookup)[GS]etter__/i;

function findReach(text: Bytes): Finding | null {
  const reach = REACH.exec(text);
  return reach === null ? null : found('sure', 'prototype of objects', text, reach.index, reach.index + 60);
}
