// The browser's part of the live ladder.  It lays nothing out: rows come drawn from Python, page by page, and this
// scrolls them, steps through them and lights up the bytes of a call.

const WIDE = 800; // below that many pixels the narrow drawing is asked for
const BESIDE = 1110; // from that many on the words stand beside the picture
const SVG = "http://www.w3.org/2000/svg";

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

class Ladder {
  constructor(model, el) {
    this.model = model;
    this.id = `loopback-${Math.random().toString(36).slice(2)}`; // each widget has a copy of this module: no counter
    this.pages = new Map(); // number → {version, node, spots}
    this.asked = new Set(); // pages asked for and not come, as "version/number"
    this.version = 0;
    this.lit = []; // numbers of the sends that are lit up
    this.tail = true; // the newest rows are in sight, so newer ones are followed
    this.build(el);
    this.listen();
    this.update();
  }

  // --- the parts -----------------------------------------------------------------------------

  build(el) {
    // Without this JupyterLab takes the arrow keys to mean the next cell.
    this.root = make("div", { class: "loopback-ladder", "data-lm-suppress-shortcuts": "true" });
    this.back = this.button("◀ Back", "Go to the event before");
    this.next = this.button("Next ▶", "Go to the event after");
    this.pause = this.button("Pause", "Show nothing newer");
    this.newer = this.button("↓ Newer events", "Scroll down to the newest events");
    this.follow = make("select", {});
    const label = make("label", {}, "Show ", this.follow);
    const bar = make("div", { class: "bar" }, this.back, this.next, this.pause, label, this.newer);
    this.heads = make("div", { class: "heads", "aria-hidden": "true" });
    this.alt = make("p", { class: "unseen", id: `${this.id}-alt` });
    this.canvas = make("div", { class: "canvas", "aria-hidden": "true" });
    this.scroller = make(
      "div",
      {
        class: "scroller",
        tabindex: "0",
        role: "group",
        "aria-label": "Ladder; the arrow keys go from event to event",
        "aria-describedby": this.alt.id,
      },
      this.canvas,
    );
    this.foot = make("div", { class: "foot", "aria-hidden": "true" });
    this.said = make("p", { class: "said", role: "status", "aria-live": "polite" });
    this.bytes = make("div", { class: "bytes" });
    this.bytesBox = make("details", {}, make("summary", {}, "The bytes of this call"), this.bytes);
    this.text = make("pre", { tabindex: "0", "aria-label": "The ladder as text" });
    this.textBox = make("details", {}, make("summary", {}, "The ladder as text"), this.text);
    const sheet = make("div", { class: "sheet" }, this.heads, this.scroller, this.foot);
    const picture = make("div", { class: "picture" }, sheet);
    const words = make("div", { class: "words" }, this.said, this.bytesBox, this.textBox);
    this.root.append(bar, this.alt, picture, words);
    el.append(this.root);
  }

  button(text, title) {
    return make("button", { type: "button", title }, text);
  }

  listen() {
    this.changed = () => this.update();
    this.received = (message) => this.receive(message);
    this.model.on("change:pages", this.changed);
    this.model.on("change:step", (this.stepped = () => this.onStep()));
    this.model.on("msg:custom", this.received);
    this.back.addEventListener("click", () => this.go(this.step < 0 ? this.head.steps - 1 : this.step - 1));
    this.next.addEventListener("click", () => this.go(this.step + 1));
    this.pause.addEventListener("click", () => this.setPaused(!this.paused));
    this.newer.addEventListener("click", () => this.toTail());
    this.follow.addEventListener("change", () => this.set("follow", this.follow.value));
    this.scroller.addEventListener("scroll", () => this.onScroll());
    this.scroller.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("pointerover", (event) => this.onPoint(event));
    this.canvas.addEventListener("pointerleave", () => this.light(this.ofStep()));
    this.canvas.addEventListener("click", (event) => this.onPick(event));
    this.textBox.addEventListener("toggle", () => this.textBox.open && this.model.send({ want: "text" }));
    this.resized = new ResizeObserver(() => this.onSize());
    this.resized.observe(this.root);
  }

