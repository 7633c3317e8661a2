import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import SqliteDatabase from 'better-sqlite3';

/** A server that builds SQL out of what it is sent: the reason why there are web application firewalls. */
export interface SqlShop extends AsyncDisposable {
  readonly port: number;
  /** Requests that reached it. */
  readonly requests: number;
}

/**
 * Starts a shop that looks for the item `id` of the query, of a JSON body or of a cookie, whichever comes.
 *
 * Safety: it is vulnerable on purpose, listens on the loopback address only, and has nothing but a database in memory.
 */
export async function startSqlShop(): Promise<SqlShop> {
  const database = new SqliteDatabase(':memory:');
  database.exec(`
    CREATE TABLE items (id TEXT, name TEXT, price INTEGER);
    INSERT INTO items VALUES ('1', 'chair', 49), ('2', 'table', 120), ('3', 'lamp', 25);
    CREATE TABLE people (name TEXT, password TEXT);
    INSERT INTO people VALUES ('jo', 'correct horse');
  `);
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    void answer(database, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      database.close();
    },
  };
}

async function answer(
  database: SqliteDatabase.Database,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  try {
    const id = idOf(request, Buffer.concat(pieces).toString());
    const items = database.prepare(`SELECT name, price FROM items WHERE id = '${id}'`).all();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items }));
  } catch (error) {
    response
      .writeHead(500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: (error as Error).message }));
  }
}

function idOf({ url, headers }: IncomingMessage, body: string): string {
  const query = new URL(url ?? '/', 'http://shop.test').searchParams.get('id');
  if (query !== null) return query;
  if (body !== '') return String((JSON.parse(body) as { id: unknown }).id);
  const cookie = /(?:^|;\s*)item=([^;]*)/.exec(headers.cookie ?? '');
  return decodeURIComponent(cookie?.[1] ?? '');
}
