import type { Countries } from '../core/ports.ts';
import { parseIp } from '../lib/ip/address.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';

/** What operators of rules ask of this gateway. */
export function ruleHost(countries: Countries): OperatorHost {
  return {
    sqlFingerprint: () => '',
    isXss: () => false,
    countryOf: (address) => {
      const ip = parseIp(address);
      return ip === null ? '' : countries.find(ip);
    },
    dataFile: () => null,
    unicodeMap: new Map(),
  };
}
