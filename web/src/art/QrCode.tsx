import { useMemo } from "react";
import { Picture } from "./Picture";
import { qrOf } from "./qr";

/** Dark on light in both glazes: many readers know no other way. */
export function QrCode({ text, title }: { text: string; title: string }) {
  const { side, path } = useMemo(() => qrOf(text), [text]);
  return (
    <Picture title={title} className="art-qr" viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges">
      <rect width={side} height={side} fill="#FFFFFF" />
      <path d={path} fill="#12241D" />
    </Picture>
  );
}
