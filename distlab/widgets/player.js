// The step-through player. It gets a film (plain data, see film.py) and shows any step of it without asking
// the kernel; only a branch needs Python, which answers with a second film.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 3", "3 2.5", "7 3 2 3", "1.5 2.5", "11 4", "6 2 2 2 2 2", "4 4"];
const ZOOMS = [10, 14, 20, 28, 40, 56, 80];
const PATIENCE = 10000; // milliseconds that a branch may take before the player asks whether the kernel lives
let players = 0;

// JupyterLab looks for this mark on the element that has the focus, before it takes a key for a shortcut.
const QUIET = "data-lm-suppress-shortcuts";
const takesKeys = (tag, attributes) => ["button", "select", "input"].includes(tag) || attributes.tabindex != null;

function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (takesKeys(tag, attributes)) element.setAttribute(QUIET, "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  if (takesKeys(tag, attributes)) element.setAttribute(QUIET, "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// A long name may go on in the next line behind a _.
const breakable = (name) => name.split(/(?<=_)/).flatMap((part, index) => (index ? [html("wbr"), part] : [part]));
const short = (time) => String(Number((Math.round(time * 1e9) / 1e9).toPrecision(4)));
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// The last entry [step, ...] of a list that begins at a step or before it.
function latest(list, step) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle][0] <= step) low = middle + 1;
    else high = middle;
  }
  return low ? list[low - 1] : null;
}

const goesOn = (one, step) => one.s0 <= step && (one.s1 == null || step < one.s1);

