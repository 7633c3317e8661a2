import { type Ip, ipv4Of, parseIp } from '../../ip/address.ts';
import { isSpecialAddress } from '../../ip/special-addresses.ts';
import type { Bytes } from '../../seclang/bytes.ts';
import { withDecoded } from '../decode.ts';
import { type Certainty, type Finding, found } from '../finding.ts';

/** Addresses in a value that would have a server ask what only it can reach. */
export function findInternalAddress(value: Bytes): Finding | null {
  if (value.length < 6 || !/[:/.\\%]/.test(value)) return null;
  return withDecoded(value, findInText);
}

/** Schemes that fetch nothing from the web. */
const SCHEME =
  /(?:^|[\s"'=(,<[])(gopher|dict|tftp|netdoc|jar:(?:https?|file)|ldaps?|ldapi|sftp|smb|unc|file|phar|expect|php|glob|zlib|ogg|ssh2|rar|zip|view-source|local_file|netloc|mailto:x@localhost)\s{0,4}:(?:\/{1,4}|\\{1,4})/i;
/** Hosts that tell machines of a cloud about themselves. */
const METADATA =
  /(?:^|[^\w.])(?:169\.254\.169\.254|169\.254\.170\.2|100\.100\.100\.200|192\.0\.0\.192|metadata\.(?:google|goog|tencentyun|azure|packet|platformequinix)\b[\w.]{0,24}|instance-data\b|kubernetes\.default\b|rancher-metadata|alibaba\.metadata|\[?fd00:ec2::254)|\/latest\/(?:meta-data|user-data|dynamic\/instance)|\/computeMetadata\/v1|\/metadata\/(?:instance|v1)\b|\/opc\/v[12]\/instance|\/openstack\/latest/i;
/** Names that lead to addresses that stand in them, to the machine itself, or to whoever waits for a call. */
const NAMES =
  /^(?:localhost|localhost\.localdomain|(?:[\w-]{1,40}\.)*localhost|ip6-localhost|loopback|0|kubernetes|(?:[\w-]{1,60}\.)+(?:localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|127-0-0-1\.org\.uk|fuf\.me|yoogle\.com|rbndr\.us|1u\.ms|rebind\.it|rebind\.network|spoofed\.[\w.]{1,40}|burpcollaborator\.net|oastify\.com|interact\.sh|interactsh\.com|oast\.\w{2,6}|dnslog\.cn|ceye\.io|bxss\.me|r87\.me|requestrepo\.com|dnsbin\.\w{1,20})|(?:localtest|lvh)\.me|(?:[\w-]{1,60}\.)*(?:\d{1,3}[.-]){3}\d{1,3}\.(?:nip|xip|sslip)\.io)$/i;

/** Where an address begins: scheme, slashes or backslashes, whoever logs in, host. */
const URL_START =
  /(?:^|[\s"'=(,<[])(?:url:)?([a-z][a-z0-9+.-]{1,12}):(?:\/{1,4}|\\{1,4}|(?=\d))([^/?#\x00-\x20"'<>\\]{1,255})/gi;
const MOST_URLS = 16;

function findInText(text: Bytes): Finding | null {
  const metadata = METADATA.exec(text);
  if (metadata !== null)
    return found('sure', 'metadata of a cloud', text, metadata.index, metadata.index + 120);
  const scheme = SCHEME.exec(text);
  if (scheme !== null && scheme.index === 0) return found('sure', 'scheme of no web', text, 0, 120);
  let count = 0;
  for (const match of text.matchAll(URL_START)) {
    if (++count > MOST_URLS) break;
    if (!/^(?:https?|ftp|wss?|url)$/i.test(match[1] as string)) continue;
    const certainty = judgeHost(match[2] as string, match.index <= 1);
    if (certainty !== null) return found(certainty, 'address inside', text, match.index, match.index + 120);
  }
  const bare = /^(?:\/\/|\\\\)([\w.[\]:@%-]{1,100})(?:$|[/\\?#])/.exec(text);
  if (bare !== null) {
    const certainty = judgeHost(bare[1] as string, true);
    if (certainty !== null) return found(certainty, 'address inside', text, 0, 120);
  }
  if (scheme === null) return null;
  return found('likely', 'scheme of no web', text, scheme.index, scheme.index + 120);
}

function judgeHost(authority: Bytes, isWhole: boolean): Certainty | null {
  const host = hostOf(authority);
  const certainty: Certainty = isWhole ? 'sure' : 'likely';
  if (NAMES.test(host)) return certainty;
  if (host.startsWith('[')) {
    const ip = parseIp(host.slice(1, host.indexOf(']') < 0 ? host.length : host.indexOf(']')));
    return ip !== null && isSpecialAddress(ip) ? certainty : null;
  }
  const ip = parseLoose(host);
  if (ip === null) return null;
  if (isSpecialAddress(ip)) return certainty;
  return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(host) && !/(?:^|\.)0\d/.test(host) ? null : 'likely';
}

/** The host of an authority: without who logs in and without the port; digits of other scripts as ASCII. */
function hostOf(authority: Bytes): string {
  const at = authority.lastIndexOf('@');
  let host = at < 0 ? authority : authority.slice(at + 1);
  // Digits in circles (U+2460 to U+2468, U+24EA), and full stops of other scripts, as bytes of UTF-8.
  host = host
    .replace(/\xe2\x91([\xa0-\xa8])/g, (_, digit: string) => String(digit.charCodeAt(0) - 0x9f))
    .replace(/\xe2\x93\xaa/g, '0')
    .replace(/\xe3\x80\x82|\xef\xbc\x8e|\xef\xbd\xa1/g, '.');
  if (host.startsWith('[')) return host;
  const colon = host.indexOf(':');
  return (colon < 0 ? host : host.slice(0, colon)).replace(/\.+$/, '');
}

/** An IPv4 address as `inet_aton` reads it: one to four parts, each decimal, octal or hexadecimal. */
export function parseLoose(host: string): Ip | null {
  if (!/^(?:0x[0-9a-f]{1,16}|\d{1,20})(?:\.(?:0x[0-9a-f]{1,16}|\d{1,20})){0,3}$/i.test(host)) return null;
  const parts = host.split('.').map(partValue);
  const last = parts.pop() as number;
  let word = 0;
  for (const part of parts) {
    if (part > 255) return null;
    word = word * 256 + part;
  }
  const room = 256 ** (4 - parts.length);
  return last >= room && parts.length > 0 ? null : ipv4Of((word * room + (last % room)) >>> 0);
}

function partValue(part: string): number {
  if (/^0x/i.test(part)) return Number.parseInt(part.slice(2), 16);
  return /^0[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number(part);
}
