import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { badgesQuery } from "../api/queries";
import { count, percent } from "../format";
import { BadgeTile, capital } from "./BadgeTile";
import { ErrorNotice, Skeleton } from "../ui/parts";
import { Title } from "../shell/Pool";
import "./badges.css";

export function BadgesPage() {
  const badges = useQuery(badgesQuery);
  const sorted = badges.data?.badges.slice().sort((a, b) => a.sort_order - b.sort_order);
  const total = badges.data?.total_available ?? 20;
  return (
    <div className="page">
      <Title of="Badges" />
      <header className="page-head">
        <h1>{total === 20 ? "Twenty badges" : `${total} badges`}</h1>
        <p>
          A miner earns each badge once. The shape shows what it is for: square mining,
          round streak, hexagon node, star competition, quatrefoil social. Glaze and rim
          show how rare it is.
        </p>
      </header>
      {sorted ? (
        <ul className="catalogue">
          {sorted.map((badge) => (
            <li key={badge.slug}>
              <Link to="/badges/$slug" params={{ slug: badge.slug }} className="panel card">
                <BadgeTile {...badge} state="earned" size={112} />
                <span className="card-name serif">{badge.name}</span>
                <span className="small">
                  {capital(badge.rarity)} · {capital(badge.category)}
                </span>
                <span className="small card-share">
                  {badge.total_earned === 0
                    ? "Nobody yet"
                    : `${percent(badge.percentage)} of miners (${count(badge.total_earned)})`}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      ) : (
        <section className="panel" aria-label="Badges">
          {badges.isError ? (
            <ErrorNotice
              error={badges.error}
              retry={() => void badges.refetch()}
              busy={badges.isFetching}
            />
          ) : (
            <Skeleton lines={8} label="Loading the badges" />
          )}
        </section>
      )}
    </div>
  );
}
