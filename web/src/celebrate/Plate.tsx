import { plural } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useLayoutEffect, useRef } from "react";
import { Icon } from "../art";
import { BadgeTile } from "../badges/BadgeTile";
import { isStill } from "./motion";
import { type BlockFound, type Fired, type Happened, type Kiln, type Phase, phaseOf } from "./queue";
import { SmallMoment } from "./SmallMoment";
import { useKilnStore } from "./store";
import "./kiln.css";

const TICK_MS = 12;

interface Props {
  kiln: Kiln;
  current: Exclude<Happened, BlockFound>;
}

/** The plate itself, with what has come out and how much waits behind it. */
export default function Plate({ kiln, current }: Props) {
  const store = useKilnStore();
  const { waiting } = kiln;
  return (
    <div className="kiln" data-waiting={Math.min(waiting.length, 2)}>
      {current.kind === "badge" ? (
        <Firing key={current.key} badge={current} phase={phaseOf(kiln)} />
      ) : (
        <SmallMoment key={current.key} moment={current} />
      )}
      <button type="button" className="kiln-skip" onClick={() => store.skip()}>
        <Icon name="close" size={20} />
        <span className="sr-only">
          <Trans>Put it on the shelf</Trans>
        </span>
      </button>
      {waiting.length > 0 && (
        <p className="kiln-more small">
          {plural(waiting.length, {
            one: "One more in the kiln",
            other: "# more in the kiln",
          })}
        </p>
      )}
    </div>
  );
}

function Firing({ badge, phase }: { badge: Fired; phase: Phase }) {
  const store = useKilnStore();
  const stage = useRef<HTMLDivElement>(null);
  const { xp } = badge;

  useEffect(() => {
    if (phase === "out" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(TICK_MS);
  }, [phase]);

  useLayoutEffect(() => {
    if (phase === "set" && stage.current) flyToShelf(stage.current, badge.slug);
  }, [phase, badge.slug]);

  return (
    <div className={`kiln-card ${phase}`} onClick={() => store.skip()}>
      <div className="kiln-window" aria-hidden="true">
        <div className="kiln-fire" />
        <div className="kiln-badge" ref={stage}>
          <span className="kiln-clay">
            <BadgeTile {...badge} state="locked" size={112} />
          </span>
          <span className="kiln-glaze">
            <BadgeTile {...badge} state="earned" size={112} />
          </span>
          <span className="kiln-hot">
            <BadgeTile {...badge} state="fresh" size={112} />
          </span>
        </div>
      </div>
      <div className="kiln-text" aria-hidden="true">
        <p className="kiln-name serif">{badge.name}</p>
        <p>
          <Trans>
            Out of the kiln. <span className="xp tn">+{xp} XP</span>
          </Trans>
        </p>
      </div>
    </div>
  );
}

/** Let a likeness of the badge drop into its place in the shelf, where that is in sight. */
function flyToShelf(from: HTMLElement, slug: string) {
  const place = document.querySelector(`[data-shelf="${CSS.escape(slug)}"] svg`);
  const hot = from.querySelector(".kiln-hot svg");
  if (!place || !hot || isStill()) return;
  const start = hot.getBoundingClientRect();
  const end = place.getBoundingClientRect();
  const inSight =
    end.top >= 0 && end.bottom <= innerHeight && end.left >= 0 && end.right <= innerWidth;
  if (!inSight || start.width === 0) return;
  const likeness = hot.cloneNode(true) as SVGElement;
  likeness.classList.add("kiln-likeness");
  document.body.append(likeness);
  const put = (box: DOMRect, rise: number, scale: number) =>
    `translate(${box.left}px, ${box.top + rise}px) scale(${(scale * box.width) / start.width})`;
  likeness
    .animate(
      [
        { transform: put(start, 0, 1), easing: "cubic-bezier(.4, 0, .6, 1)" },
        { transform: put(end, 0, 1), offset: 0.8, easing: "ease-out" },
        { transform: put(end, 4, 1), offset: 0.9 },
        { transform: put(end, 0, 1) },
      ],
      { duration: 250 },
    )
    .finished.finally(() => likeness.remove());
}
