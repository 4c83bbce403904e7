/** One side of a comparison. Contestants take turns in every round, so that what disturbs the machine disturbs all of them. */
export interface Contestant {
  readonly name: string;
  /** Works once, and gives the figure: so many per second, or milliseconds. */
  round(): Promise<number>;
}

/** What a contestant reached, in the order of the rounds. */
export interface Result {
  readonly name: string;
  readonly samples: readonly number[];
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One round to warm up, which counts for nothing, then `rounds` rounds. Every other round goes the other way about. */
export async function contest(contestants: readonly Contestant[], rounds: number): Promise<Result[]> {
  for (const { round } of contestants) await round();
  const results = contestants.map(({ name }) => ({ name, samples: [] as number[] }));
  for (let i = 0; i < rounds; i++) {
    const order = [...contestants.keys()];
    for (const place of i % 2 === 0 ? order : order.reverse())
      results[place]!.samples.push(await contestants[place]!.round());
  }
  return results;
}

export function summary(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  return { median: percentile(sorted, 50), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** Ours divided by theirs, round by round: the ratio of two figures that were taken next to one another. */
export function ratio(ours: Result, theirs: Result): Summary {
  return summary(ours.samples.map((sample, round) => sample / theirs.samples[round]!));
}

/** `percent` of the values are at most this; of an even number of values, the median is between the two in the middle. */
export function percentile(sorted: readonly number[], percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
