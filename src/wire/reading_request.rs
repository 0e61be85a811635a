//! What monitors ask of readers on `ecg.reading-requests`: Protobuf `gemwatch.v1.ReadingRequest`
//! (`proto/gemwatch/v1/reading_request.proto`).
//!
//! In go the bytes of a message, out comes a [`Message`] whose window and alert were checked, or what is wrong with the
//! bytes; and the other way round for those who ask. Samples arrive bit for bit, so that a window is read as it would have
//! been read where it was cut. The measurements that come along are for readers of other make: this one measures the
//! window again, since nothing unchecked may enter the check of claims.

mod check;

use prost::Message as _;
use uuid::Uuid;

use super::v1::{self, window_lead::Lead as LeadName};
use super::{Alert, Explanation};
use crate::alarm::Priority;
use crate::ecg::{Chunk, Lead, StreamId, StreamIdError, Strip, StripLead, Time};

/// The longest message that is looked at, in bytes: what a broker takes by default. Twelve leads are 240 kB, and all leads
/// that a window can have fit in.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// The most leads of a window: those of a chunk, and the twelve that may be derived from them.
pub const MAX_LEADS: usize = Chunk::MAX_LEADS + 12;

/// What a monitor says to the readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Whose stream.
    pub stream_id: StreamId,
    /// What it says.
    pub content: Content,
}

/// What a monitor says to the readers.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Read this.
    Window(Box<Window>),
    /// This alert is over.
    Cleared(Cleared),
}

/// A window that wants to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The alert that asks, raised or escalated; none on a round.
    pub alert: Option<Alert>,
    /// The window.
    pub strip: Strip,
    /// What the waveform says.
    pub measurements: Explanation,
    /// After this moment of data time a round is of no use any more.
    pub deadline: Option<Time>,
}

/// The end of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Which alert.
    pub alert_id: Uuid,
    /// When (RFC 3339, data time).
    pub cleared_at: String,
}

/// Why bytes are no request.
#[derive(Debug, thiserror::Error)]
pub enum ReadingRequestError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("message has {bytes} bytes, at most {MAX_MESSAGE_BYTES} are allowed")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not a Protobuf message of this kind.
    #[error("message is no gemwatch.v1.ReadingRequest")]
    Malformed {
        /// What the Protobuf decoder says.
        #[source]
        source: prost::DecodeError,
    },
    /// The stream id is none.
    #[error("field stream_id is wrong")]
    StreamId {
        /// What is wrong with it.
        #[source]
        source: StreamIdError,
    },
    /// It asks for nothing.
    #[error("message has neither window nor cleared")]
    Empty,
    /// What should be JSON of a published schema is not.
    #[error("field {field} does not fit its schema")]
    Json {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// What it says cannot be.
    #[error("field {field} {problem}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

fn wrong(field: &'static str, problem: impl Into<String>) -> ReadingRequestError {
    ReadingRequestError::Field { field, problem: problem.into() }
}

/// The bytes of a message.
pub fn encode(message: &Message) -> Vec<u8> {
    let content = match &message.content {
        Content::Window(window) => v1::reading_request::Content::Window(window_out(window)),
        Content::Cleared(Cleared { alert_id, cleared_at }) => {
            let (alert_id, cleared_at) = (alert_id.to_string(), cleared_at.clone());
            v1::reading_request::Content::Cleared(v1::AlertCleared { alert_id, cleared_at })
        }
    };
    let stream_id = message.stream_id.as_str().to_owned();
    v1::ReadingRequest { stream_id, content: Some(content) }.encode_to_vec()
}

fn window_out(window: &Window) -> v1::WindowToRead {
    const BUG: &str = "wire types have no maps with other keys than text (this is a bug)";
    let leads = window.strip.leads.iter().map(|lead| v1::WindowLead {
        lead: Some(match lead.lead.mdc_code() {
            Some(code) => LeadName::MdcCode(code),
            None => LeadName::Name(lead.lead.name().to_owned()),
        }),
        derived: lead.derived,
        samples_mv: lead.samples_mv.clone(),
    });
    v1::WindowToRead {
        urgency: urgency(window.alert.as_ref()).into(),
        alert_json: window.alert.as_ref().map(|alert| serde_json::to_string(alert).expect(BUG)).unwrap_or_default(),
        start_unix_ns: window.strip.start.as_nanos(),
        sampling_rate_hz: window.strip.rate_hz,
        leads: leads.collect(),
        measurements_json: serde_json::to_string(&window.measurements).expect(BUG),
        deadline_unix_ns: window.deadline.map(Time::as_nanos),
    }
}

/// The message in these bytes.
pub fn decode(bytes: &[u8]) -> Result<Message, ReadingRequestError> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(ReadingRequestError::TooLarge { bytes: bytes.len() });
    }
    let message = v1::ReadingRequest::decode(bytes).map_err(|source| ReadingRequestError::Malformed { source })?;
    let stream_id = StreamId::new(&message.stream_id).map_err(|source| ReadingRequestError::StreamId { source })?;
    let content = match message.content.ok_or(ReadingRequestError::Empty)? {
        v1::reading_request::Content::Window(window) => Content::Window(Box::new(window_in(window, &stream_id)?)),
        v1::reading_request::Content::Cleared(v1::AlertCleared { alert_id, cleared_at }) => {
            let alert_id =
                alert_id.parse().map_err(|error| wrong("cleared.alert_id", format!("is no UUID: {error}")))?;
            check::time("cleared.cleared_at", &cleared_at)?;
            Content::Cleared(Cleared { alert_id, cleared_at })
        }
    };
    Ok(Message { stream_id, content })
}

fn window_in(window: v1::WindowToRead, stream_id: &StreamId) -> Result<Window, ReadingRequestError> {
    let json = |field| move |source| ReadingRequestError::Json { field, source };
    let alert: Option<Alert> = match window.alert_json.as_str() {
        "" => None,
        text => Some(serde_json::from_str(text).map_err(json("window.alert_json"))?),
    };
    if let Some(alert) = &alert {
        check::alert(alert, stream_id)?;
    }
    if window.urgency != i32::from(urgency(alert.as_ref())) {
        return Err(wrong("window.urgency", "is not that of its alert"));
    }
    let measurements: Explanation =
        serde_json::from_str(&window.measurements_json).map_err(json("window.measurements_json"))?;
    let mut strip = Strip {
        start: Time::from_nanos(window.start_unix_ns),
        rate_hz: window.sampling_rate_hz,
        leads: Vec::with_capacity(window.leads.len()),
    };
    for lead in window.leads {
        let name = lead.lead.ok_or_else(|| wrong("window.leads", "has one with neither mdc_code nor name"))?;
        let name = match name {
            LeadName::MdcCode(code) => {
                Lead::from_mdc_code(code).unwrap_or_else(|| Lead::from_name(&format!("MDC {code}")))
            }
            LeadName::Name(name) => Lead::from_name(&name),
        };
        strip.leads.push(StripLead { lead: name, derived: lead.derived, samples_mv: lead.samples_mv });
    }
    check::strip(&strip)?;
    Ok(Window { alert, strip, measurements, deadline: window.deadline_unix_ns.map(Time::from_nanos) })
}

fn urgency(alert: Option<&Alert>) -> v1::Urgency {
    match alert.map(|alert| alert.priority) {
        None => v1::Urgency::Round,
        Some(Priority::Technical) => v1::Urgency::Technical,
        Some(Priority::Low) => v1::Urgency::Low,
        Some(Priority::Medium) => v1::Urgency::Medium,
        Some(Priority::High) => v1::Urgency::High,
    }
}

#[cfg(test)]
mod tests;
