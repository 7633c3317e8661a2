import type { Bytes } from '../../seclang/bytes.ts';
import { mayHoldEscapes, withDecoded } from '../decode.ts';
import { type Finding, found } from '../finding.ts';

/** XML that defines entities, includes other documents or runs something when it is read. */
export function findXmlEntity(value: Bytes): Finding | null {
  if (!value.includes('<') && !mayHoldEscapes(value) && !value.includes('&')) return null;
  return withDecoded(value, findDeclaration);
}

const DECLARATION =
  /<!\s{0,8}entity\s|<!\s{0,8}doctype\s{1,8}[^>[]{0,200}(?:\[|\bsystem\b\s{0,8}['"]|\bpublic\b\s{0,8}['"](?!-\/\/(?:w3c|ietf)\/\/))|<!\s{0,8}(?:element|attlist|notation)\s|<(?:\w{1,20}:)?include\s[^>]{0,200}(?:href|parse)\s{0,4}=|xmlns(?::\w{1,20})?\s{0,4}=\s{0,4}['"]http:\/\/www\.w3\.org\/2001\/xinclude|<xsl:(?:stylesheet|value-of|variable|template|include|import|copy-of|for-each)\b|<\?xml-stylesheet\b|<!\[cdata\[\s{0,4}<(?:script|!)|%\w{1,20};\s{0,8}\]?\s{0,4}>|xsi:schemalocation\s{0,4}=\s{0,4}['"][^'"]{0,200}(?:file:|http:\/\/(?:\d|localhost))|<!\s{0,4}doctype\s{1,8}\w{1,40}\s{1,8}(?:system|\[)|(?:^|[^\w])(?:jar|netdoc|file):\/{1,3}[\w./!-]{2,80}["']\s{0,4}>/i;
/** UTF-16 that nobody declares. */
const WIDE = /<\0!\0?(?:D\0?O\0?C|E\0?N\0?T)|\0<\0!\0(?:D|E)/;

function findDeclaration(text: Bytes): Finding | null {
  const declared = DECLARATION.exec(text) ?? WIDE.exec(text);
  return declared === null
    ? null
    : found('sure', 'declaration in XML', text, declared.index, declared.index + 150);
}

/** Objects of programming languages, written down so that reading them runs something. */
export function findSerialized(value: Bytes): Finding | null {
  if (value.length < 6) return null;
  return withDecoded(value, findObject);
}

const OBJECTS =
  /\xac\xed\x00\x05|(?:^|[^\w+/])rO0AB[\w+/]{2}|aced0005(?:73|77|78|70|75|76|79|7[0-9a-d])|(?:^|[^\w+/=])H4sIAAAAAAAA|(?:^|[;{"'=\s])[OC]:\+?\d{1,6}:"[^"]{1,200}":\d{1,6}:\{|(?:^|[^\w+/])Tz(?:o|[ox])[\w+/]{1,3}I[\w+/]{4}|(?:^|[^\w+/])gASV[\w+/]{4}|(?:^|[^\w+/])gAJj|\bc(?:os|posix|nt|subprocess|__builtin__|builtins|commands)\n(?:system|popen|exec|eval|getattr|check_output|call|__import__|open)\b|c__main__\n|\(dp\d\n|\(lp\d\n|(?:^|[^\w+/])AAEAAAD\/{5}|_\$\$ND_(?:FUNC|CC)\$\$_|"\$type"\s{0,4}:\s{0,4}"\s{0,4}(?:system|microsoft)\.|ObjectDataProvider|!ruby\/(?:object|hash|struct|class|module)|!!python\/(?:object|module|name|tuple)|!!(?:javax?|com\.sun|org\.apache|org\.spring)[\w.]{1,80}|"@(?:type|class)"\s{0,4}:\s{0,4}"\s{0,4}L?(?:com\.sun|java\.|javax\.|org\.(?:apache|hibernate|spring)|ch\.qos|com\.zaxxer|com\.mchange)|\[\s{0,4}"(?:com\.sun|javax\.script|javax\.naming|org\.apache\.(?:xalan|commons|xbean)|ch\.qos\.logback|java\.net\.url|com\.zaxxer)\.?[\w.$]{0,100}"\s{0,4},|\b(?:jdbcrowsetimpl|templatesimpl|annotationinvocationhandler|badattributevalueexpexception|commons-?collections\d?|ysoserial|invokertransformer|chainedtransformer|methodinvokingfactorybean|unicastremoteobject|signedobject|groovy\.util\.expando|scriptenginemanager|urlclassloader)\b|<java(?:\s[^>]{0,100})?>\s{0,8}<(?:object|void)|<(?:object|void)\s{1,8}(?:class|method)\s{0,4}=\s{0,4}['"]java|<map>\s{0,8}<entry>\s{0,8}<|\{"py\/(?:object|reduce|type|function)"|BAh[bvo][\w+/]{4}|\x04\x08[o[{]|yv66vg/i;

function findObject(text: Bytes): Finding | null {
  const object = OBJECTS.exec(text);
  return object === null ? null : found('sure', 'serialized object', text, object.index, object.index + 150);
}
