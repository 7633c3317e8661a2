import type { Bytes } from '../../seclang/bytes.ts';
import { withDecoded } from '../decode.ts';
import { type Finding, found } from '../finding.ts';

/** Source of programming languages in a value that would run on a server. */
export function findCode(value: Bytes): Finding | null {
  if (value.length < 6 || !/[(<`%]/.test(value)) return null;
  return withDecoded(value, findInText);
}

/** Beginnings of source that servers run. */
const OPENING =
  /<\?(?:php\b|=|\s{0,4}(?:system|echo|eval|passthru|exec|@))|<%\s{0,4}(?:eval|execute|response|runtime)|<jsp:|<cf(?:execute|file|script|set)\b|<script\s{1,4}(?:language\s{0,4}=\s{0,4}['"]?php|runat)/i;

/** Calls that run commands or source, with what they are called with. */
const CALLS =
  /\b(?:shell_exec|passthru|proc_open|pcntl_exec|popen|phpinfo|phpversion|show_source|highlight_file|call_user_func(?:_array)?|create_function|base64_decode|gzinflate|str_rot13|file_put_contents|move_uploaded_file|ini_set|preg_replace_callback|array_(?:map|filter)|get_defined_vars|getallheaders|posix_getpwuid|php_uname|disk_total_space|set_time_limit|error_reporting)\s{0,4}\(|\b(?:system|exec|eval|assert|readfile|include|require|include_once|require_once|print|echo|die|var_dump|print_r|printf)\s{0,4}\(?\s{0,4}(?:\$_(?:get|post|request|cookie|server|files)|\$\{|base64_decode|gzinflate|['"](?:\/?(?:usr\/)?(?:bin\/)?(?:cat|id|ls|whoami|uname|ping|sleep|dir|type|ps|pwd|echo|curl|wget|nc|bash|sh|ifconfig|ipconfig|netstat)\b|php:|data:|https?:)|md5\(|chr\(|phpinfo|getenv|`|file_get)|\$_(?:get|post|request|cookie|server|files|session|env)\s{0,4}[[{]|\b(?:os|subprocess|commands|pty|posix)\s{0,4}\.\s{0,4}(?:system|popen\d?|exec[lv]?p?e?|spawn\w{0,4}|getoutput|getstatusoutput|check_output|check_call|call|run|listdir|environ)\b|__import__\s{0,4}\(|\b(?:importlib\.import_module|exec\(compile|compile\(['"])|\b(?:runtime\s{0,4}\.\s{0,4}getruntime|getruntime\s{0,4}\(\s{0,4}\)|new\s{1,4}(?:java\.lang\.)?processbuilder|java\.lang\.runtime|groovy\.lang|groovyshell|\.execute\(\)\.text)|\brequire\s{0,4}\(\s{0,4}['"`](?:node:)?(?:child_process|fs|os|net|vm|http|process)['"`]|\bprocess\s{0,4}\.\s{0,4}(?:mainmodule|binding|env\b|exit\s{0,4}\(|kill\s{0,4}\(|dlopen)|\bglobal\s{0,4}\.\s{0,4}process|\b(?:exec|spawn|fork|execfile)sync\s{0,4}\(|\b(?:io|open3|kernel|pty)\s{0,4}\.\s{0,4}(?:popen|read|readlines|system|exec|spawn|capture\d?)\s{0,4}[( ]|%x[({[]\s{0,4}\w|\bdir\.entries\(|\bfile\.(?:open|read|readlines)\s{0,4}\(\s{0,4}['"]|\bsystem\.(?:diagnostics\.process|reflection|io\.file|net\.webclient|runtime\.interopservices)|\bprocess\.start\s{0,4}\(|\bnew-object\s{1,4}(?:system\.|net\.)|\bresponse\.write\s{0,4}\(|\bcreateobject\s{0,4}\(\s{0,4}['"]|\bserver\.createobject|\bqx[({[/]\s{0,4}\w|\bopen\s{0,4}\(\s{0,4}['"]\/(?:etc|proc)|\bprint\s{0,4}\(?\s{0,4}`|\bdbms_java|\bimport\s{1,4}os\b\s{0,4}[;,]|;\s{0,4}(?:system|exec|passthru|eval)\s{0,4}\(|\{\$\{|\$\{@?(?:print|phpinfo|system|eval|die|var_dump)|\bprint\s{0,4}\(\s{0,4}(?:md5|system|getcwd|\d{2,9}\s{0,4}[*+-])|\bunserialize\s{0,4}\(|\bmb_send_mail\(|\bgopher:\/\/|\bexpect:\/\/|\bphp:\/\/(?:input|filter|stdin|memory|temp|output)|\bphar:\/\/|\bzip:\/\/|\bdata:(?:text\/plain|application\/x-httpd-php)[;,]|\bglob:\/\/|\bzlib:|\bogg:\/\/|\bssh2\.(?:exec|shell|tunnel|sftp)/i;

function findInText(text: Bytes): Finding | null {
  const opening = OPENING.exec(text);
  if (opening !== null) return found('sure', 'source of a server', text, opening.index, opening.index + 120);
  const call = CALLS.exec(text);
  if (call === null) return null;
  const isProse = /(?:[a-z]{2,}\s{1,2}){8}/i.test(text.slice(0, 1_000));
  return found(
    isProse ? 'likely' : 'sure',
    'call of a server',
    text,
    call.index,
    call.index + call[0].length + 60,
  );
}
