//! Lambda `announce`: tells people and programs what the stream of the table carries.

mod mail;

use std::sync::Arc;

use async_trait::async_trait;
use curfew_api::NoticeEvent;
use curfew_api::stream::{Failed, StreamAnswer, StreamEvent, occasion};
use curfew_aws::bus::EventBus;
use curfew_aws::mail::Mailer;
use curfew_domain::time::SignedDuration;
use curfew_engine::announce::{Announcer, Letter, Turn};
use curfew_engine::error::{Error, Fault};
use curfew_engine::ports::{Bus, Post};
use curfew_lambda::{Host, Invocation, TaskError, Unset};

pub use crate::mail::render;

/// Nothing is begun with less time than this: a mail that was sent must be marked before the invocation dies.
const LAST_MOMENT: SignedDuration = SignedDuration::from_secs(15);

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(StreamEvent, Invocation) -> Result<StreamAnswer, TaskError> + use<>, Unset> {
    let public_url: Arc<str> = host.environment.required("PUBLIC_URL")?.into();
    let events = EventBus::new(host.clients.bus(), host.environment.required("BUS_NAME")?);
    let post = host.environment.optional("MAIL_FROM").filter(|from| !from.is_empty()).map(|from| {
        let mailer = Mailer::new(host.clients.mail(), &from);
        Arc::new(Letters { mailer, public_url: Arc::clone(&public_url) }) as Arc<dyn Post>
    });
    let announcer = Announcer {
        core: host.core()?,
        ids: Arc::clone(&host.ids),
        bus: Arc::new(Events { events, public_url }),
        post,
    };
    Ok(async move |event: StreamEvent, invocation: Invocation| handle(&announcer, &event, &invocation).await)
}

/// Every record is tried, so that one that cannot be told yet keeps no other back. Lambda repeats from the first that is
/// named on; what was told is marked.
async fn handle(
    announcer: &Announcer,
    event: &StreamEvent,
    invocation: &Invocation,
) -> Result<StreamAnswer, TaskError> {
    let turn = Turn { name: invocation.writer_name(announcer.ids.as_ref())?, deadline: invocation.deadline };
    let mut failed = Vec::new();
    for record in &event.records {
        let Some(occasion) = occasion(record) else { continue };
        let left = invocation.deadline.duration_since(announcer.core.clock.now());
        let told = if left < LAST_MOMENT {
            Err(Error::Busy("time is nearly over".to_owned()))
        } else {
            announcer.announce(&occasion, &turn).await
        };
        match told {
            Ok(()) => {}
            // Stored and streamed, and yet not there: nothing to tell.
            Err(Error::NotFound) => {
                tracing::warn!(request_id = %occasion.request, "the stream names an unknown request");
            }
            Err(error) => {
                tracing::warn!(request_id = %occasion.request, %error, "not everybody is told yet; this comes again");
                failed.push(Failed { item_identifier: record.dynamodb.sequence_number.clone() });
            }
        }
    }
    Ok(StreamAnswer { batch_item_failures: failed })
}

/// Events on the bus.
struct Events {
    events: EventBus,
    public_url: Arc<str>,
}

#[async_trait]
impl Bus for Events {
    async fn publish(&self, letter: &Letter) -> Result<(), Fault> {
        let event = NoticeEvent::new(letter, &self.public_url);
        let detail = serde_json::to_string(&event).map_err(|e| Fault::permanent("write the event", e))?;
        self.events.put(letter.kind.name(), detail, letter.at).await
    }
}

/// Mails.
struct Letters {
    mailer: Mailer,
    public_url: Arc<str>,
}

#[async_trait]
impl Post for Letters {
    async fn send(&self, address: &str, letter: &Letter) -> Result<(), Fault> {
        self.mailer.send(address, &render(letter, &self.public_url)).await
    }
}
