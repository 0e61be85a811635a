//! What is said, as messages for the topics.

use serde::Serialize;
use uuid::Uuid;

use super::{ReadingRequest, Said};
use crate::ecg::{StreamId, Time};
use crate::measure::measure;
use crate::publish::{CloudEvent, Outgoing, Topic, cloud_event_headers};
use crate::wire::reading_request::{Cleared, Content, Message, Window, encode};
use crate::wire::{Alert, AlertState, Explanation, Heartbeat, rfc3339};

/// Who says so: the same for every instance, since any may repeat what another said.
const SOURCE: &str = "/gemwatch";

impl Said {
    /// The message; `None` for what is not published.
    pub fn outgoing(&self) -> Option<Outgoing> {
        match self {
            Said::Alert { alert, at } => {
                let state = alert.state.as_str();
                let (id, kind) = (format!("{}:{state}", alert.id), format!("gemwatch.alert.{state}"));
                Some(message(Topic::Alerts, alert, &event(&id, &kind, *at, &alert.stream_id)))
            }
            Said::Vitals { vitals, at } => {
                let id = format!("{}:{}", vitals.stream_id, vitals.time);
                Some(message(Topic::Vitals, vitals, &event(&id, "gemwatch.vitals", *at, &vitals.stream_id)))
            }
            Said::Round { round, at } => {
                let id = format!("{}:{}", round.stream_id, round.window_start);
                Some(message(Topic::Readings, round, &event(&id, "gemwatch.reading", *at, &round.stream_id)))
            }
            Said::Beat { .. } | Said::Points { .. } | Said::Read(_) | Said::Dropped { .. } | Said::Started(_) => None,
        }
    }
}

/// The message that keeps the state of an alert for those who come later: the alert as long as it is open, nothing once it is
/// over. A reading changes no state.
pub(super) fn state(alert: &Alert, at: Time) -> Option<Outgoing> {
    let is_open = match alert.state {
        AlertState::Interpreted => return None,
        AlertState::Cleared => false,
        AlertState::Raised
        | AlertState::Escalated
        | AlertState::Acknowledged
        | AlertState::Latched
        | AlertState::Continue => true,
    };
    let id = format!("{}:{}:state", alert.id, alert.state.as_str());
    Some(Outgoing {
        topic: Topic::AlertState,
        key: Some(alert.id.to_string().into_bytes()),
        headers: cloud_event_headers(&event(&id, "gemwatch.alert.state", at, &alert.stream_id)),
        payload: is_open.then(|| json(alert)),
    })
}

/// The message that takes an alert out of those that stand; `at` is when it was known to be over (data time).
pub(super) fn over(id: Uuid, stream_id: &StreamId, at: Time) -> Outgoing {
    Outgoing {
        topic: Topic::AlertState,
        key: Some(id.to_string().into_bytes()),
        headers: cloud_event_headers(&event(
            &format!("{id}:over:state"),
            "gemwatch.alert.state",
            at,
            stream_id.as_str(),
        )),
        payload: None,
    }
}

/// The message that a bed is watched; `now` by the clock of this machine.
pub(super) fn heartbeat(heartbeat: &Heartbeat, now: Time) -> Outgoing {
    let id = format!("{}:{}:heartbeat", heartbeat.stream_id, heartbeat.time);
    message(Topic::Heartbeats, heartbeat, &event(&id, "gemwatch.heartbeat", now, &heartbeat.stream_id))
}

impl ReadingRequest {
    /// The message for readers that run apart. Measures the window, which takes some milliseconds.
    pub(super) fn outgoing(&self) -> Outgoing {
        let id = match &self.alert {
            Some(alert) => format!("{}:{}:request", alert.id, alert.state.as_str()),
            None => format!("{}:{}:request", self.stream_id, rfc3339(self.strip.start)),
        };
        let window = Window {
            alert: self.alert.clone(),
            strip: self.strip.clone(),
            measurements: Explanation::new(self.stream_id.as_str(), &self.strip, &measure(&self.strip), None),
            deadline: self.deadline,
        };
        let content = Content::Window(Box::new(window));
        for_readers(&self.stream_id, content, &id, "gemwatch.reading.requested", self.strip.end())
    }
}

/// The message that tells readers of the end of an alert; `at` is when it was known (data time).
pub(super) fn cleared(stream_id: &StreamId, cleared: Cleared, at: Time) -> Outgoing {
    let id = format!("{}:cleared:request", cleared.alert_id);
    for_readers(stream_id, Content::Cleared(cleared), &id, "gemwatch.reading.alert_cleared", at)
}

fn for_readers(stream_id: &StreamId, content: Content, id: &str, kind: &str, time: Time) -> Outgoing {
    let content_type = "application/protobuf";
    let event = CloudEvent { content_type, ..event(id, kind, time, stream_id.as_str()) };
    Outgoing {
        topic: Topic::ReadingRequests,
        key: Some(stream_id.as_str().as_bytes().to_vec()),
        headers: cloud_event_headers(&event),
        payload: Some(encode(&Message { stream_id: stream_id.clone(), content })),
    }
}

fn event<'a>(id: &'a str, kind: &'a str, time: Time, subject: &'a str) -> CloudEvent<'a> {
    CloudEvent { id, kind, source: SOURCE, time, subject, data_schema: None, content_type: "application/json" }
}

fn message(topic: Topic, value: &impl Serialize, event: &CloudEvent) -> Outgoing {
    Outgoing {
        topic,
        key: Some(event.subject.as_bytes().to_vec()),
        headers: cloud_event_headers(event),
        payload: Some(json(value)),
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("wire types have no maps with other keys than text (this is a bug)")
}
