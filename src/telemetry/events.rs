//! What happens in gemwatch, one type an event. `emit()` writes the log line and moves the instrument together, so that
//! neither is forgotten; whatever is left out or lost has an event with its reason.
//!
//! What happens with every chunk is logged at `trace`, what happens with every alert at `info`, losses at `warn`.

use std::time::Duration;

use opentelemetry::KeyValue;
use tracing::{debug, error, info, trace, warn};

use super::instruments::with;
use crate::{alarm::AlarmCode, wire::AlertState};

/// An enum whose words are attributes of metrics.
macro_rules! closed_set {
    ($(#[$set_doc:meta])* $set:ident { $($(#[$doc:meta])* $member:ident = $word:literal,)+ }) => {
        $(#[$set_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $set { $($(#[$doc])* $member,)+ }

        impl $set {
            /// All of them.
            pub const ALL: &[$set] = &[$($set::$member),+];

            /// The word in logs and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $($set::$member => $word,)+ }
            }
        }
    };
}

closed_set! {
    /// Why a message became a dead letter.
    RejectReason {
        /// It has no value.
        NoValue = "no_value",
        /// Its value is no chunk, or not one that is allowed.
        Value = "value",
        /// Its key is not the stream id of its value.
        Key = "key",
        /// There are as many beds as there may be.
        NoRoom = "no_room",
    }
}

closed_set! {
    /// Why a valid chunk was not used.
    ChunkDropReason {
        /// It was there before.
        Duplicate = "duplicate",
        /// What comes after it was used already.
        Late = "late",
    }
}

closed_set! {
    /// What is asked of a bed.
    CommandKind {
        /// That an alarm is taken note of.
        Acknowledge = "acknowledge",
        /// That it has other limits.
        SetLimits = "set_limits",
    }
}

closed_set! {
    /// How a reading ended that has a text.
    ReadingOutcome {
        /// The model ended the text by itself.
        Complete = "complete",
        /// The text broke off at `readings.max_new_tokens`.
        Truncated = "truncated",
    }
}

closed_set! {
    /// Why a reading has no text.
    ReadingDropReason {
        /// More were waiting than `readings.queue` allows.
        QueueFull = "queue_full",
        /// A newer window of the same bed took its place.
        Replaced = "replaced",
        /// It waited until it was too old to be of use.
        Stale = "stale",
        /// There is no model.
        NoModel = "no_model",
        /// The model failed.
        Failed = "failed",
    }
}

mod audit;
mod board;
mod http;

pub use audit::{AuditFailed, CommandAudited};
pub use board::BoardBehind;
pub use http::{HttpRefusal, HttpRefused};

/// Chunks were received and decoded.
#[derive(Clone, Copy, Debug)]
pub struct ChunksReceived {
    /// How many.
    pub count: u64,
}

impl ChunksReceived {
    /// Logs and counts it.
    pub fn emit(self) {
        trace!(count = self.count, "chunks received");
        with(|instruments| instruments.chunks_received.add(self.count, &[]));
    }
}

/// A message was no chunk and was written to the dead letters.
#[derive(Clone, Copy, Debug)]
pub struct ChunkRejected<'a> {
    /// The kind of reason.
    pub reason: RejectReason,
    /// The reason in full, as it stands in the dead letter.
    pub detail: &'a str,
}

impl ChunkRejected<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let reason = self.reason.as_str();
        warn!(reason, detail = self.detail, "message rejected, it is among the dead letters");
        with(|instruments| instruments.chunks_rejected.add(1, &[KeyValue::new("reason", reason)]));
    }
}

/// A bed comes from another instance, or from this one before a restart.
#[derive(Clone, Copy, Debug)]
pub struct BedTakenOver<'a> {
    /// Which.
    pub stream_id: &'a str,
    /// How many alerts the other left open.
    pub open_alerts: usize,
}

impl BedTakenOver<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        info!(stream_id = self.stream_id, open_alerts = self.open_alerts, "bed taken over");
        with(|instruments| instruments.beds_taken_over.add(1, &[]));
    }
}

