// The browser's part of the handshake panel.  It knows nothing of TLS: flights and their parts come as a tree of plain
// data, the picture comes drawn, and this shows them, opens and closes branches, and marks the bytes of what is selected.

const SVG = "http://www.w3.org/2000/svg";
const SIXTEEN = 528; // from that many pixels on a line has 16 bytes, else 8
const MOST = 20480; // so many bytes are shown at once: more than the longest record, less than a browser can bear

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

const secrecy = (part) => (part.secret ? "secret" : "in clear");
const counted = (count) => (count === 1 ? "1 byte" : `${count} bytes`);

function letter(hex) {
  if (hex === "..") return "·";
  const code = parseInt(hex, 16);
  return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : code === 0x20 ? "␣" : ".";
}

// --- the tree: one treeitem a part, its branches made when they are first opened ---------------------------------

class Tree {
  constructor(flights, select) {
    this.flights = flights;
    this.select = select;
    this.items = new Map(); // place → its <li>
    this.node = make("ul", { role: "tree", class: "tree", "aria-label": "Flights, records, messages and fields" });
    flights.forEach((flight, number) => this.node.append(this.item(flight, String(number), 1)));
    for (const [place, item] of [...this.items]) this.open(item, place.split(".").length < 2);
    for (const item of this.node.querySelectorAll('[aria-level="2"]')) this.open(item, true);
    this.node.addEventListener("click", (event) => this.onClick(event));
    this.node.addEventListener("keydown", (event) => this.onKey(event));
  }

  item(part, place, level) {
    const twisty = make("span", { class: "twisty", "aria-hidden": "true" });
    const label = make("span", { class: "label" }, part.label);
    const value = make("span", { class: "value" }, part.value ?? "");
    const row = make("div", { class: "row" }, twisty, label, value);
    if (level > 1) row.append(make("span", { class: `sign ${part.secret ? "secret" : "clear"}` }, secrecy(part)));
    if (part.error) row.append(make("span", { class: "cross" }, "✗ wrong"));
    const item = make("li", { role: "treeitem", "aria-level": level, "aria-selected": "false", tabindex: "-1" }, row);
    item.setAttribute("aria-label", this.name(part, level));
    item.classList.toggle("secret", Boolean(part.secret));
    item.classList.toggle("broken", Boolean(part.error));
    row.style.setProperty("--level", level - 1);
    if (part.parts?.length) item.setAttribute("aria-expanded", "false");
    item.loopback = { part, place, level };
    this.items.set(place, item);
    return item;
  }

  name(part, level) {
    const said = [part.label, part.value, level > 1 ? secrecy(part) : "", part.error ? "something is wrong here" : ""];
    return said.filter(Boolean).join(", ");
  }

  open(item, wanted) {
    if (!item.hasAttribute("aria-expanded")) return;
    const { part, place, level } = item.loopback;
    item.setAttribute("aria-expanded", String(wanted));
    if (wanted && !item.group) {
      item.group = make("ul", { role: "group" });
      part.parts.forEach((one, number) => item.group.append(this.item(one, `${place}.${number}`, level + 1)));
      item.append(item.group);
    }
    if (item.group) item.group.hidden = !wanted;
  }

  reveal(place) {
    const steps = place.split(".");
    for (let length = 1; length < steps.length; length += 1)
      this.open(this.items.get(steps.slice(0, length).join(".")), true);
    return this.items.get(place);
  }

  mark(place) {
    const item = this.reveal(place);
    for (const other of this.node.querySelectorAll('[aria-selected="true"], [tabindex="0"]')) {
      other.setAttribute("aria-selected", "false");
      other.tabIndex = -1;
    }
    item.setAttribute("aria-selected", "true");
    item.tabIndex = 0;
    const row = item.firstChild;
    const { scrollTop, clientHeight } = this.node;
    const top = row.offsetTop - this.node.offsetTop;
    if (top < scrollTop + 30 || top + row.offsetHeight > scrollTop + clientHeight - 30)
      this.node.scrollTop = top - clientHeight / 3;
    return item;
  }

  visible() {
    return [...this.node.querySelectorAll('[role="treeitem"]')].filter((item) => !item.closest("[hidden]"));
  }

