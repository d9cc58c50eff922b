import { Dialog as Base } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "../art";
import "./dialog.css";

interface Props {
  /** Left out where the content has a `DialogTitle` of its own. */
  title?: ReactNode;
  /** A class of the page's, for the width or the layout of what is inside. */
  className?: string;
  /** The button that opens it; without one, `open` and `onOpenChange` do. */
  trigger?: ReactElement;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** Only Escape and a button inside close it, for what is shown once. */
  lasting?: boolean;
  children: ReactNode;
}

/** Something to look at closely, on a veil over the page. */
export function Dialog(props: Props) {
  const { title, className = "", trigger, lasting = false, children } = props;
  const control = {
    ...(props.open === undefined ? {} : { open: props.open }),
    ...(props.onOpenChange ? { onOpenChange: props.onOpenChange } : {}),
  };
  return (
    <Base.Root {...control} disablePointerDismissal={lasting}>
      {trigger && <Base.Trigger render={trigger} />}
      <Base.Portal>
        <Base.Backdrop className="veil" />
        <Base.Popup className={`dialog ${className}`}>
          {!lasting && (
            <Base.Close className="icon-button dialog-close" aria-label={t`Close`}>
              <Icon name="close" size={24} />
            </Base.Close>
          )}
          {title !== undefined && <DialogTitle>{title}</DialogTitle>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export function DialogTitle({ children }: { children: ReactNode }) {
  return <Base.Title className="dialog-title">{children}</Base.Title>;
}

/** What is read aloud after the title when the dialog opens. */
export function DialogText({ children, className }: { children: ReactNode; className?: string }) {
  return <Base.Description className={className}>{children}</Base.Description>;
}

/** A button in the dialog that closes it. */
export function DialogClose({ children, className = "button" }: DialogCloseProps) {
  return <Base.Close className={className}>{children}</Base.Close>;
}

interface DialogCloseProps {
  children: ReactNode;
  className?: string;
}
