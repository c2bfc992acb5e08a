"use strict";
const $ = id => document.getElementById(id);
const everyMs = 1000;
const windows = { "2m": [120000, "2 min"], "15m": [900000, "15 min"], "1h": [3600000, "1 h"] };
let last = null, silent = false; // what the program said last, and whether it has said nothing since
let past = "2m", pointed = null; // how far the charts go back, and which moment is pointed at: how much of it

// el makes an element; text never becomes markup.
function el(name, attrs, ...children) {
  const e = name.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4)) : document.createElement(name);
  for (const [k, v] of Object.entries(attrs || {})) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

function number(n) {
  if (n >= 1e9) return (n / 1e9).toFixed(2) + " G";
  if (n >= 1e6) return (n / 1e6).toFixed(2) + " M";
  if (n >= 1e4) return (n / 1e3).toFixed(1) + " k";
  return String(Math.round(n));
}
function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return (i && n < 100 ? n.toFixed(1).replace(/\.0$/, "") : String(Math.round(n))) + " " + units[i];
}
function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
  return d ? d + " d " + h + " h" : h ? h + " h " + m + " min" : m ? m + " min " + s % 60 + " s" : s + " s";
}

// rates turns counters into what went through per second.
function rates(samples, key) {
  const out = [];
  for (let i = 1; i < samples.length; i++) {
    const seconds = (samples[i].at - samples[i - 1].at) / 1000;
    if (seconds > 0) out.push({ at: samples[i].at, v: Math.max(0, samples[i][key] - samples[i - 1][key]) / seconds });
  }
  return out;
}

// ceiling is the round number at or above v that the axis ends with.
function ceiling(v, base) {
  if (v <= 0) return 4;
  let unit = 1;
  while (unit * base <= v) unit *= base;
  for (const step of base === 1024 ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 4, 6, 8, 10]) if (unit * step >= v) return Math.max(4, unit * step);
  return unit * base;
}

function chart(box, lines, now, format, base) {
  const [window, name] = windows[past];
  const w = Math.max(200, box.clientWidth), h = 180, left = 62, bottom = 18, top = 18;
  const max = ceiling(Math.max(0, ...lines.flatMap(l => l.points.map(p => p.v))), base);
  const x = at => left + (w - left - 4) * (1 - (now - at) / window), y = v => top + (h - top - bottom) * (1 - v / max);
  const svg = el("svg:svg", { viewBox: "0 0 " + w + " " + h, role: "img", "aria-label": lines.map(l => l.name + " " + format(l.points.length ? l.points[l.points.length - 1].v : 0) + " per second").join(", ") });
  for (const part of [0, .5, 1]) {
    svg.append(el("svg:line", { class: "grid", x1: left, x2: w - 4, y1: y(max * part), y2: y(max * part) }));
    svg.append(el("svg:text", { x: left - 6, y: y(max * part) + 4, "text-anchor": "end" }, format(max * part)));
  }
  for (const [ago, text] of [[window, name + " ago"], [0, "now"]]) {
    svg.append(el("svg:text", { x: x(now - ago), y: h - 3, "text-anchor": ago === 0 ? "end" : "start" }, text));
  }
  for (const l of lines) {
    const shown = l.points.filter(p => p.at >= now - window);
    const d = shown.map((p, i) => (i ? "L" : "M") + x(p.at).toFixed(1) + " " + y(p.v).toFixed(1)).join("");
    if (d) svg.append(el("svg:path", { class: l.name, d: d }));
  }
  if (pointed !== null) {
    const at = now - window * (1 - pointed);
    const near = l => l.points.reduce((a, b) => !a || Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a, null);
    const values = lines.map(near);
    if (values[0]) {
      const px = x(values[0].at);
      svg.append(el("svg:line", { class: "at", x1: px, x2: px, y1: top, y2: h - bottom }));
      svg.append(el("svg:text", { class: "told", x: left, y: 11 }, new Date(values[0].at).toLocaleTimeString() + "  ⟶ " + format(values[0].v) + (values[1] ? "  ⟵ " + format(values[1].v) : "")));
    }
  }
  box.replaceChildren(svg);
}

// point shows the values of a moment in all charts.
function point(event) {
  const box = event.currentTarget.getBoundingClientRect(), left = 62;
  pointed = Math.min(1, Math.max(0, (event.clientX - box.left - left) / (box.width - left - 4)));
  if (last) show(last);
}

