import type { Bytes } from '../../seclang/bytes.ts';
import { withDecoded } from '../decode.ts';
import { type Certainty, type Finding, found, surer } from '../finding.ts';

/** Expressions of template engines in a value that compute or reach for objects, as no placeholder of a text does. */
export function findTemplate(value: Bytes): Finding | null {
  if (!/[{<$#%@*~[]/.test(value)) return null;
  return withDecoded(value, findInText);
}

/** Beginnings of expressions, and how each ends. */
const DELIMITERS: readonly (readonly [string, string])[] = [
  ['{{', '}}'],
  ['${', '}'],
  ['#{', '}'],
  ['%{', '}'],
  ['*{', '}'],
  ['~{', '}'],
  ['@{', '}'],
  ['{%', '%}'],
  ['<%', '%>'],
  ['@(', ')'],
  ['{', '}'],
  ['[[', ']]'],
];

const LONGEST_EXPRESSION = 2_000;
const MOST_EXPRESSIONS = 64;

/** Directives that stand in no delimiters, and static calls. */
const DIRECTIVE =
  /<#(?:assign|include|import|list|if|setting|macro)\b|\bfreemarker\.template|#(?:set\s{0,4}\(\s{0,4}\$|foreach\s{0,4}\(\s{0,4}\$|include\s{0,4}\(|parse\s{0,4}\(|evaluate\s{0,4}\()|\{(?:php|literal|fetch|include_php|math)\}|\{\$smarty\b|\bT\(\s{0,4}(?:java|org|javax)\.|@java\.lang\.|\(#(?:_memberaccess|context|dm|rt|cmd|a|ognl)\b\s{0,4}[=.]|#_memberaccess|\bognl\.ognlcontext|getClass\(\)\s{0,4}\.\s{0,4}forName|__class__\s{0,4}(?:\.|\[)|__(?:mro|subclasses|globals|builtins|import|bases)__|\b(?:java|javax)\.(?:lang\.(?:runtime|processbuilder|class|system|reflect)|script\.|naming\.)|\bxwork\b.{0,40}\.(?:allowStaticMethodAccess|deny)|=\s{0,4}%x[({[]|\{\s{0,4}system\(|\{%\s{0,4}(?:import|debug|extends|include|load|for|raw|set)\s[^%]{0,200}(?:\(|popen|os\b|config|self)|<%[=@!]?\s{0,4}(?:.{0,80}(?:\(|`)|(?:\d{1,9}\s{0,4}[*+-]\s{0,4}\d))|<%\s{0,4}(?:out|response|eval|exec|import|page)|<%@/i;

function findInText(text: Bytes): Finding | null {
  let finding: Finding | null = null;
  const directive = DIRECTIVE.exec(text);
  if (directive !== null)
    return found('sure', 'template directive', text, directive.index, directive.index + 120);
  for (const [open, close] of DELIMITERS) {
    finding = surer(finding, findDelimited(text, open, close));
    if (finding?.certainty === 'sure') return finding;
  }
  return finding;
}

function findDelimited(text: Bytes, open: string, close: string): Finding | null {
  let at = text.indexOf(open);
  let finding: Finding | null = null;
  for (let n = 0; at >= 0 && n < MOST_EXPRESSIONS; n++) {
    const start = at + open.length;
    const rest = text.slice(start, start + LONGEST_EXPRESSION);
    const length = rest.indexOf(close);
    const expression = length < 0 ? rest.slice(0, 200) : rest.slice(0, length);
    const certainty = judgeExpression(expression, open);
    if (certainty !== null)
      finding = surer(
        finding,
        found(certainty, 'template expression', text, at, start + expression.length + close.length),
      );
    if (certainty === 'sure') return finding;
    at = text.indexOf(open, start);
  }
  return finding;
}

/** Numbers or strings that are computed with, which shows whether somebody computes. */
const ARITHMETIC = /^[-=!:@\s(]{0,8}['"]?\d{1,12}['"]?\s{0,4}[*+/%-]\s{0,4}['"]?\d{1,12}['"]?[\s)}]{0,8}$/;
/** Ways from a template to the language around it. */
const REACHING =
  /\b(?:constructor|__proto__|prototype|getclass|classloader|getruntime|processbuilder|forname|newinstance|scriptengine|popen|subprocess|child_process|mainmodule|passthru|shell_exec|proc_open|file_get_contents|readfile|fopen|phpinfo|eval|exec|execsync|spawn|system|assert|lipsum|cycler|joiner|url_for|get_flashed_messages|_self|registerundefinedfiltercallback|getfilter|dump\(app|app\.request|importlib|__init__|freemarker|servletcontext|getresource|applicationscope|sessionscope|requestscope|java\.|io\.|os\.|file\.open|file\.read|dir\.entries|kernel\.|object\.|netstat|console\.log)\b/i;
const OBJECTS =
  /^\s{0,4}-?\s{0,4}(?:config|self|settings\.secret_key|request\.(?:application|environ|args|class|getclass)|app\.|this\.|_self|dump\(|debug\b|g\.|namespace\(|range\.|['"]{2}\.|\[\]\.|\(\)\.|\{\}\.|[a-z]\s{0,4}=\s{0,4}\d)/i;
const FILTERS =
  /\|\s{0,4}(?:attr\(|filter\(|map\(|reduce\(|sort\(|join\(|e\(|safe\b|upper\b.{0,40}\|\s{0,4}attr)/i;

function judgeExpression(expression: Bytes, open: string): Certainty | null {
  if (expression === '' || !/[\w'"]/.test(expression)) return null;
  if (ARITHMETIC.test(expression)) return open === '{' ? 'likely' : 'sure';
  if (open === '{' || open === '[[')
    return REACHING.test(expression) && /[(.]/.test(expression) && !expression.includes(':')
      ? 'likely'
      : null;
  if (REACHING.test(expression) && /[([`]|\.\w{1,30}\.|\bconstructor\b/.test(expression)) return 'sure';
  if (FILTERS.test(expression) && /['"[(]/.test(expression) && (open === '{{' || open === '{%'))
    return 'sure';
  if (OBJECTS.test(expression) && open !== '${')
    return /^\s{0,4}(?:this|app|g)\./.test(expression) ? 'likely' : 'sure';
  return null;
}