/// A message on the topic of open alerts tells of none.
#[derive(Clone, Copy, Debug)]
pub struct AlertStateRejected<'a> {
    /// Why.
    pub detail: &'a str,
}

impl AlertStateRejected<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        warn!(detail = self.detail, "message on the topic of open alerts passed over");
        with(|instruments| instruments.alert_states_rejected.add(1, &[]));
    }
}

/// This instance did nothing for a while: it was stopped, or the machine was.
#[derive(Clone, Copy, Debug)]
pub struct ServiceStalled {
    /// How long.
    pub absent: Duration,
}

impl ServiceStalled {
    /// Logs and counts it.
    pub fn emit(self) {
        error!(absent_s = self.absent.as_secs_f64(), "this instance stood still: nobody watched its beds meanwhile");
        with(|instruments| instruments.stalls.add(1, &[]));
    }
}

/// A valid chunk was not used.
#[derive(Clone, Copy, Debug)]
pub struct ChunkDropped<'a> {
    /// Whose it was.
    pub stream_id: &'a str,
    /// Why.
    pub reason: ChunkDropReason,
}

impl ChunkDropped<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let reason = self.reason.as_str();
        debug!(stream_id = self.stream_id, reason, "chunk not used");
        with(|instruments| instruments.chunks_dropped.add(1, &[KeyValue::new("reason", reason)]));
    }
}

/// A command cannot be followed and was written to the dead letters.
#[derive(Clone, Copy, Debug)]
pub struct CommandRejected<'a> {
    /// Why, as it stands in the dead letter.
    pub detail: &'a str,
}

impl CommandRejected<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        warn!(detail = self.detail, "command rejected, it is among the dead letters");
        with(|instruments| instruments.commands_rejected.add(1, &[]));
    }
}

/// A command was followed, or kept for an alarm that may still rise here.
#[derive(Clone, Copy, Debug)]
pub struct CommandTaken<'a> {
    /// The bed it is about.
    pub stream_id: &'a str,
    /// What it is.
    pub command: CommandKind,
}

impl CommandTaken<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let command = self.command.as_str();
        info!(stream_id = self.stream_id, command, "command taken");
        with(|instruments| instruments.commands_taken.add(1, &[KeyValue::new("command", command)]));
    }
}

/// A message for the readers was acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct ReadingRequestPublished;

impl ReadingRequestPublished {
    /// Logs and counts it.
    pub fn emit(self) {
        debug!("reading asked for on the topic");
        with(|instruments| instruments.reading_requests_published.add(1, &[]));
    }
}

/// A window that a monitor wants to be read was taken from the topic.
#[derive(Clone, Copy, Debug)]
pub struct ReadingRequestTaken<'a> {
    /// Whose it is.
    pub stream_id: &'a str,
}

impl ReadingRequestTaken<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        debug!(stream_id = self.stream_id, "reading request taken");
        with(|instruments| instruments.reading_requests_taken.add(1, &[]));
    }
}

/// A message to the readers cannot be used and was written to the dead letters.
#[derive(Clone, Copy, Debug)]
pub struct ReadingRequestRejected<'a> {
    /// Why, as it stands in the dead letter.
    pub detail: &'a str,
}

impl ReadingRequestRejected<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        warn!(detail = self.detail, "reading request rejected, it is among the dead letters");
        with(|instruments| instruments.reading_requests_rejected.add(1, &[]));
    }
}

/// A bed is monitored from now on.
#[derive(Clone, Copy, Debug)]
pub struct BedOpened<'a> {
    /// Its stream.
    pub stream_id: &'a str,
}

impl BedOpened<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        info!(stream_id = self.stream_id, "bed opened");
        with(|instruments| instruments.beds_open.add(1, &[]));
    }
}

/// A bed is no longer monitored here.
#[derive(Clone, Copy, Debug)]
pub struct BedClosed<'a> {
    /// Its stream.
    pub stream_id: &'a str,
}

impl BedClosed<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        info!(stream_id = self.stream_id, "bed closed");
        with(|instruments| instruments.beds_open.add(-1, &[]));
    }
}

