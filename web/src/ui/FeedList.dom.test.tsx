import { expect, test } from "vitest";
import { mount } from "../gallery/mount";
import { veteran } from "../gallery/pages/answers";
import { MinerFeed } from "./FeedList";

test("a long worker name is cut in a line of the feed, and whole in its title", async () => {
  const worker = `shelf-${"x".repeat(894)}`;
  const line = veteran.feed.find(({ code }) => code === "personal_best");
  if (!line) throw new Error("The feed has no best.");
  const screen = await mount(<MinerFeed items={[{ ...line, params: { ...line.params, worker } }]} />);
  const detail = screen.getByTitle(worker);
  await expect.element(detail).toHaveTextContent(`by ${worker.slice(0, 23)}…`);
});
