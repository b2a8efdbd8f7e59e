// A file from the kernel to the browser's downloads, and one from the learner's disk to the kernel.

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function download(name, buffer) {
  const address = URL.createObjectURL(new Blob([buffer], { type: "application/zip" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000); // the browser begins to read it only after the click
}

export default {
  render({ model, el }) {
    const button = make("button", { type: "button", class: "jupyter-button mod-primary" }, "Download my work");
    button.addEventListener("click", () => model.send({ kind: "pack" }));

    const input = make("input", { type: "file", accept: ".zip,application/zip" });
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      if (file.size > model.get("most")) model.send({ kind: "too large", bytes: file.size });
      else model.send({ kind: "bring" }, undefined, [await file.arrayBuffer()]);
      input.value = ""; // the same file may be chosen again
    });
    const field = make("label", {}, make("span", {}, "Bring it back: "), input);

    const heard = (content, buffers) => {
      if (content.kind === "packed") download(content.name, buffers[0]);
    };
    model.on("msg:custom", heard);
    el.classList.add("loopback-carrier");
    el.append(button, field);
    return () => model.off("msg:custom", heard);
  },
};
