import { Redis } from 'iovalkey';
import { freePorts } from './free-ports.ts';
import { startRedis, type TestRedis } from './redis-server.ts';
import { until } from './test-gateway.ts';

const MASTERS = 3;
const NODES = 6;
const SLOTS = 16_384;
/** Milliseconds after which a node that does not answer counts as gone: what a busy machine does not take for one. */
const NODE_TIMEOUT_MS = 1500;

/** A node of a cluster of a test. */
export interface ClusterNode extends TestRedis {
  readonly id: string;
}

/** A real cluster of three masters and three replicas. */
export interface TestCluster extends AsyncDisposable {
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** Nodes that answer and say that they are masters. */
  masters(): Promise<ClusterNode[]>;
  /** The master that the others name for a slot; undefined while there is none. */
  masterOf(slot: number): Promise<ClusterNode | undefined>;
  /** Slots with keys that begin so. */
  slotsOf(prefix: string): Promise<number[]>;
  /** Moves a slot with its keys to another master, one key at a time. */
  moveSlot(slot: number, to: ClusterNode): Promise<void>;
  /** Waits until every slot has a master that answers. */
  settled(): Promise<void>;
}

/** Asks one node; fails within a second when it does not answer. */
async function tell(node: { readonly port: number }, ...words: (string | number)[]): Promise<unknown> {
  const client = new Redis({
    port: node.port,
    host: '127.0.0.1',
    connectTimeout: 1000,
    commandTimeout: 1000,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    return await client.call(String(words[0]), ...words.slice(1));
  } finally {
    client.disconnect();
  }
}

/** Starts six nodes, makes them one cluster, and waits until it works. */
export async function startCluster(options: readonly string[] = []): Promise<TestCluster> {
  const ports = await freePorts(2 * NODES);
  const nodes = await Promise.all(
    Array.from({ length: NODES }, async (_, at): Promise<ClusterNode> => {
      const redis = await startRedis([...nodeOptions(ports[NODES + at] as number), ...options], ports[at]);
      return Object.assign(redis, { id: String(await tell(redis, 'CLUSTER', 'MYID')) });
    }),
  );
  const cluster = clusterOf(nodes);
  try {
    await join(nodes, ports);
    await cluster.settled();
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return cluster;
}

function nodeOptions(busPort: number): string[] {
  const options = {
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': NODE_TIMEOUT_MS,
    'cluster-replica-validity-factor': 0,
    'cluster-port': busPort,
    'repl-diskless-sync-delay': 0,
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

async function join(nodes: readonly ClusterNode[], ports: readonly number[]): Promise<void> {
  const [first] = nodes as [ClusterNode];
  await Promise.all(
    nodes.map(async (node, at) => {
      await tell(node, 'CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
      if (at > 0) await tell(node, 'CLUSTER', 'MEET', '127.0.0.1', first.port, ports[NODES] as number);
      if (at >= MASTERS) return;
      const from = Math.ceil((at * SLOTS) / MASTERS);
      const to = Math.ceil(((at + 1) * SLOTS) / MASTERS) - 1;
      await tell(node, 'CLUSTER', 'ADDSLOTSRANGE', from, to);
    }),
  );
  const says = (text: string) => async (node: ClusterNode) =>
    String(await tell(node, 'CLUSTER', 'INFO')).includes(text);
  await until('all nodes know each other', () => every(nodes, says(`cluster_known_nodes:${NODES}`)), 30_000);
  await Promise.all(
    nodes.slice(MASTERS).map((node, at) =>
      // A node that has just met its master may not know yet that it is one.
      until(`node ${at} follows its master`, async () => {
        const answer = await tell(node, 'CLUSTER', 'REPLICATE', (nodes[at] as ClusterNode).id).catch(String);
        return answer === 'OK';
      }),
    ),
  );
  await until('all replicas are up to date', () => every(nodes.slice(MASTERS), isReplicated), 30_000);
}

async function isReplicated(node: ClusterNode): Promise<boolean> {
  return String(await tell(node, 'INFO', 'replication')).includes('master_link_status:up');
}

async function every(
  nodes: readonly ClusterNode[],
  holds: (node: ClusterNode) => Promise<boolean>,
): Promise<boolean> {
  const answers = await Promise.all(nodes.map((node) => holds(node).catch(() => false)));
  return answers.every(Boolean);
}

function clusterOf(nodes: readonly ClusterNode[]): TestCluster {
  const masters = async (): Promise<ClusterNode[]> => {
    const found = await Promise.all(
      nodes.map(async (node) => {
        const role = await tell(node, 'ROLE').catch(() => null);
        return Array.isArray(role) && role[0] === 'master' ? node : null;
      }),
    );
    return found.filter((node) => node !== null);
  };
  const cluster: TestCluster = {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    masters,
    async masterOf(slot) {
      for (const node of await masters()) {
        const ranges = (await tell(node, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
        const range = ranges.find(([from, to]) => from <= slot && slot <= to);
        if (range?.[2][1] === node.port) return node;
      }
      return undefined;
    },
    async slotsOf(prefix) {
      const slots = new Set<number>();
      for (const node of await masters()) {
        const keys = (await tell(node, 'KEYS', `${prefix}*`)) as string[];
        for (const key of keys) slots.add(Number(await tell(node, 'CLUSTER', 'KEYSLOT', key)));
      }
      return [...slots];
    },
    async moveSlot(slot, to) {
      const from = await cluster.masterOf(slot);
      if (from === undefined || from === to) return;
      await tell(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
      await tell(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
      for (;;) {
        const keys = (await tell(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 1)) as string[];
        if (keys.length === 0) break;
        await tell(from, 'MIGRATE', '127.0.0.1', to.port, '', 0, 1000, 'KEYS', ...keys);
      }
      for (const node of [to, from]) await tell(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    },
    async settled() {
      const isOk = async (node: ClusterNode) =>
        String(await tell(node, 'CLUSTER', 'INFO')).includes('cluster_state:ok');
      await until(
        'every slot has a master',
        async () => {
          const found = await masters();
          return found.length === MASTERS && (await every(found, isOk));
        },
        30_000,
      );
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    },
  };
  return cluster;
}
