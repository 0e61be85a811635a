//! What is sent, and the word that it has arrived.
//!
//! In go messages, out come acknowledgements; what was not acknowledged is sent again, and until then what caused it is not
//! committed. What is said of one bed stays in order ([`Lanes`]), and an alert stands on `ecg.alert-state` only once it is
//! among the alerts: else who takes the bed over would think it said.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::cause::Cause;
use super::lanes::Lanes;
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

/// So long after it failed a message is sent again.
const SEND_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Messages that may not overtake one another: a topic and a key.
pub(super) type Lane = (Topic, Vec<u8>);

/// What is on its way, or waits for its turn.
pub(super) struct Message {
    outgoing: Outgoing,
    alert: Option<AlertUnderWay>,
    cause: Cause,
}

/// What a message has to do with an alert.
pub(super) struct AlertUnderWay {
    pub(super) alert: Box<Alert>,
    /// Ends when the alert has arrived.
    pub(super) span: Option<Span>,
    /// What makes it stand, or stand no more; sent when the alert has arrived.
    pub(super) state: Option<Outgoing>,
}

/// An acknowledgement that came, or did not.
pub(super) struct Delivery {
    message: Message,
    result: Result<(), PublishError>,
}

/// What has not been acknowledged.
#[derive(Default)]
pub(super) struct Deliveries {
    pub(super) under_way: JoinSet<Delivery>,
    lanes: Lanes<Lane, Message>,
}

impl Deliveries {
    /// Number of messages without an acknowledgement.
    pub(super) fn len(&self) -> usize {
        self.under_way.len() + self.lanes.waiting()
    }
}

impl Service<'_> {
    /// Sends a message, behind those of its lane; it is held against what caused it until the broker has it.
    pub(super) async fn send(
        &mut self,
        outgoing: Outgoing,
        alert: Option<AlertUnderWay>,
        cause: Cause,
    ) -> Result<(), ServiceError> {
        if let Some(ticket) = cause.ticket {
            self.progress.hold(ticket);
        }
        let message = Message { outgoing, alert, cause };
        let first = match self.lane(&message.outgoing) {
            Some(lane) => self.deliveries.lanes.enter(lane, message),
            None => Some(message),
        };
        match first {
            Some(message) => self.hand_to_broker(message).await,
            None => Ok(()),
        }
    }

    /// The lane of a message. A replay has none: there the order of a whole topic is the same each time.
    fn lane(&self, outgoing: &Outgoing) -> Option<Lane> {
        let is_ordered = matches!(outgoing.topic, Topic::Alerts | Topic::AlertState | Topic::ReadingRequests);
        outgoing.key.clone().filter(|_| self.is_live && is_ordered).map(|key| (outgoing.topic, key))
    }

    async fn hand_to_broker(&mut self, mut message: Message) -> Result<(), ServiceError> {
        let mut span = None;
        let outgoing = &mut message.outgoing;
        if message.cause.trace.is_traced() {
            let topic = self.publisher.topic_name(outgoing.topic);
            let sends = message.cause.trace.begin(Work::Send { topic }, Instant::now());
            outgoing.headers.retain(|(name, _)| name != TRACEPARENT);
            let parent = sends.context().traceparent().map(|parent| (TRACEPARENT.to_owned(), parent));
            outgoing.headers.extend(parent);
            span = Some(sends);
        }
        let enqueued = match self.publisher.enqueue(outgoing.clone()).await {
            // Nothing is committed: who starts anew says it.
            Err(fatal @ PublishError::Fatal { .. }) => return Err(fatal.into()),
            enqueued => enqueued,
        };
        self.deliveries.under_way.spawn(async move {
            let result = match enqueued {
                Ok(acknowledged) => acknowledged.await,
                Err(error) => Err(error),
            };
            if let (Err(error), Some(span)) = (&result, &mut span) {
                span.failed(&in_full(error));
            }
            drop(span);
            if matches!(result, Err(PublishError::NotAcknowledged { .. })) {
                tokio::time::sleep(SEND_AGAIN_AFTER).await;
            }
            Delivery { message, result }
        });
        Ok(())
    }

    /// Takes note of all acknowledgements that have come: an alert may wait for one, however many chunks there are to hear.
    pub(super) async fn all_delivered(&mut self) -> Result<(), ServiceError> {
        while let Some(delivery) = self.deliveries.under_way.try_join_next() {
            self.delivered(delivery).await?;
        }
        Ok(())
    }

    /// Takes note of an acknowledgement, or sends again.
    pub(super) async fn delivered(
        &mut self,
        delivery: Result<Delivery, tokio::task::JoinError>,
    ) -> Result<(), ServiceError> {
        let delivery = delivery.expect("waiting for an acknowledgement does not panic (this is a bug)");
        let Delivery { message, result } = delivery;
        if let Err(error) = &result {
            let topic = format!("{:?}", message.outgoing.topic);
            PublishFailed { topic: &topic, detail: &in_full(error) }.emit();
        }
        match &result {
            // The next one says more than this one would, later.
            Err(PublishError::NotAcknowledged { .. }) if message.outgoing.topic != Topic::Heartbeats => {
                // Nothing is lost: it is sent again until the broker has it. Until then it keeps its place, and nothing
                // is committed.
                return self.hand_to_broker(message).await;
            }
            _ => {}
        }
        let lane = self.lane(&message.outgoing);
        let Message { outgoing, alert, cause } = message;
        let (ticket, topic) = (cause.ticket, outgoing.topic);
        if topic == Topic::Heartbeats {
            self.heartbeats_under_way -= 1;
        }
        match result {
            Ok(()) => acknowledged(topic, alert.as_ref().map(|under_way| &*under_way.alert), &cause),
            Err(fatal @ PublishError::Fatal { .. }) => return Err(fatal.into()),
            Err(error @ PublishError::TooLarge { .. }) if topic == Topic::ReadingRequests => {
                self.cannot_be_asked(outgoing.payload.as_deref().unwrap_or_default(), &error, cause.clone()).await?;
            }
            // Where it stood and what is wrong with it is said in any case.
            Err(PublishError::TooLarge { .. }) if topic == Topic::DeadLetters => {
                if let Some(bare) = outgoing.without_content() {
                    self.send(bare, None, cause.clone()).await?;
                }
            }
            Err(_) => {}
        }
        if let Some(AlertUnderWay { state, span, .. }) = alert {
            drop(span);
            if let Some(state) = state {
                self.send(state, None, cause).await?;
            }
        }
        if let Some(next) = lane.and_then(|lane| self.deliveries.lanes.leave(&lane)) {
            self.hand_to_broker(next).await?;
        }
        if let Some(ticket) = ticket {
            self.release(ticket);
        }
        // What was said of a patient is not to be said twice, should this process end now.
        if matches!(topic, Topic::Alerts | Topic::AlertState) && self.last_commit.elapsed() > COMMIT_AFTER {
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
