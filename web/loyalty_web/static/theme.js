// The theme "as the system has it": set before anything is drawn, so that nothing flashes.
(() => {
  const root = document.documentElement;
  if (root.dataset.lyTheme !== "auto") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  set();
  dark.addEventListener("change", set);
})();
