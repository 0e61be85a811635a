//! Events of the reading path: what is asked for, what waits, what was read, and how the model stands.

use std::time::Duration;

use opentelemetry::KeyValue;
use tracing::{debug, info, trace, warn};

use crate::telemetry::instruments::with;

closed_set! {
    /// What asks for a reading.
    ReadingCause {
        /// An alarm.
        Alarm = "alarm",
        /// The bed's round.
        Round = "round",
    }
}

closed_set! {
    /// How the model stands.
    ModelState {
        /// None is wanted here.
        None = "none",
        /// It is being loaded.
        Loading = "loading",
        /// It reads.
        Ready = "ready",
        /// It cannot be loaded, or fails at every window.
        Failed = "failed",
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
    /// From the hand-over to the model to the first piece of text; none where there is no text.
    pub first_text: Option<Duration>,
    /// The tokens that the model wrote.
    pub tokens: usize,
    /// From the first piece of text to the last.
    pub writing: Duration,
    /// Share of supported claims among those that could be checked.
    pub grounding_score: Option<f64>,
}

impl ReadingFinished {
    /// Logs and records it.
    pub fn emit(self) {
        let (outcome, duration_s) = (self.outcome.as_str(), self.duration.as_secs_f64());
        info!(outcome, duration_s, tokens = self.tokens, grounding_score = self.grounding_score, "reading finished");
        // The first token is there when the clock starts.
        let token_rate = self.tokens.saturating_sub(1) as f64 / self.writing.as_secs_f64();
        with(|instruments| {
            instruments.reading_duration.record(duration_s, &[KeyValue::new("outcome", outcome)]);
            if let Some(first_text) = self.first_text {
                instruments.time_to_first_token.record(first_text.as_secs_f64(), &[]);
            }
            if token_rate.is_finite() && token_rate > 0.0 {
                instruments.token_rate.record(token_rate, &[]);
            }
            if let Some(score) = self.grounding_score {
                instruments.grounding_score.record(score, &[]);
            }
        });
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

/// A window has found its place at the model.
#[derive(Clone, Copy, Debug)]
pub struct ReadingStarted {
    /// What asked for it.
    pub cause: ReadingCause,
    /// How long it waited.
    pub waited: Duration,
}

impl ReadingStarted {
    /// Logs and records it.
    pub fn emit(self) {
        let (cause, waited_s) = (self.cause.as_str(), self.waited.as_secs_f64());
        debug!(cause, waited_s, "window is read");
        with(|instruments| instruments.reading_queue_time.record(waited_s, &[KeyValue::new("cause", cause)]));
    }
}

/// How many windows the model reads now.
#[derive(Clone, Copy, Debug)]
pub struct ModelSlots {
    /// Places for texts that are written at once.
    pub slots: usize,
    /// How many of them are taken.
    pub used: usize,
}

impl ModelSlots {
    /// Records it.
    pub fn emit(self) {
        let used = self.used.min(self.slots);
        trace!(slots = self.slots, used, "places at the model");
        let state = |state| [KeyValue::new("state", state)];
        with(|instruments| {
            instruments.model_slots.record(used as u64, &state("used"));
            instruments.model_slots.record((self.slots - used) as u64, &state("free"));
        });
    }
}

/// The model stands otherwise than before. Whoever knows the reason logs it.
#[derive(Clone, Copy, Debug)]
pub struct ModelStateChanged {
    /// How it stands now.
    pub state: ModelState,
}

impl ModelStateChanged {
    /// Records it.
    pub fn emit(self) {
        debug!(state = self.state.as_str(), "the model");
        with(|instruments| {
            for state in ModelState::ALL {
                let is_it = u64::from(*state == self.state);
                instruments.model_state.record(is_it, &[KeyValue::new("state", state.as_str())]);
            }
        });
    }
}
