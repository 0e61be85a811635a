//! Events of what the ward says: acknowledgements and limits.

use opentelemetry::KeyValue;
use tracing::{info, warn};

use crate::telemetry::instruments::with;

closed_set! {
    /// What is asked of a bed.
    CommandKind {
        /// That an alarm is taken note of.
        Acknowledge = "acknowledge",
        /// That it has other limits.
        SetLimits = "set_limits",
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
