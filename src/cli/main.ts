#!/usr/bin/env node
// Nothing but node: modules may be imported here before the version is known: older ones could not load the rest.
import process from 'node:process';

const OLDEST_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_MAJOR) {
  const needs = `Portcullis needs Node ${OLDEST_MAJOR} or newer; this is ${process.version}.`;
  const message = `${needs} In a checkout use \`npm run portcullis -- …\`, which brings its own.`;
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: 'node_version', message })}\n`);
  else process.stderr.write(`${message}\n`);
  process.exitCode = 1;
} else {
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}
