import { t } from "@lingui/core/macro";
import { Icon } from "../art";
import { BadgeTile, inWords } from "../badges/BadgeTile";
import { howTo, type Shelved, tileOf } from "../badges/shelf";
import { date, percent } from "../format";
import { useNow } from "../ui/clock";
import "../badges/badges.css";
import "./shelf-page.css";

interface Props {
  shelf: readonly Shelved[];
  onOpen: (slug: string) => void;
}

/** The badges as one miner has them: how far each is, and how many others have it. */
export function ShelfCards({ shelf, onOpen }: Props) {
  return (
    <ul className="shelf-cards">
      {shelf.map((one) => (
        <li key={one.badge.slug}>
          <button
            type="button"
            className="shelf-card"
            data-shelf-card={one.badge.slug}
            onClick={() => onOpen(one.badge.slug)}
          >
            <BadgeTile {...one.badge} {...tileOf(one)} size={88} />
            <span className="shelf-card-text">
              <span className="serif shelf-card-name">{one.badge.name}</span>
              <State one={one} />
              <span className="small">
                <span className={`rarity ${one.badge.rarity}`}>{inWords(one.badge.rarity)}</span>
                {" · "}
                {rate(one)}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function State({ one: { badge, earned, fraction, measured } }: { one: Shelved }) {
  const now = useNow(60_000);
  const { name } = badge;
  if (earned) {
    const day = date(earned.earned_at, now);
    return (
      <span className="shelf-card-earned">
        <Icon name="check" size={20} /> {t`Earned ${day}`}
      </span>
    );
  }
  if (measured && fraction !== null) {
    return (
      <span className="meter shelf-card-meter">
        <progress value={fraction} max={1} aria-label={t`Progress to ${name}`} />
        <span className="tn shelf-card-measured">{measured}</span>
      </span>
    );
  }
  return <span className="shelf-card-how">{badge.open ? howTo(badge) ?? badge.description : badge.description}</span>;
}

/** Holders are counted hourly: where its owner has it and the count says none, it says nothing. */
function rate({ badge, earned }: Shelved): string {
  const share = percent(badge.percentage);
  if (badge.total_earned > 0) return t`${share} of miners`;
  return earned ? t`being counted` : t`nobody yet`;
}
