/** Everything drawn: badges, tiles, the stove, the fire, the ring, icons and the mark. */

import "./art.css";

export { AddressTile, type AddressTileProps } from "./AddressTile";
export { Badge, type BadgeProps, type BadgeSize, type BadgeState } from "./Badge";
export { FireWindow, type FireWindowProps } from "./FireWindow";
export type { Rarity } from "./glaze";
export { Icon, iconNames, type IconName } from "./Icon";
export { LevelRing, type LevelRingProps } from "./LevelRing";
export { Logo } from "./Logo";
export type { Category } from "./shapes";
export { Plate, type PlateProps, StoveWall, type StoveWallProps } from "./StoveWall";
