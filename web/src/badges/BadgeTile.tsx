import { t } from "@lingui/core/macro";
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

/** The name of a rarity or a category; a pack's own is shown as the server spells it. */
export function inWords(name: string): string {
  switch (name) {
    case "common":
      return t`Common`;
    case "rare":
      return t`Rare`;
    case "epic":
      return t`Epic`;
    case "legendary":
      return t`Legendary`;
    case "mining":
      return t`Mining`;
    case "streak":
      return t`Streak`;
    case "node":
      return t`Node`;
    case "competition":
      return t`Competition`;
    case "social":
      return t`Social`;
    default:
      return name.charAt(0).toUpperCase() + name.slice(1);
  }
}
