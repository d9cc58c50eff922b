/** Every part of the kit in all its states. Only `make web-dev` has this page. */
import { PARTS } from "./parts";
import type { Part } from "./specimen";
import "./gallery.css";

export function GalleryPage() {
  return (
    <div className="page">
      <header className="page-head">
        <h1>The kit</h1>
        <p>
          Every part in every state it can be in. Look at a change here first, in both themes and
          on a phone; then run <code className="mono">make looks</code>.
        </p>
      </header>
      <nav className="gallery-nav" aria-label="Parts">
        {PARTS.map((part) => (
          <a key={part.name} href={`#${part.name}`}>
            {part.title}
          </a>
        ))}
      </nav>
      {PARTS.map((part) => (
        <Shelf key={part.name} part={part} />
      ))}
    </div>
  );
}

export function Shelf({ part }: { part: Part }) {
  return (
    <section className="panel gallery-part" id={part.name} aria-label={part.title}>
      <h2>{part.title}</h2>
      <p className="small">{part.use}</p>
      {part.specimens.map(({ state, show }) => (
        <div key={state} className="specimen">
          <h3 className="small">{state}</h3>
          {show()}
        </div>
      ))}
    </section>
  );
}
