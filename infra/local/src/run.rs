//! The steps from nothing to an API that answers, in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use jiff::Timestamp;

use crate::api::Api;
use crate::args::Args;
use crate::emulator::{Emulator, REGION, Scripts};
use crate::error::{Error, last_line};
use crate::identity_center::IdentityCenter;
use crate::issuer::{AUDIENCE, Issuer, Key};
use crate::organization::{Ids, Organization, id};
use crate::prerequisites::{self, Prerequisites};
use crate::processes::Processes;
use crate::proxy::{Proxy, Target};
use crate::ready::{Ready, Standing, User, endpoints};
use crate::servers::Servers;
use crate::state::{State, listen, workspace, write_whole};
use crate::story::Story;
use crate::supervise::{Event, watch};
use crate::terminal::{Style, Terminal};
use crate::tools::{self, Tools};
use crate::{binaries, closing, configuration};

/// Everything the steps share.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) args: Args,
    pub(crate) terminal: Terminal,
    pub(crate) servers: Servers,
    pub(crate) processes: Processes,
    pub(crate) events: Sender<Event>,
}

/// How the story went, and the folder, which stays ours for as long as we run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Expectations that did not hold.
    pub(crate) unmet: usize,
    /// The folder.
    pub(crate) state: State,
}

/// The servers inside this process.
struct Ours {
    center: IdentityCenter,
    center_url: String,
    issuer: Issuer,
    issuer_url: String,
    proxy: Proxy,
    api: String,
}

/// What was deployed, and with whom in it.
struct Deployed {
    stack: BTreeMap<String, String>,
    ids: Ids,
}

impl Run {
    /// All steps, then the story.
    pub(crate) fn all(&self) -> Result<Outcome, Error> {
        if let Some(file) = &self.args.ready_file {
            // One that an earlier run could not remove says nothing about this one.
            let _ = std::fs::remove_file(file);
        }
        let workspace = workspace()?;
        let listener = listen(self.args.port)?;
        let port = listener.local_addr().map_err(Error::io("look up a port"))?.port();
        let home = workspace.join(".curfew-local");
        let state = State::take(&self.args.state_dir.clone().unwrap_or_else(|| home.join(port.to_string())))?;
        self.greet(&state);

        let organization = Organization::sample()?;
        let found = self.terminal.step("Prerequisites", || {
            let found = prerequisites::check()?;
            let detail = format!("Python {}", found.python_version);
            Ok((found, detail))
        })?;
        let tools = self.install(&home, &workspace, &found);
        let binaries = self.build(&workspace, &found, &state)?;
        let tools = self.terminal.step("Emulators", || {
            let tools = joined(tools)?;
            let how = if tools.installed_now { "installed" } else { "installed before" };
            Ok((tools, how.into()))
        })?;
        let ours = self.serve(listener, &organization)?;
        let scripts = Scripts { tools: &tools, workspace: &workspace, state: &state, processes: &self.processes };
        let emulator = self.start(&scripts, &ours, &state)?;
        let deployed = self.deploy(&scripts, &emulator, &ours, &binaries, &organization)?;
        let ready = ready(&state, &organization, &ours, &emulator, &deployed);
        let api = api(&ready);
        self.sync(&api, &organization)?;
        self.publish(&api, &workspace, &organization)?;
        self.announce(&state, &ready)?;
        let unmet = if self.args.quiet_until_ready {
            0
        } else {
            Story::new(self.terminal, &api, &ours.center, &deployed.ids).tell()?
        };
        if !self.args.once && !self.args.quiet_until_ready {
            closing::print(self.terminal, &ready, &organization, &api);
        }
        Ok(Outcome { unmet, state })
    }

    fn greet(&self, state: &State) {
        self.terminal.line(&self.terminal.paint(Style::Title, "Curfew on this machine: no AWS account, loopback only"));
        let where_ = format!("  state and logs: {} (delete it whenever nothing runs)", state.dir().display());
        self.terminal.line(&format!("{}\n", self.terminal.paint(Style::Faint, &where_)));
    }

