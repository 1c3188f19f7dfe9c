//! Everything outside the engine, in memory: one state behind one lock, seen through `Hands`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, Key, LinkId, PermissionSetArn, RequestId, UserId};
use curfew_domain::lease::Lease;
use curfew_domain::request::{Notice, Request, Wait};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::directive::Directive;
use curfew_engine::ports::{Head, Idempotency, Link, Repeated};
use curfew_engine::trigger::Trigger;
use curfew_identity_center::{IDENTITY_STORE, Millis, Model, SSO_ADMIN, Settings};
use curfew_policy::directory::Directory;
use curfew_policy::{AccountFacts, Configuration, UserFacts};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::faults::Plan;

/// Account that every test asks for.
pub(crate) const ACCOUNT: &str = "111122223333";
/// 2026-11-23T09:00:00Z.
const BEGINNING: i64 = 1_795_424_400;

/// An in-memory AWS organisation with Curfew in it.
pub(crate) struct World {
    state: Mutex<State>,
    began: Instant,
}

/// All that is stored, known or under way.
pub(crate) struct State {
    // The table.
    pub(crate) requests: BTreeMap<RequestId, Request>,
    pub(crate) records: BTreeMap<RequestId, Vec<Record>>,
    pub(crate) idempotency: BTreeMap<(UserId, String), Repeated>,
    pub(crate) tokens: Vec<(RequestId, Wait, String)>,
    pub(crate) links: Vec<Link>,
    pub(crate) assignments: BTreeMap<Key, Assignment>,
    pub(crate) configuration: Option<(Configuration, String)>,
    pub(crate) directory: Option<(Head, Arc<Directory>)>,
    pub(crate) reader: Lease,
    pub(crate) draft: Option<Vec<u8>>,
    // AWS.
    pub(crate) model: Model,
    pub(crate) disabled: BTreeMap<UserId, UserFacts>,
    pub(crate) account: AccountFacts,
    pub(crate) session: Option<SignedDuration>,
    pub(crate) lease: Lease,
    pub(crate) live: BTreeSet<RequestId>,
    pub(crate) due: BTreeSet<(Timestamp, RequestId)>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) executions: BTreeMap<RequestId, Execution>,
    pub(crate) waiting: BTreeMap<String, oneshot::Sender<Directive>>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) asked: Vec<Link>,
    // What Identity Center was asked for by Curfew: operation ids.
    pub(crate) begun: BTreeSet<String>,
    /// The next `begin` reaches Identity Center only after this long; its caller learns nothing.
    pub(crate) late_begin: Option<SignedDuration>,
    /// Triggers of this kind get lost.
    pub(crate) lost: BTreeSet<&'static str>,
    /// Keys with an assignment that Curfew did not make.
    pub(crate) standing: BTreeSet<Key>,
    /// Keys that an administrator is just making an assignment for.
    pub(crate) foreign: BTreeSet<Key>,
    /// Somebody removed assignments behind Curfew's back: an active grant may lack its own for a while.
    pub(crate) tampered: bool,
    /// How late a removal may be in this test.
    pub(crate) lateness: SignedDuration,
    // Observation.
    pub(crate) plan: Plan,
    pub(crate) calls: Vec<&'static str>,
    pub(crate) violations: Vec<String>,
    pub(crate) ids: u64,
}

/// A run of the state machine.
pub(crate) struct Execution {
    pub(crate) running: bool,
    pub(crate) task: Option<tokio::task::AbortHandle>,
}

/// The people and things of the sample organisation.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) ana: UserId,
    pub(crate) ben: UserId,
    pub(crate) cyn: UserId,
    pub(crate) dan: UserId,
    pub(crate) automatic: PermissionSetArn,
    pub(crate) approved: PermissionSetArn,
}

