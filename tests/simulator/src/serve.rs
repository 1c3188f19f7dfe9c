//! AWS calls of functions: on their way, struck by faults, applied, answered.

use std::rc::Rc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use curfew_identity_center::Millis;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::aws::call::{Decoded, decode, encode};
use crate::aws::dynamodb::Bill;
use crate::aws::scheduler::Then;
use crate::aws::{AwsError, admits};
use crate::connector::{Wire, broken};
use crate::fault::{CallFault, LATENESS, STALENESS};
use crate::functions::Function;
use crate::log::{Call, Change, Invoked, Service, Source, What};
use crate::template::{SESSIONS, function_of};
use crate::world::World;

/// Items of a list that the log keeps; storms read longer ones again and again.
const LONG: usize = 200;

type Reply = oneshot::Sender<Result<HttpResponse, ConnectorError>>;

/// A call with what is decided about it.
struct Serving {
    by: Option<Invoked>,
    sandbox: u64,
    number: usize,
    /// In the place of `number`, for calls of `announce`.
    notice: usize,
    service: Service,
    operation: &'static str,
    request: Rc<Value>,
    strike: Option<CallFault>,
}

impl World {
    /// Takes a request from a sandbox in.
    pub(crate) fn take_in(&self, wire: Wire) {
        let Wire { sandbox, request, reply } = wire;
        let by = self.0.lambda.borrow().invoked(sandbox);
        if sandbox > 0 && by.is_none() {
            return; // Its process died before the request left.
        }
        let (mut number, mut notice) = (0, 0);
        if by.as_ref().is_some_and(|by| by.function == Function::Announce) {
            notice = self.0.notices.get() + 1;
            self.0.notices.set(notice);
        } else if by.is_some() {
            number = self.0.calls.get() + 1;
            self.0.calls.set(number);
            if self.0.plan.deploys.contains(&number) && !self.healed() {
                self.deploy();
            }
        }
        let Decoded { service, operation, request } = decode(&request);
        let strike = self.0.plan.calls.get(&number).or_else(|| self.0.plan.notices.get(&notice)).copied();
        let strike =
            strike.filter(|fault| by.is_some() && !self.healed() && admits(service, operation, &request, *fault));
        let serving = Serving { by, sandbox, number, notice, service, operation, request: Rc::new(request), strike };
        self.spawn(self.clone().serve(serving, reply));
    }

    async fn serve(self, serving: Serving, reply: Reply) {
        let Serving { sandbox, service, strike, .. } = serving;
        if matches!(strike, Some(CallFault::FrozenApplied | CallFault::FrozenNever)) {
            self.0.lambda.borrow_mut().freeze(sandbox);
        }
        if let Some(CallFault::CrashBefore | CallFault::FrozenNever | CallFault::NeverArrived) = strike {
            let by = serving.by.clone();
            self.record(serving, Err("NeverArrived"), Bill::default());
            match (strike, by) {
                (Some(CallFault::CrashBefore), Some(by)) => self.0.lambda.borrow_mut().kill(sandbox, &by),
                (Some(CallFault::NeverArrived), _) => {
                    self.one_way().await;
                    let _ = reply.send(Err(broken()));
                }
                _ => {}
            }
            return;
        }
        self.one_way().await;
        let mut bill = Bill::default();
        let answer = match self.refusal(&serving) {
            Some(error) => Err(error),
            None => self.apply(&serving, &mut bill),
        };
        let by = serving.by.clone();
        let answer = answer.map(Rc::new);
        let told = match &answer {
            Ok(value) => Ok(told(value)),
            Err(error) => Err(error.code),
        };
        self.record(serving, told, bill);
        match (strike, by) {
            (Some(CallFault::CrashAfter), Some(by)) => self.0.lambda.borrow_mut().kill(sandbox, &by),
            // No answer, ever: the attempt times out.
            (Some(CallFault::Timeout | CallFault::FrozenApplied), _) => {}
            (Some(CallFault::ReplyLost), _) => {
                self.one_way().await;
                let _ = reply.send(Err(broken()));
            }
            // The story had the answer, or the call, get lost.
            _ if answer.as_ref().is_err_and(|error| error.status == 0) => {
                self.one_way().await;
                let _ = reply.send(Err(broken()));
            }
            _ => {
                if strike == Some(CallFault::LateReply) {
                    tokio::time::sleep(LATENESS).await;
                }
                self.one_way().await;
                // The caller may have died or given up.
                let _ = reply.send(Ok(encode(service, &answer)));
            }
        }
    }

