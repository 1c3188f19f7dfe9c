use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_identitystore::types::AttributeOperation;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleError;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::Document;
use aws_types::SdkConfig;
use aws_types::region::Region;
use curfew_aws::table::stored;
use curfew_domain::audit::{Head, Record};
use curfew_domain::id::RequestId;
use curfew_local::Ready;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::api::{Person, agent};
use super::local_run::local_run;

/// SDK clients of their own, so that nothing of Curfew is between the test and AWS.
pub(super) struct Clients {
    runtime: Runtime,
    access: aws_sdk_ssoadmin::Client,
    flow: aws_sdk_sfn::Client,
    schedules: aws_sdk_scheduler::Client,
    table: aws_sdk_dynamodb::Client,
    functions: aws_sdk_lambda::Client,
    directory: aws_sdk_identitystore::Client,
}

/// The clients of a running instance, and what they find there.
pub(super) struct Witness {
    clients: Clients,
    ready: &'static Ready,
}

/// An item of the table.
type Item = std::collections::HashMap<String, AttributeValue>;

impl Clients {
    pub(super) fn new(ready: &Ready) -> Self {
        let at = |service: &str| {
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(ready.region.clone()))
                .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "t")))
                .http_client(Builder::new().build_http())
                .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
                .time_source(SharedTimeSource::new(SystemTimeSource::new()))
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .endpoint_url(ready.endpoints[service].clone())
                .build()
        };
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            access: aws_sdk_ssoadmin::Client::new(&at("sso-admin")),
            flow: aws_sdk_sfn::Client::new(&at("stepfunctions")),
            schedules: aws_sdk_scheduler::Client::new(&at("scheduler")),
            table: aws_sdk_dynamodb::Client::new(&at("dynamodb")),
            functions: aws_sdk_lambda::Client::new(&at("lambda")),
            directory: aws_sdk_identitystore::Client::new(&at("identitystore")),
        }
    }

    pub(super) fn create_permission_set(&self, instance: &str, name: &str) -> String {
        let create = self.access.create_permission_set().instance_arn(instance).name(name).session_duration("PT1H");
        let created = self.runtime.block_on(create.send()).unwrap();
        created.permission_set.unwrap().permission_set_arn.unwrap()
    }
}

impl Witness {
    pub(super) fn new() -> Self {
        let ready = &local_run().ready;
        Self { clients: Clients::new(ready), ready }
    }

    /// Whether Identity Center lists the assignment.
    pub(super) fn is_assigned(&self, user: &str, account: &str, permission_set: &str) -> bool {
        let list = self.clients.access.list_account_assignments().instance_arn(&self.ready.instance_arn);
        let list = list.account_id(account).permission_set_arn(permission_set).into_paginator().items();
        let all = self.clients.runtime.block_on(list.send().collect::<Result<Vec<_>, _>>()).unwrap();
        all.iter().any(|one| one.principal_id() == Some(user))
    }

    /// The states that the execution of a request has entered, in order, and how the execution stands.
    pub(super) fn states(&self, request: &str) -> (Vec<String>, String) {
        let arn = format!("{}:{request}", self.ready.state_machine.replace(":stateMachine:", ":execution:"));
        self.clients.runtime.block_on(async {
            let flow = &self.clients.flow;
            let described = flow.describe_execution().execution_arn(&arn).send().await.unwrap();
            let events = flow.get_execution_history().execution_arn(&arn).into_paginator().items().send();
            let events = events.collect::<Result<Vec<_>, _>>().await.unwrap();
            let entered = events.iter().filter_map(|event| event.state_entered_event_details());
            (entered.map(|details| details.name().to_owned()).collect(), described.status().as_str().to_owned())
        })
    }

