import type { ReactNode } from "react";
import "./empty.css";

interface Props {
  /** Why there is nothing here, and what would change that. */
  children: ReactNode;
  /** What the reader can do about it: a button or a link. */
  action?: ReactNode;
}

/** In the place of what is not there yet. */
export function Empty({ children, action }: Props) {
  return (
    <div className="empty-state">
      <p>{children}</p>
      {action && <p className="empty-action">{action}</p>}
    </div>
  );
}
