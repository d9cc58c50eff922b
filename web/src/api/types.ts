/** Short names for the generated types; parts are taken from their whole, not named twice. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Badge = Schemas["Badge"];
export type BadgeList = Schemas["BadgeList"];
export type BadgeDetail = Schemas["BadgeDetail"]["badge"];
export type Level = Schemas["Level"];
export type Config = Schemas["Config"];
export type PublicStats = Schemas["PublicStats"];
export type FoundBlock = Schemas["FoundBlock"];
export type LastBlock = Schemas["LastBlock"];
export type PublicMiner = Schemas["PublicMiner"];
export type Problem = Schemas["Problem"];

export type ServerFrame = Schemas["ServerFrame"];

export type PoolFeedItem = PublicStats["recent"][number];
export type FeedItem = PublicMiner["feed"][number];
export type Worker = PublicMiner["workers"][number];
export type Week = PublicMiner["streak"]["weeks"][number];
export type EarnedBadge = PublicMiner["badges"]["earned"][number];
export type Best = NonNullable<PublicMiner["bests"]["alltime"]>;
