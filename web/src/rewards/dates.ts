/** Midnight of a date of the game on the reader's own clock, so that its name stays its name. */
export function localDay(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date).toISOString();
}