  close() {
    this.model.off("change:pages", this.changed);
    this.model.off("change:step", this.stepped);
    this.model.off("msg:custom", this.received);
    this.resized.disconnect();
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  // --- what comes from Python ------------------------------------------------------------------

  update() {
    const head = this.model.get("head");
    const pages = this.model.get("pages");
    if (!head.version || (this.paused && this.version)) return;
    this.head = head;
    this.grew ||= head.growing; // the last rows come when it has ceased to grow
    this.version = head.version;
    this.canvas.style.height = `${head.height - head.top + 8}px`;
    this.canvas.style.width = this.heads.style.width = this.foot.style.width = `${head.width}px`;
    this.heads.innerHTML = this.drawing(head.heads, 0, head.top - 8);
    this.foot.innerHTML = this.drawing(head.defs + head.foot, 0, head.foot_height);
    this.alt.textContent = head.alt;
    this.pause.hidden = !head.growing;
    this.back.disabled = this.next.disabled = !head.steps;
    this.choices(head.connections);
    this.take(pages, head.version);
    for (const number of this.pages.keys()) if (number >= head.starts.length) this.drop(number);
    if (this.step < 0) this.say(this.summary());
    if (this.textBox.open) this.askLater();
    this.whereNow();
  }

  drawing(inside, top, height) {
    const box = `0 ${top} ${this.head.width} ${height}`;
    return `<svg width="${this.head.width}" height="${height}" viewBox="${box}">${this.own(inside)}</svg>`;
  }

  own(svg) {
    // Two ladders in one notebook must not share an id.
    return svg.replaceAll("#wait", `#${this.id}-wait`).replaceAll('id="wait"', `id="${this.id}-wait"`);
  }

  choices(connections) {
    const wanted = [["", "all connections"], ...connections];
    const key = JSON.stringify(wanted);
    if (key !== this.known) {
      this.known = key;
      this.follow.replaceChildren(...wanted.map(([value, text]) => make("option", { value }, text)));
    }
    this.follow.value = this.model.get("follow");
    this.follow.parentElement.hidden = connections.length < 2;
  }

  take(pages, version) {
    for (const [number, page] of Object.entries(pages)) if (number !== "version") this.put(Number(number), page, version);
  }

  put(number, page, version) {
    this.drop(number);
    const { starts, height } = this.head;
    if (number >= starts.length) return;
    const top = starts[number];
    const bottom = number + 1 < starts.length ? starts[number + 1] : height;
    const node = make("div", { class: "page" });
    node.style.top = `${top - starts[0]}px`;
    node.innerHTML = this.drawing(page.svg, top, bottom - top);
    const svg = node.firstChild;
    const marks = shape("g", { class: "marks" });
    svg.append(marks);
    for (const [step, x, y, width, height, sends, says] of page.spots.calls) {
      const spot = shape("rect", { class: "spot", x, y, width, height, rx: 6 });
      spot.loopback = { step, sends, says };
      const title = shape("title", {});
      title.textContent = says;
      spot.append(title);
      svg.append(spot);
    }
    this.canvas.append(node);
    this.pages.set(number, { version, node, marks, spots: page.spots });
    this.mark(this.pages.get(number));
  }

  drop(number) {
    this.pages.get(number)?.node.remove();
    this.pages.delete(number);
  }

  receive(message) {
    if (message.got === "pages" && message.version === this.version) {
      for (const number of Object.keys(message.pages)) this.asked.delete(`${message.version}/${number}`);
      this.take(message.pages, message.version);
    } else if (message.got === "step" && message.step === this.step) {
      this.told(message);
    } else if (message.got === "text") {
      this.text.textContent = message.text;
    }
  }

  askLater() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.model.send({ want: "text" }), 500);
  }

  summary() {
    if (!this.head.steps) return "Nothing has happened yet.";
    const lost = this.head.dropped ? ` The tape has dropped ${this.head.dropped} older events.` : "";
    const hint = " Click on one, or go through them with the arrow keys; Enter shows the bytes.";
    return `${this.head.steps} events${this.head.growing ? " so far" : ""}.${lost}${hint}`;
  }

  // --- scrolling -------------------------------------------------------------------------------

  get still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  whereNow() {
    if (this.tail && this.grew && !this.still && this.step < 0) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.onScroll();
  }

  onScroll() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.tail = scrollTop + clientHeight >= scrollHeight - 24;
    this.newer.hidden = this.tail;
    const wanted = this.inSight(scrollTop - 200, scrollTop + clientHeight + 200);
    const missing = wanted.filter((number) => this.pages.get(number)?.version !== this.version);
    const fresh = missing.filter((number) => !this.asked.has(`${this.version}/${number}`));
    if (fresh.length) {
      for (const number of fresh) this.asked.add(`${this.version}/${number}`);
      this.model.send({ want: "pages", pages: fresh });
    }
    for (const number of this.pages.keys()) if (!this.near(number, wanted)) this.drop(number);
  }

  inSight(low, high) {
    const { starts, height } = this.head;
    const found = [];
    starts.forEach((start, number) => {
      const end = number + 1 < starts.length ? starts[number + 1] : height;
      if (start - starts[0] < high && end - starts[0] > low) found.push(number);
    });
    return found;
  }

  near(number, wanted) {
    // A few more are kept than are in sight, so that scrolling back and forth asks for nothing.
    return wanted.some((other) => Math.abs(other - number) <= 4);
  }

  toTail() {
    this.light([]);
    this.set("step", -1);
    this.say(this.summary());
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.scroller.focus({ preventScroll: true });
  }

  onSize() {
    const width = this.root.clientWidth;
    if (!width) return;
    this.root.classList.toggle("beside", width >= BESIDE);
    const narrow = width < WIDE;
    if (narrow !== this.model.get("narrow")) this.set("narrow", narrow);
  }

  // --- stepping --------------------------------------------------------------------------------

  get step() {
    return this.model.get("step");
  }

  get paused() {
    return this.model.get("paused");
  }

  setPaused(paused) {
    this.set("paused", paused);
    this.pause.textContent = paused ? "Go on" : "Pause";
    this.pause.setAttribute("aria-pressed", String(paused));
    if (!paused) this.update();
  }

  onKey(event) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const last = this.head.steps - 1;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in steps) this.go(this.step < 0 && steps[event.key] < 0 ? last : this.step + steps[event.key]);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(last);
    else if (event.key === "Escape") this.toTail();
    else if (event.key === "Enter") this.bytesBox.open = !this.bytesBox.open;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  go(step) {
    if (!this.head.steps) return;
    this.set("step", Math.max(0, Math.min(this.head.steps - 1, step)));
  }

  onStep() {
    if (this.step < 0) return this.light([]);
    this.bytes.textContent = "…";
    this.model.send({ want: "step", step: this.step });
    const spot = this.spotOf(this.step);
    if (spot) this.show(spot[2], spot[6]);
  }

  told({ y, says, bytes }) {
    this.bytes.innerHTML = bytes;
    this.show(y, says);
  }

  show(y, says) {
    const top = y - this.head.starts[0];
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop + 40 || top > scrollTop + clientHeight - 80) this.scroller.scrollTop = top - clientHeight / 3;
    this.say(`Event ${this.step + 1} of ${this.head.steps}. ${says}`);
    this.light(this.ofStep());
  }

  say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  spotOf(step) {
    for (const { spots } of this.pages.values()) {
      const found = spots.calls.find((call) => call[0] === step);
      if (found) return found;
    }
    return null;
  }

  ofStep() {
    return this.spotOf(this.step)?.[5] ?? [];
  }

  onPoint(event) {
    const spot = event.target.loopback;
    this.light(spot ? spot.sends : this.ofStep());
  }

  onPick(event) {
    const spot = event.target.loopback;
    if (spot) this.go(spot.step);
  }

  // --- lighting up -----------------------------------------------------------------------------

  light(sends) {
    this.lit = sends;
    for (const page of this.pages.values()) this.mark(page);
  }

  mark({ marks, spots }) {
    const found = [];
    for (const [number, x, y, width, height] of spots.chips)
      if (this.lit.includes(number))
        found.push(shape("rect", { class: "lit", x: x - 2, y: y - 2, width: width + 4, height: height + 4, rx: 5 }));
    for (const [number, x1, y1, x2, y2] of spots.ways)
      if (this.lit.includes(number)) found.push(shape("line", { class: "lit way", x1, y1, x2, y2 }));
    const here = spots.calls.find((call) => call[0] === this.step);
    if (here) {
      const [, x, y, width, height] = here;
      found.push(shape("rect", { class: "here", x: x - 3, y: y - 3, width: width + 6, height: height + 6, rx: 8 }));
    }
    marks.replaceChildren(...found);
  }
}

export default {
  render({ model, el }) {
    const ladder = new Ladder(model, el);
    return () => ladder.close();
  },
};