    /// Installs the emulators beside the build: one waits for the network, the other for processors.
    fn install(&self, home: &Path, workspace: &Path, found: &Prerequisites) -> JoinHandle<Result<Tools, Error>> {
        let requirements = workspace.join("infra/local/emulator/requirements.txt");
        let (home, found, processes) = (home.to_owned(), found.clone(), self.processes.clone());
        std::thread::spawn(move || tools::install(&home, &requirements, &found, &processes))
    }

    /// Builds the Lambda binaries; returns their folder.
    fn build(&self, workspace: &Path, found: &Prerequisites, state: &State) -> Result<PathBuf, Error> {
        let live = self.terminal.is_live();
        let build = || {
            let built = binaries::build(workspace, found, &state.path("logs"), live, &self.processes)?;
            let folder = built.values().next().and_then(|path| path.parent()).map(Path::to_owned);
            let folder = folder.ok_or_else(|| Error::unexpected("build the functions", "binaries", "none"))?;
            Ok((folder, format!("{} built", built.len())))
        };
        // Cargo shows its own progress where it can.
        if live {
            self.terminal.step_of_another("Lambda binaries", build)
        } else {
            self.terminal.step_noting("Lambda binaries", || last_line(&state.log("cargo")), build)
        }
    }

    /// Starts Identity Center, the issuer and the API's address.
    fn serve(&self, listener: std::net::TcpListener, organization: &Organization) -> Result<Ours, Error> {
        self.terminal.step("Identity Center and sign-in", || {
            let center = IdentityCenter::new(self.args.operation_latency_ms);
            let center_url = self.servers.serve(center.router())?;
            let users: Vec<String> = organization.users.iter().map(|user| user.name.clone()).collect();
            let key = Key::generate()?;
            let (issuer, issuer_url) = self.servers.serve_knowing(|url| {
                let issuer = Issuer::new(key, url, users);
                let router = issuer.router();
                (issuer, router)
            })?;
            let proxy = Proxy::new();
            let api = self.servers.serve_on(listener, proxy.router())?;
            let detail = format!("on {center_url} and {issuer_url}");
            Ok((Ours { center, center_url, issuer, issuer_url, proxy, api }, detail))
        })
    }

    fn start(&self, scripts: &Scripts<'_>, ours: &Ours, state: &State) -> Result<Emulator, Error> {
        self.terminal.step("AWS emulator", || {
            let emulator = scripts.start(&ours.center_url)?;
            watch(emulator.process.clone(), state.log("emulator"), self.events.clone());
            let detail = format!("on {}", emulator.url);
            Ok((emulator, detail))
        })
    }

    /// Seeds the organisation and deploys the template.
    fn deploy(
        &self,
        scripts: &Scripts<'_>,
        emulator: &Emulator,
        ours: &Ours,
        binaries: &Path,
        organization: &Organization,
    ) -> Result<Deployed, Error> {
        let ids = self.terminal.step("Sample organisation", || {
            let mut ids = ours.center.seed_people(organization)?;
            ids.accounts = scripts.organize(emulator)?;
            organization.accounts.iter().try_for_each(|account| id(&ids.accounts, &account.name).map(drop))?;
            ours.center.seed_standing(organization, &ids)?;
            let detail = format!(
                "{} accounts in {} OUs, {} permission sets, {} people in {} groups",
                ids.accounts.len(),
                organization.unit_count(),
                ids.permission_sets.len(),
                ids.users.len(),
                organization.groups.len()
            );
            Ok((ids, detail))
        })?;
        let stack = self.terminal.step("SAM template and state machine", || {
            let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
            let parameters = [
                ("InstanceArn", ours.center.instance_arn()),
                ("IdentityStoreId", ours.center.identity_store_id()),
                ("OidcIssuer", ours.issuer_url.clone()),
                ("OidcAudience", AUDIENCE.into()),
                ("PublicUrl", ours.api.clone()),
                ("MailFrom", "curfew@example.com".into()),
                ("BootstrapAdministrator", id(&ids.users, &organization.administrator)?.into()),
                ("Architecture", architecture.into()),
            ];
            let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
            let stack = scripts.deploy(emulator, binaries, &parameters)?;
            let authority = emulator.url.trim_start_matches("http://").to_owned();
            ours.proxy.connect(Target { authority, api_id: output(&stack, "ApiId")? });
            output(&stack, "TableName").and(output(&stack, "StateMachineArn"))?;
            Ok((stack, "deployed unchanged".into()))
        })?;
        Ok(Deployed { stack, ids })
    }

