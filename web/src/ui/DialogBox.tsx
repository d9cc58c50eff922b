import { Dialog as Base } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { Icon } from "../art";
import "./dialog.css";

interface Props {
  className: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  lasting: boolean;
  titleId: string;
  textId: string;
  children: ReactNode;
}

/** The dialog itself: the part that keeps the focus within it, loaded when the first one opens. */
export default function DialogBox(props: Props) {
  const { className, open, onOpenChange, lasting, titleId, textId, children } = props;
  return (
    <Base.Root open={open} onOpenChange={onOpenChange} disablePointerDismissal={lasting}>
      <Base.Portal>
        <Base.Backdrop className="veil" />
        <Base.Popup
          className={`dialog ${className}`}
          aria-labelledby={titleId}
          aria-describedby={textId}
        >
          {!lasting && (
            <Base.Close className="icon-button dialog-close" aria-label={t`Close`}>
              <Icon name="close" size={24} />
            </Base.Close>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
