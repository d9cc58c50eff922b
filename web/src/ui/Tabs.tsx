import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import "./tabs.css";

export interface Tab {
  value: string;
  label: ReactNode;
  /** How many things are behind it, written after its label. */
  count?: string;
  content: ReactNode;
}

interface Props {
  label: string;
  tabs: readonly Tab[];
  /** The one in sight and what happens on a change; without them the first is in sight. */
  value?: string;
  onChange?: (value: string) => void;
}

/** One of several things in the same place. The row of tabs scrolls where it does not fit. */
export function Tabs({ label, tabs, value, onChange }: Props) {
  const control = value === undefined ? { defaultValue: tabs[0]?.value } : { value };
  return (
    <Base.Root {...control} onValueChange={(next: string) => onChange?.(next)}>
      <Base.List className="tabs-list" aria-label={label} activateOnFocus>
        {tabs.map((tab) => (
          <Base.Tab key={tab.value} value={tab.value} className="tabs-tab">
            {tab.label}
            {tab.count !== undefined && <span className="tabs-count tn"> {tab.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="tabs-panel">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
