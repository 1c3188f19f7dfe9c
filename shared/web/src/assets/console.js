// Comfort only: every page works without. Nothing here decides, and nothing is written into the page as markup.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const now = () => Date.now() / 1000;

  // The reader's zone: kept for the server, and used at once where the server did not know it yet.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(name + "="))?.slice(name.length + 1);
  const keep = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  const known = decodeURIComponent(cookie("tz") ?? "") === zone;
  if (!known) keep("tz", encodeURIComponent(zone));

  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  });
  const parts = (at) => Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
  // As the server says it: the clock for today, with the day otherwise.
  const say = (at) => {
    const told = parts(at), today = parts(new Date());
    const clock = `${told.hour}:${told.minute}`;
    if (told.year !== today.year) return `${told.day} ${told.month} ${told.year}, ${clock}`;
    if (told.month !== today.month || told.day !== today.day) return `${told.weekday} ${told.day} ${told.month}, ${clock}`;
    return clock;
  };
  const localize = (root) => {
    if (known) return;
    for (const time of all("time[datetime]:not([data-day])", root)) time.textContent = say(new Date(time.dateTime));
    for (const field of all("[data-zone]", root)) field.value = zone;
  };

  const words = (seconds) => {
    const units = [[Math.floor(seconds / 86400), "d"], [Math.floor(seconds / 3600) % 24, "h"], [Math.floor(seconds / 60) % 60, "min"]];
    const first = units.findIndex(([n]) => n > 0);
    if (first < 0) return "less than a minute";
    return units.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
  };
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  // Times that move while the page is open.
  const tick = () => {
    const at = now();
    for (const node of all("[data-away]")) {
      const away = node.dataset.away - at;
      put(node, away < 0 ? `${words(-away)} ago` : `in ${words(away)}`);
    }
    for (const node of all("[data-left]")) {
      const left = Math.max(0, Math.floor(node.dataset.left - at));
      put(node, left < 300 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : words(left));
    }
    for (const bar of all(".bar[data-end]")) {
      const share = Math.min(100, Math.max(0, ((at - bar.dataset.start) * 100) / Math.max(1, bar.dataset.end - bar.dataset.start)));
      const fill = bar.querySelector(".fill");
      fill.setAttribute("x", share);
      fill.setAttribute("width", 100 - share);
    }
    for (const node of all("[data-after] time")) {
      const end = new Date((at + Number(node.parentElement.dataset.after)) * 1000);
      node.dateTime = end.toISOString();
      put(node, say(end));
    }
  };

  // Parts of a page that are fetched anew: the server's own markup of the same page, parsed as a document.
  let asked = 0;
  const refresh = async (id, address, options) => {
    const turn = ++asked;
    try {
      const answer = await fetch(address, { credentials: "same-origin", redirect: "error", ...options });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
      if (turn !== asked || !old || !fresh) return;
      old.replaceWith(document.adoptNode(fresh));
      localize(fresh);
      // Those who listen hear how many there are now.
      if (id === "results") put(document.getElementById("said"), fresh.querySelector("h2, .detail, .title")?.textContent.trim() ?? "");
    } catch { /* The buttons of the form still work. */ }
  };
  const later = (wait, work) => {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(work, wait); };
  };
  for (const form of all("form[data-live]")) {
    const search = later(150, () => {
      const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
      const address = `${form.getAttribute("action")}?${query}`;
      history.replaceState(null, "", address);
      refresh(form.dataset.live, address);
    });
    form.addEventListener("input", search);
  }
  for (const form of all("form[data-preview]")) {
    const preview = later(350, () => refresh("preview", form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) }));
    form.addEventListener("input", preview);
  }

  // A form is sent once.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 5000);
  });
  // Colours change without a new page.
  addEventListener("click", (event) => {
    const button = event.target.closest(".theme button");
    if (!button) return;
    event.preventDefault();
    keep("theme", button.value);
    document.documentElement.dataset.theme = button.value;
    document.querySelector('meta[name="color-scheme"]').content = button.value === "system" ? "light dark" : button.value;
    for (const other of all(".theme button")) other.setAttribute("aria-pressed", String(other === button));
  });
  // Forms that links point to are open.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", unfold);

  // Keys; each can be switched off with the others.
  const stored = () => { try { return localStorage.getItem("keys"); } catch { return null; } };
  const box = document.getElementById("shortcuts");
  if (box) {
    box.closest("[data-keys]").hidden = false;
    box.checked = stored() !== "off";
    box.addEventListener("change", () => { try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* Kept for this page only. */ } });
  }
  let going = 0;
  const step = (by) => {
    const rows = all("main a.title, main .card h2 a, main .card h3 a");
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
  };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const open of all("details.who[open], details.confirm[open]")) open.open = false;
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select") || stored() === "off") return;
    if (now() - going < 1.2) {
      going = 0;
      const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    } else if (event.key === "g") {
      going = now();
    } else if (event.key === "/") {
      event.preventDefault();
      const field = document.querySelector('input[type="search"]');
      if (field) field.focus(); else location.assign("/request");
    } else if (event.key === "j") { step(1); } else if (event.key === "k") { step(-1); }
  });

  const begin = () => {
    localize(document);
    unfold();
    tick();
    setInterval(tick, 1000);
    // A live region speaks of what comes into it, not of what was there.
    const flash = document.querySelector("#flash > p");
    if (flash) { const text = flash.textContent; flash.textContent = ""; setTimeout(() => { flash.textContent = text; }, 60); }
    // On a narrow window the navigation is a strip: where we are is in sight.
    const here = document.querySelector("nav [aria-current]"), strip = here?.closest("nav");
    if (strip) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.clientWidth) / 2;
    document.querySelector("[data-focus]")?.focus({ preventScroll: true });
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin); else begin();
})();
