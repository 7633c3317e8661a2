import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModSecurityApache, startModSecurity, uniqueIdOf } from './modsecurity-apache.ts';

/** One value as a rule of ModSecurity sees it: the variable that was asked for, its full name, and the bytes. */
export interface DumpedValue {
  readonly variable: string;
  readonly name: string;
  readonly value: string;
}

/** A ModSecurity that tells what is in its variables. */
export interface DumpingModSecurity extends AsyncDisposable {
  readonly server: ModSecurityApache;
  /** Sends a request and gives back what the variables held in phases 1 and 2; null for a phase that did not come. */
  ask(request: string): Promise<{ readonly phases: readonly [DumpedValue[] | null, DumpedValue[] | null] }>;
}

/** A script that writes variables down in hexadecimal, so that every byte survives. */
function script(variables: readonly string[], folder: string, phase: number): string {
  const names = variables.map((name) => JSON.stringify(name)).join(', ');
  return `
local function hex(text)
  return (string.gsub(text or "", ".", function(c) return string.format("%02x", string.byte(c)) end))
end
function main()
  local lines = {}
  for _, variable in ipairs({ ${names} }) do
    local isKnown, found = pcall(m.getvars, variable, "none")
    if isKnown and found then
      for i = 1, #found do
        lines[#lines + 1] = hex(variable) .. " " .. hex(found[i].name) .. " " .. hex(found[i].value)
      end
    end
  end
  local file = io.open("${folder}/" .. m.getvar("UNIQUE_ID") .. ".${phase}", "w")
  file:write(table.concat(lines, "\\n"))
  file:close()
  return nil
end
`;
}

/** Starts ModSecurity with rules that choose body processors as its recommended ones do, and these behind them. */
export async function startDumping(variables: readonly string[], rules = ''): Promise<DumpingModSecurity> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-variables-'));
  chmodSync(folder, 0o777);
  const server = await startModSecurity({
    files: { '1.lua': script(variables, folder, 1), '2.lua': script(variables, folder, 2) },
    rules: `
SecRule REQUEST_HEADERS:Content-Type "@rx (?:application(?:/soap\\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
${rules}
SecRuleScript 1.lua "id:1,phase:1,pass,nolog"
SecRuleScript 2.lua "id:2,phase:2,pass,nolog"
`,
  });
  const read = (id: string, phase: number): DumpedValue[] | null => {
    const path = join(folder, `${id}.${phase}`);
    return existsSync(path) ? parseDump(readFileSync(path, 'latin1')) : null;
  };
  return {
    server,
    async ask(request) {
      const id = uniqueIdOf(await server.send(request));
      return { phases: [read(id, 1), read(id, 2)] };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function parseDump(text: string): DumpedValue[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [variable = '', name = '', value = ''] = line
      .split(' ')
      .map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
    return { variable, name, value };
  });
}
