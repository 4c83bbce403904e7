import { VOCABULARIES } from './vocabulary.ts';

const WORDS = 30_000;
/** Of Zipf's law, with the shift of Mandelbrot: the curve of English. */
const SHIFT = 2.7;

export interface Corpus {
  /** A text of so many words, in sentences. */
  text(length: number): string;
  /** All words, the most common first. */
  readonly words: readonly string[];
  /** From 0, less than 1. */
  random(): number;
}

/**
 * Texts of made-up words that are as common as words are: the first of them stands in most texts, half of them in hardly any
 * (Zipf's law). The same texts in each run.
 */
export function openCorpus(seed: number, vocabulary: keyof typeof VOCABULARIES): Corpus {
  const words = VOCABULARIES[vocabulary](WORDS, mulberry32(1));
  const random = mulberry32(seed);
  const shares: number[] = [];
  let sum = 0;
  for (let rank = 0; rank < WORDS; rank++) {
    sum += 1 / (rank + SHIFT);
    shares.push(sum);
  }
  const draw = () => {
    const wanted = random() * sum;
    let low = 0;
    let high = WORDS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shares[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return words[low]!;
  };
  return {
    random,
    words,
    text(length) {
      let text = '';
      for (let n = 1; n <= length; n++) text += draw() + (n === length ? '.' : n % 12 === 0 ? '. ' : ' ');
      return text;
    },
  };
}

/** Small, fast, good enough for texts. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}
