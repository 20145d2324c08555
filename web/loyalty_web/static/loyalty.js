// What neither HTML nor htmx can do: shortcuts, where the focus goes after an error, keeping what was typed through
// a sign-in, closing menus. Every page works without it.
(() => {
  "use strict";
  const KEPT = "loyalty.kept";
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Shortcuts: `data-ly-key` on a link, a button or a field names its key as `kbd` shows it.
  const isTyping = (element) => element.matches("input, select, textarea, [contenteditable]");
  // By its sign and by its place: on a Cyrillic keyboard the keys of `?` and K give other signs.
  const namesOf = (event) => {
    const placed = { Slash: event.shiftKey ? "?" : "/" }[event.code] ?? event.code.replace(/^Key/, "");
    return [event.key, placed].map((key) => (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + key)
      .map((name) => name.toLowerCase());
  };

  const act = (element) => {
    if (isTyping(element)) { element.focus(); element.select?.(); } else { element.click(); }
  };

  // With `data-ly-key-here` the key acts only from within the form: the key that issued an invoice, pressed once more,
  // must not take a payment that nobody looked at.
  const isMeant = (element) => !element.hasAttribute("data-ly-key-here") || element.form.contains(document.activeElement);

  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.lyShortcuts !== "on" || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") { close(event.target); return; }
    const names = namesOf(event);
    if (isTyping(event.target) && names[0].length === 1) return;
    const wanted = all("[data-ly-key]").find((each) => names.includes(each.dataset.lyKey.toLowerCase())
      && each.offsetParent !== null && isMeant(each));
    // A key held down is one wish: issuing an invoice must not take its payment as well.
    if (wanted) { event.preventDefault(); if (!event.repeat) act(wanted); }
  });

  // Menus are <details>: Escape and a click elsewhere close them, the focus goes back to what opened them.
  const close = (target) => {
    const menu = target.closest?.("details.ly-menu[open]");
    if (menu) { menu.open = false; find("summary", menu).focus(); return; }
    const field = target.closest?.("[data-ly-back-to]");
    if (field) { find(field.dataset.lyBackTo)?.focus(); }
  };
  document.addEventListener("click", (event) => {
    for (const menu of all("details.ly-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    const opener = event.target.closest("[data-ly-opens]");
    const dialog = opener && document.getElementById(opener.dataset.lyOpens);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
    const leaving = event.target.closest("[data-ly-sign-in]");
    if (leaving) keep();
    if (event.target.closest("[data-ly-dismiss]")) event.target.closest(".ly-note, .ly-errs")?.remove();
  });

  // After an answer with mistakes the focus goes to their summary; else never to nowhere.
  const settle = () => {
    const summary = find("[role=alert][data-ly-focus]");
    if (summary) { delete summary.dataset.lyFocus; summary.focus(); }
  };
  document.addEventListener("htmx:after:settle", settle);
  document.addEventListener("htmx:after:swap", settle);

  // What is typed and not saved is marked, and leaving the page asks first.
  const unsaved = () => find("[data-ly-unsaved]");
  const mark = () => {
    const place = unsaved();
    if (!place) return;
    place.dataset.lyUnsaved = "on";
    for (const each of all(".ly-unsaved-mark", place)) each.hidden = false;
  };
  let leaving = false;
  document.addEventListener("input", (event) => { if (event.target.closest("[data-ly-unsaved]")) mark(); });
  document.addEventListener("submit", (event) => { leaving ||= !event.defaultPrevented; });
  document.addEventListener("click", (event) => { leaving ||= !!event.target.closest("[data-ly-leaves]"); });
  addEventListener("beforeunload", (event) => {
    if (!leaving && unsaved()?.dataset.lyUnsaved === "on") event.preventDefault();
    leaving = false;
  });

  // A link of the summary leads to its field, caret included.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".ly-errs a[href^='#']");
    const field = link && document.getElementById(link.getAttribute("href").slice(1));
    if (field) { event.preventDefault(); field.focus(); field.scrollIntoView({ block: "center" }); }
  });

  // What was typed survives a sign-in that a fragment asked for.
  const secret = (field) => field.type === "password" || field.type === "hidden" || field.type === "file";
  const keep = () => {
    const values = all("form[id] [name]").filter((field) => !secret(field) && field.matches("input, select, textarea"))
      .map((field) => [field.form.id, field.name, field.type === "checkbox" || field.type === "radio"
        ? `${field.checked}` : field.value]);
    try { sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, values })); } catch { /* no room */ }
  };
  const restore = () => {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(KEPT)); } catch { /* nothing of ours */ }
    if (!kept || kept.path !== location.pathname) return;
    sessionStorage.removeItem(KEPT);
    const seen = new Map();
    for (const [form, name, value] of kept.values) {
      const nth = seen.get(form + name) ?? 0;
      seen.set(form + name, nth + 1);
      const field = all(`[name="${CSS.escape(name)}"]`, document.getElementById(form) ?? document)[nth];
      if (!field || secret(field)) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = value === "true";
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  // No connection: what is on the page stays, and one line says since when.
  const connected = (is) => {
    const line = document.getElementById("offline");
    if (!line) return;
    line.hidden = is;
    if (!is) find("time", line).textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  };
  addEventListener("online", () => connected(true));
  addEventListener("offline", () => connected(false));
  document.addEventListener("htmx:error", () => { if (!navigator.onLine) connected(false); });

  addEventListener("DOMContentLoaded", () => { restore(); settle(); });
})();
