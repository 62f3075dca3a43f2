import { closestMatch } from "leven";

/** What was probably meant by a word that was mistyped; undefined when nothing is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const mistakes = Math.min(3, Math.floor(word.length / 2));
  return closestMatch(word.toLowerCase(), known, { maxDistance: mistakes });
}
