use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use curfew_lambda::{Clients, Environment};
use curfew_sim::{Function, Options, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::end_to_end::api::person;
use crate::end_to_end::local_run::local_run;

/// Which stand-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Simulator,
    LocalRun,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Simulator { "simulator" } else { "local run" })
    }
}

type Answer = Pin<Box<dyn Future<Output = (u16, Value)>>>;

/// A stand-in for AWS with Curfew in it.
pub(super) struct Place {
    pub(super) side: Side,
    pub(super) clients: Clients,
    pub(super) table: String,
    pub(super) schedule_group: String,
    pub(super) state_machine: String,
    pub(super) instance: String,
    pub(super) identity_store: String,
    /// ARN of a function that finds nothing to do.
    pub(super) revoke: String,
    /// Somebody for whom nobody asks for anything here: name, id, account, permission set.
    pub(super) user_name: String,
    pub(super) user: String,
    pub(super) account: String,
    pub(super) permission_set: String,
    /// What `post` asks for so that the execution waits for a person, who has a minute.
    waiting: Value,
    now: Box<dyn Fn() -> Timestamp>,
    /// A call of the API by somebody who may ask for it.
    post: Box<dyn Fn(String, Value) -> Answer>,
}

impl Place {
    pub(super) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Looks again and again, for at most this long.
    pub(super) async fn eventually<T>(
        &self,
        within: SignedDuration,
        mut look: impl AsyncFnMut() -> Option<T>,
    ) -> Option<T> {
        let end = self.now() + within;
        loop {
            if let Some(found) = look().await {
                return Some(found);
            }
            if self.now() > end {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// A request whose execution waits for a person: its id.
    pub(super) async fn waiting_request(&self) -> String {
        let (status, accepted) = (self.post)("/v1/requests".to_owned(), self.waiting.clone()).await;
        assert_eq!(status, 202, "{accepted}");
        accepted["id"].as_str().unwrap().to_owned()
    }

    /// Its requester takes it back.
    pub(super) async fn cancel(&self, request: &str) {
        (self.post)(format!("/v1/requests/{request}/cancel"), json!({})).await;
    }
}

/// Runs statements over the simulator's connector.
pub(super) fn in_the_simulator(statements: impl AsyncFnOnce(&Place)) {
    let mut options = Options::default();
    options.organisation.configuration = options.organisation.configuration.replace("PT4H", "PT1M");
    curfew_sim::run(options, async |world: World| {
        let identity = world.identity(|model, _| model.settings().clone());
        let (clock, api) = (world.clone(), world.clone());
        let place = Place {
            side: Side::Simulator,
            clients: world.clients(),
            table: curfew_sim::template::TABLE.to_owned(),
            schedule_group: "curfew".to_owned(),
            state_machine: curfew_sim::template::machine_arn(),
            instance: identity.instance_arn,
            identity_store: identity.identity_store_id,
            revoke: curfew_sim::template::function_arn(Function::Revoke),
            user_name: "dan".to_owned(),
            user: world.user("dan").to_string(),
            account: "444455556666".to_owned(),
            permission_set: world.permission_set("Reader").to_string(),
            waiting: wish("111122223333", world.permission_set("Operator").as_str()),
            now: Box::new(move || clock.now()),
            post: Box::new(move |path, body| {
                let world = api.clone();
                Box::pin(async move { world.api("ana", "POST", &path, Some(body)).await })
            }),
        };
        statements(&place).await;
    });
}

/// Runs statements against the emulators of the local run.
pub(super) fn in_the_local_run(statements: impl AsyncFnOnce(&Place)) {
    let ready = &local_run().ready;
    let endpoint = |name: &str, service: &str| (format!("AWS_ENDPOINT_URL_{name}"), ready.endpoints[service].clone());
    let mut environment = BTreeMap::from([
        endpoint("DYNAMODB", "dynamodb"),
        endpoint("IDENTITYSTORE", "identitystore"),
        endpoint("LAMBDA", "lambda"),
        endpoint("ORGANIZATIONS", "organizations"),
        endpoint("SCHEDULER", "scheduler"),
        endpoint("SFN", "stepfunctions"),
        endpoint("SSO_ADMIN", "sso-admin"),
    ]);
    let words =
        [("AWS_REGION", ready.region.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    environment.extend(words.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let environment: Environment = environment.into_iter().collect();
    let time = SharedTimeSource::new(SystemTimeSource::new());
    let function = &ready.stack["RevokeFunctionName"];
    // partition, region and account, as in every ARN of the stack
    let stack = ready.state_machine.splitn(6, ':').collect::<Vec<_>>();
    let place = Place {
        side: Side::LocalRun,
        clients: Clients::over(&environment, Builder::new().build_http(), time).unwrap(),
        table: ready.table.clone(),
        schedule_group: ready.stack["ScheduleGroupName"].clone(),
        state_machine: ready.state_machine.clone(),
        instance: ready.instance_arn.clone(),
        identity_store: ready.identity_store_id.clone(),
        revoke: format!("arn:aws:lambda:{}:{}:function:{function}", stack[3], stack[4]),
        user_name: "liam".to_owned(),
        user: ready.users["liam"].id.clone(),
        account: ready.accounts["data-production"].clone(),
        permission_set: ready.permission_sets["Billing"].clone(),
        waiting: wish(&ready.accounts["log-archive"], &ready.permission_sets["ReadOnly"]),
        now: Box::new(Timestamp::now),
        post: Box::new(|path, body| {
            Box::pin(async move {
                let reply = person("grace").post(&path, &body);
                (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
            })
        }),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { statements(&place).await });
}

fn wish(account: &str, permission_set: &str) -> Value {
    json!({
        "account": account, "permission_set": permission_set, "duration": "PT1H",
        "justification": "What do the services answer?",
    })
}
