/** Where each tile hangs on the wall: scattered, and the same from one read to the next. */

const STRIDE = 14;

function placeOf(user: string, places: number): number {
  let sum = 0;
  for (const letter of user) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return sum % places;
}

/**
 * Every tile has its own place, given by its address; where that is taken it moves on by a stride
 * that reaches every place. Reads come in the order of activity, which must not shuffle the wall.
 */
export function hang<T extends { user: string }>(tiles: T[], places: number): (T | null)[] {
  const wall: (T | null)[] = Array.from({ length: places }, () => null);
  const settled = tiles.slice(0, places).sort((a, b) => (a.user < b.user ? -1 : 1));
  for (const tile of settled) {
    let place = placeOf(tile.user, places);
    while (wall[place]) place = (place + STRIDE) % places;
    wall[place] = tile;
  }
  return wall;
}