/// A change of state of an alert was acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct AlertPublished<'a> {
    /// Whose alert.
    pub stream_id: &'a str,
    /// Which alarm.
    pub code: AlarmCode,
    /// What happened to it.
    pub state: AlertState,
}

impl AlertPublished<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let code = self.code.as_str();
        let state = self.state.as_str();
        info!(stream_id = self.stream_id, code, state, "alert published");
        let attributes = [KeyValue::new("code", code), KeyValue::new("state", state)];
        with(|instruments| instruments.alerts_published.add(1, &attributes));
    }
}

/// The alarm path took this long: from the arrival of the chunk that decided an alarm to the acknowledged alert.
#[derive(Clone, Copy, Debug)]
pub struct SampleToAlarm {
    /// Which alarm.
    pub code: AlarmCode,
    /// How long.
    pub delay: Duration,
}

impl SampleToAlarm {
    /// Logs and records it.
    pub fn emit(self) {
        let (code, delay_s) = (self.code.as_str(), self.delay.as_secs_f64());
        debug!(code, delay_s, "from sample to alarm");
        with(|instruments| instruments.alarm_delay.record(delay_s, &[KeyValue::new("code", code)]));
    }
}

/// A message of vital signs was acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct VitalsPublished;

impl VitalsPublished {
    /// Logs and counts it.
    pub fn emit(self) {
        trace!("vital signs published");
        with(|instruments| instruments.vitals_published.add(1, &[]));
    }
}

/// A message was not acknowledged by the broker.
#[derive(Clone, Copy, Debug)]
pub struct PublishFailed<'a> {
    /// Where it should have gone.
    pub topic: &'a str,
    /// Why it did not.
    pub detail: &'a str,
}

impl PublishFailed<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        error!(topic = self.topic, detail = self.detail, "message not published");
        let attributes = [KeyValue::new("topic", self.topic.to_owned())];
        with(|instruments| instruments.publish_failures.add(1, &attributes));
    }
}

/// The number of waiting readings changed.
#[derive(Clone, Copy, Debug)]
pub struct ReadingQueueLength {
    /// How many wait now.
    pub length: u64,
}

impl ReadingQueueLength {
    /// Logs and records it.
    pub fn emit(self) {
        trace!(length = self.length, "readings waiting");
        with(|instruments| instruments.readings_queued.record(self.length, &[]));
    }
}

/// A reading has its text, and its claims are checked. Every reading ends in this or in [`ReadingDropped`].
#[derive(Clone, Copy, Debug)]
pub struct ReadingFinished {
    /// How the text ended.
    pub outcome: ReadingOutcome,
    /// From the window to the checked text.
    pub duration: Duration,
}

impl ReadingFinished {
    /// Logs and records it.
    pub fn emit(self) {
        let (outcome, duration_s) = (self.outcome.as_str(), self.duration.as_secs_f64());
        info!(outcome, duration_s, "reading finished");
        with(|instruments| instruments.reading_duration.record(duration_s, &[KeyValue::new("outcome", outcome)]));
    }
}

/// A reading was left out, or has no text.
#[derive(Clone, Copy, Debug)]
pub struct ReadingDropped<'a> {
    /// Whose it was.
    pub stream_id: &'a str,
    /// Why.
    pub reason: ReadingDropReason,
}

impl ReadingDropped<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let reason = self.reason.as_str();
        warn!(stream_id = self.stream_id, reason, "reading left out");
        with(|instruments| instruments.readings_dropped.add(1, &[KeyValue::new("reason", reason)]));
    }
}

/// The kind of each reason for which a message is no usable chunk.
impl From<&crate::source::kafka::RejectReason> for RejectReason {
    fn from(reason: &crate::source::kafka::RejectReason) -> RejectReason {
        use crate::source::kafka::RejectReason as Kafka;
        match reason {
            Kafka::NoValue => RejectReason::NoValue,
            Kafka::Value { .. } | Kafka::Request { .. } => RejectReason::Value,
            Kafka::Key { .. } => RejectReason::Key,
        }
    }
}
