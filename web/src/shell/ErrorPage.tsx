import type { ErrorComponentProps } from "@tanstack/react-router";
import { Title } from "./Pool";

/** Our own mistake, said plainly. */
export function ErrorPage({ reset }: ErrorComponentProps) {
  return (
    <div className="page lone">
      <Title of="Something went wrong" />
      <section className="panel">
        <h1>Something went wrong</h1>
        <p>This page could not be displayed. That is our fault; your shares are safe.</p>
        <p className="actions">
          <button type="button" className="button" onClick={reset}>
            Try again
          </button>
        </p>
      </section>
    </div>
  );
}
