// Part of Tickgate, Apache License 2.0. Shows openapi.json and lets it be tried. No library, nothing fetched elsewhere.
"use strict";

const find = (id) => document.getElementById(id);
let api = null;
let operations = [];
let running = null; // of the request being tried

// An element with attributes and children; text becomes text, never markup.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined) element.append(child);
  return element;
}

// Text with `code` in it.
function prose(text) {
  return String(text || "").split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));
}

function resolve(node) {
  const seen = new Set();
  while (node && node.$ref && !seen.has(node.$ref)) {
    seen.add(node.$ref);
    node = node.$ref.slice(2).split("/").reduce((at, key) => (at ? at[key.replace(/~1/g, "/").replace(/~0/g, "~")] : at), api);
  }
  return node || {};
}

function typeOf(schema) {
  const s = resolve(schema);
  if (schema && schema.$ref && s.type === "object") return schema.$ref.split("/").pop();
  if (s.const !== undefined) return JSON.stringify(s.const);
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (s.oneOf || s.anyOf) return (s.oneOf || s.anyOf).map(typeOf).join(" | ");
  if (s.type === "array") return "[" + typeOf(s.items || {}) + "]";
  const type = Array.isArray(s.type) ? s.type.join(" | ") : s.type || "any";
  return s.format ? type + " (" + s.format + ")" : type;
}

function limitsOf(s) {
  const out = [];
  if (s.minimum !== undefined) out.push("≥ " + s.minimum);
  if (s.maximum !== undefined) out.push("≤ " + s.maximum);
  if (s.maxLength !== undefined && s.maxLength) out.push("at most " + s.maxLength + " characters");
  if (s.pattern) out.push(s.pattern);
  if (s.default !== undefined) out.push("default " + JSON.stringify(s.default));
  return out.join(", ");
}

// Whether there is more to show of it than its type.
function isDeep(schema) {
  const s = resolve(schema);
  if (s.properties || s.additionalProperties instanceof Object) return true;
  if (s.type === "array") return isDeep(s.items || {});
  return (s.oneOf || s.anyOf || s.allOf || []).some(isDeep);
}

function schemaTree(schema, depth = 0, top = true) {
  const s = resolve(schema);
  const parts = s.oneOf || s.anyOf || s.allOf;
  const list = make("ul", { class: top ? "schema top" : "schema" });
  if (top && s.description) list.append(make("li", { class: "note" }, prose(s.description)));
  if (depth > 6) return list;
  if (s.type === "array" && s.items) return list.append(make("li", {}, make("span", { class: "type" }, "a list of " + typeOf(s.items)), schemaTree(s.items, depth + 1, false))), list;
  const shown = new Set(); // a list of what was just shown needs no second tree
  for (const part of parts || []) {
    if (!isDeep(part)) continue;
    const ref = part.$ref || (part.items && part.items.$ref);
    list.append(make("li", {}, make("span", { class: "type" }, typeOf(part)), ref && shown.has(ref) ? null : schemaTree(part, depth + 1, false)));
    shown.add(ref);
  }
  const required = new Set(s.required || []);
  for (const [name, property] of Object.entries(s.properties || {})) {
    const p = resolve(property);
    list.append(make("li", {}, make("code", { class: required.has(name) ? "" : "optional" }, name), " ",
      make("span", { class: "type" }, typeOf(property) + (limitsOf(p) ? ", " + limitsOf(p) : "")),
      p.description ? [" – ", prose(p.description)] : null,
      isDeep(p) ? schemaTree(p.type === "array" ? p.items : property, depth + 1, false) : null));
  }
  if (s.additionalProperties && typeof s.additionalProperties === "object")
    list.append(make("li", {}, make("code", {}, "…"), " ", make("span", { class: "type" }, typeOf(s.additionalProperties))));
  return list;
}

function sample(schema, name) {
  const s = resolve(schema);
  if (s.default !== undefined) return s.default;
  if (name === "symbols") return ["crypto:BTC-USDT"];
  if (name === "channels") return ["quote", "trade"];
  if (name === "timeframe" || name === "timeframes") return name === "timeframe" ? "1m" : ["1m"];
  if (name === "start_date") return new Date(Date.now() - 86400000).toISOString().slice(0, 10);
  if (s.enum) return s.enum[0];
  if (s.oneOf) return sample(s.oneOf[0], name);
  if (s.type === "array") return [];
  if (s.type === "integer" || s.type === "number") return s.minimum || 0;
  return s.type === "boolean" ? true : "";
}

function sampleBody(schema) {
  const s = resolve(schema);
  const body = {};
  for (const name of s.required || []) body[name] = sample(s.properties[name], name);
  if (s.properties && s.properties.client && s.properties.lease) Object.assign(body, { channels: ["quote", "bar:1m"], client: "docs" });
  return Object.keys(body).length ? JSON.stringify(body, null, 2) : "";
}

