/** Kinds of records of which data-plane threads hold copies. */
export type ChangeKind = 'api-key' | 'token-revocation' | 'limit-exception' | 'waf-bypass' | 'waf-rule';

/** What changed in the database since a position. */
export interface RecordChanges {
  /** The position after these changes. */
  readonly position: number;
  /** Ids of records that were made, changed or deleted. */
  readonly ids: ReadonlyMap<ChangeKind, ReadonlySet<string>>;
  /** False: what happened in between is not known any more, so everything has to be read anew. */
  readonly isWhole: boolean;
  /** Whether there was nothing more when this was read. */
  readonly isLast: boolean;
}

/** What a gateway says of itself. */
export interface NodeBeat {
  /** Of one run of one gateway; never used twice. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The position up to which all its threads have applied all changes. */
  readonly applied: number;
  /** How long it trusts its copies of records after it has last seen that they are current. */
  readonly leaseMs: number;
}

/** A gateway as the others see it. */
export interface NodeRecord extends NodeBeat {
  /** Differs from beat to beat. */
  readonly beat: string;
  /** Age of the last beat by the clock of the database, in milliseconds. */
  readonly beatAgeMs: number;
}

/**
 * What gateways that share a database know of each other. Every method rejects with Unavailable when the database cannot
 * be used, within seconds.
 *
 * Safety: positions grow in the order in which changes become visible, without gaps: who has read up to a position has
 * seen every change before it, however many are written at the same time.
 */
export interface SharedRecords {
  /** Position of the latest change; 0 when there was none. */
  position(): Promise<number>;
  changesAfter(position: number): Promise<RecordChanges>;
  /** Resolves once every reader sees it. */
  beat(node: NodeBeat): Promise<void>;
  nodes(): Promise<readonly NodeRecord[]>;
  removeNodes(ids: readonly string[]): Promise<void>;
  /** Forgets all but the latest changes. */
  pruneChanges(keep: number): Promise<void>;
}
