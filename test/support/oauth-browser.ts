type Fetch = (url: string | URL | Request, init?: object) => Promise<Response>;

/** A browser without a screen: keeps cookies, follows redirects of the authorization server, sends forms. */
export class OauthBrowser {
  readonly #fetch: Fetch;
  readonly #issuer: string;
  readonly #cookies = new Map<string, { value: string; path: string }>();
  /** Where it is. */
  url = '';
  /** The page it shows. */
  html = '';
  status = 0;
  headers = new Headers();

  constructor(fetch: Fetch, issuer: string) {
    this.#fetch = fetch;
    this.#issuer = issuer;
  }

  get cookies(): ReadonlyMap<string, { value: string; path: string }> {
    return this.#cookies;
  }

  /** Goes to a URL and on, while it stays at the authorization server; returns where it ends. */
  async open(url: string | URL, form?: Record<string, string>): Promise<string> {
    let next = { url: new URL(url, this.url || undefined).href, body: form };
    for (let hops = 0; hops < 20; hops++) {
      const answer = await this.#send(next.url, next.body);
      this.url = next.url;
      this.status = answer.status;
      this.headers = answer.headers;
      const location = answer.headers.get('location');
      this.html = await answer.text();
      if (location === null || answer.status < 300 || answer.status > 399) return this.url;
      const target = new URL(location, this.url).href;
      if (!target.startsWith(this.#issuer)) {
        this.url = target;
        return target;
      }
      next = { url: target, body: undefined };
    }
    throw new Error(`too many redirects: ${this.url}`);
  }

  /** Sends a form and stays where it is; returns where it would be sent on to, or ''. */
  async send(url: string, form: Record<string, string>): Promise<string> {
    return (await this.#send(url, form)).headers.get('location') ?? '';
  }

  /** Sends the form of the page with what is typed into it. */
  async submit(typed: Record<string, string> = {}): Promise<string> {
    const action = /<form[^>]* action="([^"]*)"/.exec(this.html)?.[1] ?? this.url;
    const hidden = [...this.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const fields = Object.fromEntries(hidden.map(([, name, value]) => [name, value]));
    return this.open(action, { ...fields, ...typed } as Record<string, string>);
  }

  /** Signs in and allows what is asked for, as far as it is asked; returns where that ends. */
  async signIn(login = 'anna', password = 'correct horse'): Promise<string> {
    if (this.html.includes('name="password"')) await this.submit({ login, password });
    if (this.html.includes('Allow access')) await this.submit();
    return this.url;
  }

  async #send(url: string, form: Record<string, string> | undefined): Promise<Response> {
    const path = new URL(url).pathname;
    const cookie = [...this.#cookies]
      .filter(([, { path: at }]) => path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const answer = await this.#fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'text/html',
        ...(cookie === '' ? {} : { cookie }),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form === undefined ? undefined : new URLSearchParams(form).toString(),
    });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
    const isGone = attributes.some((attribute) => /^expires=Thu, 01 Jan 1970/i.test(attribute));
    if (isGone) this.#cookies.delete(name);
    else this.#cookies.set(name, { value: pair.slice(at + 1), path });
  }
}
