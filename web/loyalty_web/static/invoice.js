// The invoice builder where neither HTML nor htmx can: the list under the scan field, answers that came too late,
// what was typed when the connection is gone, the focus. Without it the page works by its buttons.
(() => {
  "use strict";
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = document.getElementById("draft");
  const scan = () => document.getElementById("scan");

  // Printing.
  for (const button of all("[data-ly-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  if (!form) return;

  // A field to scan into has the focus, but on a phone, where its keyboard would cover the page.
  if (matchMedia("(pointer: fine)").matches && !find("[role=alert][data-ly-focus]")) scan().focus();

  // Requests are numbered: an answer to an older one never replaces a newer one, here or on the server.
  // What was typed just before a button was pressed went with the button: it is not sent once more.
  let last = 0;
  let shown = 0;
  let unsent = false;
  form.addEventListener("input", () => { unsent = true; });
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.request.form !== form || !ctx.request.body) return;
    if (!unsent && ctx.sourceElement !== form) { event.preventDefault(); return; }
    unsent = false;
    ctx.nth = ++last;
    ctx.request.body.set("nth", `${ctx.nth}`);
  });
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx?.nth === undefined) return;
    if (ctx.nth < shown) { event.preventDefault(); return; }
    shown = ctx.nth;
    if (ctx.response?.status < 300) forget();
  });

  // After a hit the new field gets the focus back; after a miss the text is selected, once: the next scan replaces it.
  // The button that was pressed may be gone: then the focus goes to the scan field, never to nowhere.
  let pressed = null;
  let told = find(".ly-miss");
  form.addEventListener("submit", (event) => { pressed = event.submitter; closeChoices(); });
  const settle = () => {
    for (const field of all("input[aria-describedby$='-wrong']", form)) {
      const wrong = document.getElementById(field.getAttribute("aria-describedby").split(" ").pop());
      if (wrong && find(".ly-wrong", wrong)) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
    const miss = find(".ly-miss");
    if (miss && miss !== told && document.activeElement === scan()) scan().select();
    told = miss;
    if (pressed && (document.activeElement === document.body || !document.activeElement)) scan().focus();
    pressed = null;
  };
  document.addEventListener("htmx:after:settle", settle);
  document.addEventListener("htmx:after:swap", settle);

  // What opens the discount by hand puts the caret there.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-ly-unfold]");
    const folded = opener && document.getElementById(opener.dataset.lyUnfold);
    if (!folded) return;
    event.preventDefault();
    folded.open = true;
    find("input[inputmode]", folded).focus();
  });

  // The list under the scan field is a combobox: Down and Up choose, Enter takes, Escape closes.
  const options = () => all("#choices [role=option]");
  const current = () => find("#choices [aria-selected=true]");
  const closeChoices = () => {
    const list = document.getElementById("suggestions");
    if (list) list.replaceChildren();
    scan().setAttribute("aria-expanded", "false");
    scan().removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    for (const each of options()) each.setAttribute("aria-selected", `${each === option}`);
    if (option) { scan().setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else scan().removeAttribute("aria-activedescendant");
  };
  const dress = () => {
    const field = scan();
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", `${options().length > 0}`);
    if (options().length > 0) field.setAttribute("aria-controls", "choices");
    else field.removeAttribute("aria-controls");
  };
  dress();
  document.addEventListener("htmx:after:swap", dress);
  document.addEventListener("keydown", (event) => {
    if (event.target !== scan()) return;
    const list = options();
    const at = list.indexOf(current());
    if (event.key === "ArrowDown" && list.length) choose(list[(at + 1) % list.length]);
    else if (event.key === "ArrowUp" && list.length) choose(list[(at + list.length - (at < 0 ? 0 : 1)) % list.length]);
    else if (event.key === "Enter" && at >= 0) list[at].click();
    else if (event.key === "Escape") { if (list.length) closeChoices(); else scan().value = ""; }
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#suggestions") && event.target !== scan()) closeChoices();
  });

  // What was typed is kept here until the server has it: a lost connection or a closed tab loses nothing.
  const name = () => `loyalty.draft.${location.pathname}`;
  const fields = () => all("input[name]:not([type=hidden])", form).filter((field) => field.id !== "scan");
  const keep = () => {
    const values = fields().map((field) => [field.name, field.type === "radio" ? field.value : "",
      field.type === "radio" ? field.checked : field.value]);
    try { sessionStorage.setItem(name(), JSON.stringify(values)); } catch { /* no room */ }
  };
  const forget = () => sessionStorage.removeItem(name());
  form.addEventListener("input", keep);
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(name())); } catch { /* nothing of ours */ }
  if (kept) {
    forget();
    let differs = null;
    for (const [field, value, was] of kept) {
      const there = fields().find((each) => each.name === field && (each.type !== "radio" || each.value === value));
      if (!there) continue;
      if (there.type === "radio") { there.checked = was; continue; }
      if (there.value !== was) { there.value = was; differs = there; }
    }
    // Once htmx listens, which it does a moment after the page was read.
    addEventListener("load", () => setTimeout(() => differs?.dispatchEvent(new Event("input", { bubbles: true }))));
  }
})();
