import { NOTICE_KINDS, type NoticeKind } from '../core/notices.ts';
import { closest } from '../lib/text/suggest.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { payloadText } from './payload-text.ts';
import { getTarget } from './target.ts';
import { table } from './terminal.ts';

function kindOf(text: string | undefined): NoticeKind | undefined {
  if (text === undefined || NOTICE_KINDS.includes(text as NoticeKind)) return text as NoticeKind | undefined;
  const nearest = closest(text, NOTICE_KINDS);
  const hint = nearest === null ? `There are ${NOTICE_KINDS.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new UsageError(`There is no kind of notice \`${text}\`. ${hint}`, 'notices list');
}

/** `portcullis notices list`. */
export const noticesList = defineCommand({
  name: 'notices list',
  summary: 'List what the gateway told of: keys that expire, leaks, abuse.',
  about: ['The newest first, each with what became of the copies for the webhooks of `notices`.'],
  words: [],
  options: {
    kind: { kind: 'text', value: 'KIND', summary: 'Only this kind, such as `key.expires-soon`.' },
    limit: { kind: 'number', value: 'N', least: 1, most: 1000, default: 50, summary: 'The most to list.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis notices list', 'The latest.'],
    ['portcullis notices list --kind key.expires-soon --json', 'Keys to replace, for a program.'],
  ],
  exits: { 0: 'The notices are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const query = { kind: kindOf(values.kind), limit: values.limit };
    const { result } = await operateAnywhere(getTarget(values.config), 'listNotices', { query });
    if (result.notices.length === 0) return { text: 'There are no notices.', json: result };
    const rows = result.notices.map(({ createdAt, severity, kind, payload, deliveries }) => [
      createdAt,
      severity,
      kind,
      payloadText(payload),
      deliveries.map(({ webhook, state }) => `${webhook}:${state}`).join(' ') || '-',
    ]);
    const [head = '', ...lines] = table([['AT', 'SEVERITY', 'KIND', 'ABOUT', 'WEBHOOKS'], ...rows]);
    return { text: [terminal.paint('bold', head), ...lines].join('\n'), json: result };
  },
});
