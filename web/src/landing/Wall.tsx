import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import type { PublicStats } from "../api/types";
import { AddressTile, FireWindow } from "../art";
import { shortAddress } from "../format";
import { hang } from "./hang";
import "./wall.css";

/** Cells around the window on the widest wall: 7 by 6, less the 3 by 3 of the window. */
const PLACES = 33;

type Tile = PublicStats["wall"][number];

function spoken(tile: Tile): string {
  const { level, level_title: title } = tile;
  const name = shortAddress(tile.user);
  return tile.online
    ? t`${name}, level ${level} ${title}, mining now`
    : t`${name}, level ${level} ${title}, not mining`;
}

/** The wall of address tiles round the window. Places that nobody has yet are plain green glaze. */
export function Wall({ tiles, height }: { tiles: Tile[]; height: number | null }) {
  const places = hang(tiles.slice(0, PLACES), PLACES);
  return (
    <section className="wall" aria-label={t`The wall of miners`}>
      <div className="wall-window">
        <FireWindow
          height={height}
          label={height === null ? t`Waiting for work` : t`Working on block`}
        />
      </div>
      <ul className="wall-tiles">
        {places.map((tile, place) =>
          tile ? (
            <li
              key={tile.user}
              className={tile.online ? "lit" : "resting"}
              data-tile={tile.seed}
            >
              <Link
                to="/m/$address"
                params={{ address: tile.user }}
                aria-label={spoken(tile)}
                title={spoken(tile)}
              >
                <AddressTile address={tile.seed} size={112} />
              </Link>
            </li>
          ) : (
            <li key={place} className="free" aria-hidden="true" />
          ),
        )}
      </ul>
    </section>
  );
}