    /// An answer instead of any effect.
    fn refusal(&self, serving: &Serving) -> Option<AwsError> {
        let Serving { service, operation, request, strike, .. } = serving;
        if serving.by.is_some() && self.is_down(*service) {
            return Some(AwsError::unavailable());
        }
        match strike {
            Some(CallFault::Throttle) => Some(AwsError::throttled(*service)),
            Some(CallFault::InternalError) => Some(AwsError::internal(*service)),
            Some(CallFault::Conflict) => AwsError::conflict(*service, operation, request),
            _ => None,
        }
    }

    /// The call takes effect, now.
    fn apply(&self, serving: &Serving, bill: &mut Bill) -> Result<Value, AwsError> {
        let Serving { service, operation, request, strike, .. } = serving;
        let now = self.now();
        let stale = (*strike == Some(CallFault::StaleRead)).then(|| now - STALENESS);
        match service {
            Service::DynamoDb => {
                let stale = stale.map(jiff::Timestamp::as_millisecond);
                if request["TableName"] == SESSIONS {
                    let answer =
                        self.0.sessions.borrow_mut().call(operation, request, now.as_millisecond(), stale, bill);
                    bill.written.clear();
                    return answer;
                }
                self.0.dynamodb.borrow_mut().call(operation, request, now.as_millisecond(), stale, bill)
            }
            Service::SsoAdmin | Service::IdentityStore => {
                self.settle();
                let fails = *strike == Some(CallFault::OperationFails);
                let how = (stale.map(millis), fails);
                self.0.identity.borrow_mut().call(*service, operation, request, millis(now), how)
            }
            Service::Organizations => self.0.organizations.borrow().call(operation, request),
            Service::Scheduler => {
                let precision = u64::try_from(self.0.precision.as_millis()).expect("a short time");
                let lateness = SignedDuration::from_millis(
                    i64::try_from(self.random(0, precision.saturating_sub(1))).expect("a short time"),
                );
                let mut scheduler = self.0.scheduler.borrow_mut();
                let (answer, then) = scheduler.call(operation, request, now, stale, lateness)?;
                if let Then::Arm(name, generation, fires) = then {
                    self.spawn(self.clone().fire(name, generation, fires));
                }
                Ok(answer)
            }
            Service::StepFunctions => self.states_call(operation, request, stale),
            Service::EventBridge | Service::Mail => Ok(self.0.outside.borrow_mut().take(operation, request, now)),
            Service::Lambda => {
                let function = function_of(request["FunctionName"].as_str().expect("a function"));
                let source = serving.by.as_ref().map_or(Source::Story, |by| Source::Function(by.function));
                self.accept_event(function, &source, &Rc::new(request["Payload"].clone()));
                Ok(json!({}))
            }
        }
    }

    /// Puts a call into the log and the counts.
    fn record(&self, serving: Serving, mut answer: Result<Rc<Value>, &'static str>, bill: Bill) {
        let Serving { by, number, notice, service, operation, mut request, strike, .. } = serving;
        let Bill { write_units, half_read_units, written } = bill;
        if number > 0 {
            let mut counts = self.0.counts.borrow_mut();
            *counts.calls.entry((service, operation)).or_default() += 1;
            counts.write_units += write_units;
            counts.half_read_units += half_read_units;
        }
        let mut changes: Vec<Change> = {
            let mut decoded = self.0.decoded.borrow_mut();
            written.into_iter().map(|written| decoded.take(written)).collect()
        };
        self.stream(&changes);
        if self.0.brief {
            request = Rc::default();
            answer = answer.map(|_| Rc::default());
            changes.clear();
        }
        let call =
            Call { number, notice, service, operation, request, answer, strike, changes, write_units, half_read_units };
        self.step(by, What::Call(call));
        if matches!(service, Service::SsoAdmin) {
            self.settle();
        }
    }

    async fn one_way(&self) {
        let (least, most) = self.0.latency_ms;
        self.take_ms(least, most).await;
    }
}

/// What the log keeps of an answer: all of it, unless it is a very long list.
fn told(answer: &Rc<Value>) -> Rc<Value> {
    let items = answer["Items"].as_array().map_or(0, Vec::len);
    if items <= LONG { Rc::clone(answer) } else { Rc::new(json!({ "Count": items })) }
}

/// Time as the model of Identity Center knows it.
pub(crate) fn millis(at: jiff::Timestamp) -> Millis {
    Millis(u64::try_from(at.as_millisecond()).expect("a time after 1970"))
}