  onClick(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    const isOpen = item.getAttribute("aria-expanded") === "true";
    const again = item.getAttribute("aria-selected") === "true";
    this.open(item, event.target.classList.contains("twisty") || again ? !isOpen : true);
    this.go(item);
  }

  go(item) {
    if (!item) return;
    this.select(item.loopback.place);
    item.focus({ preventScroll: true });
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const item = event.target.closest('[role="treeitem"]');
    const all = this.visible();
    const here = all.indexOf(item);
    const expanded = item.getAttribute("aria-expanded");
    if (event.key === "ArrowDown") this.go(all[here + 1]);
    else if (event.key === "ArrowUp") this.go(all[here - 1]);
    else if (event.key === "Home") this.go(all[0]);
    else if (event.key === "End") this.go(all.at(-1));
    else if (event.key === "ArrowRight" && expanded === "false") this.open(item, true);
    else if (event.key === "ArrowRight" && expanded === "true") this.go(all[here + 1]);
    else if (event.key === "ArrowLeft" && expanded === "true") this.open(item, false);
    else if (event.key === "ArrowLeft") this.go(item.parentElement.closest('[role="treeitem"]'));
    else if (event.key === "Enter" || event.key === " ") this.open(item, expanded !== "true");
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// --- the bytes of a record, those of the selected part marked ----------------------------------------------------

class Bytes {
  constructor(select) {
    this.select = select;
    this.node = make("div", { class: "bytes", tabindex: "0", role: "group" });
    this.node.addEventListener("click", (event) => this.onClick(event));
    this.resized = new ResizeObserver(() => this.onSize());
    this.resized.observe(this.node);
  }

  show(flight, record, part, place, opened) {
    this.shown = { flight, record, part, place, opened };
    this.drawn ||= this.across();
    const secret = new Uint8Array(record.end - record.start);
    this.paint(record, record.start, secret);
    const how = opened ? "opened with the key" : "as on the wire";
    this.node.setAttribute("aria-label", `The bytes of ${place.includes(".") ? "this record" : "this flight"}, ${how}`);
    const lines = [];
    const end = Math.min(record.end, record.start + MOST);
    for (let at = record.start; at < end; at += this.drawn) lines.push(this.line(at, secret));
    if (end < record.end) lines.push(make("p", {}, `And ${counted(record.end - end)} more: choose one of its records.`));
    this.node.replaceChildren(...lines);
    const first = this.node.querySelector(".on");
    if (first) this.node.scrollTop = first.offsetTop - this.node.offsetTop - 40;
  }

  paint(part, from, secret) {
    if (part.parts?.length) for (const one of part.parts) this.paint(one, from, secret);
    else secret.fill(part.secret ? 1 : 0, part.start - from, part.end - from);
  }

  line(at, secret) {
    const { flight, record, part, opened } = this.shown;
    const end = Math.min(at + this.drawn, record.end);
    const hex = make("span", { class: "hex", style: `min-width: ${3 * this.drawn}ch` });
    const text = make("span", { class: "ascii", "aria-hidden": "true" });
    for (let place = at; place < end; place += 1) {
      const byte = (opened ? flight.opened : flight.data).slice(2 * place, 2 * place + 2);
      const kinds = ["byte"];
      if (secret[place - record.start]) kinds.push(opened ? "open" : "shut");
      if (place >= part.start && place < part.end) kinds.push("on");
      hex.append(make("span", { class: kinds.join(" "), "data-at": place }, byte === ".." ? "··" : byte));
      const gap = place === end - 1 || place === part.end - 1 || place === part.start - 1;
      if (gap) hex.append(" ");
      else hex.lastChild.append(" ");
      text.append(make("span", { class: kinds.join(" "), "data-at": place }, letter(byte)));
    }
    const offset = make("span", { class: "offset", "aria-hidden": "true" }, String(at - record.start).padStart(4));
    return make("div", { class: "line" }, offset, hex, text);
  }

  across() {
    return this.node.clientWidth >= SIXTEEN ? 16 : 8;
  }

  onSize() {
    if (!this.shown || !this.node.clientWidth || this.across() === this.drawn) return;
    this.drawn = this.across();
    const { flight, record, part, place, opened } = this.shown;
    this.show(flight, record, part, place, opened);
  }

  onClick(event) {
    const at = Number(event.target.dataset?.at ?? -1);
    if (at < 0) return;
    const { record, place } = this.shown;
    const steps = place.split(".");
    let [part, path] = [record, steps.slice(0, 2)];
    for (let next = 0; next >= 0; ) {
      next = (part.parts ?? []).findIndex((one) => one.start <= at && at < one.end);
      if (next >= 0) [part, path] = [part.parts[next], [...path, next]];
    }
    this.select(path.join("."));
  }
}

// --- the places of the picture that lead to a part: messages and their fields, one stop for the Tab key -------------

class Places {
  constructor(spots, select) {
    this.select = select;
    this.node = shape("g", { role: "group", "aria-label": "The messages, and fields of them" });
    this.spots = spots.flatMap(({ places, box, name, fields }) => [
      { places, box, name },
      ...fields.map((field) => ({ places: [field.place], box: field.box, name: `${field.name}, of ${name}` })),
    ]);
    this.spots.forEach((spot, number) => this.node.append(this.button(spot, number)));
    this.node.addEventListener("keydown", (event) => this.onKey(event));
  }

  button(spot, number) {
    const [x, y, width, height] = spot.box;
    const words = `${spot.name}: show its bytes`;
    const attributes = { class: "spot", role: "button", tabindex: number ? -1 : 0, "aria-label": words };
    spot.node = shape("rect", { ...attributes, x, y, width, height, rx: 5 });
    const title = shape("title", {});
    title.textContent = words;
    spot.node.append(title);
    spot.node.addEventListener("click", () => this.go(spot, true));
    return spot.node;
  }

  go(spot, chosen) {
    if (!spot) return;
    for (const other of this.spots) other.node.setAttribute("tabindex", other === spot ? 0 : -1);
    spot.node.focus({ preventScroll: chosen });
    if (chosen) this.select(spot.places[0]);
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const here = this.spots.findIndex(({ node }) => node === event.target);
    if (["ArrowDown", "ArrowRight"].includes(event.key)) this.go(this.spots[here + 1], false);
    else if (["ArrowUp", "ArrowLeft"].includes(event.key)) this.go(this.spots[here - 1], false);
    else if (event.key === "Home") this.go(this.spots[0], false);
    else if (event.key === "End") this.go(this.spots.at(-1), false);
    else if (["Enter", " "].includes(event.key)) this.go(this.spots[here], true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The spots of the part at this place: its message, and its field where it is in one.
  mark(place) {
    const within = (one, other) => `${one}.`.startsWith(`${other}.`);
    const message = this.spots.find(({ places }) => places.some((one) => within(place, one)));
    const around = this.spots.find(({ places }) => places.some((one) => place.includes(".") && within(one, place)));
    const field = this.spots.findLast(({ places }) => places.some((one) => within(place, one)));
    const marked = new Set([message ?? around, field].filter(Boolean));
    for (const spot of this.spots) spot.node.setAttribute("aria-current", String(marked.has(spot)));
    return [...marked];
  }
}

// --- all of it ---------------------------------------------------------------------------------------------------

class Handshake {
  constructor(model, el) {
    this.model = model;
    this.id = `loopback-${Math.random().toString(36).slice(2)}`; // each widget has a copy of this module: no counter
    this.head = model.get("head");
    this.flights = model.get("flights");
    this.build(el);
    this.changed = () => this.update();
    model.on("change:selected change:opened", this.changed);
    this.update();
  }

  close() {
    this.model.off("change:selected change:opened", this.changed);
    this.bytes.resized.disconnect();
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  build(el) {
    const select = (place) => this.set("selected", place);
    this.tree = new Tree(this.flights, select);
    this.bytes = new Bytes(select);
    // Without this JupyterLab takes the arrow keys to mean the next cell.
    this.root = make("div", { class: "loopback-flights", "data-lm-suppress-shortcuts": "true" });
    const body = make("div", { class: "body" }, this.picture(), this.tree.node, this.detail());
    const text = make("pre", { tabindex: "0", "aria-label": "The handshake as text" }, this.head.text);
    this.root.append(body, make("details", {}, make("summary", {}, "The handshake as text"), text));
    if (this.head.error) this.root.append(make("p", { class: "raised" }, "What was raised: ", make("code", {}, this.head.error)));
    el.append(this.root);
  }

  picture() {
    const { svg, defs, width, height, alt } = this.head;
    const canvas = make("div", { class: "picture" });
    const drawing = `<g aria-hidden="true">${this.own(defs + svg)}</g>`;
    canvas.innerHTML = `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawing}</svg>`;
    this.marks = shape("g", {});
    this.map = new Places(this.head.spots, (place) => this.set("selected", place));
    canvas.firstChild.append(this.marks, this.map.node);
    return make("div", { class: "overview" }, make("p", { class: "unseen" }, alt), canvas);
  }

  own(drawing) {
    // Two handshakes in one notebook must not share an id.
    return drawing.replaceAll("#sealed", `#${this.id}-sealed`).replaceAll('id="sealed"', `id="${this.id}-sealed"`);
  }

  detail() {
    this.title = make("p", { class: "title" });
    this.wrong = make("p", { class: "wrong" });
    this.means = make("p", { class: "means", id: `${this.id}-means` });
    this.where = make("p", { class: "where" });
    this.ways = [false, true].map((opened) => {
      const input = make("input", { type: "radio", name: `${this.id}-way`, "data-lm-suppress-shortcuts": "true" });
      input.addEventListener("change", () => this.set("opened", opened));
      return input;
    });
    const words = ["as on the wire", "opened with the key"];
    const labels = this.ways.map((input, number) => make("label", {}, input, words[number]));
    this.way = make("fieldset", {}, make("legend", {}, "Bytes"), ...labels);
    const parts = [this.title, this.wrong, this.means, this.where, this.way, this.bytes.node];
    return make("section", { class: "detail", "aria-label": "The selected part" }, ...parts);
  }

  // --- what is selected ---

  at(place) {
    return place.split(".").reduce((here, number) => here.parts[Number(number)], { parts: this.flights });
  }

  update() {
    const place = this.model.get("selected");
    if (!place) return;
    const steps = place.split(".");
    const [flight, part] = [this.at(steps[0]), this.at(place)];
    const record = steps.length > 1 ? this.at(steps.slice(0, 2).join(".")) : flight;
    const item = this.tree.mark(place);
    this.described?.removeAttribute("aria-describedby");
    this.described = item;
    item.setAttribute("aria-describedby", this.means.id);
    this.tell(part, flight, steps);
    this.ways.forEach((input, number) => (input.checked = Boolean(number) === this.model.get("opened")));
    this.way.disabled = !this.sealed(record);
    this.bytes.show(flight, record, part, place, this.model.get("opened"));
    this.light(place);
  }

  sealed(part) {
    return Boolean(part.secret) || (part.parts ?? []).some((one) => this.sealed(one));
  }

  tell(part, flight, steps) {
    const value = part.value ? [" ", make("span", { class: "value" }, part.value)] : [];
    this.title.replaceChildren(make("code", {}, part.label), ...value);
    this.wrong.textContent = part.error ? `✗ ${part.error}` : "";
    this.means.textContent = part.means ?? "";
    const count = part.end - part.start;
    const span = count > 1 ? `${part.start} to ${part.end - 1}` : `number ${part.start}`;
    const place = count && steps.length > 1 ? `, ${span} of flight ${Number(steps[0]) + 1}` : "";
    const whole = `${count ? counted(count) : "No bytes"}${place}. `;
    const sign = make("span", { class: `sign ${part.secret ? "secret" : "clear"}` }, secrecy(part));
    const reads = part.secret ? "an eavesdropper sees these bytes and cannot read them. " : "an eavesdropper can read this. ";
    const source = part.link
      ? make("a", { href: part.link, target: "_blank", rel: "noopener noreferrer" }, part.source)
      : (part.source ?? "");
    this.where.replaceChildren(...(steps.length > 1 ? [sign, ": ", reads] : []), whole, source);
  }

  light(place) {
    const marks = this.map.mark(place).map(({ box: [x, y, width, height] }) =>
      shape("rect", { class: "here", x: x - 3, y: y - 3, width: width + 6, height: height + 6, rx: 7 }),
    );
    this.marks.replaceChildren(...marks);
  }
}

export default {
  render({ model, el }) {
    const handshake = new Handshake(model, el);
    return () => handshake.close();
  },
};
