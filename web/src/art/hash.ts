/** A small hash and the even numbers drawn from it; for pictures, never for secrets. */

const PRIME = 0x01000193;

/** FNV-1a over the code units, with its bits stirred at the end. */
function fnv(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  }
  return stir(hash);
}

function stir(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Draws whole numbers from 0 to below `count`, always the same ones for a text. */
export function lotsOf(text: string): (count: number) => number {
  const [left, right] = [fnv(text, 0x811c9dc5), fnv(text, 0x2f6b1a97)];
  let turn = 0;
  return (count) => {
    turn += 1;
    const mixed = stir(left + Math.imul(turn, 0x9e3779b1)) ^ stir(right ^ Math.imul(turn, PRIME));
    return (mixed >>> 0) % count;
  };
}
