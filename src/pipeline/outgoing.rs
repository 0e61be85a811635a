//! What is said, as messages for the topics.

use serde::Serialize;

use super::Said;
use crate::publish::{CloudEvent, Outgoing, Topic, cloud_event_headers};

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

fn event<'a>(id: &'a str, kind: &'a str, time: crate::ecg::Time, subject: &'a str) -> CloudEvent<'a> {
    CloudEvent { id, kind, source: SOURCE, time, subject, data_schema: None, content_type: "application/json" }
}

fn message(topic: Topic, value: &impl Serialize, event: &CloudEvent) -> Outgoing {
    Outgoing {
        topic,
        key: Some(event.subject.as_bytes().to_vec()),
        headers: cloud_event_headers(event),
        payload: serde_json::to_vec(value).expect("wire types have no maps with other keys than text (this is a bug)"),
    }
}
