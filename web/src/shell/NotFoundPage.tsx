import { Link } from "@tanstack/react-router";
import { AddressField } from "../ui/AddressField";
import { Title } from "./Pool";

export function NotFoundPage() {
  return (
    <div className="page lone">
      <Title of="Page not found" />
      <section className="panel">
        <h1>Page not found</h1>
        <p>
          There is no page at this address. If you followed a link, it may be outdated. To
          find a miner, enter their payout address.
        </p>
        <AddressField look="hero" />
        <p className="actions">
          <Link to="/" className="button quiet">
            To the wall
          </Link>
          <Link to="/badges" className="button quiet">
            See the badges
          </Link>
        </p>
      </section>
    </div>
  );
}
