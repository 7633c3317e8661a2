/** Whether an answer may have a body (RFC 9110, 6.4.1): some never have, whatever their fields say. */
export function mayHaveBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}
