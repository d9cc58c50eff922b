import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { AddressTile, tileOf } from "./AddressTile";
import { Badge, type BadgeProps, type BadgeSize } from "./Badge";
import { drawings } from "./drawings";
import { FireWindow } from "./FireWindow";
import { glazes } from "./glaze";
import { Icon, iconNames } from "./Icon";
import { LevelRing } from "./LevelRing";
import { palettes } from "./palettes";
import { type Category, shapes } from "./shapes";
import { Plate, StoveWall } from "./StoveWall";

type Entry = Pick<BadgeProps, "slug" | "category" | "rarity">;

const entry = (line: string): Entry => {
  const [slug, category, rarity] = line.split(" ");
  return { slug, category, rarity } as Entry;
};

const registry: readonly Entry[] = [
  "first_share mining common", "shares_1k mining common", "shares_1m mining rare",
  "block_finder mining legendary", "diff_1e6 mining common", "diff_1e9 mining rare",
  "diff_1e12 mining epic", "weekly_diff_champion mining epic", "streak_4 streak common",
  "streak_12 streak rare", "streak_52 streak legendary", "node_runner node rare",
  "node_pruned node common", "node_archival node epic",
  "world_cup_participant competition rare", "world_cup_winner competition legendary",
  "orange_piller social rare", "rabbit_hole_complete social common",
  "coop_founder social rare", "coop_block social legendary",
].map(entry);

const sizes: readonly BadgeSize[] = [48, 72, 88, 112, 180];
const states = ["locked", "progress", "earned", "fresh"] as const;
const embers = (markup: string) => markup.split("data-ember").length - 1;
const badge = (props: BadgeProps) => renderToStaticMarkup(<Badge {...props} />);

/** The picture without what differs between any two: ids and glaze. */
const bare = (markup: string) =>
  [...markup.matchAll(/ d="([^"]*)"/g)].map((match) => match[1]).join(" ");

describe("the badges", () => {
  it("has a drawing of its own for each of the twenty and no other", () => {
    expect(registry.map(({ slug }) => slug).sort()).toEqual([...drawings.keys()].sort());
  });

  it.each(registry)("draws $slug in 4 states at 5 sizes", (which) => {
    for (const state of states) {
      for (const size of sizes) {
        const markup = badge({ ...which, state, size, progress: 0.4 });
        expect(markup).toContain(`width="${size}"`);
        expect(markup).not.toMatch(/NaN|undefined|Infinity/);
      }
    }
  });

  it.each(registry)("gives $slug exactly one ember detail", (which) => {
    for (const size of sizes) {
      expect(embers(badge({ ...which, state: "earned", size }))).toBe(1);
      expect(embers(badge({ ...which, state: "fresh", size }))).toBe(1);
      expect(embers(badge({ ...which, state: "locked", size }))).toBe(0);
    }
  });

  it.each(registry)("uses the ember colour of $slug nowhere but in that detail", (which) => {
    const ember = glazes[which.rarity].e;
    const markup = badge({ ...which, state: "earned", size: 112 });
    const [before, after] = markup.split("data-ember");
    expect(before).not.toContain(ember);
    expect(after).toContain(ember);
  });

  it("draws twenty different pictures, also as clay and in small", () => {
    for (const [state, size] of [["earned", 112], ["locked", 112], ["earned", 48]] as const) {
      const all = registry.map(({ slug }) =>
        bare(badge({ slug, category: "mining", rarity: "common", state, size })),
      );
      expect(new Set(all).size).toBe(20);
    }
  });

  it.each(["coop_block", "node_archival", "shares_1k"])("cuts %s simpler under 72", (slug) => {
    const which = registry.find((one) => one.slug === slug);
    if (!which) throw new Error(`${slug} is not in the registry`);
    const [small, large] = [48, 72].map((size) =>
      badge({ ...which, state: "earned", size: size as BadgeSize }),
    );
    expect(small?.length).toBeLessThan(large?.length ?? 0);
  });

  it("keeps the geometry of the drawing in raw clay", () => {
    for (const which of registry) {
      const clay = bare(badge({ ...which, state: "locked", size: 112 }));
      const drawn = renderToStaticMarkup(<Badge {...which} state="earned" size={112} />);
      const inner = drawn.slice(drawn.lastIndexOf('<g transform="translate(60'));
      for (const path of bare(inner).split(" M")) expect(clay).toContain(path);
    }
  });

  it("raises the glaze with the progress and holds it within the tile", () => {
    const level = (progress: number) => {
      const which = entry("diff_1e9 mining rare");
      const markup = badge({ ...which, state: "progress", size: 72, progress });
      return Number(/translateY\((-?[\d.]+)px/.exec(markup)?.[1]);
    };
    expect(level(0.2)).toBeGreaterThan(level(0.8));
    expect(level(7)).toBe(level(1));
    expect(level(1)).toBeLessThan(0);
    expect(level(0.99)).toBeGreaterThan(0);
    expect(level(0.001)).toBeLessThan(120);
  });

  it("shows bare clay at no progress", () => {
    const which = entry("diff_1e9 mining rare");
    const none = badge({ ...which, state: "progress", size: 72, progress: 0 });
    expect(bare(none)).toBe(bare(badge({ ...which, state: "locked", size: 72 })));
  });

  it("leaves the clay of a secret badge blank until it is earned", () => {
    const which = { ...entry("diff_1e9 mining rare"), secret: true, size: 72 } as const;
    expect(badge({ ...which, state: "locked" })).not.toContain("translate(60");
    expect(embers(badge({ ...which, state: "earned" }))).toBe(1);
  });

  it("draws an unknown slug by its category", () => {
    const categories = Object.keys(shapes) as Category[];
    const all = categories.map((category) =>
      badge({ slug: "of_the_house", category, rarity: "epic", state: "earned", size: 88 }),
    );
    expect(all.map(embers)).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(all.map(bare)).size).toBe(5);
  });

  it("uses no id twice on a page", () => {
    const page = renderToStaticMarkup(
      registry.map((one) => (
        <Badge key={one.slug} {...one} state="progress" progress={0.5} size={72} />
      )),
    );
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, used] of page.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(used);
  });

  it("is spoken with a title and silent without", () => {
    const which = entry("streak_4 streak common");
    const named = badge({ ...which, state: "earned", size: 48, title: "Month Strong" });
    expect(named).toContain('role="img"');
    expect(named).toContain('aria-label="Month Strong"');
    expect(badge({ ...which, state: "earned", size: 48 })).toContain('aria-hidden="true"');
  });
});

