/** What the control plane tells every thread about the keys of one issuer; survives structured cloning. */
export interface KeySetUpdate {
  readonly issuerId: string;
  /** Text of the JSON Web Key Set; null when there are no keys to verify with. */
  readonly jwks: string | null;
  /** Why there are none, as a sentence; '' when there are. */
  readonly problem: string;
  /** Why the last attempt to fetch them failed, as a sentence; '' when it did not. */
  readonly fetchProblem: string;
  /** Whether HMAC secrets count: only in key sets from files. */
  readonly acceptSecrets: boolean;
}
