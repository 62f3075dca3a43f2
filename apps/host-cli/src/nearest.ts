import { closestMatch } from "leven";

/** What was probably meant by a word that was mistyped; undefined when nothing is near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  if (word.length < 3) return undefined;
  const mistakes = Math.max(1, Math.floor(word.length / 4));
  return known.find((other) => isSwapped(word, other)) ?? closestMatch(word, known, { maxDistance: mistakes });
}

/** Two letters side by side in the wrong order: the commonest mistake. */
function isSwapped(word: string, other: string): boolean {
  let at = 0;
  while (at < word.length && word[at] === other[at]) at += 1;
  return at + 1 < word.length && `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}` === other;
}
