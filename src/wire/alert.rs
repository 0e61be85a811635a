//! The alert: what `ecg.alerts` carries, one message a change of state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{rfc3339, rounded};
use crate::alarm::{AlarmCode, AlarmEvent, Change, Priority};
use crate::ecg::{Duration, StreamId, Time};
use crate::grounding::Claim;

/// The space in which alert ids are made.
const ALERT_IDS: Uuid = Uuid::from_u128(0x6765_6d77_6174_6368_616c_6572_7469_6473);

/// Seconds before `raised_at` at which the window of an alert starts.
pub const WINDOW_BEFORE_RAISED_S: f64 = 10.0;

/// One change of state of one alert.
///
/// All `from_s` and `to_s` count seconds from `window_start`; they are negative where the evidence is older than the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// `UUIDv5` of stream, the code it was first raised as, and onset: the same event has the same id, however often it is
    /// said and whatever it becomes.
    pub id: Uuid,
    /// Whose stream.
    pub stream_id: String,
    /// Which alarm.
    pub code: AlarmCode,
    /// ISO/IEEE 11073 event code, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mdc_code: Option<u32>,
    /// The alarm in words.
    pub name: String,
    /// How urgent.
    pub priority: Priority,
    /// What happened to it now.
    pub state: AlertState,
    /// False when it is logged only: a higher alarm of the chain stands, or it was announced a short while ago.
    pub announced: bool,
    /// Why it is not announced: the higher alarm, or the same one within its time-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed_by: Option<AlarmCode>,
    /// Who took note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// When somebody took note (RFC 3339, data time).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub acknowledged_at: Option<String>,
    /// Until when an acknowledged alarm is silent: while it lasts it sounds again afterwards (RFC 3339, data time).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub audio_off_until: Option<String>,
    /// One line that says why, such as `no QRS complex for 4.0 s`.
    pub message: String,
    /// When the condition began (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub onset: String,
    /// When it was raised as this code, an escalation included (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub raised_at: String,
    /// When the condition ended (RFC 3339, data time).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub cleared_at: Option<String>,
    /// The second zero of all evidence: start of the 10 s before `raised_at` (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub window_start: String,
    /// What in the waveform carries it.
    pub evidence: Vec<Evidence>,
    /// The reading of the window, in the state `interpreted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// W3C trace id of the processing, when tracing is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

impl Alert {
    /// The message for a change of state of an alarm.
    pub fn new(stream_id: &StreamId, event: &AlarmEvent) -> Alert {
        let window_start = event.raised_at - Duration::from_secs_f64(WINDOW_BEFORE_RAISED_S);
        let evidence = |evidence: &crate::alarm::Evidence| Evidence {
            what: evidence.what.to_string(),
            value: rounded(evidence.value),
            unit: evidence.unit.to_string(),
            leads: evidence.leads.iter().map(ToString::to_string).collect(),
            from_s: rounded(evidence.from.seconds_since(window_start)),
            to_s: rounded(evidence.to.seconds_since(window_start)),
        };
        Alert {
            id: alert_id(stream_id, event.first_code, event.onset),
            stream_id: stream_id.to_string(),
            code: event.code,
            mdc_code: event.code.mdc_code(),
            name: event.code.name().to_owned(),
            priority: event.code.priority(),
            state: event.change.into(),
            announced: event.is_announced(),
            suppressed_by: event.suppressed_by,
            acknowledged_by: event.acknowledged.as_ref().map(|note| note.by.clone()),
            acknowledged_at: event.acknowledged.as_ref().map(|note| rfc3339(note.at)),
            audio_off_until: event.acknowledged.as_ref().map(|note| rfc3339(note.audio_off_until)),
            message: event.message.clone(),
            onset: rfc3339(event.onset),
            raised_at: rfc3339(event.raised_at),
            cleared_at: event.cleared_at.map(rfc3339),
            window_start: rfc3339(window_start),
            evidence: event.evidence.iter().map(evidence).collect(),
            reading: None,
            trace_id: None,
        }
    }
}