    /// Has the directory read, as an administrator does: its schedule would take a quarter of an hour to begin, and without
    /// a directory nothing is granted.
    fn sync(&self, api: &Api, organization: &Organization) -> Result<(), Error> {
        self.terminal.step("Directory", || {
            let (accounts, people) = api.sync(&organization.administrator)?;
            Ok(((), format!("{accounts} accounts and {people} people read by sync")))
        })
    }

    /// Publishes the example configuration the way an administrator does.
    fn publish(&self, api: &Api, workspace: &Path, organization: &Organization) -> Result<(), Error> {
        self.terminal.step("Configuration", || {
            let files = configuration::read(workspace)?;
            let (version, number) = api.publish(&organization.administrator, &files)?;
            let (count, by, folder) = (files.len(), &organization.administrator, configuration::FOLDER);
            Ok(((), format!("{count} files of {folder} published by {by}, version {version}, number {number}")))
        })
    }

    /// Says that the API answers, to people and to programs.
    fn announce(&self, state: &State, ready: &Ready) -> Result<(), Error> {
        write_whole(&state.path("ready.json"), &ready.to_json())?;
        if let Some(file) = &self.args.ready_file {
            write_whole(file, &ready.to_json())?;
        }
        self.terminal.announce(&self.terminal.paint(Style::Good, &format!("Curfew answers at {}", ready.api)));
        Ok(())
    }
}

/// Everything a program needs to know.
fn ready(state: &State, organization: &Organization, ours: &Ours, emulator: &Emulator, deployed: &Deployed) -> Ready {
    let now = Timestamp::now();
    let (ids, stack) = (&deployed.ids, &deployed.stack);
    let user =
        |(name, id): (&String, &String)| (name.clone(), User { id: id.clone(), token: ours.issuer.token(name, now) });
    let standing = organization.standing.iter().map(|one| Standing {
        user: one.user.clone(),
        account: one.account.clone(),
        permission_set: one.permission_set.clone(),
    });
    Ready {
        api: ours.api.clone(),
        endpoints: endpoints(&emulator.url, &ours.center_url),
        region: REGION.into(),
        issuer: ours.issuer_url.clone(),
        audience: AUDIENCE.into(),
        identity_store_id: ours.center.identity_store_id(),
        instance_arn: ours.center.instance_arn(),
        accounts: ids.accounts.clone(),
        permission_sets: ids.permission_sets.clone(),
        users: ids.users.iter().map(user).collect(),
        standing: standing.collect(),
        table: stack.get("TableName").cloned().unwrap_or_default(),
        state_machine: stack.get("StateMachineArn").cloned().unwrap_or_default(),
        stack: stack.clone(),
        state_dir: state.dir().display().to_string(),
    }
}

/// The API with everybody's tokens.
fn api(ready: &Ready) -> Api {
    let tokens = ready.users.iter().map(|(name, user)| (name.clone(), user.token.clone())).collect();
    Api::new(&ready.api, tokens)
}

fn output(stack: &BTreeMap<String, String>, name: &str) -> Result<String, Error> {
    stack
        .get(name)
        .cloned()
        .ok_or_else(|| Error::unexpected("deploy the template", format!("the output {name}"), "none"))
}

fn joined(thread: JoinHandle<Result<Tools, Error>>) -> Result<Tools, Error> {
    thread.join().unwrap_or_else(|_| Err(Error::unexpected("install the emulators", "an environment", "a panic")))
}
