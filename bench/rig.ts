import { makeCertificate } from './certificate.ts';
import type { Rig } from './subject.ts';
import { TokenPool } from './tokens.ts';
import { startUpstream } from './upstream.ts';

/** Where a rig is set up. */
export type Place = Pick<Rig, 'dir' | 'processes' | 'signal'>;

/** Sets up what every subject needs: certificate, issuer of tokens, and the upstream on its CPUs. */
export async function startRig(place: Place, cpus: string): Promise<{ rig: Rig; tokens: TokenPool }> {
  const tokens = new TokenPool(place.dir);
  const { jwksPath, publicKeyPath } = tokens;
  const base = { ...place, certificate: makeCertificate(place.dir), jwksPath, publicKeyPath };
  return { rig: { ...base, upstreamPort: await startUpstream(base, cpus) }, tokens };
}
