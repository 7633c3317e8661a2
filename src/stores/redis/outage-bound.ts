/** What one of so many gateways admits of a limit by itself while the store cannot be used. */
export function outageShare(limit: number, gateways: number): number {
  return Math.max(1, Math.floor(limit / gateways));
}

/**
 * The most requests that any window of a limit holds when the store could not be used for a while, or any number of
 * times, and kept what it had counted. `known` is how many gateways each of them takes to be alive: fewer than there are
 * when some were started meanwhile.
 *
 * Safety: the store admits no more than the limit in any window, and each gateway by itself no more than its share in
 * any window, whatever it admitted before and after: its own memory counts on through both.
 */
export function outageBound(limit: number, gateways: number, known: number = gateways): number {
  return limit + gateways * outageShare(limit, known);
}

/**
 * The same when the store lost what it had counted, so often.
 *
 * Safety: each loss lets the store admit the limit anew; but a gateway that lost sight of the store admits no more than
 * the limit by what its own memory counted, so no number of losses buys more than that from every gateway.
 */
export function lossBound(limit: number, gateways: number, losses = 1, known: number = gateways): number {
  return Math.min(gateways * limit, outageBound(limit, gateways, known) + losses * limit);
}