impl World {
    /// A new world and its cast. Must be made inside the paused runtime.
    pub(crate) fn new() -> (Arc<Self>, Cast) {
        let settings = Settings { calls_per_second: 0, listing_lag_ms: 900, ..Settings::default() };
        let mut model = Model::new(settings, 7);
        let now = Millis(u64::try_from(BEGINNING).unwrap() * 1_000);
        let cast = cast(&mut model, now);
        let text = configuration_text(&cast, "PT1H", "PT8H");
        let state = State {
            requests: BTreeMap::new(),
            records: BTreeMap::new(),
            idempotency: BTreeMap::new(),
            tokens: Vec::new(),
            links: Vec::new(),
            assignments: BTreeMap::new(),
            configuration: Some((Configuration::parse(&text).unwrap(), text)),
            model,
            disabled: BTreeMap::new(),
            account: AccountFacts::Active,
            session: Some(SignedDuration::from_hours(1)),
            directory: None,
            reader: Lease::NEW,
            draft: None,
            lease: Lease::NEW,
            live: BTreeSet::new(),
            due: BTreeSet::new(),
            triggers: Vec::new(),
            executions: BTreeMap::new(),
            waiting: BTreeMap::new(),
            notices: Vec::new(),
            asked: Vec::new(),
            begun: BTreeSet::new(),
            late_begin: None,
            lost: BTreeSet::new(),
            standing: BTreeSet::new(),
            foreign: BTreeSet::new(),
            tampered: false,
            lateness: SignedDuration::from_mins(2),
            plan: Plan::default(),
            calls: Vec::new(),
            violations: Vec::new(),
            ids: 0,
        };
        (Arc::new(Self { state: Mutex::new(state), began: Instant::now() }), cast)
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.began.elapsed().as_millis()).unwrap();
        Timestamp::from_millisecond(BEGINNING * 1_000 + passed).unwrap()
    }

    /// The state. Never held across an `await`.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Lets virtual time pass.
    pub(crate) async fn pass(&self, duration: SignedDuration) {
        tokio::time::sleep(duration.unsigned_abs()).await;
    }

    /// Lets time pass until this instant.
    pub(crate) async fn until(&self, at: Timestamp) {
        self.pass(at.duration_since(self.now()).max(SignedDuration::ZERO)).await;
    }

    /// The request as stored.
    pub(crate) fn request(&self, id: &RequestId) -> Request {
        self.state().requests[id].clone()
    }

    /// Where the request stands, and why it ended, in one word or sentence.
    pub(crate) fn stage(&self, id: &RequestId) -> &'static str {
        self.request(id).state.stage().name()
    }

    /// The actual assignment of a key, listed or not.
    pub(crate) fn is_assigned(&self, key: &Key) -> bool {
        let now = self.millis();
        let mut state = self.state();
        state.model.settle(now);
        state.exists(key)
    }

    /// An administrator adds or removes an assignment in the AWS console.
    pub(crate) fn administer(&self, key: &Key, present: bool) {
        let now = self.millis();
        let mut state = self.state();
        state.model.set_assignment(of_model(key), present, now);
        if present {
            state.standing.insert(key.clone());
        } else {
            state.standing.remove(key);
            state.tampered = true;
        }
    }

    /// Now, as the model counts.
    pub(crate) fn millis(&self) -> Millis {
        Millis(u64::try_from(self.now().as_millisecond()).unwrap())
    }

    /// Publishes a configuration with this session limit and maximum duration.
    pub(crate) fn configure(&self, cast: &Cast, session_limit: &str, max_duration: &str) {
        let text = configuration_text(cast, session_limit, max_duration);
        self.state().configuration = Some((Configuration::parse(&text).unwrap(), text));
    }
}

impl State {
    /// Whether the assignment exists, as of the model's last call.
    pub(crate) fn exists(&self, key: &Key) -> bool {
        self.model.assignments().contains(&of_model(key))
    }

    /// What an idempotency key stands for.
    pub(crate) fn repeated(&self, key: &Idempotency) -> Option<Repeated> {
        self.idempotency.get(&(key.user.clone(), key.key.clone())).cloned()
    }

    /// A new number.
    pub(crate) fn next(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// A link id: 32 hexadecimal digits.
    pub(crate) fn link_id(&mut self) -> LinkId {
        LinkId::parse(&format!("{:032x}", self.next())).unwrap()
    }
}

/// A key as the model writes it.
pub(crate) fn of_model(key: &Key) -> curfew_identity_center::Assignment {
    curfew_identity_center::Assignment {
        account: key.account.to_string(),
        permission_set: key.permission_set.to_string(),
        principal_type: curfew_identity_center::PrincipalType::User,
        principal_id: key.user.to_string(),
    }
}

/// The account of all tests.
pub(crate) fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

fn cast(model: &mut Model, now: Millis) -> Cast {
    let store = model.settings().identity_store_id.clone();
    let instance = model.settings().instance_arn.clone();
    let mut user = |name: &str| {
        let body = json!({
            "IdentityStoreId": store, "UserName": name, "DisplayName": name,
            "Name": { "GivenName": name, "FamilyName": "X" },
        });
        let reply = model.call(IDENTITY_STORE, "CreateUser", &body, now).unwrap();
        UserId::parse(reply["UserId"].as_str().unwrap()).unwrap()
    };
    let (ana, ben, cyn, dan) = (user("ana"), user("ben"), user("cyn"), user("dan"));
    let mut set = |name: &str| {
        let body = json!({ "InstanceArn": instance, "Name": name });
        let reply = model.call(SSO_ADMIN, "CreatePermissionSet", &body, now).unwrap();
        PermissionSetArn::parse(reply["PermissionSet"]["PermissionSetArn"].as_str().unwrap()).unwrap()
    };
    Cast { ana, ben, cyn, dan, automatic: set("ReadOnly"), approved: set("Admin") }
}

fn configuration_text(cast: &Cast, session_limit: &str, max_duration: &str) -> String {
    let entitlement = |set: &PermissionSetArn, approval: &str| {
        format!(
            "[[entitlement]]\naccount = \"{ACCOUNT}\"\naccount_name = \"sandbox\"\npermission_set = \"{set}\"\n\
             permission_set_name = \"set\"\nmax_duration = \"{max_duration}\"\napproval = {approval}\n"
        )
    };
    format!(
        "administrators = [\"{}\"]\nsession_limit = \"{session_limit}\"\n{}{}",
        cast.dan,
        entitlement(&cast.automatic, "\"automatic\""),
        entitlement(
            &cast.approved,
            &format!("{{ approvers = [\"{}\", \"{}\"], timeout = \"PT10M\" }}", cast.ben, cast.cyn)
        ),
    )
}
