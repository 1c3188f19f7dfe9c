//! The command line `curfew`, as people use it: the real binary, signed in at the local run's identity provider.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::api::agent;
use super::asked::Asked;
use super::local_run::local_run;
use super::witness::Witness;

/// A terminal of somebody.
struct Terminal {
    home: PathBuf,
}

/// How a command ended, and what it wrote.
#[derive(Debug)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Terminal {
    fn of(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("commanding-{name}-{unique}"));
        fs::create_dir_all(&home).unwrap();
        Self { home }
    }

    /// `cargo test` has built it beside this test, and the local run builds it, too.
    fn command(&self, arguments: &[&str]) -> Command {
        let test = std::env::current_exe().unwrap();
        let mut command = self.at_home(Command::new(test.ancestors().nth(2).unwrap().join("curfew")));
        command.args(arguments);
        command
    }

    /// With nothing of this machine's configuration.
    fn at_home(&self, mut command: Command) -> Command {
        command
            .env("XDG_CONFIG_HOME", &self.home)
            .env("HOME", &self.home)
            .env("XDG_CACHE_HOME", &self.home)
            .env_remove("CURFEW_URL");
        command.env_remove("CURFEW_TOKEN").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// Runs with `--json`; the answer, after a look at the exit code.
    #[track_caller]
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let ended = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ended.code, code, "{ended:?}");
        serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }

    /// Signs in; `browse` is given the line that tells where a browser is to go.
    fn sign_in(&self, way: &str, browse: impl FnOnce(&str)) -> Ended {
        let mut child = self.command(&["login", &local_run().ready.api, way]).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        browse(&line);
        let mut err = String::new();
        lines.read_to_string(&mut err).unwrap();
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        Ended { code: child.wait().unwrap().code().unwrap(), out, err: line + &err }
    }

    /// Signed in by a browser on the same machine.
    fn signed_in(name: &str) -> Self {
        let terminal = Self::of(name);
        let ended = terminal.sign_in("--no-browser", |told| {
            let (_, query) = told.trim_end().split_once('?').unwrap();
            let chosen = agent_without_redirects()
                .post(format!("{}/authorize", local_run().ready.issuer))
                .content_type("application/x-www-form-urlencoded")
                .send(format!("{query}&user={name}"))
                .unwrap();
            let back = chosen.headers().get("location").unwrap().to_str().unwrap().to_owned();
            let stray = back.replacen("state=", "state=x", 1);
            assert_eq!(agent().get(stray).call().unwrap().status(), 404, "an answer that nobody asked for");
            assert_eq!(agent().get(back).call().unwrap().status(), 200);
        });
        assert_eq!(ended.code, 0, "{ended:?}");
        terminal
    }
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

fn agent_without_redirects() -> ureq::Agent {
    let config = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).max_redirects(0);
    config.build().new_agent()
}

#[test]
fn access_is_requested_used_and_given_back_in_a_terminal() {
    let (witness, elif) = (Witness::new(), Terminal::signed_in("elif"));
    let listed = elif.json(0, &["ls", "--search", "sandbox", "readonly"]);
    assert_eq!(listed["items"][0]["prospect"]["outcome"], "automatic", "{listed:#}");

    let unknown = elif.run(&["request", "sandbox/Nothing", "--for", "30m", "--because", "x"]);
    assert!(unknown.code == 3 && unknown.err.contains("curfew ls"), "{unknown:?}");

    let active = elif.json(0, &["request", "sandbox/readonly", "--for", "30m", "--because", "A terminal"]);
    assert_eq!((&active["state"], &active["channel"]), (&json!("active"), &json!("cli")), "{active:#}");
    assert_eq!(active["account_name"], "sandbox", "{active:#}");
    let id = active["id"].as_str().unwrap();
    let asked = Asked::of("elif", id, "sandbox", "ReadOnly");
    assert!(asked.is_assigned(&witness));
    let shown = elif.run(&["active"]);
    assert!(shown.code == 0 && shown.out.contains(id) && shown.out.contains("sandbox/ReadOnly"), "{shown:?}");

    let ended = elif.json(0, &["return", id]);
    assert_eq!((&ended["id"], &ended["state"]), (&json!(id), &json!("ended")), "{ended:#}");
    assert!(!asked.is_assigned(&witness));
    let verified = elif.json(0, &["audit", "verify", id]);
    assert_eq!((&verified["broken"], &verified["records"]), (&json!(0), &json!(6)), "{verified:#}");

    assert_eq!(elif.json(0, &["logout"])["signed_out"], true);
    let out = elif.run(&["active"]);
    assert!(out.code == 2 && out.err.contains("curfew login"), "{out:?}");
}