function side(s) {
  const now = Date.parse(last.now), full = last.full.includes(s.name);
  const rows = [...s.bound.map(e => ["bound", e])];
  for (const l of s.links) {
    rows.push(l.up ? ["connected", l.endpoint + " for " + span(now - Date.parse(l.since))]
      : ["connecting", l.endpoint + " since " + span(now - Date.parse(l.since)) + (l.reason ? ": " + l.reason : ""), "lone"]);
  }
  rows.push(["security", s.security], ["server key", s.serverKey, "key"], ["peers", number(s.peerCount)]);
  if (s.reconnects) rows.push(["reconnects", number(s.reconnects)]);
  if (full) rows.push(["full", "there is no room for what waits for this side", "full"]);
  for (const [k, f] of [["from peers", s.in], ["to peers", s.out]]) {
    if (f.messages || s.name.endsWith("end")) rows.push([k, number(f.messages) + " messages, " + bytes(f.bytes)]);
  }
  if (s.denied + s.failed > 0) rows.push(["refused", s.denied + " denied, " + s.failed + " other handshakes failed"]);
  const dl = el("dl");
  for (const [k, v, look] of rows) if (v) dl.append(el("dt", {}, k), el("dd", look ? { class: look } : {}, v));
  return el("div", { class: "card side" }, el("h2", {}, s.name, " ", el("span", { class: "type" }, s.type)), dl);
}

function peerTable(s, now) {
  const card = el("div", { class: "card" }, el("h2", {}, "Peers of " + s.name + " ", el("span", { class: "type" }, String(s.peerCount))));
  if (!s.peers.length) { card.append(el("p", { class: "none" }, "none")); return card; }
  const table = el("table", {}, el("tr", {}, el("th", {}, "address"), el("th", {}, "at our endpoint"), el("th", {}, "for")));
  for (const p of s.peers) table.append(el("tr", {}, el("td", p.ready ? {} : { class: "early" }, p.address, ...(p.ready ? [] : [" (handshake)"])), el("td", {}, p.via === p.address ? "" : p.via), el("td", {}, span(now - Date.parse(p.since)))));
  card.append(el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "peers of " + s.name }, table));
  return card;
}

// identityTables shows who was let in and who was denied. Cards and rows are used again, so that the tooltip of one that is
// pointed at stays.
const identityCards = new Map();
const identityNote = el("p", { class: "none" }, "How newcomers were judged. Who was let in may have left since: libzmq does not say which key leaves.");
function identityTables(st) {
  const now = Date.parse(st.now), cards = [];
  for (const s of st.sides) {
    if (!s.identities) continue;
    cards.push(identityCard(s, "let in", s.identities.letIn, now), identityCard(s, "denied", s.identities.denied, now));
  }
  arrange($("identities"), cards.length ? [identityNote, ...cards] : []);
}

function identityCard(s, verdict, table, now) {
  const id = s.name + " " + verdict;
  let c = identityCards.get(id);
  if (!c) {
    c = { rows: new Map(), count: el("span", { class: "type" }), none: el("p", { class: "none" }, "none"), gone: el("p", { class: "none" }), head: el("tr", {}, ...["who", "address", "first", "last", "times"].map(t => el("th", {}, t))) };
    c.table = el("table", {}, c.head);
    c.scroll = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": verdict + " at " + s.name }, c.table);
    c.card = el("div", { class: "card" }, el("h2", {}, verdict[0].toUpperCase() + verdict.slice(1) + " at " + s.name + " ", c.count), c.none, c.scroll, c.gone);
    identityCards.set(id, c);
  }
  const rows = new Map();
  for (const i of table.list) {
    const key = JSON.stringify([i.mechanism, i.key, i.key ? "" : i.name, i.key || i.name ? "" : i.addresses]);
    const row = c.rows.get(key) || identityRow();
    row.update(i, now);
    rows.set(key, row);
  }
  c.rows = rows;
  arrange(c.table, [c.head, ...[...rows.values()].map(r => r.row)]);
  c.none.hidden = table.list.length > 0;
  c.scroll.hidden = !c.none.hidden;
  c.gone.hidden = !table.gone;
  say(c.gone, "the newest " + table.list.length + "; " + number(table.gone) + " before them are not kept");
  say(c.count, String(table.list.length));
  return c.card;
}

function identityRow() {
  const name = el("bdi", { class: "name" }), key = el("span", { class: "key" }), reason = el("span", { class: "reason" }), address = el("bdi"), more = el("span", { class: "early" });
  const from = el("td", {}, address, more), first = el("td"), last = el("td"), times = el("td");
  const row = el("tr", {}, el("td", { class: "who" }, name, key, reason), from, first, last, times);
  const update = (i, now) => {
    say(name, i.name || (i.key ? "" : "no key"));
    name.title = i.name || "";
    name.classList.toggle("early", !i.name);
    say(key, i.key || (i.mechanism === "NULL" ? "" : i.mechanism));
    key.title = key.textContent;
    say(reason, i.reason || "");
    say(address, i.addresses[0]);
    say(more, i.addresses.length > 1 ? " and " + (i.addresses.length - 1) + " more" : "");
    from.title = i.addresses.join("\n");
    for (const [cell, at] of [[first, i.first], [last, i.last]]) {
      say(cell, span(now - Date.parse(at)) + " ago");
      cell.title = new Date(at).toLocaleString();
    }
    say(times, number(i.times));
  };
  return { row, update };
}

