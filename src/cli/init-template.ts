/** The configuration that `portcullis init` writes. */
export function initTemplate(schema: string, upstream: string): string {
  return `# yaml-language-server: $schema=${schema}
# Configuration of Portcullis. \`portcullis check\` finds mistakes and weak settings; what is not said here has a
# default that is safe. All keys: docs/reference/configuration.md.
version: 1

listeners:
  - name: web
    host: 127.0.0.1                # this machine only; 0.0.0.0 is every address, and wants \`tls\`
    port: 8080
    # tls:
    #   certificates: [{ cert: ./tls/api.pem, key: '\${file:./tls/api.key}' }]

# Keys, recent decisions, the journal and the admin token. Keep it out of version control.
dataDir: ./.portcullis

# Health, metrics and what the other commands talk to; stays on this machine.
admin: { host: 127.0.0.1, port: 9443 }

apis:
  - id: api
    path: /                        # what is below this path goes to:
    upstream: ${JSON.stringify(upstream)}

    # Who may ask: callers with a key. \`portcullis key create --name NAME\` makes one.
    authenticate: { apiKey: { header: X-API-Key } }

    # How often: before anybody is known by address, then by the tier of the key (free, basic, pro, enterprise, internal).
    addressLimit: { perMinute: 600 }
    rateLimit: { tier: fromPrincipal, defaultTier: basic }

    # What may be sent.
    validate: { maxBodyBytes: 1048576 }

    # Which web pages may use it from a browser.
    # cors: { origins: ['https://app.example.com'] }

    # Parts of the API with settings of their own.
    # endpoints:
    #   - { path: /health, methods: [GET], authenticate: none }
    #   - { path: /search, methods: [GET], rateLimit: { perMinute: 20 } }
    #   - { path: /orders, methods: [POST], validate: { contentTypes: [application/json], json: {} } }
`;
}
