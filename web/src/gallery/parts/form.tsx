import { useState } from "react";
import { Choice, Failed, Field, Saved, Switch, WorkButton } from "../../ui/form";
import { LONG_TEXT, LONG_WORD, type Part } from "../specimen";

function Text({ value = "", error = "" }) {
  const [text, setText] = useState(value);
  return (
    <Field label="Name" hint="What will use it, for instance “hall display”." error={error}>
      {(ids) => (
        <input
          {...ids}
          className="input"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
    </Field>
  );
}

function Switches() {
  const [on, setOn] = useState(true);
  return (
    <div className="stack tight">
      <Switch label="Badges" hint="When one is earned" checked={on} onChange={setOn} />
      <Switch label="Levels" checked={!on} onChange={(next) => setOn(!next)} />
      <Switch label="Not open yet" checked={false} onChange={() => {}} disabled />
      <Switch label={LONG_WORD} hint={LONG_TEXT} checked onChange={() => {}} />
    </div>
  );
}

function Choices() {
  const [value, setValue] = useState("24h");
  const options = [
    { value: "24h", label: "18:02", hint: "24 hours" },
    { value: "12h", label: "6:02 pm", hint: "12 hours" },
    { value: "long", label: LONG_WORD },
  ];
  return <Choice legend="Clock" options={options} value={value} onChange={setValue} />;
}

function Buttons() {
  return (
    <p className="actions">
      <WorkButton busy={false} doing="Saving…">
        Save
      </WorkButton>
      <WorkButton busy doing="Saving…">
        Save
      </WorkButton>
      <WorkButton busy={false} doing="" look="quiet">
        Cancel
      </WorkButton>
      <WorkButton busy={false} doing="" look="bad">
        Delete
      </WorkButton>
    </p>
  );
}

function Outcomes() {
  return (
    <div className="stack">
      <Saved outcome={{ state: "busy" }} />
      <Saved outcome={{ state: "done" }} />
      <Saved outcome={{ state: "failed", error: new TypeError() }} />
      <Failed error={new TypeError()} />
    </div>
  );
}

export const formPart: Part = {
  name: "form",
  title: "Form",
  use: "Fields, switches, choices, and what became of a change.",
  specimens: [
    { state: "empty field", show: () => <Text /> },
    { state: "refused field", show: () => <Text value="?" error="Give it a name." /> },
    { state: "broken data", show: () => <Text value={LONG_TEXT} error={LONG_TEXT} /> },
    { state: "switches", show: () => <Switches /> },
    { state: "one of a few", show: () => <Choices /> },
    { state: "buttons", show: () => <Buttons /> },
    { state: "outcomes", show: () => <Outcomes /> },
  ],
};