// say sets the text of an element, unless it has it already.
function say(e, text) { if (e.textContent !== text) e.textContent = text; }

// arrange makes these the children of an element, and changes nothing if they are.
function arrange(parent, children) {
  if (parent.children.length === children.length && children.every((c, i) => parent.children[i] === c)) return;
  parent.replaceChildren(...children);
}

function badge(state) {
  $("state").textContent = state;
  $("state").className = "badge " + ({ running: "good", paused: "warn", draining: "warn" }[state] || "bad");
  document.body.classList.toggle("silent", silent);
}

function show(st) {
  last = st;
  const now = Date.parse(st.now), state = st.state === "running" && st.paused ? "paused" : st.state;
  document.title = st.name + " @ " + st.host + " – " + state;
  $("device").textContent = st.name;
  $("host").textContent = (st.name === st.device ? "" : st.device + " ") + "@ " + st.host;
  badge(silent ? "no answer" : state);
  let about = "up " + span(now - Date.parse(st.started)) + " · zmqd " + st.version + (st.commit === "unknown" ? "" : " (" + st.commit + ")") + " · " + st.engine;
  if (st.unanswered !== undefined) about += " · " + number(st.unanswered) + " unanswered";
  if (st.refused) about += " · " + number(st.refused) + " messages refused";
  if (st.missed) about += " · " + number(st.missed) + " missed by the capture";
  $("about").textContent = about;
  $("control").hidden = !st.buttons;
  $("pause").disabled = st.paused; $("resume").disabled = !st.paused;

  const at = k => rates(st.samples, k), of = r => r.length ? r[r.length - 1].v : 0;
  const fm = at("fm"), bm = at("bm"), fb = at("fb"), bb = at("bb");
  const wires = el("div", { class: "wires" },
    el("div", { class: "forth" }, number(of(fm)) + " msg/s ", el("span", { class: "arrow beside" }, "⟶"), el("span", { class: "arrow below" }, "↓")),
    el("div", { class: "return" }, el("span", { class: "arrow beside" }, "⟵"), el("span", { class: "arrow below" }, "↑"), " " + number(of(bm)) + " msg/s"));
  const extra = st.sides.slice(2).map(s => { const e = side(s); e.classList.add("extra"); return e; });
  $("topology").replaceChildren(side(st.sides[0]), wires, side(st.sides[1]), ...extra);

  const legend = (f, b, format) => [el("span", { class: "forth" }, "⟶ " + format(f)), "  ", el("span", { class: "return" }, "⟵ " + format(b))];
  $("messages-now").replaceChildren(...legend(of(fm), of(bm), number));
  $("bytes-now").replaceChildren(...legend(of(fb), of(bb), bytes));
  chart($("messages"), [{ name: "forth", points: fm }, { name: "return", points: bm }], now, number, 10);
  chart($("bytes"), [{ name: "forth", points: fb }, { name: "return", points: bb }], now, bytes, 1024);

  // Not while someone scrolls or selects: the tables would jump.
  const top = [...document.querySelectorAll("#peers .scroll")].map(e => e.scrollTop);
  if (!String(getSelection())) {
    $("peers").replaceChildren(...st.sides.map(s => peerTable(s, now)));
    identityTables(st);
  }
  document.querySelectorAll("#peers .scroll").forEach((e, i) => { e.scrollTop = top[i] || 0; });
}

async function refresh() {
  try {
    const asked = past, answer = await fetch("/api/status?window=" + asked, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(answer.status);
    const st = await answer.json();
    silent = false;
    if (asked === past) show(st);
  } catch {
    silent = true;
    badge("no answer");
  }
}

async function look() {
  await refresh();
  setTimeout(look, everyMs);
}

async function press(what) {
  const token = $("token").value.trim();
  try {
    const answer = await fetch("/api/" + what + "?window=" + past, { method: "POST", headers: { Authorization: "Bearer " + token } });
    if (!answer.ok) { $("answer").textContent = (await answer.text()).trim(); return; }
    sessionStorage.setItem("token", token);
    $("answer").textContent = "";
    show(await answer.json());
  } catch (e) { $("answer").textContent = "no answer"; }
}

$("token").value = sessionStorage.getItem("token") || "";
$("control").addEventListener("submit", e => { e.preventDefault(); press(e.submitter ? e.submitter.value : last.paused ? "resume" : "pause"); });
for (const b of $("window").children) b.addEventListener("click", () => {
  past = b.value;
  for (const o of $("window").children) o.setAttribute("aria-pressed", String(o === b));
  refresh();
});
for (const id of ["messages", "bytes"]) {
  $(id).addEventListener("pointermove", point);
  $(id).addEventListener("pointerleave", () => { pointed = null; if (last) show(last); });
}
addEventListener("resize", () => last && show(last));
look();
