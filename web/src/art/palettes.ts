/** Colours of address tiles: ground, main ink, second ink. Ember is never one of them. */

const cream = "#F4EFD8";
const cobalt = "#26489A";
const sky = "#A9C3F5";
const plum = "#6A2A5E";
const coral = "#E6906F";
const green = "#1B5542";
const mint = "#93BFA6";
const night = "#12241D";
const butter = "#EFC35A";
const rust = "#96360F";

export type Palette = readonly [ground: string, main: string, second: string];

export const palettes: readonly Palette[] = [
  [cream, cobalt, butter], [cream, cobalt, rust], [cream, cobalt, mint],
  [cream, green, butter], [cream, green, cobalt], [cream, green, coral],
  [cream, plum, coral], [cream, plum, mint], [cream, rust, night], [cream, night, butter],
  [cobalt, cream, sky], [cobalt, cream, butter], [cobalt, sky, cream], [cobalt, cream, coral],
  [green, cream, butter], [green, cream, mint], [green, butter, cream], [green, mint, cream],
  [plum, cream, coral], [plum, coral, cream], [plum, cream, sky], [plum, butter, cream],
  [mint, night, cream], [mint, green, cream], [mint, plum, cream], [mint, cobalt, cream],
  [butter, night, cream], [butter, plum, cream], [butter, cobalt, cream], [butter, rust, cream],
  [rust, cream, butter], [rust, butter, cream], [rust, cream, coral],
  [night, mint, cream], [night, butter, cream], [night, coral, cream], [night, sky, cream],
  [sky, cobalt, cream], [sky, night, cream], [sky, plum, cream],
];