    /// When the expiry of a request is armed for, as Scheduler writes it.
    pub(super) fn armed(&self, request: &str) -> Option<String> {
        let get = self.clients.schedules.get_schedule().name(format!("curfew-{request}"));
        let get = get.group_name(&self.ready.stack["ScheduleGroupName"]);
        match self.clients.runtime.block_on(get.send()) {
            Ok(schedule) => schedule.schedule_expression,
            Err(error) if error.as_service_error().is_some_and(GetScheduleError::is_resource_not_found_exception) => {
                None
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Calls a function, by its output in the stack, and waits for its answer.
    pub(super) fn invoke(&self, function: &str, payload: &Value) -> Value {
        let name = &self.ready.stack[&format!("{function}FunctionName")];
        let call = self.clients.functions.invoke().function_name(name).payload(payload.to_string().into_bytes().into());
        let answer = self.clients.runtime.block_on(call.send()).unwrap();
        let text = String::from_utf8(answer.payload.unwrap().into_inner()).unwrap();
        assert_eq!(answer.function_error, None, "{function}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What the schedule of `sweep` does every minute.
    pub(super) fn sweep(&self) -> Value {
        self.invoke("Sweep", &json!({}))
    }

    /// The audit chain of a request as it is stored, and the head that the request carries.
    pub(super) fn chain(&self, request: &str) -> (RequestId, Vec<Record>, Head) {
        let id = RequestId::parse(request).unwrap();
        let stored = stored::request(&self.items(request, "R")[0]).unwrap();
        (id, stored.trail, stored.head)
    }

    /// Takes the token of a waiting execution out of the table.
    pub(super) fn take_token(&self, request: &str) -> Item {
        let token = self.items(request, "T#").pop().expect("a token, because an execution waits");
        let delete = self.clients.table.delete_item().table_name(&self.ready.table);
        let delete = delete.key("pk", token["pk"].clone()).key("sk", token["sk"].clone());
        self.clients.runtime.block_on(delete.send()).unwrap();
        token
    }

    /// Puts it back.
    pub(super) fn put_token(&self, token: Item) {
        let put = self.clients.table.put_item().table_name(&self.ready.table).set_item(Some(token));
        self.clients.runtime.block_on(put.send()).unwrap();
    }

    /// The tokens of executions that wait for this request.
    pub(super) fn tokens(&self, request: &str) -> Vec<String> {
        self.items(request, "T#").iter().map(|item| text(item, "token").to_owned()).collect()
    }

    /// Lists a day among those whose requests may not be over.
    pub(super) fn mark_day(&self, day: &str) {
        let put = self.clients.table.put_item().table_name(&self.ready.table);
        let put = put.item("pk", AttributeValue::S("LIVE".to_owned())).item("sk", AttributeValue::S(day.to_owned()));
        self.clients.runtime.block_on(put.send()).unwrap();
    }

    /// The days that are listed so.
    pub(super) fn marked_days(&self) -> Vec<String> {
        self.partition("LIVE".to_owned(), "2").iter().map(|item| text(item, "sk").to_owned()).collect()
    }

    fn items(&self, request: &str, prefix: &str) -> Vec<Item> {
        self.partition(format!("REQ#{request}"), prefix)
    }

    fn partition(&self, pk: String, prefix: &str) -> Vec<Item> {
        let query = self.clients.table.query().table_name(&self.ready.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        self.clients.runtime.block_on(items).unwrap()
    }

    /// Disables somebody in the directory.
    pub(super) fn disable_user(&self, person: &Person) {
        let disabled = AttributeOperation::builder().attribute_path("userStatus");
        let disabled = disabled.attribute_value(Document::String("DISABLED".to_owned())).build().unwrap();
        let update = self.clients.directory.update_user().identity_store_id(&self.ready.identity_store_id);
        self.clients.runtime.block_on(update.user_id(&person.id).operations(disabled).send()).unwrap();
    }

    /// Removes somebody from the directory.
    pub(super) fn delete_user(&self, person: &Person) {
        let delete = self.clients.directory.delete_user().identity_store_id(&self.ready.identity_store_id);
        self.clients.runtime.block_on(delete.user_id(&person.id).send()).unwrap();
    }

    /// Removes an assignment as an administrator does in the AWS console.
    pub(super) fn remove_behind_our_back(&self, user: &str, account: &str, permission_set: &str) {
        let assignment = json!({
            "account": account, "permission_set": permission_set, "principal_type": "USER", "principal_id": user,
        });
        let url = format!("{}/_control/assignments", self.ready.endpoints["sso-admin"]);
        let wish = json!({ "present": false, "assignment": assignment });
        let answer = agent().post(&url).send_json(wish).unwrap().body_mut().read_json::<Value>().unwrap();
        assert_eq!(answer["changed"], true, "it was there: {assignment}");
    }

    /// Calls that Identity Center has answered well, oldest first, if their parameters match.
    pub(super) fn calls(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let url = format!("{}/_control/journal", self.ready.endpoints["sso-admin"]);
        let journal = agent().get(&url).call().unwrap().body_mut().read_json::<Value>().unwrap();
        let calls = journal["calls"].as_array().unwrap().iter();
        calls.filter(|call| call["outcome"] == "ok" && wanted(&call["parameters"])).cloned().collect()
    }
}

fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    item[name].as_s().unwrap()
}