class Player {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.name = `dl-player-${++players}`;
    this.films = { run: model.get("film"), branch: model.get("branch") };
    this.which = this.films.branch ? "branch" : "run";
    this.step = clamp(model.get("step"), 0, this.last);
    this.node = clamp(model.get("node"), 0, this.film.nodes.length - 1);
    this.follows = model.get("follows"); // the state shown is that of whoever acts
    this.axis = "events";
    this.zoom = 3;
    this.from = 0; // the left edge of the diagram: a step, or seconds
    this.timer = null;
    this.waiting = null;
    this.build();
    this.listen();
    this.draw();
  }

  get film() {
    return this.films[this.which] || this.films.run;
  }

  get last() {
    return this.film.steps.length - 1;
  }

  // --- the parts, made once

  build() {
    const button = (label, sign, act, extra = {}) =>
      html("button", { type: "button", class: "dl-button", title: label, "aria-label": label, onclick: act, ...extra }, sign);
    const film = this.films.run;
    this.slider = html("input", {
      type: "range", min: 0, max: this.last, value: this.step, class: "dl-slider", "aria-label": "Step of the run",
      oninput: () => this.go(Number(this.slider.value)),
    });
    this.count = html("span", { class: "dl-count" });
    this.play = button("Play (space)", icon("play"), () => this.toggle());
    this.unit = html("select", { class: "dl-select", "aria-label": "One step is", onchange: () => this.focusLess() },
      ...[["event", "event"], ["node", "node's event"],
        ...(film.unit === "s" ? [["0.001", "1 ms"], ["0.01", "10 ms"], ["0.1", "100 ms"], ["1", "1 s"]] : [])]
        .map(([value, text]) => html("option", { value }, text)));
    this.axisMenu = html("select", { class: "dl-select", "aria-label": "The diagram goes by", onchange: () => {
      this.axis = this.axisMenu.value;
      this.from = 0;
      this.draw();
    } }, html("option", { value: "events" }, "events"), html("option", { value: "time" }, "time"));
    const bar = html("div", { class: "dl-bar", role: "toolbar", "aria-label": "Steps" },
      button("First step (Home)", icon("first"), () => this.go(0)),
      button("Step back (left arrow)", icon("back"), () => this.move(-1)),
      this.play,
      button("Step forward (right arrow)", icon("forward"), () => this.move(1)),
      button("Last step (End)", icon("last"), () => this.go(this.last)),
      this.slider, this.count,
      html("label", { class: "dl-label" }, "step by ", this.unit));
    const scales = html("div", { class: "dl-tabs" },
      film.unit === "s" ? html("label", { class: "dl-label" }, "diagram by ", this.axisMenu) : null,
      button("Diagram: less detail", "−", () => this.scale(-1)),
      button("Diagram: more detail", "+", () => this.scale(1)));
    this.said = html("p", { class: "dl-say", role: "status", "aria-live": "polite", "aria-atomic": "true" });
    this.tabs = html("div", { class: "dl-tabs", role: "group", "aria-label": "Which run is shown" });
    this.ring = svg("svg", { class: "dl-ring", role: "group", "aria-label": "Ring of nodes" });
    this.charts = html("div", { class: "dl-charts" });
    this.state = html("section", { class: "dl-panel", "aria-label": "State of a node" });
    this.flight = html("section", { class: "dl-panel", "aria-label": "Messages under way" });
    this.code = html("section", { class: "dl-panel dl-code", "aria-label": "Source of the handler that runs", tabindex: "0" });
    this.faults = html("section", { class: "dl-panel", "aria-label": "Faults" });
    this.compared = html("section", { class: "dl-panel dl-compare", "aria-label": "Comparison of branch and run" });
    this.verdict = html("p", { class: "dl-verdict" });
    this.notice = html("p", { class: "dl-notice", role: "alert" });
    this.box = html("div", {
      class: "dl-player", role: "region", "aria-label": `Player: ${film.title}`, tabindex: "0",
    },
      html("div", { class: "dl-head" }, html("strong", {}, film.title), this.tabs, scales),
      film.verdict ? this.verdict : null, bar, this.said, this.notice,
      html("div", { class: "dl-stage" }, html("div", { class: "dl-ringbox" }, this.ring), this.charts),
      html("div", { class: "dl-panels" }, this.flight, this.state, this.code, this.faults),
      this.compared,
      html("p", { class: "dl-hint" }, "Keys: ← → step, Page Up and Page Down ten steps, Home, End, space plays."));
    this.root.append(this.box);
    this.root.classList.add("dl-root");
  }

  listen() {
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.changed = {
      "change:step": () => this.go(this.model.get("step"), false),
      "change:node": () => this.choose(this.model.get("node"), false),
      "change:film": () => { this.films.run = this.model.get("film"); this.draw(); },
      "change:branch": () => this.answered(),
      "msg:custom": (message) => this.told(message),
    };
    for (const [name, act] of Object.entries(this.changed)) this.model.on(name, act);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.charts);
  }

  close() {
    this.pause();
    clearTimeout(this.saving);
    clearTimeout(this.waiting);
    this.observer.disconnect();
    for (const [name, act] of Object.entries(this.changed)) this.model.off(name, act);
  }

  // --- moving

  key(event) {
    const place = event.target;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (place.tagName === "SELECT" || (place.tagName === "INPUT" && event.key.startsWith("Arrow"))) return;
    const act = {
      ArrowLeft: () => this.move(-1), ArrowRight: () => this.move(1),
      PageUp: () => this.go(this.step - 10), PageDown: () => this.go(this.step + 10),
      Home: () => this.go(0), End: () => this.go(this.last),
    }[event.key];
    if (act) act();
    else if (event.key === " " && place.tagName !== "BUTTON" && place.getAttribute("role") !== "button") this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  go(step, save = true) {
    this.step = clamp(step, 0, this.last);
    this.follow();
    if (save) this.save();
    this.draw();
  }

  follow() {
    const acts = this.film.steps[this.step].node;
    if (this.follows && this.unit.value !== "node" && acts >= 0) this.node = acts;
  }

  move(way) {
    const unit = this.unit.value;
    const steps = this.film.steps;
    let to = this.step + way;
    if (unit === "node") {
      while (to > 0 && to < this.last && steps[to].node !== this.node) to += way;
    } else if (unit !== "event") {
      const goal = steps[this.step].t + way * Number(unit);
      while (way > 0 ? to < this.last && steps[to + 1].t <= goal : to > 0 && steps[to].t > goal) to += way;
    }
    this.go(to);
    if (this.step >= this.last && way > 0) this.pause();
  }

  toggle() {
    if (this.timer) {
      this.pause();
      return;
    }
    if (this.step >= this.last) this.step = 0;
    this.timer = setInterval(() => this.move(1), 600);
    this.said.setAttribute("aria-live", "off"); // a reader cannot keep up with a film
    this.sign("pause", "Pause (space)");
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.said.setAttribute("aria-live", "polite");
    this.sign("play", "Play (space)");
  }

  sign(name, label) {
    this.play.replaceChildren(icon(name));
    this.play.title = label;
    this.play.setAttribute("aria-label", label);
  }

  scale(way) {
    this.zoom = clamp(this.zoom + way, 0, ZOOMS.length - 1);
    this.draw();
  }

  choose(node, save = true) {
    if (save) this.follows = false;
    this.node = clamp(node, 0, this.film.nodes.length - 1);
    if (save) this.save();
    this.draw();
  }

  focusLess() {
    this.draw();
  }

  // The kernel may know where we are; it is told when nothing has moved for a moment, and not asked.
  save() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      try {
        this.model.set("step", this.step);
        this.model.set("node", this.node);
        this.model.save_changes();
      } catch {
        // without a kernel the film can still be seen
      }
    }, 300);
  }

  // --- branches

  ask(action, target, words) {
    this.pause();
    this.notice.textContent = `${words} at step ${this.step}, and going on ...`;
    this.box.setAttribute("aria-busy", "true");
    this.asked = this.step;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.silent(), PATIENCE);
    try {
      this.model.send({ ask: "branch", of: this.which, after: this.step, action, target });
    } catch {
      this.silent();
    }
  }

  silent() {
    this.box.removeAttribute("aria-busy");
    this.notice.textContent = "The kernel has not answered. If it is busy, the branch will come; if it is gone, run the cell again. Stepping works without it.";
  }

  answered() {
    clearTimeout(this.waiting);
    this.box.removeAttribute("aria-busy");
    this.notice.textContent = "";
    this.films.branch = this.model.get("branch");
    this.show(this.films.branch ? "branch" : "run");
    if (this.films.branch && this.asked != null) {
      this.go(this.asked + 1);
      this.asked = null;
    }
  }

  told(message) {
    if (!message || message.say == null) return;
    clearTimeout(this.waiting);
    this.box.removeAttribute("aria-busy");
    this.notice.textContent = message.say;
  }

  forget() {
    this.films.branch = null;
    this.model.set("branch", null);
    this.model.save_changes();
    this.show("run");
  }

  show(which) {
    this.which = which;
    this.step = clamp(this.step, 0, this.last);
    this.draw();
  }

  // --- drawing a step

  draw() {
    const step = this.film.steps[this.step];
    this.slider.max = this.last;
    this.slider.value = this.step;
    this.slider.setAttribute("aria-valuetext", step.say);
    const when = this.film.unit === "s" ? `, t = ${short(step.t)} s` : "";
    this.count.textContent = `step ${this.step} of ${this.last}${when}`;
    if (this.said.textContent !== step.say) this.said.textContent = step.say;
    this.said.classList.toggle("dl-guilty", this.film.guilty.includes(this.step));
    this.drawTabs();
    this.drawRing();
    this.drawCharts();
    this.drawState();
    this.drawFlight();
    this.drawCode();
    this.drawFaults();
    this.drawComparison();
  }

  role(node) {
    const [, role, term] = latest(this.film.roles[node], this.step) || [0, null, ""];
    const name = this.film.term[node];
    const known = name && this.value(node, name);
    return { role, term: known != null && known !== "None" ? `${name.replace("current_", "")} ${known}` : term };
  }

  value(node, name) {
    const attribute = this.film.memory && this.film.memory[node].find((one) => one.name === name);
    const found = attribute && latest(attribute.values, this.step);
    return found ? found[1] : null;
  }

  isDown(node) {
    const life = latest(this.film.down[node], this.step);
    return Boolean(life && life[1]);
  }

  isPaused(node) {
    return this.film.paused.some(([who, from, to]) => who === node && from <= this.step && this.step < to);
  }

  timersOf(node) {
    return this.film.timers.filter((timer) => timer.node === node && goesOn(timer, this.step));
  }

  underWay() {
    return this.film.messages.filter((one) => goesOn(one, this.step)).sort((a, b) => (a.due ?? 1e99) - (b.due ?? 1e99) || a.row - b.row);
  }

  looks(role) {
    return this.film.looks[role] || { color: "var(--dl-idle)", ink: "#222222", height: 0.4 };
  }

  tint(type) {
    const look = this.film.types[type];
    return { stroke: `var(--dl-type-${look.color})`, "stroke-dasharray": DASHES[look.color] || null };
  }

  drawTabs() {
    const said = this.films.run.verdict || "";
    this.verdict.textContent = this.which === "branch" && said ? `Of the run (branches are not judged): ${said}` : said;
    const tab = (which, text) => html("button", {
      type: "button", class: "dl-button dl-tab", "aria-label": text, "aria-pressed": String(this.which === which), onclick: () => this.show(which),
    }, text);
    const parts = this.films.branch
      ? [tab("run", "the run"), tab("branch", "the branch"),
        html("button", { type: "button", class: "dl-button", "aria-label": "forget the branch", onclick: () => this.forget() }, "forget the branch")]
      : [];
    const cut = this.film.cut ? [html("span", { class: "dl-cut" }, this.film.cut)] : [];
    this.fill(this.tabs, ...parts, ...cut);
  }

  drawRing() {
    const film = this.film;
    const n = film.nodes.length;
    const wide = 380;
    const high = 330;
    const radius = n <= 9 ? 23 : clamp(200 / n, 5, 20);
    const named = n <= 9;
    const places = film.nodes.map((_, index) => {
      const angle = -Math.PI / 2 + (2 * Math.PI * index) / n;
      const far = n === 1 ? 0 : 1;
      return [wide / 2 + far * 140 * Math.cos(angle), high / 2 - 12 + far * 112 * Math.sin(angle)];
    });
    const links = svg("g", { class: n > 9 ? "dl-crowd" : "" });
    const labels = svg("g", {});
    const now = film.steps[this.step];
    const flying = this.underWay();
    const arrived = film.messages.find((one) => one.row === now.row && this.step > 0);
    const arrows = arrived ? [arrived, ...flying] : flying;
    const boxes = named ? places.map(([x, y]) => [x - 50, y - radius, x + 50, y + radius + 32]) : [];
    for (const message of arrows.slice(0, 150)) {
      const start = places[message.from] || [wide / 2, high / 2];
      const end = places[message.to];
      const here = message === arrived;
      const gone = !here && ["lost", "cut"].includes(message.fate);
      let part = 0.5;
      if (here) part = 1;
      else if (message.due != null) part = clamp((now.t - message.sent) / Math.max(message.due - message.sent, 1e-12), 0, 1);
      if (gone) part = Math.min(part, 0.5);
      const length = Math.hypot(end[0] - start[0], end[1] - start[1]) || 1;
      const side = [(end[1] - start[1]) / length, -(end[0] - start[0]) / length];
      const shift = 5;
      const at = (share) => {
        const along = radius + share * (length - 2 * radius);
        return [start[0] + ((end[0] - start[0]) * along) / length + side[0] * shift, start[1] + ((end[1] - start[1]) * along) / length + side[1] * shift];
      };
      const [ax, ay] = at(0);
      const [bx, by] = at(1);
      const [x, y] = message.from === message.to ? [end[0], end[1] - radius - 8] : at(clamp(part, 0.08, here ? 1 : 0.94));
      links.append(svg("line", { x1: ax, y1: ay, x2: bx, y2: by, class: "dl-path", ...this.tint(message.type) }));
      links.append(svg("line", { x1: ax, y1: ay, x2: x, y2: y, class: here ? "dl-flown dl-now" : "dl-flown", ...this.tint(message.type) }));
      const turn = (Math.atan2(by - ay, bx - ax) * 180) / Math.PI;
      if (gone) labels.append(cross(x, y, 6));
      else labels.append(svg("path", { d: "M-9,-6 L3,0 L-9,6 Z", transform: `translate(${x},${y}) rotate(${turn}) scale(${named ? 1 : 0.5})`, class: "dl-tip", fill: `var(--dl-type-${film.types[message.type].color})` }));
      if (arrows.length <= 12) {
        const text = gone ? `${message.type}, ${message.fate}` : message.type;
        for (const share of [part, part - 0.15, part + 0.15, part - 0.3, part + 0.3, part - 0.45]) {
          const [tx, ty] = at(clamp(share, 0.1, 0.9));
          const half = 3.1 * text.length;
          const box = [tx - half, ty - 20, tx + half, ty - 5];
          if (boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
          boxes.push(box);
          labels.append(svg("text", { x: tx, y: ty - 8, class: "dl-type" }, text));
          break;
        }
      }
    }
    const nodes = film.nodes.map((name, index) => {
      const [x, y] = places[index];
      const { role, term } = this.role(index);
      const down = this.isDown(index);
      const paused = this.isPaused(index);
      const look = this.looks(role);
      const words = [down ? "down" : paused ? "paused" : role, down ? "" : term].filter(Boolean).join(", ");
      const timers = down ? [] : this.timersOf(index).filter((one) => one.due != null);
      const soonest = timers.reduce((one, other) => (one && one.due <= other.due ? one : other), null);
      const group = svg("g", {
        class: `dl-node${index === this.node ? " dl-chosen" : ""}${index === now.node && this.step > 0 ? " dl-acts" : ""}${down ? " dl-isdown" : ""}`,
        role: "button", tabindex: "0", "aria-pressed": String(index === this.node),
        "aria-label": `${name}${words ? `: ${words}` : ""}${soonest ? `; timer ${soonest.say} in ${short(Math.max(0, soonest.due - now.t))} s` : ""}`,
        onclick: () => this.choose(index),
        onkeydown: (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          this.choose(index);
          event.preventDefault();
          event.stopPropagation();
          const again = this.ring.querySelectorAll(".dl-node")[index];
          if (again) again.focus();
        },
      }, svg("title", {}, `${name}${words ? `: ${words}` : ""}`));
      group.append(svg("circle", { cx: x, cy: y, r: radius + 5, class: "dl-halo" }));
      group.append(svg("circle", { cx: x, cy: y, r: radius, class: "dl-body", fill: down ? "none" : look.color }));
      if (soonest && soonest.due > soonest.set) {
        const left = clamp((soonest.due - now.t) / (soonest.due - soonest.set), 0, 0.9999);
        group.append(arc(x, y, radius - 3, left));
      }
      if (down) group.append(cross(x, y, radius * 0.6));
      const label = film.short[index];
      group.append(svg("text", { x, y, class: "dl-id", "font-size": clamp((radius * 1.7) / Math.max(2, label.length), 7, 17), fill: down ? "var(--dl-ink)" : look.ink }, label));
      if (named) {
        group.append(svg("text", { x, y: y + radius + 15, class: "dl-role" }, words || " "));
        if (soonest) group.append(svg("text", { x, y: y + radius + 28, class: "dl-clock" }, `timer in ${short(Math.max(0, soonest.due - now.t))} s`));
      }
      return group;
    });
    const ys = places.map(([, y]) => y);
    const above = Math.min(...ys) - radius - 22;
    this.ring.setAttribute("viewBox", `0 ${above} ${wide} ${Math.max(...ys) + radius + (named ? 36 : 12) - above}`);
    const focused = this.ring.contains(document.activeElement) ? [...this.ring.querySelectorAll(".dl-node")].indexOf(document.activeElement) : -1;
    this.ring.replaceChildren(links, ...nodes, labels);
    if (focused >= 0) nodes[focused].focus();
  }

  // --- the space-time diagram

  drawCharts() {
    const both = this.films.branch ? ["run", "branch"] : ["run"];
    const wide = Math.max(320, this.charts.clientWidth || 640);
    this.place(wide);
    this.charts.replaceChildren(...both.map((which) => this.chart(which, wide)));
  }

  // Where the left edge of the diagram is: it moves only when the cursor comes near an edge.
  place(wide) {
    const film = this.film;
    const room = wide - 96;
    const density = ZOOMS[this.zoom];
    const total = film.steps.length - 1;
    if (this.axis === "events") {
      this.span = room / density;
      const cursor = this.step;
      if (cursor < this.from + 0.08 * this.span || cursor > this.from + 0.86 * this.span) this.from = cursor - 0.5 * this.span;
      this.from = clamp(this.from, -0.5, Math.max(-0.5, total + 1 - this.span));
      return;
    }
    const end = Math.max(film.end, 1e-9);
    this.span = Math.min(end * 1.03, (end * room) / density / Math.max(total, 1));
    const cursor = film.steps[this.step].t;
    if (cursor < this.from + 0.08 * this.span || cursor > this.from + 0.86 * this.span) this.from = cursor - 0.5 * this.span;
    this.from = clamp(this.from, -0.015 * this.span, Math.max(-0.015 * this.span, end * 1.015 - this.span));
  }

  chart(which, wide) {
    const film = this.films[which];
    const active = which === this.which;
    const n = film.nodes.length;
    const lane = clamp((this.films.branch ? 230 : wide > 900 ? 360 : 290) / n, n > 20 ? 5 : 16, wide > 900 ? 58 : 46);
    const named = Math.ceil(13 / lane); // with many nodes, not every lane has room for its name
    const top = 30;
    const high = top + n * lane + 30;
    const left = 80;
    const right = wide - 12;
    const last = film.steps.length - 1;
    const byEvents = this.axis === "events";
    const scale = (right - left) / this.span;
    const xOf = (value) => left + (value - this.from) * scale;
    const x = (step) => xOf(byEvents ? step : film.steps[clamp(step, 0, last)].t);
    const xEnd = byEvents ? xOf(last + 0.6) : xOf(film.end);
    const y = (node) => top + (node + 0.5) * lane;
    const inside = (a, b) => b >= left - 2 && a <= right + 2;
    const step = active ? this.step : Math.min(this.step, last);
    const clip = `${this.name}-${which}`;
    const under = svg("g", { "clip-path": `url(#${clip})` });
    const over = svg("g", { "clip-path": `url(#${clip})` });
    const names = svg("g", {});

    for (let node = 0; node < n; node++) {
      under.append(svg("line", { x1: left, x2: Math.min(right, xEnd), y1: y(node), y2: y(node), class: "dl-lane" }));
      const changes = film.roles[node];
      for (let index = 0; index < changes.length; index++) {
        const [from, role, term] = changes[index];
        if (!role) continue;
        const a = Math.max(x(from), left);
        const b = Math.min(index + 1 < changes.length ? x(changes[index + 1][0]) : xEnd, right);
        if (b <= a) continue;
        const look = this.looks(role);
        const tall = 0.72 * lane * look.height;
        under.append(svg("rect", { x: a, y: y(node) - tall / 2, width: b - a, height: tall, fill: look.color, class: `dl-bar-role${look.hatch ? " dl-hatched" : ""}` }));
        const text = term ? `${role}, ${term}` : role;
        if (lane >= 24 && b - a > 6.2 * text.length + 8) names.append(svg("text", { x: a + 4, y: y(node) + lane * 0.47, class: "dl-lane-role" }, text));
      }
      const lives = film.down[node];
      for (let index = 0; index < lives.length; index++) {
        if (!lives[index][1]) continue;
        const a = Math.max(x(lives[index][0]), left);
        const b = Math.min(index + 1 < lives.length ? x(lives[index + 1][0]) : xEnd, right);
        if (b > a) under.append(svg("line", { x1: a, x2: b, y1: y(node), y2: y(node), class: "dl-downtime" }));
      }
      for (const [who, from, to] of film.paused) {
        if (who !== node || !inside(x(from), x(to))) continue;
        under.append(svg("rect", { x: x(from), y: y(node) - lane * 0.36, width: Math.max(1, x(to) - x(from)), height: lane * 0.72, class: "dl-pausetime" }));
      }
      if (node % named === 0) names.append(svg("text", {
        x: left - 8, y: y(node), class: `dl-lane-name${node === this.node ? " dl-chosen-name" : ""}`, onclick: () => this.choose(node),
      }, film.nodes[node]));
    }

    for (const message of film.messages) {
      const start = byEvents ? x(message.s0) : xOf(message.sent);
      let end = message.s1 == null ? right + 40 : byEvents ? x(message.s1) : xOf(message.due ?? message.sent);
      if (message.s1 == null && message.due == null) end = start + 34;
      if (!inside(Math.min(start, end), Math.max(start, end))) continue;
      const gone = ["lost", "cut", "dropped"].includes(message.fate);
      const y0 = message.from < 0 ? top : y(message.from);
      const y1 = y(message.to);
      const part = gone ? 0.55 : message.s1 == null && message.due == null ? 0.4 : 1;
      if (gone && byEvents) end = Math.min(end, start + 60 / part);
      const tip = [start + part * (end - start), y0 + part * (y1 - y0)];
      const now = message.row === film.steps[step].row && step > 0;
      const bold = film.guilty.includes(message.s1);
      over.append(svg("line", { x1: start, y1: y0, x2: tip[0], y2: tip[1], class: `dl-message${now ? " dl-now" : ""}${bold ? " dl-bold" : ""}`, ...this.tintOf(film, message.type) }));
      if (gone || message.fate === "down") over.append(cross(tip[0], tip[1], 5));
      else if (message.s1 != null) {
        const turn = (Math.atan2(tip[1] - y0, tip[0] - start) * 180) / Math.PI;
        over.append(svg("path", { d: "M-8,-4 L0,0 L-8,4 Z", transform: `translate(${tip[0]},${tip[1]}) rotate(${turn})`, fill: `var(--dl-type-${film.types[message.type].color})` }));
      }
    }

    const first = byEvents ? Math.floor(this.from) : 0;
    let told = left - 60; // where the name of the last fault ends
    for (let index = Math.max(1, first); index <= last; index++) {
      const at = x(index);
      if (at > right + 8) break;
      if (at < left - 8) continue;
      const event = film.steps[index];
      if (event.kind === "fault") {
        over.append(svg("line", { x1: at, x2: at, y1: top - 6, y2: high - 28, class: "dl-fault" }));
        const words = event.say.replace(/^.*?: /, "").replace(/;.*/, "").replace(/, until .*/, "");
        const name = words.length > 34 ? `${words.slice(0, 33)}…` : words;
        const long = 6.2 * name.length;
        const begin = at + 3 + long > right ? at - 3 - long : at + 3;
        if (begin > told) {
          over.append(svg("text", { x: begin, y: top - 12, class: "dl-fault-name" }, name));
          told = begin + long;
        }
      }
      if (event.node < 0) continue;
      if (film.guilty.includes(index)) over.append(svg("circle", { cx: at, cy: y(event.node), r: 10, class: "dl-ring-guilty" }));
      if (event.kind === "timer") over.append(svg("line", { x1: at, x2: at, y1: y(event.node) - 8, y2: y(event.node) + 8, class: "dl-tick" }));
      else if (event.kind !== "fault") over.append(svg("circle", { cx: at, cy: y(event.node), r: 3, class: "dl-event" }));
    }

    const cursor = x(step);
    const veil = svg("rect", { x: Math.max(left, cursor + 1), y: top - 8, width: Math.max(0, right - Math.max(left, cursor + 1)), height: n * lane + 10, class: "dl-veil" });
    const acts = film.steps[step].node;
    const marks = svg("g", { "clip-path": `url(#${clip})` },
      svg("line", { x1: cursor, x2: cursor, y1: top - 14, y2: high - 26, class: active ? "dl-cursor" : "dl-cursor dl-other" }),
      acts >= 0 && step > 0 ? svg("circle", { cx: cursor, cy: y(acts), r: 7, class: "dl-here" }) : null);
    const parted = this.films.branch && this.model.get("compared").parted;
    if (parted != null && this.films.branch) {
      const at = x(parted) - (byEvents ? scale / 2 : 0);
      marks.append(svg("line", { x1: at, x2: at, y1: top - 14, y2: high - 26, class: "dl-parted" }));
    }
    const axis = svg("g", { class: "dl-axis" });
    if (byEvents) {
      const every = Math.max(1, Math.ceil(90 / scale));
      let before = "";
      for (let index = Math.ceil(Math.max(0, this.from) / every) * every; index <= last; index += every) {
        const at = x(index);
        if (at > right - 10) break;
        if (at < left) continue;
        axis.append(svg("line", { x1: at, x2: at, y1: high - 28, y2: high - 23 }));
        const text = film.unit === "s" ? `${short(film.steps[index].t)} s` : String(index);
        if (text !== before) axis.append(svg("text", { x: at, y: high - 10 }, text));
        before = text;
      }
    } else {
      const rough = (90 / scale);
      const power = 10 ** Math.floor(Math.log10(rough));
      const tick = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
      for (let index = Math.ceil(Math.max(0, this.from) / tick); index * tick <= film.end + 1e-12; index++) {
        const at = xOf(index * tick);
        if (at > right - 10) break;
        axis.append(svg("line", { x1: at, x2: at, y1: high - 28, y2: high - 23 }));
        axis.append(svg("text", { x: at, y: high - 10 }, `${short(index * tick)} s`));
      }
    }
    const picture = svg("svg", {
      class: `dl-chart${active ? "" : " dl-inactive"}`, width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, role: "img",
      "aria-label": `Space-time diagram of the ${which}: one lane per node, an arrow per message, the cursor at step ${step}. The sentence above says what happens there.`,
      onclick: (event) => {
        const place = event.clientX - picture.getBoundingClientRect().left;
        if (place < left) return;
        const value = this.from + (place - left) / scale;
        let to = Math.round(value);
        if (!byEvents) {
          to = 0;
          while (to < last && film.steps[to + 1].t <= value) to++;
          if (to < last && film.steps[to + 1].t - value < value - film.steps[to].t) to++;
        }
        this.which = which;
        this.go(clamp(to, 0, last));
      },
    },
      svg("defs", {},
        svg("clipPath", { id: clip }, svg("rect", { x: left, y: 0, width: right - left, height: high })),
        svg("pattern", { id: `${clip}-hatch`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })),
      under, over, veil, marks, names, axis);
    if (!this.films.branch) return picture;
    return html("figure", { class: "dl-figure" }, html("figcaption", {}, which === "run" ? "the run" : "the branch"), picture);
  }

  tintOf(film, type) {
    const look = film.types[type];
    return { stroke: `var(--dl-type-${look.color})`, "stroke-dasharray": DASHES[look.color] || null };
  }

  // --- the panels

  hand(words, label, action, target) {
    const why = this.model.get("why");
    return html("button", {
      type: "button", class: "dl-button dl-small", "aria-label": label, title: why || `${label}, and go on from here`,
      disabled: Boolean(why), onclick: () => this.ask(action, target, label),
    }, words);
  }

  drawState() {
    const film = this.film;
    const node = this.node;
    const { role, term } = this.role(node);
    const down = this.isDown(node);
    const menu = html("select", { class: "dl-select", "aria-label": "Chosen node", onchange: (event) => {
      const chosen = Number(event.target.value);
      this.follows = chosen < 0;
      if (this.follows) this.go(this.step);
      else this.choose(chosen);
      this.state.querySelector("select").focus();
    } }, html("option", { value: -1, selected: this.follows }, `whoever acts${this.follows ? `: ${film.nodes[node]}` : ""}`),
    ...film.nodes.map((name, index) => html("option", { value: index, selected: !this.follows && index === node }, name)));
    const words = [down ? "down" : this.isPaused(node) ? `paused, ${role || ""}` : role, down ? "" : term].filter(Boolean).join(", ");
    const rows = [];
    for (const attribute of film.memory ? film.memory[node] : []) {
      const now = latest(attribute.values, this.step);
      if (!now || now[1] == null) continue;
      const fresh = now[0] === this.step && this.step > 0;
      rows.push(html("tr", fresh ? { class: "dl-fresh" } : {},
        html("th", { scope: "row" }, ...breakable(attribute.name), attribute.disk ? html("span", { class: "dl-disk", title: "survives a crash" }, " on disk") : null),
        html("td", {}, now[1], fresh ? html("span", { class: "dl-new" }, " ← changed") : null)));
    }
    const timers = this.timersOf(node).map((timer) => html("tr", {},
      html("th", { scope: "row" }, timer.kind === "work" ? "work " : "timer ", ...breakable(timer.say)),
      html("td", {}, timer.due == null ? "" : `at ${short(timer.due)} s, in ${short(Math.max(0, timer.due - film.steps[this.step].t))} s `,
        timer.kind === "timer" && !down ? this.hand("now", `let the timer ${timer.say} of ${film.nodes[node]} run out now`, "fire", timer.row) : null)));
    this.fill(this.state, html("h4", {}, "State of ", menu), html("p", { class: "dl-words" }, words || "no role", " ",
      down ? this.hand("recover", `recover ${film.nodes[node]}`, "recover", node) : this.hand("crash", `crash ${film.nodes[node]}`, "crash", node)),
      film.memory ? null : html("p", { class: "dl-none" }, "What the node remembered is not in this trace."),
      rows.length || timers.length ? html("table", { class: "dl-memory", "aria-label": `What ${film.nodes[node]} remembers` }, ...rows, ...timers) : null);
  }

  drawFlight() {
    const film = this.film;
    const flying = this.underWay();
    const real = flying.filter((one) => !["lost", "cut"].includes(one.fate));
    const rows = flying.slice(0, 40).map((message) => {
      const gone = !real.includes(message);
      const who = `${message.type} from ${film.nodes[message.from] || "outside"} to ${film.nodes[message.to]}`;
      return html("tr", gone ? { class: "dl-gone" } : {},
        html("td", { title: message.say, class: "dl-hands" }, html("span", { class: "dl-dot", style: `background:var(--dl-type-${film.types[message.type].color})` }), message.type,
          html("div", { class: "dl-way" }, `${film.short[message.from] ?? "outside"} → ${film.short[message.to]}, ${gone ? (message.fate === "lost" ? "✕ lost" : "✕ cut off") : message.due == null ? "under way" : `due ${short(message.due)} s`}`)),
        html("td", { class: "dl-hands" }, ...(gone ? [] : [
          this.hand("deliver", `deliver ${who} now`, "deliver", message.row), this.hand("drop", `drop ${who}`, "drop", message.row)])));
    });
    const more = flying.length > 40 ? html("p", {}, `and ${flying.length - 40} more`) : null;
    this.fill(this.flight, html("h4", {}, `Under way: ${real.length} message${real.length === 1 ? "" : "s"}`), rows.length && !this.model.get("why") ? html("p", { class: "dl-none" }, "Branch: let another one come first, or lose one.") : null,
      rows.length ? html("table", { "aria-label": "Messages under way" },
...rows) : html("p", { class: "dl-none" }, "none"), more);
  }

  drawCode() {
    const film = this.film;
    const ran = film.steps[this.step].lines || [];
    const parts = [html("h4", {}, "Source of the handler")];
    if (!ran.length) parts.push(html("p", { class: "dl-none" }, film.sources.length ? "no line of the algorithm runs in this step" : "no source is known for this run"));
    ran.forEach(([number, lines], index) => {
      const source = film.sources[number];
      parts.push(html("p", { class: "dl-where" }, index ? "calls " : "", html("strong", {}, source.name), ` ${source.where}, line ${source.first}`));
      const code = html("pre", { class: "dl-source" });
      source.lines.forEach((text, offset) => {
        const hit = lines.includes(offset);
        code.append(html("span", { class: hit ? "dl-line dl-hit" : "dl-line" }, `${hit ? "▸" : " "} ${text}\n`));
      });
      parts.push(code);
    });
    this.fill(this.code, ...parts);
  }

  drawFaults() {
    const film = this.film;
    const rows = film.faults.map((fault) => {
      const over = fault.step != null && fault.step <= this.step;
      return html("tr", { class: fault.step === this.step ? "dl-fresh" : over ? "" : "dl-later" },
        html("td", { title: fault.say }, fault.what), html("td", {}, fault.whom), html("td", {}, film.unit === "s" ? `${short(fault.at)} s` : String(fault.at)),
        html("td", {}, fault.until == null ? "" : `${short(fault.until)} s`),
        html("td", {}, fault.step == null ? "" : html("button", { type: "button", class: "dl-button dl-small", "aria-label": `go to step ${fault.step}, ${fault.say}`, onclick: () => this.go(fault.step) }, `step ${fault.step}`)));
    });
    this.fill(this.faults, html("h4", {}, "Faults"), rows.length ? html("table", { "aria-label": "Faults" },
      html("tr", {}, ...["fault", "whom", "at", "until", ""].map((text) => html("th", { scope: "col" }, text))), ...rows) : html("p", { class: "dl-none" }, "none"));
  }

  drawComparison() {
    const told = this.model.get("compared");
    const shown = Boolean(this.films.branch && told && told.sentences);
    this.compared.hidden = !shown;
    if (!shown || this.comparedOf === told) return;
    this.comparedOf = told;
    this.compared.replaceChildren(html("h4", {}, "The branch beside the run"),
      ...told.sentences.map((text) => html("p", {}, text)),
      html("table", { "aria-label": "Comparison of the run and the branch" },
        html("tr", {}, html("td", {}), html("th", { scope: "col" }, "the run"), html("th", { scope: "col" }, "the branch")),
        ...told.rows.map(([what, run, branch]) => html("tr", run === branch ? {} : { class: "dl-fresh" },
          html("th", { scope: "row" }, what), html("td", {}, run), html("td", {}, branch)))));
  }

  // Put new contents into a panel; keep the focus on the control with the same name, if there is one.
  fill(panel, ...children) {
    const held = panel.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    const scrolled = panel.scrollTop;
    panel.replaceChildren(...children.filter((child) => child != null));
    panel.scrollTop = scrolled;
    if (held) {
      const again = [...panel.querySelectorAll("button, select")].find((one) => one.getAttribute("aria-label") === held);
      (again || this.box).focus();
    }
  }
}

