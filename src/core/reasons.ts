/** What the gateway can say about a request. */
export interface Reason {
  /** HTTP status the client gets; 0 where the reason never becomes a response of ours. */
  readonly status: number;
  /** What the client learns: never the rule, never whose fault inside. */
  readonly title: string;
  /** The `error` member of the body, a stable word for programs. */
  readonly error: string;
  /** What the operator reads in `explain`: what would have let the request pass. */
  readonly remedy: string;
}

const reason = (status: number, error: string, title: string, remedy: string): Reason => ({
  status,
  error,
  title,
  remedy,
});

/** The closed table of reasons. Bodies, journal, metrics and `docs/reference/reasons.md` derive from it. */
export const REASONS = {
  'request.passed': reason(0, 'passed', 'The request was passed on', 'Nothing: the upstream answered.'),
  'request.aborted': reason(
    0,
    'aborted',
    'The client went away',
    'The client closed the connection or reset the stream before the answer was complete.',
  ),

  'protocol.malformed': reason(
    400,
    'bad_request',
    'The request is not valid HTTP',
    'Send a request that follows RFC 9112; `detail` names what the parser refused.',
  ),
  'protocol.framing': reason(
    400,
    'bad_request',
    'The length of the request is ambiguous',
    'Send either one Content-Length or Transfer-Encoding: chunked, never both and never twice.',
  ),
  'protocol.content-length': reason(
    400,
    'bad_request',
    'The Content-Length field is not valid',
    'Send one Content-Length of decimal digits only.',
  ),
  'protocol.transfer-coding': reason(
    400,
    'bad_request',
    'The transfer coding is not supported',
    'Send Transfer-Encoding: chunked alone, over HTTP/1.1, or use Content-Length.',
  ),
  'protocol.chunk': reason(
    400,
    'bad_request',
    'The chunked body is not valid',
    'Send chunks of hexadecimal sizes, each line ended by CRLF.',
  ),
  'protocol.field': reason(
    400,
    'bad_request',
    'A header field is not valid',
    'Send token names followed directly by a colon, values without control characters, no folded lines.',
  ),
  'protocol.host': reason(
    400,
    'bad_request',
    'The Host of the request is missing or not valid',
    'Send exactly one Host field with a host name or address and an optional port.',
  ),
  'protocol.target': reason(
    400,
    'bad_request',
    'The request target is not valid',
    'Send an origin-form target such as /path?query with valid percent-encoding.',
  ),
  'protocol.path': reason(
    400,
    'bad_request',
    'The path of the request is ambiguous',
    'Send a path without encoded slashes, backslashes, control characters or dot segments that leave the root.',
  ),
  'protocol.version': reason(
    505,
    'http_version_not_supported',
    'The HTTP version is not supported',
    'Use HTTP/1.0, HTTP/1.1 or HTTP/2.',
  ),
  'protocol.method': reason(
    405,
    'method_not_allowed',
    'The method is not allowed',
    'Use one of the methods that `protocol.methods` of the API lists.',
  ),
  'protocol.header-size': reason(
    431,
    'header_fields_too_large',
    'The header of the request is too large',
    'Send smaller header fields, or raise `limits.headerBytes`.',
  ),
  'protocol.header-count': reason(
    431,
    'too_many_header_fields',
    'The request has too many header fields',
    'Send fewer header fields, or raise `limits.headerCount`.',
  ),
  'protocol.uri-length': reason(
    414,
    'uri_too_long',
    'The request target is too long',
    'Send a shorter target, or raise `limits.targetBytes`.',
  ),
  'protocol.expectation': reason(
    417,
    'expectation_failed',
    'The expectation cannot be met',
    'Send no Expect field other than 100-continue.',
  ),
  'protocol.upgrade': reason(
    400,
    'bad_request',
    'The upgrade is not supported',
    'Ask for `websocket` over HTTP/1.1 with GET and no body, on an API whose `protocol.upgrades` lists it.',
  ),
  'protocol.credentials-in-url': reason(
    400,
    'bad_request',
    'Credentials must not be part of the URL',
    'Send credentials in a header field, or set `protocol.credentialsInUrl: allow` for this API.',
  ),
  'protocol.timeout': reason(
    408,
    'request_timeout',
    'The request took too long to arrive',
    'Send the request faster, or raise `limits.headerTimeoutMs`, `bodyIdleMs` or lower `bodyMinBytesPerS`.',
  ),
  'protocol.https-redirect': reason(
    308,
    'https_required',
    'Use HTTPS',
    'Use the https URL of the Location field.',
  ),
  'attack.cached': reason(
    200,
    'cached',
    'The answer came from memory',
    'Nothing: in attack mode an answer that the upstream allows everybody to have is served again; it ends with the attack.',
  ),

  'route.none': reason(404, 'not_found', 'There is nothing here', 'Add an API whose hosts and path match.'),
  'route.method': reason(
    405,
    'method_not_allowed',
    'The method is not allowed here',
    'Add the method to an endpoint of this path, or drop `undeclared: deny`.',
  ),

  'access.denied': reason(
    403,
    'forbidden',
    'Access from this address is not allowed',
    'Take the address off `access.deny`, or put it on `access.allow`.',
  ),
  'access.reputation': reason(
    403,
    'forbidden',
    'Access from this address is not allowed',
    'The address is on a list of `access.reputation`: correct the file, or put its network into `except`.',
  ),
  'access.country': reason(
    403,
    'forbidden',
    'Access from this place is not allowed',
    'Look at `access.countries`: the country, or the file of countries, that `detail` names. Put addresses that may come all the same into `except`.',
  ),

  'behaviour.blocked': reason(
    403,
    'forbidden',
    'Access is suspended for a while',
    'What the client did looked like an attack; `detail` says what. Wait until the block is over, or end it with `portcullis behaviour unblock CLIENT`; raise the limits of `behaviour`, or put its network into `except`, where that was right.',
  ),

  'ratelimit.exceeded': reason(
    429,
    'rate_limit_exceeded',
    'You have exceeded your rate limit',
    'Wait until the window has room, or raise the tier or limit that `detail` names.',
  ),
  'ratelimit.burst': reason(
    429,
    'rate_limit_exceeded',
    'You have exceeded your rate limit',
    'Nothing was refused: the burst is watched. `burst: { mode: enforce }` refuses such requests.',
  ),
  'ratelimit.business': reason(
    429,
    'rate_limit_exceeded',
    'You have done this too often',
    'Wait until the window of the limit that `detail` names has room, or grant an exception with `limits exception add`.',
  ),
  'ratelimit.unavailable': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'The counter store did not answer; see `detail`.',
  ),

  'overload.shed': reason(
    503,
    'service_unavailable',
    'The service is busy',
    'Upstream or gateway cannot keep up, see `detail`: find out what is slow, add capacity, or give the tier a larger share in `overload.shares`.',
  ),
  'overload.attack': reason(
    503,
    'service_unavailable',
    'The service is busy',
    'Attack mode is on, and strangers sent more than they share: show a credential, raise `attackMode.strangersPerS`, or end it with `portcullis attack stop`.',
  ),

  'cors.preflight': reason(204, 'preflight', 'The preflight was answered', 'Nothing: the preflight passed.'),
  'cors.origin': reason(
    403,
    'cors_origin_denied',
    'Cross-origin requests from this origin are not allowed',
    'Add the origin to `cors.origins` of the API.',
  ),
  'cors.method': reason(
    403,
    'cors_method_denied',
    'This method is not allowed for cross-origin requests',
    'Add the method to `cors.methods` of the API.',
  ),
  'cors.header': reason(
    403,
    'cors_header_denied',
    'A header field is not allowed for cross-origin requests',
    'Add the field to `cors.headers` of the API.',
  ),

  'login.blocked': reason(
    429,
    'too_many_attempts',
    'Too many attempts to log in',
    'Wait until the block is over, or end it with `portcullis login unblock ADDRESS`; `login.shared` lists addresses of many users.',
  ),
  'login.stuffing': reason(
    429,
    'too_many_attempts',
    'Too many attempts to log in',
    'The address failed with many user names. Wait, or `portcullis login unblock ADDRESS`; `login.shared` lists addresses of many users.',
  ),
  'login.account': reason(
    429,
    'too_many_attempts',
    'Too many attempts to log in',
    'Many addresses fail with this user name, and this address did, too. Wait, or log in from an address that did before.',
  ),
  'login.concurrent': reason(
    429,
    'too_many_attempts',
    'Too many attempts to log in',
    'As many logins of the address are under way as may fail. Wait for their answers, or list the address in `login.shared`.',
  ),
  'login.unavailable': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'There is no room to count another address, because so many are blocked: raise `counters.logins`.',
  ),
  'login.unreadable': reason(
    400,
    'bad_request',
    'The login could not be read',
    'Send the user name once, in JSON or a form in UTF-8, as `login.userName` says.',
  ),
  'login.failed': reason(
    401,
    'login_failed',
    'The login failed',
    'The upstream refused the login; `login.genericFailure` hides how.',
  ),

  'authn.missing': reason(
    401,
    'unauthorized',
    'Authentication is required',
    'Send a credential that `authenticate` of the API accepts.',
  ),
  'authn.malformed': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'Send a well-formed credential; `detail` names what is wrong with this one.',
  ),
  'authn.unknown': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'Use a key that `key list` shows as active.',
  ),
  'authn.revoked': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'The credential was revoked: create a new key with `key create`, or use a new certificate.',
  ),
  'authn.expired': reason(
    401,
    'expired_credential',
    'The credential has expired',
    'Get a new token or key; clocks may differ by the stated tolerance only.',
  ),
  'authn.signature': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'The signature does not verify with any key of the issuer that the token names, or any secret of the webhook.',
  ),
  'authn.untrusted': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'Use a certificate of one of the authorities of `mtls`, with those in between; `detail` says what is wrong.',
  ),
  'authn.unmapped': reason(
    401,
    'invalid_credential',
    'The credential is not valid for this API',
    'List the names of the certificate under `mtls`: the journal has the start of its thumbprint.',
  ),
  'authn.algorithm': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'Sign with one of the algorithms that the issuer lists.',
  ),
  'authn.issuer': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'Use a token whose `iss` is the configured issuer, exactly.',
  ),
  'authn.audience': reason(
    401,
    'invalid_credential',
    'The credential is not valid for this API',
    'Use a token whose `aud` includes the audience of this API.',
  ),
  'authn.not-yet-valid': reason(
    401,
    'invalid_credential',
    'The credential is not valid yet',
    'Wait for `nbf`, or correct the clock of the issuer: `iat` may lie at most the tolerance ahead.',
  ),
  'authn.claims': reason(
    401,
    'invalid_credential',
    'The credential lacks required claims',
    'Have the issuer add the claims that `requiredClaims` lists.',
  ),
  'authn.key-unknown': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'The `kid` of the token is not in the key set of its issuer.',
  ),
  'authn.stale': reason(
    401,
    'stale_signature',
    'The signature is too old or too new',
    'Sign anew for every attempt, and set the clocks of sender and gateway; they may differ by `toleranceS` of the webhook.',
  ),
  'authn.received': reason(
    409,
    'already_received',
    'The message was received already',
    'Nothing, when the sender only tried again: the upstream has answered the first one with success. Else somebody sends a copy.',
  ),
  'authn.source': reason(
    403,
    'forbidden',
    'Access from this address is not allowed',
    'Add the network that the webhook is sent from to its `sources`.',
  ),
  'authn.incomplete': reason(
    401,
    'unauthorized',
    'Another credential is required',
    'Send every credential of one of the combinations that `authenticate` of the API lists.',
  ),
  'authn.contradiction': reason(
    400,
    'contradicting_credentials',
    'The credentials contradict each other',
    'Send the credentials of one caller; callers who legitimately send two kinds belong into an `allOf`.',
  ),
  'authn.replayed': reason(
    401,
    'invalid_credential',
    'The credential was used already',
    'Get a new token: this one may be used once, or is in use by another client (`replay` of the method).',
  ),
  'authn.binding': reason(
    401,
    'invalid_credential',
    'The credential is bound to a key that was not shown',
    'Send the token the way its issuer bound it: with a DPoP proof, or over a connection with its certificate.',
  ),
  'authn.proof': reason(
    401,
    'invalid_credential',
    'The DPoP proof is not valid',
    'Make a proof by RFC 9449, section 4.2, for this request alone; `detail` names what is wrong with this one.',
  ),
  'authn.proof-nonce': reason(
    401,
    'use_dpop_nonce',
    'The DPoP proof needs a nonce',
    'Repeat the request with a proof that holds the nonce of the DPoP-Nonce field.',
  ),
  'authn.replay-full': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'Nothing more can be remembered as used: raise `counters.replayEntries`.',
  ),
  'authn.replay-unavailable': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'It cannot be told whether the credential was used before; `detail` names the store and why.',
  ),
  'authn.ambiguous': reason(
    400,
    'ambiguous_credentials',
    'The request carries more than one credential of a kind',
    'Send each credential once.',
  ),
  'authn.inactive': reason(
    401,
    'invalid_credential',
    'The credential is not valid',
    'Get a new token: this one has expired, was revoked, or is not of the authorization server that `introspection` names.',
  ),
  'authn.busy': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'Wait a second; if it goes on without an attack, raise `maxCalls` or `callsPerS` of `introspection`.',
  ),
  'authn.unavailable': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'Keys of an issuer, an introspection endpoint, a revocation list, a responder or the database are not available; `detail` names the cause.',
  ),

  'authz.scope': reason(
    403,
    'insufficient_scope',
    'The credential does not grant this',
    'Grant one of the scopes that the matching `authorize` rule names.',
  ),
  'authz.role': reason(
    403,
    'forbidden',
    'The credential does not grant this',
    'Grant one of the roles that the matching `authorize` rule names.',
  ),
  'authz.key-scope': reason(
    403,
    'forbidden',
    'The credential does not grant this',
    'Create a key whose APIs, endpoints and methods include this one.',
  ),
  'authz.no-rule': reason(
    403,
    'forbidden',
    'The credential does not grant this',
    'Add an `authorize` rule for this method.',
  ),

  'waf.blocked': reason(
    403,
    'forbidden',
    'The request was blocked',
    'Nothing, if it is an attack. Else `portcullis waf explain` shows the rule and what it matched; exempt the parameter, see the guide.',
  ),
  'waf.dropped': reason(
    403,
    'forbidden',
    'The request was blocked',
    'As for `waf.blocked`; the rule says `drop`, so that the connection was closed without an answer.',
  ),
  'waf.malformed': reason(
    400,
    'bad_request',
    'The body of the request cannot be read',
    'Send a body that is what its Content-Type says, or set the rule that `portcullis waf explain` shows to `log`.',
  ),
  'waf.uninspected': reason(
    413,
    'content_too_large',
    'The request cannot be inspected',
    'Send less, or uncoded; or raise the bound that `detail` names. `waf.whenUninspected: log` lets such requests pass.',
  ),
  'waf.answer': reason(
    502,
    'bad_gateway',
    'The answer was withheld',
    'Look at what the upstream answers: a rule found in it what must not leave, see `portcullis waf explain`.',
  ),

  'validation.body-size': reason(
    413,
    'content_too_large',
    'The body of the request is too large',
    'Send a smaller body, or raise `validate.maxBodyBytes`.',
  ),
  'validation.content-type': reason(
    415,
    'unsupported_media_type',
    'The content type is not accepted here',
    'Send a type that `validate.contentTypes` lists.',
  ),
  'validation.content-encoding': reason(
    415,
    'unsupported_content_encoding',
    'The content coding is not accepted here',
    'Send the body without Content-Encoding.',
  ),
  'validation.header': reason(
    400,
    'invalid_header',
    'A header field of the request is not acceptable',
    'Meet the rule of `validate.headers` that `detail` names.',
  ),
  'validation.json': reason(
    400,
    'invalid_json',
    'The body is not well-formed JSON',
    'Send JSON that follows RFC 8259, in UTF-8, without duplicate keys.',
  ),
  'validation.json-depth': reason(
    400,
    'json_too_deep',
    'The JSON of the body is nested too deeply',
    'Nest less, or raise `validate.json.maxDepth`.',
  ),

  'response.verbose-error': reason(
    500,
    'upstream_error',
    'The service failed',
    'The upstream answered with an error whose body was withheld; look at its own log.',
  ),

  'upstream.connect': reason(
    502,
    'bad_gateway',
    'The service could not be reached',
    'Start the upstream, or correct `upstream.targets`; `detail` has the error of the connection.',
  ),
  'upstream.tls': reason(
    502,
    'bad_gateway',
    'The service could not be reached',
    'Correct `upstream.tls`: the handshake with the upstream failed as `detail` says.',
  ),
  'upstream.reset': reason(
    502,
    'bad_gateway',
    'The service broke off',
    'The upstream closed the connection before its answer was complete.',
  ),
  'upstream.invalid': reason(
    502,
    'bad_gateway',
    'The service gave an invalid answer',
    'The upstream did not answer in valid HTTP; `detail` names what the parser refused.',
  ),
  'upstream.unhealthy': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'No target of the upstream is healthy; see its health checks.',
  ),
  'upstream.connect-timeout': reason(
    504,
    'gateway_timeout',
    'The service did not answer in time',
    'The connection took longer than `timeouts.connectMs`.',
  ),
  'upstream.first-byte-timeout': reason(
    504,
    'gateway_timeout',
    'The service did not answer in time',
    'The answer began later than `timeouts.firstByteMs`.',
  ),
  'upstream.idle-timeout': reason(
    504,
    'gateway_timeout',
    'The service stopped answering',
    'The answer paused longer than `timeouts.idleMs`.',
  ),

  'gateway.connections': reason(
    503,
    'too_many_connections',
    'Too many connections',
    'Open fewer connections, or raise `limits.connectionsPerAddress`.',
  ),
  'gateway.journal': reason(
    503,
    'service_unavailable',
    'The service is temporarily unavailable',
    'The journal cannot be written: free space, or set `journal.onFailure: continue`.',
  ),
  'gateway.bug': reason(
    500,
    'internal_error',
    'The gateway failed',
    'This is a defect of the gateway: report the stack trace that its log shows for this request id.',
  ),
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;
