// Journeys through the console of a running local run, in a real browser: node journeys.mjs READY_FILE PICTURES
// Each role walks its main ways, by mouse and by keyboard; then a crawler follows and clicks everything that a callback
// link shows, as mail scanners do, and must decide nothing. Fails on console errors, breaches of the content security
// policy, requests to foreign hosts, and axe violations. Pictures of what was met go into the folder.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [readyFile, pictures] = process.argv.slice(2);
const ready = JSON.parse(readFileSync(readyFile, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(pictures, { recursive: true });

const profile = mkdtempSync(join(tmpdir(), "curfew-browser-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const faults = [];
const expect = (what, holds, seen = "") => {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}${holds || seen === "" ? "" : `: ${seen}`}`);
  if (!holds) faults.push(what);
};

/** Somebody's browser; whatever goes wrong in its pages counts. */
async function visitor(who, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: "Europe/Berlin", ...options });
  const page = await context.newPage();
  const hosts = [new URL(ready.api).host, new URL(ready.issuer).host];
  page.on("console", (message) => {
    const aside = /status of (401|403|404|409|422)/.test(message.text());
    if (message.type() === "error" && !aside) faults.push(`${who}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${who}: script: ${error.message}`));
  page.on("request", (request) => {
    if (!hosts.includes(new URL(request.url()).host)) faults.push(`${who}: foreign request: ${request.url()}`);
  });
  return { context, page };
}

async function signIn(page, who, path = "/") {
  await page.goto(ready.api + path);
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("button", { name: who, exact: true }).click();
  await page.waitForURL((url) => url.href.startsWith(ready.api) && !url.pathname.startsWith("/sign-in"));
}

let number = 0;
async function look(page, name) {
  number += 1;
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: join(pictures, `${String(number).padStart(2, "0")}-${name}-${width}.png`), fullPage: true });
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  expect(`${name} fits a phone`, wide);
  await page.setViewportSize({ width: 1280, height: 900 });
  const found = await page.evaluate(async (source) => {
    // The policy of the page forbids evaluation in it; this runs in the world of the tests.
    new Function(source)();
    const result = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`);
  }, axe).catch((error) => [`axe did not run: ${error.message}`]);
  expect(`${name} is accessible`, found.length === 0, found.join("\n     "));
}

