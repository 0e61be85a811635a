//! What happens in gemwatch, one type an event. `emit()` writes the log line and moves the instrument together, so that
//! neither is forgotten; whatever is left out or lost has an event with its reason.
//!
//! What happens with every chunk is logged at `trace`, what happens with every alert at `info`, losses at `warn`.

use std::time::Duration;

use opentelemetry::KeyValue;
use tracing::{debug, error, info, trace, warn};

use super::instruments::with;

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

mod audit;
mod board;
mod commands;
mod http;
mod intake;
mod published;
mod readings;
mod settings;

pub use audit::{AuditFailed, CommandAudited};
pub use board::BoardBehind;
pub use commands::{CommandKind, CommandRejected, CommandTaken};
pub use http::{HttpRefusal, HttpRefused};
pub use intake::{ChunkHeard, ConsumerLag, LeadsObserved};
pub use published::{AlertPublished, PublishFailed, SampleToAlarm, VitalsPublished};
pub use readings::{
    ModelSlots, ModelState, ModelStateChanged, ReadingCause, ReadingDropReason, ReadingDropped, ReadingFinished,
    ReadingOutcome, ReadingQueueLength, ReadingRequestPublished, ReadingRequestRejected, ReadingRequestTaken,
    ReadingStarted,
};
pub use settings::{ReloadOutcome, SettingsReloaded};

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
