/** Colours by scheme: text and controls have a contrast of at least 4.5 with what they stand on (WCAG 2.2, 1.4.3). */
export const COLOURS = {
  light: {
    page: '#eef1f5',
    card: '#ffffff',
    text: '#1b2430',
    quiet: '#525f70',
    line: '#7b8794',
    accent: '#1f5fbf',
    onAccent: '#ffffff',
    danger: '#a61b29',
    dangerCard: '#fdecee',
    noticeCard: '#eaf1fb',
  },
  dark: {
    page: '#10151c',
    card: '#1a212b',
    text: '#e8edf3',
    quiet: '#a9b5c3',
    line: '#7c8998',
    accent: '#8ab8ff',
    onAccent: '#0b1626',
    danger: '#ff9aa4',
    dangerCard: '#3a1a20',
    noticeCard: '#1c2c42',
  },
} as const;

const variables = (scheme: Readonly<Record<string, string>>): string =>
  Object.entries(scheme)
    .map(([name, value]) => `--${name}:${value};`)
    .join('');

/** The one style sheet of all pages. */
export const STYLE = `:root{color-scheme:light dark;${variables(COLOURS.light)}}
@media (prefers-color-scheme:dark){:root{${variables(COLOURS.dark)}}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;background:var(--page);color:var(--text);-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;justify-content:center;padding:1.5rem 1rem}
main{width:100%;max-width:26rem;background:var(--card);border-radius:14px;padding:2rem;box-shadow:0 1px 2px rgb(0 0 0/.08),0 8px 28px rgb(0 0 0/.08)}
footer{max-width:26rem;margin-top:1rem;font-size:.8125rem;color:var(--quiet);text-align:center;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .375rem;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:0 0 1rem;overflow-wrap:anywhere}
.lead{color:var(--quiet);margin-bottom:1.5rem}
.lead strong{color:var(--text)}
label{display:block;font-weight:600;font-size:.9375rem;margin-bottom:.375rem}
input[type=text],input[type=password]{width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.625rem .75rem;margin-bottom:1.125rem;min-height:2.75rem}
input.code{font:600 1.375rem/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;letter-spacing:.22em;text-align:center}
.check{display:flex;gap:.625rem;align-items:center;font-weight:400;margin:0 0 1.25rem}
.check input{width:1.125rem;height:1.125rem;margin:0;accent-color:var(--accent)}
button,.button{display:block;width:100%;font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer;border-radius:8px;padding:.625rem 1rem;min-height:2.75rem;border:1px solid var(--accent);background:var(--accent);color:var(--onAccent)}
.plain{background:transparent;color:var(--accent);border-color:var(--line)}
.cancel{background:transparent;color:var(--quiet);border-color:transparent}
main>:last-child{margin-bottom:0}
form+form,form+.button,.button+.button,.button+form{margin-top:.75rem}
button:hover,.button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.problem,.notice{border-radius:8px;padding:.75rem 1rem;margin-bottom:1.25rem;border-left:4px solid}
.problem{background:var(--dangerCard);color:var(--danger);border-color:var(--danger)}
.notice{background:var(--noticeCard);border-color:var(--accent)}
.or{display:flex;align-items:center;gap:.75rem;color:var(--quiet);font-size:.875rem;margin:1.25rem 0}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line);opacity:.5}
ul.asked{list-style:none;padding:0;margin:0 0 1.25rem}
ul.asked li{padding:.625rem 0 .625rem 1.75rem;position:relative;border-bottom:1px solid color-mix(in srgb,var(--line) 35%,transparent)}
ul.asked li::before{content:"";position:absolute;left:.25rem;top:.85rem;width:.5rem;height:.875rem;border:solid var(--accent);border-width:0 2px 2px 0;transform:rotate(45deg) scale(.8)}
ul.asked li:last-child{border-bottom:0}
ul.asked small{display:block;color:var(--quiet)}
code,.big{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.big{display:block;font-size:1.75rem;font-weight:700;letter-spacing:.12em;text-align:center;border:1px dashed var(--line);border-radius:10px;padding:.75rem;margin:0 0 1.25rem}
.secret{display:block;text-align:center;padding:.5rem;letter-spacing:.06em}
.qr{display:block;margin:0 auto 1rem;background:#fff;border-radius:10px;padding:12px;width:208px;height:208px}
ol.codes{columns:2;list-style:none;white-space:nowrap;font:.875rem/2.1 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;padding:0;margin:0 0 1.25rem}
details{margin-top:1.25rem;border-top:1px solid color-mix(in srgb,var(--line) 35%,transparent);padding-top:1rem}
summary{cursor:pointer;color:var(--accent);font-weight:600;margin-bottom:.75rem}
a{color:var(--accent)}
@media (max-width:30rem){main{padding:1.5rem 1.25rem}}
@media (forced-colors:active){main{border:1px solid}}`;
