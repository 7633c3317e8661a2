/** Most bytes that the states of all automata of a thread take together. */
const MAX_BYTES = 16_777_216;

/** What holds memory that it can do without. */
interface Holder {
  readonly bytes: number;
  forget(): void;
}

const holders = new Set<Holder>();

/** Has the others forget what they hold, those that grew longest ago first, as long as all hold too much together. */
export function keepWithinMemory(growing: Holder): void {
  holders.delete(growing);
  holders.add(growing);
  let bytes = 0;
  for (const holder of holders) bytes += holder.bytes;
  for (const holder of holders) {
    if (bytes <= MAX_BYTES || holder === growing) return;
    bytes -= holder.bytes;
    holder.forget();
    holders.delete(holder);
  }
}
