// What the deck adds to reveal.js: text that is made to fit, pictures that the key for the next slide scrolls, two themes.

const SMALLEST = 17; // pixels of a slide of 720; what still does not fit scrolls

const calm = matchMedia("(prefers-reduced-motion: reduce)");

// A program keeps its lines as long as they fit at a readable size; then it wraps.
function narrow(pre) {
  pre.style.fontSize = pre.style.whiteSpace = "";
  const size = parseFloat(getComputedStyle(pre).fontSize);
  const wide = pre.scrollWidth;
  if (wide <= pre.clientWidth) return;
  pre.style.fontSize = `${Math.max(SMALLEST, Math.floor((size * pre.clientWidth) / wide))}px`;
  if (pre.scrollWidth > pre.clientWidth) pre.style.whiteSpace = "pre-wrap";
}

function fit(slide) {
  const box = slide?.querySelector(":scope > .fit");
  if (!box || slide.matches(".picture")) return;
  box.querySelectorAll("pre").forEach(narrow);
  box.style.fontSize = "";
  box.removeAttribute("tabindex");
  let size = parseFloat(getComputedStyle(box).fontSize);
  while (box.scrollHeight > box.clientHeight + 1 && size > SMALLEST) {
    size = Math.max(SMALLEST, Math.min(size - 1, size * Math.sqrt(box.clientHeight / box.scrollHeight)));
    box.style.fontSize = `${size}px`;
    box.querySelectorAll("pre").forEach(narrow);
  }
  if (box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0; // reached and scrolled by keyboard
}

function scroll(slide) {
  const view = slide?.querySelector(".window");
  if (!view) return;
  const shown = slide.querySelectorAll(".scroll.visible").length;
  view.scrollTo({ top: shown * view.dataset.stride * view.clientHeight, behavior: calm.matches ? "auto" : "smooth" });
}

function arrived({ currentSlide }) {
  fit(currentSlide);
  scroll(currentSlide);
}

Reveal.on("ready", arrived);
Reveal.on("resize", () => fit(Reveal.getCurrentSlide()));
Reveal.on("slidechanged", arrived);
Reveal.on("fragmentshown", () => scroll(Reveal.getCurrentSlide()));
Reveal.on("fragmenthidden", () => scroll(Reveal.getCurrentSlide()));

Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0.03,
  center: false,
  display: "flex", // the text takes the room that its title leaves
  hash: true,
  navigationMode: "linear",
  overviewOnDown: false,
  pdfSeparateFragments: false,
  controlsTutorial: false,
  slideNumber: "c/t",
  transition: "none",
  backgroundTransition: "none",
  plugins: [RevealNotes],
});

Reveal.addKeyBinding({ keyCode: 84, key: "T", description: "Light or dark" }, () => {
  const root = document.documentElement;
  const dark = getComputedStyle(root).getPropertyValue("--dark").trim() === "1";
  root.dataset.theme = dark ? "light" : "dark";
});
