// A slider and a box for the number, as a browser knows them: the arrow keys move the one, anything can be typed in the other.

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function input(model, type) {
  const { min, max, step } = Object.fromEntries(["min", "max", "step"].map((key) => [key, String(model.get(key))]));
  const name = model.get("description") + (type === "number" && model.get("unit") ? `, in ${model.get("unit")}` : "");
  // JupyterLab matches its own keys first, in what has the focus: there they have to be kept off.
  const keep = { "data-lm-suppress-shortcuts": "true" };
  return make("input", { type, min, max, step, "aria-label": name, ...keep });
}

export default {
  render({ model, el }) {
    const slider = input(model, "range");
    const box = input(model, "number");
    const update = () => {
      for (const one of [slider, box]) {
        one.value = model.get("value");
        one.disabled = model.get("disabled");
      }
    };
    const tell = (text) => {
      const value = Number(text);
      const inside = Math.min(Math.max(value, model.get("min")), model.get("max"));
      if (text.trim() !== "" && Number.isFinite(inside)) {
        model.set("value", inside);
        model.save_changes();
      }
      update();
    };
    slider.addEventListener("input", () => tell(slider.value));
    box.addEventListener("change", () => tell(box.value)); // when it is left: not in the middle of a number
    box.addEventListener("keydown", (event) => event.key === "Enter" && tell(box.value));
    el.classList.add("loopback-slider");
    const name = make("span", { "aria-hidden": "true" }, model.get("description"));
    el.append(name, slider, box, make("span", { "aria-hidden": "true" }, model.get("unit")));
    model.on("change:value change:disabled", update);
    update();
    return () => model.off("change:value change:disabled", update);
  },
};
