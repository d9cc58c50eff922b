import { Link } from "@tanstack/react-router";
import { AddressField } from "../ui/AddressField";
import { Title } from "../ui/Pool";

export function NotFoundPage() {
  return (
    <div className="page lone">
      <Title of="No tile here" />
      <section className="panel">
        <h1>No tile here</h1>
        <p>
          The wall ends before this page. If you followed a link, it may be old. A miner's page is
          found by its payout address.
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
