import { qrCode, svgPath } from '../../lib/qr/qr-code.ts';
import { html, Markup } from './html.ts';

/** The picture of a QR code; nothing for a text that is too long. */
export function qrImage(text: string): Markup {
  const symbol = qrCode(text);
  if (symbol === null) return new Markup('');
  return html`<svg class="qr" role="img" aria-label="QR code for the authenticator app" viewBox="0 0 ${symbol.size} ${symbol.size}" shape-rendering="crispEdges"><path fill="#000" d="${svgPath(symbol)}"/></svg>`;
}
