import { type NoticeRecord, noticeRow } from '../core/notices.ts';

/** ECS `event.severity`, from 1 to 100. */
const SEVERITY = { info: 21, warning: 47, critical: 99 } as const;
const FOREIGN_ALL = /[\x7f-\uffff]/g;

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Writes the journal record of a notice: one JSON object on one line, ECS names, ASCII only. */
export function formatNotice({ id, kind, payload, createdAtMs }: NoticeRecord): string {
  const { severity, title } = noticeRow(kind);
  const { user, address } = payload;
  const record = {
    '@timestamp': new Date(createdAtMs).toISOString(),
    'event.kind': 'alert',
    'event.action': kind,
    'event.id': id,
    'event.severity': SEVERITY[severity],
    message: title,
    ...(typeof address === 'string' ? { 'source.ip': address } : {}),
    ...(typeof user === 'string' && user !== '' ? { 'user.id': user } : {}),
    portcullis: { notice: payload },
  };
  return `${JSON.stringify(record).replaceAll(FOREIGN_ALL, escaped)}\n`;
}

/** The body that webhooks get. */
export function noticeBody({ id, kind, payload, createdAtMs }: NoticeRecord): string {
  const { severity, title, remedy } = noticeRow(kind);
  const timestamp = new Date(createdAtMs).toISOString();
  return JSON.stringify({ type: kind, timestamp, id, severity, title, remedy, data: payload });
}