const ICONS = {
  first: "M3,3 h2 v10 h-2 Z M13,3 L6,8 L13,13 Z",
  back: "M11,3 L4,8 L11,13 Z",
  play: "M4,2 L13,8 L4,14 Z",
  pause: "M4,3 h3 v10 h-3 Z M9,3 h3 v10 h-3 Z",
  forward: "M5,3 L12,8 L5,13 Z",
  last: "M3,3 L10,8 L3,13 Z M11,3 h2 v10 h-2 Z",
};

function icon(name) {
  const play = name === "play" ? svg("circle", { cx: 8, cy: 8, r: 7.4, class: "dl-round" }) : null;
  return svg("svg", { class: "dl-icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, play,
    svg("path", { d: ICONS[name], transform: play ? "translate(3.2,3.2) scale(0.6)" : null }));
}

function cross(x, y, size) {
  return svg("path", { d: `M${x - size},${y - size} L${x + size},${y + size} M${x - size},${y + size} L${x + size},${y - size}`, class: "dl-cross" });
}

function arc(x, y, radius, share) {
  const angle = 2 * Math.PI * share - Math.PI / 2;
  const end = [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  return svg("path", { d: `M${x},${y - radius} A${radius},${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${end[0]},${end[1]}`, class: "dl-arc" });
}

export default {
  render({ model, el }) {
    const player = new Player(model, el);
    el.player = player; // for tests that measure
    return () => player.close();
  },
};
