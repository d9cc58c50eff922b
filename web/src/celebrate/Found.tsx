import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useRef } from "react";
import { AddressTile, Icon } from "../art";
import { BadgeTile } from "../badges/BadgeTile";
import { bitcoins, count, difficulty, hashesInWords, type Quantity, shortName } from "../format";
import { Time } from "../ui/parts";
import { isStill } from "./motion";
import type { BlockFound } from "./queue";
import { useKilnStore } from "./store";
import { TakeoverWall } from "./TakeoverWall";
import { finderOf } from "./words";
import "./takeover.css";

/** A found block: it has the whole page until it is put away, by ×, a tap, Escape, or going on. */
export default function Found({ block }: { block: BlockFound }) {
  const store = useKilnStore();
  const page = useRef<HTMLElement>(null);
  const plate = useRef<HTMLDivElement>(null);
  usePutAway(page, () => store.skip());
  useLayoutEffect(() => {
    if (plate.current) swell(plate.current, block.seed);
  }, [block.seed]);
  const height = count(block.height);
  return (
    <section
      ref={page}
      className="takeover"
      aria-label={t`Block ${height} found`}
      onClick={() => store.skip()}
    >
      <TakeoverWall />
      <div className="takeover-plate" ref={plate}>
        <div className="takeover-tile">
          <FindersTile seed={block.seed} size={380} />
        </div>
        <Told block={block} />
      </div>
      <button type="button" className="takeover-close" onClick={() => store.skip()}>
        <Icon name="close" size={24} />
        <span className="sr-only">
          <Trans>Close</Trans>
        </span>
      </button>
    </section>
  );
}

/** The finder's tile; that of somebody unnamed is the badge they have earned. */
function FindersTile({ seed, size }: { seed: string; size: number }) {
  if (seed) return <AddressTile address={seed} size={size} />;
  return (
    <BadgeTile
      slug="block_finder"
      category="mining"
      rarity="legendary"
      state="earned"
      size={180}
    />
  );
}

function Told({ block }: { block: BlockFound }) {
  const finder = finderOf(block);
  const worker = shortName(block.worker);
  const hashes = hashesInWords(block.sdiff);
  return (
    <div className="takeover-text">
      <h2>
        <Trans>{finder} found a block</Trans>
      </h2>
      <p className="takeover-height serif">{count(block.height)}</p>
      <dl className="takeover-figures">
        {block.reward_sats !== null && (
          <Fact name={t`reward`} of={bitcoins(block.reward_sats)} />
        )}
        <Fact name={t`difficulty`} of={difficulty(block.sdiff)} />
      </dl>
      <p>
        <Trans>One in {hashes} hashes. It takes only one.</Trans>
      </p>
      {block.worker && (
        <p>
          <Trans>
            By {worker}, <Time at={block.at} />
          </Trans>
        </p>
      )}
      {block.user && (
        <p>
          <Link
            className="takeover-link"
            to="/m/$address"
            params={{ address: block.user }}
            hash="blocks"
          >
            <Trans>See it on the finder's page</Trans>
          </Link>
        </p>
      )}
    </div>
  );
}

function Fact({ name, of }: { name: string; of: Quantity }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span className="takeover-value serif">{of.value}</span>
        {of.unit && ` ${of.unit}`}
      </dd>
    </div>
  );
}

/**
 * Escape puts it away before anything that lies under it, and so does going on with the keyboard:
 * the focus is never taken, never held, and never hidden behind it.
 */
function usePutAway(page: React.RefObject<HTMLElement | null>, close: () => void) {
  const latest = useRef(close);
  useEffect(() => {
    latest.current = close;
  });
  useLayoutEffect(() => {
    const section = page.current;
    const before = document.activeElement;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      latest.current();
    };
    const onFocus = ({ target }: FocusEvent) => {
      // A window that is looked at again gives the focus back to where it was.
      if (target === before || section?.contains(target as Node)) return;
      latest.current();
    };
    window.addEventListener("keydown", onKey, true);
    document.addEventListener("focusin", onFocus);
    return () => {
      window.removeEventListener("keydown", onKey, true);
      document.removeEventListener("focusin", onFocus);
      if (!section?.contains(document.activeElement)) return;
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [page]);
}

const SWELLS = 900;

/** Let the plate grow out of the finder's own tile, or out of the middle where that is not in sight. */
function swell(plate: HTMLElement, seed: string) {
  if (isStill()) return;
  const tile = seed ? document.querySelector(`[data-tile="${CSS.escape(seed)}"] svg`) : null;
  const from = tile?.getBoundingClientRect();
  const to = plate.getBoundingClientRect();
  const inSight = from && from.width > 0 && from.bottom > 0 && from.top < innerHeight;
  const move = inSight ? [from.left - to.left, from.top - to.top] : [to.width / 2.5, to.height / 2.5];
  const size = inSight ? [from.width / to.width, from.height / to.height] : [0.2, 0.2];
  const start = `translate(${move.join("px, ")}px) scale(${size.join()})`;
  plate.animate(
    [
      { transform: start, transformOrigin: "0 0" },
      { transform: "none", transformOrigin: "0 0" },
    ],
    { duration: SWELLS, easing: "cubic-bezier(.2, .8, .2, 1)" },
  );
}
