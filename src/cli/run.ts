import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../core/errors.ts';
import type { Gateway } from '../gateway.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { describeListeners, type ListenerPlace } from './describe-listeners.ts';
import { jsonLog, type Log } from './log.ts';
import { configFailure } from './target.ts';
import { untilStopped } from './until-stopped.ts';

/** Starts the gateway of a file; what is wrong with the configuration is told with its places in the file. */
async function start(path: string, log: Log): Promise<Gateway> {
  const loaded = loadConfig(path);
  if (loaded.config === null) throw configFailure(path, loaded);
  // Loaded here, because the other commands do without it and start in half the time.
  const { startGateway } = await import('../gateway.ts');
  try {
    return await startGateway({ source: { path }, log });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw configFailure(path, { problems: error.problems.map((problem) => loaded.place(problem)) });
  }
}

function text(places: readonly ListenerPlace[], gateway: Gateway): string {
  return [
    ...places.map(({ name, url }) => `Listening on ${url} (${name})`),
    `Admin API on ${gateway.admin.url}, token in ${gateway.admin.tokenPath}`,
  ].join('\n');
}

/** `portcullis run`. */
export const run = defineCommand({
  name: 'run',
  summary: 'Run the gateway of a configuration.',
  about: [
    'Logs its own events as JSON lines to standard error; requests are in the journal. SIGTERM and SIGINT let requests ' +
      'under way finish, then end it; a second one ends it at once. SIGHUP, `portcullis reload` or a change of the ' +
      'file reloads: all or nothing, without dropping a connection.',
  ],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [
    ['portcullis run', 'With ./portcullis.yaml.'],
    ['portcullis run --config /etc/portcullis/portcullis.yaml', 'With another one.'],
  ],
  exits: {
    0: 'It was told to stop and has.',
    1: 'It could not start: the sentences say why, such as a port in use or a mistake in the configuration.',
  },
  run: async ({ values }) => {
    const log = jsonLog();
    const gateway = await start(values.config, log);
    const listeners = describeListeners(values.config, gateway.ports);
    log('info', 'The gateway has started.', { listeners, admin: gateway.admin.url });
    return {
      text: text(listeners, gateway),
      json: { pid: process.pid, listeners, admin: gateway.admin },
      stopped: untilStopped(gateway, log),
    };
  },
});
