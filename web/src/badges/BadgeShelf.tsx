import { t } from "@lingui/core/macro";
import { shelfState } from "../celebrate/queue";
import { useKiln } from "../celebrate/store";
import { BadgeTile, inWords } from "./BadgeTile";
import { PHONE, useMedia } from "../ui/hooks";
import { NotOpen } from "./NotOpen";
import { isShown, type Shelved } from "./shelf";
import "./shelf.css";

interface Props {
  shelf: Shelved[];
  who: string;
  onOpen: (slug: string) => void;
}

export function BadgeShelf(props: Props) {
  const shown = props.shelf.filter(isShown);
  const others = props.shelf.filter((one) => !isShown(one));
  return (
    <>
      <Places {...props} shelf={shown} />
      <NotOpen count={others.length}>
        <Places {...props} shelf={others} />
      </NotOpen>
    </>
  );
}

function Places({ shelf, who, onOpen }: Props) {
  const kiln = useKiln();
  const phone = useMedia(PHONE);
  return (
    <ul className="shelf">
      {shelf.map((one) => {
        const { badge } = one;
        const state = shelfState(kiln, `${who}:${badge.slug}`);
        const look = lookOf(one, state);
        return (
          <li key={badge.slug}>
            <button
              type="button"
              className={`shelf-place ${look.state}`}
              onClick={() => onOpen(badge.slug)}
            >
              <span className="shelf-badge" data-shelf={badge.slug}>
                <BadgeTile {...badge} {...look} size={phone ? 72 : 88} />
              </span>
              <span className="shelf-name serif">{badge.name}</span>
              <span className="small shelf-under">{under(one, state)}</span>
              <span className="sr-only">{one.earned ? t`earned` : t`not earned yet`}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

type Look = { state: "locked" | "progress" | "earned" | "fresh"; progress?: number };

function lookOf(one: Shelved, state: ReturnType<typeof shelfState>): Look {
  if (state === "hidden") return { state: "locked" };
  if (state === "fresh") return { state: "fresh" };
  if (one.earned) return { state: "earned" };
  if (one.fraction) return { state: "progress", progress: one.fraction };
  return { state: "locked" };
}

function under(one: Shelved, state: ReturnType<typeof shelfState>): string {
  if (state === "hidden") return t`In the kiln`;
  if (state === "fresh") return t`Just earned`;
  if (!one.earned && one.fraction && one.measured) return one.measured;
  return inWords(one.badge.rarity);
}
