/** An issuer in a process of its own: serves metadata and the key set that its parent gives it. */
import { createServer } from 'node:http';

let jwks = '{"keys":[]}';
let asked = 0;

const server = createServer((request, response) => {
  const issuer = `http://127.0.0.1:${process.argv[2]}`;
  response.setHeader('content-type', 'application/json');
  if (request.url === '/.well-known/openid-configuration') {
    response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
  } else if (request.url === '/keys') {
    asked++;
    response.end(jwks);
  } else {
    response.statusCode = 404;
    response.end('{}');
  }
});

process.on('message', (message: { readonly jwks?: string }) => {
  if (message.jwks !== undefined) jwks = message.jwks;
  process.send?.({ asked });
});
process.on('disconnect', () => process.exit(0));
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.({ asked }));
