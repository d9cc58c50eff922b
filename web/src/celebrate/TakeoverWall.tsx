import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { statsQuery } from "../api/queries";
import { AddressTile } from "../art";
import { hang } from "../landing/hang";
import "./takeover.css";

/** Fifteen columns of nine: enough for any screen, and CSS centres them. */
const PLACES = 15 * 9;

/** The wall behind a found block: the miners' tiles, as far as this page knows them, in its light. */
export function TakeoverWall() {
  const client = useQueryClient();
  const [tiles] = useState(() => client.getQueryData(statsQuery.queryKey)?.wall ?? []);
  return (
    <div className="takeover-back" aria-hidden="true">
      <div className="takeover-wall">
        {hang(tiles, PLACES).map((tile, place) => (
          <div key={place} className="takeover-place">
            {tile && <AddressTile address={tile.seed} size={80} />}
          </div>
        ))}
      </div>
      <div className="takeover-glow" />
      <div className="takeover-light" />
    </div>
  );
}
