//! The console as a browser meets it: sign-in through the issuer, pages, forms, links; and everything that must not work.

use std::collections::BTreeMap;

use serde_json::json;
use ureq::http::Request;

use super::api::agent;
use super::asked::Asked;
use super::local_run::local_run;
use crate::contract::routes::{is_for_programs, routed};

/// A browser without scripts: keeps cookies, follows nothing by itself.
struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What came back.
struct Page {
    status: u16,
    leads: Option<String>,
    headers: BTreeMap<String, String>,
    text: String,
}

impl Page {
    /// The value of a hidden field.
    fn field(&self, name: &str) -> String {
        let found =
            self.text.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next());
        found.unwrap_or_else(|| panic!("no field `{name}` in {}", self.text)).to_owned()
    }
}

fn address(path: &str) -> String {
    if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", local_run().ready.api) }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

impl Browser {
    fn new() -> Self {
        Self { cookies: BTreeMap::new() }
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request = Request::builder().method(method).uri(address(path));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let config = agent().configure_request(request.body(body.to_owned()).unwrap());
        let request = config.max_redirects(0).max_redirects_will_error(false).allow_non_standard_methods(true).build();
        let mut answer = agent().run(request).unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let headers =
            answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let headers: BTreeMap<String, String> = headers.collect();
        let leads = headers.get("location").cloned();
        let text = answer.body_mut().read_to_string().unwrap();
        Page { status: answer.status().as_u16(), leads, headers, text }
    }

    fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[], "")
    }

    /// A form, as a browser sends it from one of our pages.
    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let origin = local_run().ready.api.clone();
        self.send(
            "POST",
            path,
            &[(FORM.0, FORM.1), ("origin", &origin), ("sec-fetch-site", "same-origin")],
            &form(fields),
        )
    }

    /// Goes the way that the page leads, through the issuer, as this person. Where it ends.
    fn sign_in(&mut self, to: &str, user: &str) -> Page {
        let out = self.get(&format!("/sign-in/start?to={}", encoded(to)));
        let chooser = out.leads.unwrap_or_else(|| panic!("{}", out.text));
        assert!(chooser.starts_with(&local_run().ready.issuer), "{chooser}");
        let page = Browser::new().get(&chooser);
        let fields = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ];
        let hidden: Vec<(&str, String)> = fields.iter().map(|name| (*name, page.field(name))).collect();
        let mut chosen: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
        chosen.push(("user", user));
        let authorize = format!("{}/authorize", local_run().ready.issuer);
        let back = Browser::new().send("POST", &authorize, &[FORM], &form(&chosen)).leads.expect("a way back");
        self.get(&back)
    }

    fn as_person(user: &str) -> Self {
        let mut browser = Self::new();
        let page = browser.sign_in("/", user);
        assert_eq!((page.status, page.leads.as_deref()), (303, Some("/")), "{}", page.text);
        browser
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The id of a callback link.
fn link(asked: &Asked, approver: &str) -> String {
    asked.link(approver).rsplit('/').next().unwrap().to_owned()
}

#[test]
fn somebody_signs_in_asks_and_an_approver_decides_through_the_link_in_the_browser() {
    let mut ben = Browser::as_person("ben");
    let home = ben.get("/");
    assert_eq!(home.status, 200, "{}", home.text);
    assert!(home.headers["content-security-policy"].starts_with("default-src 'none'"));
    let ready = &local_run().ready;
    let (account, set) = (&ready.accounts["payments-production"], &ready.permission_sets["Administrator"]);
    let page = ben.get(&format!("/request/new?account={account}&permission_set={}", encoded(set)));
    assert_eq!(page.status, 200, "{}", page.text);
    let (csrf, key) = (page.field("csrf"), page.field("idempotency_key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("account", account),
        ("permission_set", set),
        ("duration", "PT30M"),
        ("justification", "In a browser"),
        ("idempotency_key", &key),
    ];
    let accepted = ben.post("/request/new", &fields);
    assert_eq!(accepted.status, 303, "{}", accepted.text);
    let request = accepted.leads.unwrap();
    assert_eq!(ben.post("/request/new", &fields).leads.as_ref(), Some(&request), "sent twice, asked once");

    let asked = Asked::of("ben", request.rsplit('/').next().unwrap(), "payments-production", "Administrator");
    asked.until("awaiting_approval");
    let path = format!("/a/{}", link(&asked, "elif"));
    without_a_session_nothing_is_shown_and_nothing_is_done(&asked, &path);
    // Whoever comes from a mail signs in first, and comes back.
    let mut elif = Browser::new();
    let away = elif.get(&path).leads.unwrap();
    assert_eq!(away, format!("/sign-in?to={}", encoded(&path).replace("%2E", ".")));
    assert_eq!(elif.sign_in(&path, "elif").leads.as_deref(), Some(path.as_str()));
    let shown = elif.get(&path);
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains("In a browser"));
    assert_eq!(elif.send("HEAD", &path, &[], "").status, 200);
    assert_eq!(asked.view()["state"], "awaiting_approval", "looking decides nothing");

    // Somebody else with the same link, and forms that are not from this page of this session.
    let mut kira = Browser::as_person("kira");
    let foreign = kira.get(&path);
    assert_eq!((foreign.status, foreign.text.contains("In a browser")), (403, false));
    let (csrf, digest) = (shown.field("csrf"), shown.field("digest"));
    let decision = |csrf: &'static str| [("csrf", csrf), ("decision", "approve"), ("digest", "")];
    let with = |csrf: &str| form(&[("csrf", csrf), ("decision", "approve"), ("digest", &digest)]);
    for (why, headers, body) in [
        ("another site", vec![FORM, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], with(&csrf)),
        ("no browser", vec![FORM], with(&csrf)),
        ("no token", vec![FORM, ("sec-fetch-site", "same-origin")], form(&decision(""))),
        ("another token", vec![FORM, ("sec-fetch-site", "same-origin")], with(&"0".repeat(32))),
        (
            "no form",
            vec![("content-type", "application/json"), ("sec-fetch-site", "same-origin")],
            json!({}).to_string(),
        ),
        ("too large", vec![FORM, ("sec-fetch-site", "same-origin")], with(&csrf) + "&comment=" + &"x".repeat(70_000)),
    ] {
        let refused = elif.send("POST", &path, &headers, &body);
        assert_eq!(refused.status, 403, "{why}: {}", refused.text);
    }
    let of_kira = kira.get("/").field("csrf");
    let by_kira = kira.post(&path, &[("csrf", &of_kira), ("decision", "approve"), ("digest", &digest)]);
    assert_eq!(by_kira.status, 403, "{}", by_kira.text);
    let other = elif.post(&path, &[("csrf", &csrf), ("decision", "approve"), ("digest", &"0".repeat(64))]);
    assert_eq!(other.status, 422, "not what was shown: {}", other.text);
    assert_eq!(asked.view()["state"], "awaiting_approval", "none of that decided anything");

    let decided =
        elif.post(&path, &[("csrf", &csrf), ("decision", "approve"), ("digest", &digest), ("comment", "Go ahead")]);
    assert_eq!((decided.status, decided.leads.as_ref()), (303, Some(&request)), "{}", decided.text);
    asked.until("active");
    let used = elif.get(&path);
    assert_eq!((used.status, used.text.contains("name=\"digest\"")), (200, false), "a used link decides nothing");
    let csrf = ben.get("/").field("csrf");
    assert_eq!(ben.post(&format!("{request}/return"), &[("csrf", &csrf)]).status, 303);
    asked.until("ended");
}

/// Tries every route that the template deploys for browsers, without session and with cookies that are none.
fn without_a_session_nothing_is_shown_and_nothing_is_done(asked: &Asked, open_link: &str) {
    let before = asked.view();
    let mut routes = 0;
    let deployed = routed();
    for key in deployed.iter().map(|route| route.key).filter(|key| !is_for_programs(key)) {
        let (method, pattern) = key.split_once(' ').unwrap();
        let id = if pattern.starts_with("/a/") { open_link.trim_start_matches("/a/") } else { asked.id.as_str() };
        let path = pattern.replace("{id}", id).replace("{version}", "0123456789abcdef").replace("{name}", "x.css");
        for cookie in [None, Some("1.c2VhbGVk"), Some("1."), Some("x")] {
            let mut nobody = Browser::new();
            nobody.cookies.extend(cookie.map(|value| ("curfew".to_owned(), value.to_owned())));
            let body = form(&[("csrf", "0123456789abcdef0123456789abcdef"), ("decision", "approve"), ("digest", "")]);
            let headers = [FORM, ("sec-fetch-site", "same-origin")];
            let page = nobody.send(method, &path, &headers, if method == "POST" { &body } else { "" });
            match path.as_str() {
                "/sign-in" => assert_eq!(page.status, 200, "{key}"),
                // How to sign in: nothing about anybody.
                "/.well-known/curfew" => assert!(page.status == 200 && page.text.starts_with("{\"issuer\":"), "{key}"),
                "/sign-in/start" => assert!(page.leads.unwrap().starts_with(&local_run().ready.issuer)),
                "/sign-in/callback" => assert_eq!(page.leads.as_deref(), Some("/sign-in?why=stale")),
                "/assets/x.css" => assert_eq!(page.status, 404, "{key}"),
                _ if method == "POST" => assert_eq!(page.status, 401, "{key}: {}", page.text),
                _ => assert!(page.leads.is_some_and(|to| to.starts_with("/sign-in?") || to == "/sign-in"), "{key}"),
            }
            assert!(!page.text.contains("In a browser"), "{key}");
        }
        routes += 1;
    }
    assert!(routes > 30);
    assert_eq!(asked.view(), before);
}

#[test]
fn a_session_ends_for_every_copy_of_its_cookie() {
    let mut jonas = Browser::as_person("jonas");
    let mut thief = Browser { cookies: jonas.cookies.clone() };
    assert_eq!(thief.get("/").status, 200);
    let csrf = jonas.get("/").field("csrf");
    let out = jonas.post("/sign-out", &[("csrf", &csrf)]);
    assert_eq!((out.status, out.leads.as_deref()), (303, Some("/sign-in?why=signed-out")));
    assert!(!jonas.cookies.contains_key("curfew"));
    assert_eq!(thief.get("/").leads.as_deref(), Some("/sign-in?why=ended"));
}

#[test]
fn a_sign_in_counts_only_in_the_browser_that_began_it_and_once() {
    let mut jonas = Browser::new();
    let out = jonas.get("/sign-in/start?to=%2F%2Fevil.example").leads.unwrap();
    let page = Browser::new().get(&out);
    let fields = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ];
    let hidden: Vec<(&str, String)> = fields.iter().map(|name| (*name, page.field(name))).collect();
    let mut chosen: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    chosen.push(("user", "jonas"));
    let back = Browser::new().send("POST", &format!("{}/authorize", local_run().ready.issuer), &[FORM], &form(&chosen));
    let back = back.leads.unwrap();
    // Lured onto the way back of somebody else's sign-in: nobody is signed in as that person.
    assert_eq!(Browser::new().get(&back).leads.as_deref(), Some("/sign-in?why=stale"));
    let mut other = Browser::new();
    other.get("/sign-in/start");
    assert_eq!(other.get(&back).leads.as_deref(), Some("/sign-in?why=stale"));
    let attempt = jonas.cookies.clone();
    assert_eq!(jonas.get(&back).leads.as_deref(), Some("/"), "and never to another host");
    jonas.cookies = attempt;
    assert_eq!(jonas.get(&back).leads.as_deref(), Some("/sign-in?why=unavailable"), "a code counts once");
}