describe("the address tile", () => {
  const address = (i: number) => `bc1q${((i * 2654435761) >>> 0).toString(36)}x${i.toString(36)}`;
  const looks = (of: string) => JSON.stringify(tileOf(of));

  it("is the same for the same address", () => {
    expect(looks(address(1))).toBe(looks(address(1)));
    expect(looks("BC1QXY2KGDYGJRSQTZQ2N0YRF2493P83KKFJHX0WLH")).toBe(
      looks("bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"),
    );
    expect(looks("1BoatSLRHtKNngkdXEeobR76b53LETtpyT")).not.toBe(
      looks("1boatslrhtknngkdxeeobr76b53lettpyt"),
    );
  });

  it("tells 2,000 addresses apart", () => {
    const all = Array.from({ length: 2000 }, (_, i) => looks(address(i)));
    expect(new Set(all).size).toBeGreaterThanOrEqual(1990);
  });

  it("takes its colours from the address too", () => {
    const grounds = new Set(Array.from({ length: 400 }, (_, i) => tileOf(address(i)).ground));
    expect(grounds.size).toBe(new Set(palettes.map(([ground]) => ground)).size);
  });

  it("keeps the main ink readable on its ground", () => {
    for (const [ground, main] of palettes) expect(contrast(ground, main)).toBeGreaterThan(3);
  });

  it("looks the same after a quarter turn", () => {
    const turned = (path: string) =>
      path.replace(/(-?[\d.]+) (-?[\d.]+)(?=[A-Z]|$)/g, (_, x, y) =>
        `${Math.round((4 - Number(y)) * 1000) / 1000} ${Number(x)}`,
      );
    const pieces = (path: string) => path.split("Z").filter(Boolean).sort();
    for (const { path } of tileOf(address(3)).layers.slice(0, 2)) {
      expect(pieces(turned(path))).toEqual(pieces(path));
    }
  });

  it("says the name it is given", () => {
    const named = renderToStaticMarkup(<AddressTile address={address(1)} size={34} title="Tile" />);
    expect(named).toContain('aria-label="Tile"');
  });
});

/** Contrast of two hex colours by the WCAG 2 formula. */
function contrast(one: string, other: string): number {
  const light = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const [a, b] = [light(one), light(other)];
  return Math.max(a, b) / Math.min(a, b);
}

describe("the stove", () => {
  it("lays the same wall every time and its plates on the grid", () => {
    const wall = () => renderToStaticMarkup(
      <StoveWall columns={8} rows={4}><Plate column={2} columns={6} rows={2}>Hi</Plate></StoveWall>,
    );
    expect(wall()).toBe(wall());
    expect(wall()).toContain("grid-column:2 / span 6;grid-row:auto / span 2");
  });

  it("shows the block being worked on, or only its label", () => {
    const known = renderToStaticMarkup(<FireWindow height={976413} label="Working on block" />);
    expect(known).toContain("976,413");
    expect(known.match(/art-flames /g)).toHaveLength(3);
    const unknown = renderToStaticMarkup(<FireWindow height={null} label="Waiting" coals={3} />);
    expect(unknown).not.toContain("art-window-height");
    expect(unknown).toContain("Waiting");
  });

  it("lights one wedge a level and tells it in words", () => {
    const ring = renderToStaticMarkup(
      <LevelRing level={7} of={15} ordinal={7} fraction={0.46} size={128} />,
    );
    expect(ring.match(/art-ring-lit/g)).toHaveLength(7);
    expect(ring.match(/art-ring-rest/g)).toHaveLength(8);
    expect(ring.match(/art-ring-now/g)).toHaveLength(1);
    expect(ring).toContain("Level 7, 7 of 15, 46% of the way to the next");
    const last = renderToStaticMarkup(
      <LevelRing level={50} of={15} ordinal={15} fraction={0.3} size={64} />,
    );
    expect(last).not.toContain("art-ring-now");
    expect(last).toContain(">50</text>");
    expect(last).not.toContain("of 15</text>");
  });

  it("draws every icon once", () => {
    const all = iconNames.map((name) => renderToStaticMarkup(<Icon name={name} />));
    expect(new Set(all).size).toBe(iconNames.length);
  });
});
