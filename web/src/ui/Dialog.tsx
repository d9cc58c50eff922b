import {
  cloneElement,
  createContext,
  lazy,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  Suspense,
  useContext,
  useId,
  useMemo,
  useState,
} from "react";
import { code } from "../code";
import "./dialog.css";

const load = () => import("./DialogBox");
const DialogBox = lazy(() => code(load));

type Trigger = ReactElement<{
  onClick?: (event: MouseEvent) => void;
  onPointerEnter?: () => void;
  "aria-haspopup"?: "dialog";
  "aria-expanded"?: boolean;
}>;

interface Props {
  /** Left out where the content has a `DialogTitle` of its own. */
  title?: ReactNode;
  /** A class of the page's, for the width or the layout of what is inside. */
  className?: string;
  /** The button that opens it; without one, `open` and `onOpenChange` do. */
  trigger?: Trigger;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** Only Escape and a button inside close it, for what is shown once. */
  lasting?: boolean;
  children: ReactNode;
}

const Inside = createContext({ titleId: "", textId: "", close: () => {} });

/** Something to look at closely, on a veil over the page. */
export function Dialog(props: Props) {
  const { title, className = "", trigger, lasting = false, children } = props;
  const [itself, setItself] = useState(false);
  const open = props.open ?? itself;
  const [wanted, setWanted] = useState(open);
  if (open && !wanted) setWanted(true);
  const { onOpenChange } = props;
  const turn = useMemo(
    () => (next: boolean) => {
      setItself(next);
      onOpenChange?.(next);
    },
    [onOpenChange],
  );
  const id = useId();
  const inside = useMemo(
    () => ({ titleId: `${id}-title`, textId: `${id}-text`, close: () => turn(false) }),
    [id, turn],
  );
  return (
    <>
      {trigger &&
        cloneElement(trigger, {
          "aria-haspopup": "dialog",
          "aria-expanded": open,
          onPointerEnter: () => void load(),
          onClick: () => turn(true),
        })}
      {wanted && (
        <Suspense fallback={null}>
          <DialogBox {...inside} {...{ className, open, lasting }} onOpenChange={turn}>
            <Inside value={inside}>
              {title !== undefined && <DialogTitle>{title}</DialogTitle>}
              {children}
            </Inside>
          </DialogBox>
        </Suspense>
      )}
    </>
  );
}

export function DialogTitle({ children }: { children: ReactNode }) {
  return (
    <h2 className="dialog-title" id={useContext(Inside).titleId}>
      {children}
    </h2>
  );
}

/** What is read aloud after the title when the dialog opens. */
export function DialogText({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <p className={className} id={useContext(Inside).textId}>
      {children}
    </p>
  );
}

/** A button in the dialog that closes it. */
export function DialogClose({ children, className = "button" }: DialogCloseProps) {
  return (
    <button type="button" className={className} onClick={useContext(Inside).close}>
      {children}
    </button>
  );
}

interface DialogCloseProps {
  children: ReactNode;
  className?: string;
}