impl Alert {
    /// Is its condition met? What was raised and has not ended.
    pub fn is_present(&self) -> bool {
        self.cleared_at.is_none() && !matches!(self.state, AlertState::Cleared | AlertState::Latched)
    }

    /// The message that adds a reading of the window which starts at `strip_start` and ends where the alert was raised.
    #[must_use]
    pub fn interpreted(mut self, mut reading: Reading, strip_start: Time, raised_at: Time) -> Alert {
        // A bed that is young has a short window: its second zero is later than that of the alert.
        let shift_s = WINDOW_BEFORE_RAISED_S - raised_at.seconds_since(strip_start);
        for claim in &mut reading.claims {
            claim.from_s = rounded(claim.from_s + shift_s);
            claim.to_s = rounded(claim.to_s + shift_s);
        }
        self.state = AlertState::Interpreted;
        self.reading = Some(reading);
        self
    }
}

/// The id of an alert: the same event has the same id, however often and by whomever it is said.
pub fn alert_id(stream_id: &StreamId, code: AlarmCode, onset: Time) -> Uuid {
    let name = format!("{stream_id}\n{}\n{}", code.as_str(), onset.as_nanos());
    Uuid::new_v5(&ALERT_IDS, name.as_bytes())
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// The condition is met.
    Raised,
    /// GEM's reading of the window was added, or the reason why there is none. Whether the alert stands is said by the other
    /// states: a reading may come after the end.
    Interpreted,
    /// It was raised before as a lesser alarm, under the same id.
    Escalated,
    /// Somebody took note.
    Acknowledged,
    /// The condition ended; nobody has taken note yet.
    Latched,
    /// It is over.
    Cleared,
    /// It still stands: said again by an instance that has taken the bed over.
    Continue,
}

impl AlertState {
    /// The state as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            AlertState::Raised => "raised",
            AlertState::Interpreted => "interpreted",
            AlertState::Escalated => "escalated",
            AlertState::Acknowledged => "acknowledged",
            AlertState::Latched => "latched",
            AlertState::Cleared => "cleared",
            AlertState::Continue => "continue",
        }
    }
}

impl From<Change> for AlertState {
    fn from(change: Change) -> AlertState {
        match change {
            Change::Raised => AlertState::Raised,
            Change::Escalated => AlertState::Escalated,
            Change::Acknowledged => AlertState::Acknowledged,
            Change::Latched => AlertState::Latched,
            Change::Cleared => AlertState::Cleared,
            Change::Continued => AlertState::Continue,
        }
    }
}

/// A value in the waveform that carries an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What was measured, such as `seconds without QRS complex`.
    pub what: String,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// The leads it was measured on.
    pub leads: Vec<String>,
    /// From which second after `window_start`.
    pub from_s: f64,
    /// To which second after `window_start`.
    pub to_s: f64,
}

/// GEM's reading of a window, every claim of it checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Name of the model package.
    pub model: String,
    /// False for a package with untrained weights: its words mean nothing.
    pub trained: bool,
    /// The text; empty when there is none.
    pub text: String,
    /// Why there is no reading, or what must be known about it (`untrained weights`, `reading not available: …`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Leads of the standard twelve that the model was not given.
    pub absent_leads: Vec<String>,
    /// Leads that were derived from others.
    pub derived_leads: Vec<String>,
    /// The claims found in the text.
    pub claims: Vec<Claim>,
    /// Does the waveform speak against any of the claims? The text is as the model wrote it.
    pub contradicted: bool,
    /// Share of supported claims among those that could be checked; absent when none could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounding_score: Option<f64>,
    /// Share of the claims that the waveform speaks against among all that were found; absent when none was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported_claim_rate: Option<f64>,
}

impl Reading {
    /// Why there is no text, if there is none.
    pub fn reason_for_none(&self) -> Option<&str> {
        self.remark.as_deref().filter(|_| self.text.is_empty())
    }
}
