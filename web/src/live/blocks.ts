/** Blocks that this browser has not celebrated yet: found while somebody looks, or since last time. */
import type { QueryClient } from "@tanstack/react-query";
import { statsQuery } from "../api/queries";
import type { FoundBlock, LastBlock, PublicMiner } from "../api/types";
import type { BlockFound, Happened } from "../celebrate/queue";
import { blockOfLine } from "./feed";
import type { Frame } from "./frames";
import { eachLook } from "./look";
import { lastSeen, noteBlocks, noteSeen, seenBlocks } from "./seen";

const DAY = 86_400_000;
/** What is older is history: it hangs on the wall and is celebrated no more. */
const NEWS = 7 * DAY;
/** The landing page among the pages that were seen: no miner can be called so. */
const LANDING = "/";

type Push = (moments: Happened[]) => void;

interface Finder {
  user: string;
  name: string;
  seed: string;
}

function momentOf(block: FoundBlock, finder: Finder): BlockFound {
  const { hash, found_at, height, sdiff, reward_sats, worker } = block;
  const about = { height, sdiff, reward_sats, worker };
  return { kind: "block", key: `block:${hash}`, at: found_at, ...about, ...finder };
}

function hashOf(moment: BlockFound): string {
  return moment.key.slice("block:".length);
}

/** A miner's blocks as moments. */
export function blocksOf(miner: PublicMiner): BlockFound[] {
  const { handle, display_name, avatar_seed: seed } = miner;
  const finder = { user: handle, name: display_name ?? handle, seed };
  return miner.blocks.map((block) => momentOf(block, finder));
}

function ofPool(block: LastBlock): BlockFound {
  return momentOf(block, { user: block.user, name: block.user, seed: block.seed });
}

/** Somebody else's block, on a page that is about another miner. */
export function celebrateLine(frame: Frame, push: Push) {
  const block = blockOfLine(frame);
  if (!block || seenBlocks().has(block.hash)) return;
  push([ofPool(block)]);
  if (!document.hidden) noteBlocks([block.hash]);
}

/**
 * Tells which blocks are news, on a page that was visited before or not: on a first visit only
 * what is found from then on.
 */
export function blockNews(visited: boolean): (blocks: BlockFound[]) => BlockFound[] {
  let here = visited;
  return (blocks) => {
    const seen = seenBlocks();
    const fresh = blocks.filter(
      (one) => !seen.has(hashOf(one)) && Date.now() - Date.parse(one.at) < NEWS,
    );
    const news = here ? fresh : [];
    // What is found while nobody looks is seen when they are back.
    if (!here || !document.hidden) noteBlocks(blocks.map(hashOf));
    here = true;
    return news;
  };
}

/** Celebrate the pool's last block on the landing page. */
export function celebratePool(client: QueryClient, push: Push) {
  const news = blockNews(lastSeen(LANDING) !== null);
  let noted = false;
  return eachLook(client, [statsQuery.queryKey], () => {
    const stats = client.getQueryData(statsQuery.queryKey);
    if (!stats) return;
    push(news(stats.last_block ? [ofPool(stats.last_block)] : []));
    if (!noted) noteSeen(LANDING, { at: Date.now(), level: null, best: null });
    noted = true;
  });
}
