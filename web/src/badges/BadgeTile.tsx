import type { ComponentProps } from "react";
import { Badge } from "../art";

type Art = ComponentProps<typeof Badge>;

const CATEGORIES = ["mining", "streak", "node", "competition", "social"];
const RARITIES = ["common", "rare", "epic", "legendary"];

type Props = Omit<Art, "category" | "rarity"> & { category: string; rarity: string };

/** A badge as the server names it; a pack may bring a category or rarity that has no glaze yet. */
export function BadgeTile({ category, rarity, ...rest }: Props) {
  return (
    <Badge
      {...rest}
      category={(CATEGORIES.includes(category) ? category : "mining") as Art["category"]}
      rarity={(RARITIES.includes(rarity) ? rarity : "common") as Art["rarity"]}
    />
  );
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
