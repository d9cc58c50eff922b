/** The frame of a picture: spoken when it has a title, decoration when it has none. */

import type { SVGProps } from "react";

interface PictureProps extends Omit<SVGProps<SVGSVGElement>, "ref"> {
  title?: string | undefined;
}

export function Picture({ title, children, ...frame }: PictureProps) {
  if (!title) {
    return <svg {...frame} aria-hidden="true" focusable="false">{children}</svg>;
  }
  return (
    <svg {...frame} role="img" aria-label={title} focusable="false">
      <title>{title}</title>
      {children}
    </svg>
  );
}