#[test]
fn what_waits_is_not_done_and_is_decided_in_another_terminal() {
    let (witness, elif, kira) = (Witness::new(), Terminal::signed_in("elif"), Terminal::of("kira-by-code"));
    let by_code = kira.sign_in("--device", |told| {
        let code = told.trim_end().rsplit(' ').next().unwrap();
        let form = [("user_code", code), ("user", "kira")];
        let confirmed = agent().post(format!("{}/device", local_run().ready.issuer)).send_form(form).unwrap();
        assert_eq!(confirmed.status(), 200, "{told}");
    });
    assert_eq!(by_code.code, 0, "{by_code:?}");

    let wish = ["request", "log-archive/SecurityAudit", "--for", "30m", "--because", "Two terminals"];
    let waiting = elif.json(6, &wish);
    assert_eq!(waiting["state"], "awaiting_approval", "{waiting:#}");
    let id = waiting["id"].as_str().unwrap();
    let watching = elif.command(&["status", id, "--watch"]).spawn().unwrap();

    let asked = Asked::of("elif", id, "log-archive", "SecurityAudit");
    asked.link("kira");
    let waits = kira.json(0, &["approvals"]);
    let mine = |item: &&Value| item["request"]["id"] == id;
    let seen = waits["items"].as_array().unwrap().iter().find(mine).unwrap_or_else(|| panic!("{waits:#}"));
    assert_eq!(seen["request"]["people"][&asked.by.id], "Elif Demir", "{seen:#}");
    let unasked = kira.run(&["approve", id]);
    assert!(unasked.code == 2 && unasked.err.contains("--yes"), "{unasked:?}");
    assert_eq!(elif.json(3, &["approve", id, "--yes"])["error"]["code"], "own_request");
    let approved = kira.json(0, &["approve", id, "--yes", "--for", "20m", "--comment", "Not longer"]);
    assert_eq!(approved["duration"], "PT20M", "{approved:#}");
    asked.until("active");
    let ended = kira.json(0, &["revoke", id, "--comment", "Enough"]);
    assert_eq!((&ended["state"], &ended["reason"]), (&json!("ended"), &json!("revoked")), "{ended:#}");
    assert!(!asked.is_assigned(&witness));

    let watched = watching.wait_with_output().unwrap();
    let told = String::from_utf8(watched.stderr).unwrap();
    assert!(watched.status.success() && told.starts_with("waits for 1 of ") && told.ends_with("ended\n"), "{told}");
    assert_eq!(elif.json(0, &["audit", "verify", id])["broken"], 0);
}

/// The profile is called as an AWS SDK calls it; the portal is that of the Identity Center fake.
#[test]
fn an_aws_profile_asks_for_access_by_itself() {
    let (witness, kira) = (Witness::new(), Terminal::signed_in("kira"));
    let config = kira.home.join(".aws/config");
    let cache = kira.home.join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    fs::write(&config, "[default]\nregion = eu-central-1\n").unwrap();
    let portal = "https://portal.example/start";
    let ready = &local_run().ready;
    let token = |user: &str| json!({ "startUrl": portal, "accessToken": user, "expiresAt": "2099-01-01T00:00:00Z" });
    let set_up = ["aws", "setup", "--portal", portal, "--portal-region", "eu-central-1", "--for", "30m"];
    let written = kira.json(0, &set_up);
    assert!(written["profiles"].as_array().unwrap().contains(&json!("curfew.sandbox.Administrator")), "{written:#}");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.starts_with("[default]\nregion = eu-central-1\n"), "{text}");
    kira.json(0, &set_up);
    assert_eq!(fs::read_to_string(&config).unwrap(), text, "again is the same");

    let section = text.split("[profile curfew.sandbox.Administrator]\n").nth(1).unwrap();
    let process = section.lines().next().unwrap().strip_prefix("credential_process = ").unwrap().to_owned();
    let call = || {
        let mut shell = kira.at_home(Command::new("sh"));
        ended(shell.args(["-c", &process]).env("AWS_ENDPOINT_URL_SSO", &ready.endpoints["sso-admin"]))
    };
    let signed_out = call();
    assert!(signed_out.code == 2 && signed_out.err.contains("aws sso login"), "nothing is asked for: {signed_out:?}");

    let id = &ready.users["kira"].id;
    fs::write(cache.join("portal.json"), token(&format!("portal-{id}")).to_string()).unwrap();
    let first = call();
    assert_eq!(first.code, 0, "{first:?}");
    let credentials: Value = serde_json::from_str(&first.out).unwrap();
    assert_eq!(credentials["Version"], 1);
    assert!(credentials["SessionToken"].as_str().unwrap().ends_with("/Administrator"), "{credentials:#}");
    let active = kira.json(0, &["active"]);
    let grant =
        active["items"].as_array().unwrap().iter().find(|grant| grant["permission_set_name"] == "Administrator");
    let grant = grant.unwrap_or_else(|| panic!("{active:#}"));
    assert_eq!(credentials["Expiration"], grant["grant"]["expires_at"], "never longer than the grant");
    let asked = Asked::of("kira", grant["id"].as_str().unwrap(), "sandbox", "Administrator");
    assert!(asked.is_assigned(&witness));
    assert!(!first.err.contains("secret-of"), "{first:?}");
    let again = call();
    assert_eq!((again.code, &again.out, again.err.as_str()), (0, &first.out, ""), "kept, and nothing is asked again");

    kira.json(0, &["return", &asked.id]);
    assert!(!asked.is_assigned(&witness));
    kira.json(0, &["aws", "remove"]);
    assert!(fs::read_to_string(&config).unwrap().trim_end().ends_with("region = eu-central-1"));
}
