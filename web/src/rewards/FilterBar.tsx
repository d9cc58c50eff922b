import { t } from "@lingui/core/macro";
import { useId } from "react";
import type { Badge } from "../api/types";
import { inWords } from "../badges/BadgeTile";
import { count } from "../format";
import { type Filter, type Show, SHOWS } from "./filter";
import "./shelf-page.css";

interface Props {
  filter: Filter;
  counts: Record<Show, number>;
  badges: readonly Pick<Badge, "rarity" | "category">[];
  onChange: (filter: Filter) => void;
}

/** Which badges are in sight: how far they are, how rare, of which kind. */
export function FilterBar({ filter, counts, badges, onChange }: Props) {
  const names: Record<Show, string> = {
    all: t`All`,
    earned: t`Earned`,
    near: t`Within reach`,
  };
  const all = (of: (badge: Props["badges"][number]) => string) => [...new Set(badges.map(of))];
  return (
    <div className="filters">
      <div className="filters-show" role="group" aria-label={t`How far they are`}>
        {SHOWS.map((show) => (
          <button
            key={show}
            type="button"
            className="filter"
            aria-pressed={filter.show === show}
            onClick={() => onChange({ ...filter, show })}
          >
            {names[show]} <span className="tn">{count(counts[show])}</span>
          </button>
        ))}
      </div>
      <Pick
        label={t`Rarity`}
        any={t`Any rarity`}
        values={all(({ rarity }) => rarity)}
        value={filter.rarity}
        onChange={(rarity) => onChange({ ...filter, rarity })}
      />
      <Pick
        label={t`Kind`}
        any={t`Any kind`}
        values={all(({ category }) => category)}
        value={filter.kind}
        onChange={(kind) => onChange({ ...filter, kind })}
      />
    </div>
  );
}

interface PickProps {
  label: string;
  any: string;
  values: string[];
  value: string;
  onChange: (value: string) => void;
}

function Pick({ label, any, values, value, onChange }: PickProps) {
  const id = useId();
  return (
    <div className="filters-pick">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <select
        id={id}
        className="input"
        value={values.includes(value) ? value : ""}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{any}</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {inWords(one)}
          </option>
        ))}
      </select>
    </div>
  );
}
