// Sets the colours before the first paint. A classic script, so that it runs before the page is drawn.
(() => {
  const wanted = localStorage.getItem("parley.theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem("parley.theme");
    document.documentElement.dataset.theme = chosen || (system.matches ? "dark" : "light");
    document.dispatchEvent(new Event("themechange"));
  };
  document.documentElement.dataset.theme = wanted || (system.matches ? "dark" : "light");
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("toggletheme", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    if (next === (system.matches ? "dark" : "light")) localStorage.removeItem("parley.theme");
    else localStorage.setItem("parley.theme", next);
    apply();
  });
})();
