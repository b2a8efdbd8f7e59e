// Radio buttons as a browser knows them: of one name, so that Tab goes to the group and the arrow keys choose in it.

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function button(model, name, value) {
  // JupyterLab matches its own keys first, in what has the focus: there they have to be kept off.
  const input = make("input", { type: "radio", name, value, "data-lm-suppress-shortcuts": "true" });
  input.addEventListener("change", () => {
    model.set("value", value);
    model.save_changes();
  });
  return input;
}

export default {
  render({ model, el }) {
    const name = `loopback-${Math.random().toString(36).slice(2)}`; // of this view: two views are two groups
    const inputs = model.get("options").map((option) => button(model, name, option));
    const labels = inputs.map((input) => make("label", {}, input, make("span", {}, input.value)));
    const group = make("fieldset", {}, make("legend", {}, model.get("description")), ...labels);
    el.classList.add("loopback-choices");
    el.append(group);
    const update = () => {
      group.disabled = model.get("disabled");
      for (const input of inputs) input.checked = input.value === model.get("value");
    };
    model.on("change:value change:disabled", update);
    update();
    return () => model.off("change:value change:disabled", update);
  },
};