function collect() {
  operations = [];
  for (const [path, item] of Object.entries(api.paths))
    for (const method of ["get", "post", "put", "delete"])
      if (item[method]) operations.push({ path, method, ...item[method] });
  const order = (api.tags || []).map((t) => t.name);
  operations.sort((a, b) => order.indexOf(a.tags[0]) - order.indexOf(b.tags[0]));
  for (const o of operations)
    o.text = [o.path, o.method, o.summary, ...(o.parameters || []).map(resolve).flatMap((p) => [p.name, p.description])].join(" ").toLowerCase();
}

function showList() {
  const words = find("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = operations.filter((o) => words.every((w) => o.text.includes(w)));
  const list = find("list");
  list.replaceChildren();
  let tag = null;
  for (const o of fits) {
    if (o.tags[0] !== tag) list.append(make("h2", {}, (tag = o.tags[0])));
    list.append(make("a", { href: "#" + o.operationId, "aria-current": location.hash === "#" + o.operationId ? "page" : null, title: o.summary },
      make("span", { class: "method " + o.method }, o.method.toUpperCase()), make("span", { class: "mono" }, o.path)));
  }
  find("nothing").hidden = fits.length > 0;
}

function overview() {
  const parts = [make("h2", {}, api.info.title), make("p", {}, api.info.summary || "")];
  for (const text of (api.info.description || "").split("\n\n")) parts.push(make("p", {}, prose(text)));
  for (const tag of api.tags || []) {
    parts.push(make("h3", {}, tag.name), make("p", { class: "note" }, tag.description || ""));
    const rows = operations.filter((o) => o.tags[0] === tag.name).map((o) => make("tr", {},
      make("td", {}, make("span", { class: "method " + o.method }, o.method.toUpperCase()), " ", make("a", { class: "mono", href: "#" + o.operationId }, o.path)),
      make("td", {}, prose(o.summary))));
    parts.push(make("table", {}, make("tbody", {}, rows)));
  }
  return parts;
}

function field(p) {
  const s = resolve(p.schema || {});
  const id = "p-" + p.in + "-" + p.name;
  let input;
  if (s.enum || s.type === "boolean") {
    const values = s.enum || [true, false];
    input = make("select", { id }, make("option", { value: "" }, ""), values.map((v) => make("option", { value: String(v) }, String(v))));
  } else {
    input = make("input", { id, type: s.type === "integer" ? "number" : "text", min: s.minimum, max: s.maximum, spellcheck: "false",
      placeholder: p.example !== undefined ? String(p.example) : s.default !== undefined ? String(s.default) : "" });
    if (p.required && p.example !== undefined) input.value = p.example;
    if (p.required && (p.name === "symbols" || p.name === "symbol")) input.value = "crypto:BTC-USDT";
  }
  input.dataset.name = p.name;
  input.dataset.in = p.in;
  return make("tr", {}, make("td", {}, make("label", { for: id, class: p.required ? "mono required" : "mono" }, p.name), make("div", { class: "note" }, p.in)),
    make("td", {}, prose(p.description || ""), make("div", { class: "type" }, [typeOf(p.schema || {}), limitsOf(s)].filter(Boolean).join(", "))),
    make("td", {}, input));
}

function quoted(text) {
  return "'" + String(text).replace(/'/g, "'\\''") + "'";
}

// What is asked, from the form.
function requestOf(o, form) {
  let path = o.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("[data-name]")) {
    const value = input.value.trim();
    if (input.dataset.in === "path") path = path.replace("{" + input.dataset.name + "}", encodeURIComponent(value));
    else if (value && input.dataset.in === "header") headers[input.dataset.name] = value;
    else if (value) query.append(input.dataset.name, value);
  }
  const token = find("token").value.trim();
  if (token) headers.Authorization = "Bearer " + token;
  const body = form.querySelector("textarea");
  if (body && body.value.trim()) headers["Content-Type"] = "application/json";
  const text = query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
  const url = new URL(path.slice(1) + (text ? "?" + text : ""), new URL("./", location.href));
  return { url, method: o.method.toUpperCase(), headers, body: body && body.value.trim() ? body.value : undefined };
}

function curlOf(r) {
  const words = ["curl -sS" + (r.method === "GET" ? "" : " -X " + r.method)];
  for (const [name, value] of Object.entries(r.headers))
    words.push("-H " + (name === "Authorization" ? '"Authorization: Bearer $TOKEN"' : quoted(name + ": " + value)));
  if (r.body) words.push("-d " + quoted(r.body));
  words.push(quoted(r.url.href));
  return words.join(" \\\n  ");
}

function pretty(text, type) {
  if (!/json/.test(type) || /ndjson/.test(type) || text.length > 2000000) return text;
  try { JSON.parse(text); } catch { return text; }
  // Indented without a detour over numbers, so that every digit stays.
  let out = "", depth = 0, inString = false;
  const line = () => "\n" + "  ".repeat(depth);
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (inString) {
      out += c;
      if (c === "\\") out += text[++i];
      else if (c === '"') inString = false;
    } else if (c === '"') { inString = true; out += c; }
    else if (c === "{" || c === "[") {
      if (text[i + 1] === "}" || text[i + 1] === "]") out += c + text[++i];
      else { ++depth; out += c + line(); }
    } else if (c === "}" || c === "]") { --depth; out += line() + c; }
    else if (c === ",") out += c + line();
    else if (c === ":") out += ": ";
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

async function send(o, form, result, button) {
  if (running) { running.abort(); return; }
  const r = requestOf(o, form);
  const body = make("pre", { tabindex: "0", "aria-label": "Answer" });
  const status = make("p", { class: "status", role: "status" }, "…");
  result.replaceChildren(make("h3", {}, "Request"), make("pre", {}, curlOf(r)), make("h3", {}, "Answer"), status, body);
  running = new AbortController();
  button.textContent = "Stop";
  const begin = performance.now();
  try {
    const answer = await fetch(r.url, { method: r.method, headers: r.headers, body: r.body, signal: running.signal, cache: "no-store" });
    const type = answer.headers.get("Content-Type") || "";
    const notes = ["X-Request-Id", "ETag", "Retry-After"].map((h) => (answer.headers.get(h) ? h + ": " + answer.headers.get(h) : "")).filter(Boolean);
    status.className = answer.ok ? "status" : "status bad";
    status.textContent = [answer.status + " " + answer.statusText, Math.round(performance.now() - begin) + " ms", type, ...notes].join(" · ");
    const reader = answer.body && answer.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      if (/event-stream|ndjson|csv/.test(type)) body.textContent = text.slice(-100000);
    }
    body.textContent = pretty(text, type) || "(no body)";
  } catch (error) {
    if (error.name !== "AbortError") { status.className = "status bad"; status.textContent = "No answer: " + error.message; }
    else if (status.textContent === "…") status.textContent = "Stopped";
  }
  running = null;
  button.textContent = "Send";
}

function tryIt(o, parameters, schema) {
  if (o.operationId === "websocket")
    return [make("h3", {}, "Try it"), make("p", { class: "note" }, "With any WebSocket client: ", make("code", {}, "websocat -H='Authorization: Bearer …' ws://" + location.host + "/ws/me"))];
  const result = make("div", { "aria-live": "polite" });
  const button = make("button", { type: "submit" }, "Send");
  const form = make("form", {},
    parameters.length ? make("table", {}, make("tbody", {}, parameters.map(field))) : make("p", { class: "note" }, "It takes no parameters."),
    schema ? [make("h3", {}, make("label", { for: "body" }, "Body")), make("textarea", { id: "body", spellcheck: "false" }, sampleBody(schema))] : null,
    make("p", {}, button));
  form.addEventListener("submit", (event) => { event.preventDefault(); send(o, form, result, button); });
  return [form, result];
}

function operation(o) {
  const parameters = (o.parameters || []).map(resolve);
  const content = o.requestBody && resolve(o.requestBody).content["application/json"];
  const parts = [
    make("h2", {}, make("span", { class: "method " + o.method }, o.method.toUpperCase()), " ", make("span", { class: "mono" }, o.path)),
    make("p", {}, prose(o.summary)), o.description ? make("p", {}, prose(o.description)) : null,
    make("p", {}, o.security && !o.security.length ? make("span", { class: "badge" }, "no token") :
      make("span", { class: o["x-scope"] === "admin" ? "badge admin" : "badge" }, "scope " + (o["x-scope"] || "read"))),
    make("h3", {}, "Parameters"), ...tryIt(o, parameters, content && content.schema)];
  if (content) parts.push(make("h3", {}, "Fields of the body"), schemaTree(content.schema));
  parts.push(make("h3", {}, "Answers"));
  for (const [status, entry] of Object.entries(o.responses)) {
    const r = resolve(entry);
    const types = Object.entries(r.content || {});
    parts.push(make("details", { open: status[0] === "2" }, make("summary", {}, make("code", {}, status), " ", r.description || "",
      types.length ? make("span", { class: "type" }, " " + types.map(([t]) => t).join(", ")) : null),
      types.slice(0, 1).map(([, c]) => schemaTree(c.schema || {}))));
  }
  return parts;
}

function show() {
  if (running) running.abort();
  const o = operations.find((each) => "#" + each.operationId === location.hash);
  find("main").replaceChildren(...(o ? operation(o) : overview()).filter(Boolean));
  document.title = (o ? o.method.toUpperCase() + " " + o.path + " · " : "") + "Tickgate API";
  showList();
  window.scrollTo(0, 0);
}

async function begin() {
  try {
    const answer = await fetch("openapi.json");
    if (!answer.ok) throw new Error("status " + answer.status);
    api = await answer.json();
  } catch (error) {
    find("main").replaceChildren(make("p", { class: "status bad" }, "openapi.json cannot be read: " + error.message));
    return;
  }
  find("version").textContent = api.info.version;
  collect();
  show();
  find("search").addEventListener("input", showList);
  find("auth").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", show);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    find("search").focus();
  });
}

begin();