async function api(who, path, body) {
  const answer = await fetch(ready.api + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${ready.users[who].token}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return answer.json();
}

async function until(what, check) {
  for (let tries = 0; tries < 120; tries += 1) {
    if (await check()) return true;
    await new Promise((later) => setTimeout(later, 500));
  }
  expect(what, false, "did not happen within a minute");
  return false;
}

const state = async (id) => (await api("kira", `/v1/requests/${id}`)).state;

try {
  // A requester, by mouse: asks, and sees what will happen.
  const femi = await visitor("femi");
  await femi.page.goto(`${ready.api}/`);
  await look(femi.page, "sign-in");
  await signIn(femi.page, "femi");
  await look(femi.page, "home-empty");
  await femi.page.getByRole("navigation").getByRole("link", { name: "Request", exact: true }).click();
  await femi.page.getByRole("button", { name: /^Favourite: / }).first().click();
  await femi.page.getByRole("heading", { name: "Favourites" }).waitFor();
  expect("a star is kept", await femi.page.getByRole("button", { name: /^Favourite: / }).first().getAttribute("aria-pressed") === "true");
  await look(femi.page, "search");
  await femi.page.goto(`${ready.api}/request?q=payments-production+administrator`);
  await look(femi.page, "search-found");
  await femi.page.goto(`${ready.api}/request/new?account=${ready.accounts["payments-production"]}&permission_set=${encodeURIComponent(ready.permission_sets.Administrator)}`);
  await look(femi.page, "form");
  await femi.page.getByLabel(/justification|why/i).first().fill("Repair the settlement job <script>alert(1)</script>");
  await femi.page.getByRole("button", { name: /request access|send|ask/i }).last().click();
  await femi.page.waitForURL(/\/requests\/[0-9a-f-]{36}$/);
  const id = femi.page.url().split("/").pop();
  await until("it waits for approval", async () => (await state(id)) === "awaiting_approval");
  await femi.page.reload();
  await look(femi.page, "request-waiting");

  // An approver comes from a mail, signs in and finds the page again; a crawler has been there before.
  let link;
  await until("elif has a link", async () => {
    const waiting = await api("elif", "/v1/approvals");
    link = waiting.items?.find((item) => item.request.id === id)?.link;
    return link !== undefined;
  });
  const path = new URL(link).pathname;
  for (const signedIn of [false, true]) {
    const crawler = await visitor("crawler");
    if (signedIn) await signIn(crawler.page, "elif", path);
    await fetch(link, { method: "HEAD" });
    const seen = new Set();
    const queue = [link];
    while (queue.length > 0 && seen.size < 40) {
      const next = queue.shift();
      if (seen.has(next) || /sign-out/.test(next)) continue;
      seen.add(next);
      await crawler.page.goto(next, { waitUntil: "load" }).catch(() => undefined);
      const links = await crawler.page.$$eval("a[href]", (anchors) => anchors.map((anchor) => anchor.href)).catch(() => []);
      queue.push(...links.map((href) => href.split("#")[0]).filter((href) => href.startsWith(ready.api)));
    }
    expect(`a crawler ${signedIn ? "in the approver's browser" : "without session"} followed ${seen.size} links and decided nothing`,
      (await api("kira", `/v1/requests/${id}`)).decisions.length === 0);
    // A script of another site that sends the form: the browser does not send the session along, or the console refuses.
    const forged = await crawler.context.request.post(link, { form: { decision: "approve", digest: "0".repeat(64), csrf: "0".repeat(32) } });
    expect("a forged form is refused", [401, 403].includes(forged.status()), String(forged.status()));
    await crawler.context.close();
  }
  expect("it still waits", (await state(id)) === "awaiting_approval", await state(id));

  const elif = await visitor("elif");
  await signIn(elif.page, "elif", path);
  expect("an approver comes back to the link", new URL(elif.page.url()).pathname === path, elif.page.url());
  await look(elif.page, "link");
  await elif.page.goto(`${ready.api}/approvals`);
  await look(elif.page, "approvals");
  // By keyboard alone.
  await elif.page.goto(`${ready.api}${path}`);
  const approve = elif.page.getByRole("button", { name: /^approve/i }).first();
  await approve.focus();
  await elif.page.keyboard.press("Enter");
  await elif.page.waitForURL(/\/requests\//);
  expect("an approval by keyboard is recorded", (await api("kira", `/v1/requests/${id}`)).decisions.length === 1);
  await look(elif.page, "request-approved");
  await elif.page.goto(`${ready.api}${path}`);
  await look(elif.page, "link-used");
  const ben = await visitor("ben");
  await signIn(ben.page, "ben", path);
  expect("a forwarded link shows nothing of the request", !(await ben.page.content()).includes("settlement"));
  await look(ben.page, "link-forwarded");

  // The requester has it, gives it back.
  await until("it is active", async () => (await state(id)) === "active");
  await femi.page.goto(`${ready.api}/`);
  await look(femi.page, "home");
  await femi.page.goto(`${ready.api}/requests/${id}`);
  await look(femi.page, "request-active");

  // An administrator and an auditor look at everything.
  for (const [name, at] of [["everyone", "/everyone"], ["audit", "/audit?verify=on"], ["setup", "/setup"],
    ["explain", `/setup/explain?user=femi&account=payments-production&permission_set=Administrator&duration=PT1H`],
    ["reviews", "/reviews"], ["preferences", "/preferences"], ["nothing", "/requests/019ab2c3-0000-7000-8000-000000000001"]]) {
    await ben.page.goto(ready.api + at);
    await look(ben.page, name);
  }
  const version = (await api("ben", "/v1/configuration")).version;
  await ben.page.goto(`${ready.api}/setup/versions/${version}`);
  await look(ben.page, "version");
  await femi.page.goto(`${ready.api}/everyone`);
  await look(femi.page, "no-permission");

  await femi.page.goto(`${ready.api}/requests/${id}`);
  await femi.page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  await femi.page.locator(`form[action$="/return"] button[type=submit], form[action$="/return"] button`).last().click();
  await until("it is given back", async () => (await state(id)) === "ended");
  await femi.page.goto(`${ready.api}/requests/${id}`);
  await look(femi.page, "request-ended");
  // Dark, and out.
  const dark = await visitor("femi, dark", { colorScheme: "dark" });
  await signIn(dark.page, "femi");
  await look(dark.page, "home-dark");
  await dark.page.goto(`${ready.api}/requests/${id}`);
  await look(dark.page, "request-dark");
  await femi.page.goto(`${ready.api}/`);
  await femi.page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  await femi.page.locator('form[action="/sign-out"] button').click();
  await femi.page.waitForURL(/\/sign-in/);
  await femi.page.goto(`${ready.api}/approvals`);
  expect("after sign-out nothing is shown", new URL(femi.page.url()).pathname === "/sign-in", femi.page.url());
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const fault of faults) console.log(`FAULT ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);
