/**
 * Made-up words, the most common first; the same in each run.
 *
 * What a search by similar titles or by any part of the text costs hangs on how many texts share three letters in a row. Texts of
 * 120 words from documentation in English have some 6,800 different ones; those of `likeEnglish` 7,400, of which more are common
 * than in English (230 stand in more than half of the texts, there 110); those of `ofFewSyllables` 450: the worst case.
 */
export const VOCABULARIES = { likeEnglish, ofFewSyllables };

/** Syllables as they are built in English, the common words short, the others often with an ending. */
function likeEnglish(size: number, random: () => number): string[] {
  const one = (parts: readonly string[]) => parts[Math.floor(random() * parts.length)]!;
  const words = new Set<string>();
  while (words.size < size) {
    const rank = words.size;
    const most = rank < 100 ? 1 : rank < 1_500 ? 2.3 : 3.8;
    let word = '';
    for (let syllables = 1 + Math.floor(random() * (most - 1) + random()); syllables > 0; syllables--)
      word += one(ONSETS) + one(VOWELS) + one(CODAS);
    if (rank >= 100) word += one(ENDINGS);
    if (word.length >= 2 && word.length <= 16) words.add(word);
  }
  return [...words];
}

/** `ba:3` stands three times among those one is drawn of; `-` is nothing. */
const weighed = (parts: string) =>
  parts.split(' ').flatMap((part) => {
    const [text = '', times = '1'] = part.split(':');
    return Array<string>(Number(times)).fill(text.replace('-', ''));
  });

const ONSETS = weighed(
  '-:9 b:5 bl br:2 c:8 ch:2 cl cr d:6 dr f:5 fl fr:2 g:3 gl gr:2 h:4 j k l:6 m:7 n:4 p:7 ph pl pr:4 qu:2 r:8 s:9 sc sh:2 sk sl sp:2 st:4 str sw t:7 th:2 tr:3 tw v:4 w:4 wh y z',
);
const VOWELS = weighed('a:16 e:20 i:14 o:13 u:7 y ai:2 ea:3 ee:2 ie ia:2 io:2 oa oo:2 ou:3 ow');
const CODAS = weighed(
  '-:24 b c:3 ck:2 ct:2 d:3 f ff g:2 l:6 ll:2 ld lf lt m:5 mp mb n:10 nd:3 ng nk ns nt:4 p:2 pt r:9 rd rg rk rm:2 rn rs rt:2 s:6 sh sp ss:2 st:2 t:6 th tt v x',
);
const ENDINGS = weighed('-:30 s:9 ed:8 ing:8 er:5 ly:3 ion:4 able al:2 ment ness ity:2 ive e:9 y:3 ist ate:2 ize');

/** Each a number whose digits are 18 syllables. */
function ofFewSyllables(size: number): string[] {
  return Array.from({ length: size }, (_, rank) => {
    let word = '';
    for (let rest = rank + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
      word += SYLLABLES[rest % SYLLABLES.length]!;
    return `${word}n`;
  });
}

const SYLLABLES = 'ba ce di fo gu ha ke li mo nu pa re si to vu wa xe zi'.split(' ');
