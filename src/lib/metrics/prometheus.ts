/** Labels of one sample, in the order they are written. */
export type Labels = Readonly<Record<string, string>>;

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/**
 * Writes metrics as Prometheus reads them.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
 */
export class PrometheusText {
  #text = '';

  /** Begins a metric; all of its samples follow. */
  metric(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  sample(name: string, labels: Labels, value: number): void {
    this.#text += `${name}${labelText(labels)} ${value}\n`;
  }

  /** Writes one histogram: `counts` has one more entry than `bounds`, for what is beyond the last. */
  histogram(
    name: string,
    labels: Labels,
    bounds: readonly number[],
    counts: readonly number[],
    sum: number,
  ): void {
    let total = 0;
    bounds.forEach((bound, at) => {
      total += counts[at] ?? 0;
      this.sample(`${name}_bucket`, { ...labels, le: String(bound) }, total);
    });
    total += counts[bounds.length] ?? 0;
    this.sample(`${name}_bucket`, { ...labels, le: '+Inf' }, total);
    this.sample(`${name}_sum`, labels, sum);
    this.sample(`${name}_count`, labels, total);
  }

  toString(): string {
    return this.#text;
  }
}
