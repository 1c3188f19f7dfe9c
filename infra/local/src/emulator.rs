//! The AWS emulator: started in an environment from which nothing can reach the real AWS, then filled.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::http::Http;
use crate::processes::{Processes, Running, log_to};
use crate::state::State;
use crate::tools::Tools;

/// The region of the local run.
pub(crate) const REGION: &str = "us-east-1";
const READY_WITHIN: Duration = Duration::from_mins(1);

/// The emulator's scripts and how to run them.
#[derive(Debug, Clone)]
pub(crate) struct Scripts<'s> {
    pub(crate) tools: &'s Tools,
    pub(crate) workspace: &'s Path,
    pub(crate) state: &'s State,
    pub(crate) processes: &'s Processes,
}

/// A running emulator.
#[derive(Debug, Clone)]
pub(crate) struct Emulator {
    /// Base address.
    pub(crate) url: String,
    /// Its process.
    pub(crate) process: Running,
}

impl Scripts<'_> {
    /// Starts the emulator; its Lambdas will find Identity Center at `identity_center`.
    pub(crate) fn start(&self, identity_center: &str) -> Result<Emulator, Error> {
        let port = free_port()?;
        let log = self.state.log("emulator");
        let mut command = self.python("launcher.py");
        command
            .env("GATEWAY_PORT", port.to_string())
            .env("STATE_DIR", self.state.path("emulator"))
            .env("AWS_ENDPOINT_URL_SSO_ADMIN", identity_center)
            .env("AWS_ENDPOINT_URL_IDENTITYSTORE", identity_center)
            // It ends when this pipe closes: also when we are killed.
            .stdin(Stdio::piped());
        let process = self.processes.start("the emulator", log_to(&mut command, &log)?)?;
        let emulator = Emulator { url: format!("http://127.0.0.1:{port}"), process };
        emulator.wait_until_ready(&log)?;
        Ok(emulator)
    }

    /// Deploys the template as it is; returns the outputs of the stack.
    pub(crate) fn deploy(
        &self,
        emulator: &Emulator,
        binaries: &Path,
        parameters: &[(&str, &str)],
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut command = self.python("deploy.py");
        command.arg("--endpoint").arg(&emulator.url);
        command.arg("--template").arg(self.workspace.join("infra/template.yaml"));
        command.arg("--binaries").arg(binaries);
        for (name, value) in parameters {
            command.arg("--parameter").arg(format!("{name}={value}"));
        }
        self.answer("deploy", command)
    }

    /// Creates OUs and accounts in AWS Organizations; returns account name → id.
    pub(crate) fn organize(&self, emulator: &Emulator) -> Result<BTreeMap<String, String>, Error> {
        let mut command = self.python("organization.py");
        command.arg("--endpoint").arg(&emulator.url);
        command.arg("--organization").arg(self.workspace.join("infra/local/organization.json"));
        self.answer("organization", command)
    }

    /// Runs a script to its end and reads the JSON object that it printed.
    fn answer(&self, name: &str, mut command: Command) -> Result<BTreeMap<String, String>, Error> {
        let (log, output) = (self.state.log(name), self.state.path(&format!("logs/{name}.json")));
        log_to(&mut command, &log)?;
        command.stdout(File::create(&output).map_err(Error::io(format!("create {}", output.display())))?);
        self.processes.run(&format!("{name}.py"), &mut command, &log)?;
        let text = fs::read_to_string(&output).map_err(Error::io(format!("read {}", output.display())))?;
        serde_json::from_str(&text).map_err(|error| Error::unexpected(name, "names and values as JSON", error))
    }

    /// A script in an environment of its own: no profile, no credentials, no proxy of the user's.
    fn python(&self, script: &str) -> Command {
        let mut command = Command::new(&self.tools.python);
        command.arg(self.workspace.join("infra/local/emulator").join(script));
        command.current_dir(self.state.dir()).env_clear().envs(clean_environment(&self.state.path("home")));
        command
    }
}

impl Emulator {
    fn wait_until_ready(&self, log: &Path) -> Result<(), Error> {
        let (http, end) = (Http::new(), Instant::now() + READY_WITHIN);
        let health = format!("{}/_ministack/health", self.url);
        while Instant::now() < end {
            if let Some(how) = self.process.ended() {
                return Err(Error::child("the emulator", how, log));
            }
            if http.send("GET", &health, &[], "").is_ok_and(|reply| reply.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(Error::child("the emulator", format!("did not answer within {} s", READY_WITHIN.as_secs()), log))
    }
}

/// What our scripts may see of the environment: a path to programs, and dummies where a client would look for more.
fn clean_environment(home: &Path) -> Vec<(&'static str, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let mut all = vec![
        ("PATH", PathBuf::from(path)),
        ("HOME", home.into()),
        ("AWS_CONFIG_FILE", "/dev/null".into()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_REGION", REGION.into()),
        ("AWS_DEFAULT_REGION", REGION.into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("LC_ALL", "C.UTF-8".into()),
        ("PYTHONDONTWRITEBYTECODE", "1".into()),
    ];
    for name in ["RUST_LOG", "RUST_BACKTRACE"] {
        if let Some(value) = std::env::var_os(name) {
            all.push((name, value.into()));
        }
    }
    all
}

/// A port that is free now. The emulator takes it a moment later; should another program be faster, it says so and ends.
fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("find a free port"))?;
    Ok(listener.local_addr().map_err(Error::io("find a free port"))?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_users_environment_reaches_the_emulator() {
        let allowed = ["PATH", "RUST_LOG", "RUST_BACKTRACE"];
        for (name, value) in clean_environment(Path::new("/state/home")) {
            let inherited = std::env::var_os(name).is_some_and(|own| Path::new(&own) == value);
            assert!(allowed.contains(&name) || !inherited || !name.contains("PROXY"), "{name}");
        }
        let all: BTreeMap<_, _> = clean_environment(Path::new("/state/home")).into_iter().collect();
        assert_eq!(all["HOME"], Path::new("/state/home"));
        assert_eq!(all["AWS_ACCESS_KEY_ID"], Path::new("test"));
        assert!(!all.contains_key("AWS_PROFILE") && !all.contains_key("https_proxy"));
    }
}
