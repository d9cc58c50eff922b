import type { ErrorComponentProps } from "@tanstack/react-router";
import { Title } from "../ui/Pool";

/** Our own mistake, said plainly. */
export function SlipPage({ reset }: ErrorComponentProps) {
  return (
    <div className="page lone">
      <Title of="A tile slipped" />
      <section className="panel">
        <h1>A tile slipped</h1>
        <p>This page broke while it was drawn. That is our fault, and your shares are fine.</p>
        <p className="actions">
          <button type="button" className="button" onClick={reset}>
            Lay it again
          </button>
        </p>
      </section>
    </div>
  );
}
