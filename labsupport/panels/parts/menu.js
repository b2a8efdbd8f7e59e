// A menu as a browser knows it: the arrow keys choose in it, and so do the first letters of an option.

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export default {
  render({ model, el }) {
    // JupyterLab matches its own keys first, in what has the focus: there they have to be kept off.
    const select = make("select", { "data-lm-suppress-shortcuts": "true" });
    select.addEventListener("change", () => {
      model.set("value", select.value);
      model.save_changes();
    });
    el.classList.add("loopback-menu");
    el.append(make("label", {}, make("span", {}, model.get("description")), select));
    const fill = () => {
      select.replaceChildren(...model.get("options").map((option) => make("option", { value: option }, option)));
      update();
    };
    const update = () => {
      select.disabled = model.get("disabled");
      select.value = model.get("value");
    };
    model.on("change:value change:disabled", update);
    model.on("change:options", fill);
    fill();
    return () => {
      model.off("change:value change:disabled", update);
      model.off("change:options", fill);
    };
  },
};
