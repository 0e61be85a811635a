//! What is sent, and the word that it has arrived.
//!
//! In go messages, out come acknowledgements; what was not acknowledged is sent again, and until then what caused it is not
//! committed.

use std::time::{Duration, Instant};

use super::cause::Cause;
use super::{Service, ServiceError};
use crate::pipeline::interpreter::in_full;
use crate::publish::kafka::PublishError;
use crate::publish::{Outgoing, Topic};
use crate::telemetry::events::{
    AlertPublished, PublishFailed, ReadingRequestPublished, SampleToAlarm, VitalsPublished,
};
use crate::telemetry::trace::{Span, TRACEPARENT, Work};
use crate::wire::{Alert, AlertState};

/// At most so often an acknowledged alert is committed at once; else the next tick commits it.
const COMMIT_AFTER: Duration = Duration::from_millis(20);

/// An acknowledgement that came, or did not.
pub(super) struct Delivery {
    outgoing: Outgoing,
    alert: Option<(Box<Alert>, Option<Span>)>,
    cause: Cause,
    result: Result<(), PublishError>,
}

impl Service<'_> {
    /// Sends a message; it is held against what caused it until the broker has it.
    pub(super) async fn send(
        &mut self,
        mut outgoing: Outgoing,
        alert: Option<(Box<Alert>, Option<Span>)>,
        cause: Cause,
    ) -> Result<(), ServiceError> {
        let mut span = None;
        if cause.trace.is_traced() {
            let topic = self.publisher.topic_name(outgoing.topic);
            let sends = cause.trace.begin(Work::Send { topic }, Instant::now());
            outgoing.headers.retain(|(name, _)| name != TRACEPARENT);
            let parent = sends.context().traceparent().map(|parent| (TRACEPARENT.to_owned(), parent));
            outgoing.headers.extend(parent);
            span = Some(sends);
        }
        let acknowledged = match self.publisher.enqueue(outgoing.clone()).await {
            // One message that is too long is no reason to stop watching.
            Err(error @ PublishError::TooLarge { .. }) => Err(error),
            enqueued => Ok(enqueued?),
        };
        if let Some(ticket) = cause.ticket {
            self.progress.hold(ticket);
        }
        self.deliveries.spawn(async move {
            let result = match acknowledged {
                Ok(acknowledged) => acknowledged.await,
                Err(error) => Err(error),
            };
            if let (Err(error), Some(span)) = (&result, &mut span) {
                span.failed(&in_full(error));
            }
            drop(span);
            Delivery { outgoing, alert, cause, result }
        });
        Ok(())
    }

    /// Takes note of an acknowledgement, or sends again.
    pub(super) async fn delivered(
        &mut self,
        delivery: Result<Delivery, tokio::task::JoinError>,
    ) -> Result<(), ServiceError> {
        let delivery = delivery.expect("waiting for an acknowledgement does not panic (this is a bug)");
        let Delivery { outgoing, alert, cause, result } = delivery;
        let ticket = cause.ticket;
        let is_alert = alert.is_some();
        if outgoing.topic == Topic::Heartbeats {
            self.heartbeats_under_way -= 1;
        }
        match result {
            Ok(()) => acknowledged(outgoing.topic, alert.as_ref().map(|(alert, _)| &**alert), &cause),
            Err(error) => {
                let topic = format!("{:?}", outgoing.topic);
                PublishFailed { topic: &topic, detail: &in_full(&error) }.emit();
                match error {
                    // Nothing is committed: who starts anew says it.
                    fatal @ PublishError::Fatal { .. } => return Err(fatal.into()),
                    PublishError::TooLarge { .. } if outgoing.topic == Topic::ReadingRequests => {
                        self.cannot_be_asked(outgoing.payload.as_deref().unwrap_or_default(), &error, cause).await?;
                    }
                    // Where it stood and what is wrong with it is said in any case.
                    PublishError::TooLarge { .. } if outgoing.topic == Topic::DeadLetters => {
                        if let Some(bare) = outgoing.without_content() {
                            self.send(bare, None, cause).await?;
                        }
                    }
                    PublishError::TooLarge { .. } => {}
                    // The next one says more than this one would, later.
                    _ if outgoing.topic == Topic::Heartbeats => {}
                    // Nothing is lost: it is sent again until the broker has it, and until then nothing is committed.
                    _ => self.send(outgoing, alert, cause).await?,
                }
            }
        }
        if let Some(ticket) = ticket {
            self.release(ticket);
        }
        // What was said of a patient is not to be said twice, should this process end now.
        if is_alert && self.last_commit.elapsed() > COMMIT_AFTER {
            self.commit()?;
        }
        Ok(())
    }
}

fn acknowledged(topic: Topic, alert: Option<&Alert>, cause: &Cause) {
    match (topic, alert) {
        (_, Some(alert)) => {
            let trace = &cause.trace;
            AlertPublished { stream_id: &alert.stream_id, code: alert.code, state: alert.state, trace }.emit();
            if matches!(alert.state, AlertState::Raised | AlertState::Escalated) {
                SampleToAlarm { code: alert.code, delay: cause.heard.elapsed() }.emit();
            }
        }
        (Topic::Vitals, None) => VitalsPublished.emit(),
        (Topic::ReadingRequests, None) => ReadingRequestPublished.emit(),
        _ => {}
    }
}
