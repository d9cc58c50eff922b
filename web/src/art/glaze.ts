/** The four rarities as glazes, and raw clay. */

export type Rarity = "common" | "rare" | "epic" | "legendary";

export interface Glaze {
  /** Body of the tile, its lit upper left and its foot. */
  readonly base: string;
  readonly lit: string;
  readonly foot: string;
  /** The four roles of a drawing: a light, b second, d dark, e ember. */
  readonly a: string;
  readonly b: string;
  readonly d: string;
  readonly e: string;
  /** The line where rising glaze meets raw clay. */
  readonly surface: string;
  /** Strength of the light on the glaze, 0 (matt) to 1. */
  readonly gloss: number;
}

export const glazes: Readonly<Record<Rarity, Glaze>> = {
  common: {
    base: "#DDBE8E", lit: "#EBD3AB", foot: "#B98F58",
    a: "#FBF2DD", b: "#8A5A33", d: "#4A2A15", e: "#CC4311",
    surface: "#8A5A33", gloss: 0.2,
  },
  rare: {
    base: "#2A4C9E", lit: "#3D66C4", foot: "#183379",
    a: "#F1F3EC", b: "#A9C3F5", d: "#142B66", e: "#FF8A3D",
    surface: "#F1F3EC", gloss: 0.24,
  },
  epic: {
    base: "#5F2757", lit: "#86407B", foot: "#3B1235",
    a: "#F8E6DA", b: "#D88FC0", d: "#35102F", e: "#FF8A3D",
    surface: "#F8E6DA", gloss: 0.34,
  },
  legendary: {
    base: "#10392C", lit: "#1D5844", foot: "#07241B",
    a: "#F6D98A", b: "#D29A35", d: "#07241B", e: "#FF7128",
    surface: "#F6D98A", gloss: 0.22,
  },
};

/** Raw clay follows the theme; art.css gives the evening values. */
export const clay = {
  body: "var(--clay, #D6DAC6)",
  line: "var(--clay-line, #66766B)",
  foot: "var(--clay-foot, #B3BAA3)",
} as const;
