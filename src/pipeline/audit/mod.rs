//! The audit log of what the ward says.
//!
//! In: every message on the topic of commands, with what came of it. Out: an event for the log, and a line in a file if one is set.
//! Only what has just come: each start reads the whole topic again.

mod file;
mod newness;

use std::path::Path;

use crate::source::kafka::Position;
use crate::telemetry::Readiness;
use crate::telemetry::events::CommandAudited;
use crate::wire::{AuditOutcome, AuditRecord, Command};
use file::Writer;
use newness::Newness;

/// The audit log.
pub(super) struct Audit {
    newness: Newness,
    writer: Option<Writer>,
}

impl Audit {
    /// Goes on with this file, if there is one, where it ends. It need not be writable now: that is said as a condition that is
    /// not met, and tried again.
    pub(super) fn open(file: Option<&Path>, topic: &str, readiness: &Readiness) -> Audit {
        let Some(path) = file else { return Audit { newness: Newness::default(), writer: None } };
        let newness = Newness::after(file::last_offsets(path, topic));
        Audit { newness, writer: Some(Writer::start(path, readiness.clone())) }
    }

    /// What stood on the topic at the start has been read.
    pub(super) fn caught_up(&mut self) {
        self.newness.caught_up();
    }

    /// Takes down a message and what came of it, unless it is an old one that is read again.
    pub(super) fn heard(
        &mut self,
        position: &Position,
        command: Option<&Command>,
        outcome: AuditOutcome,
        reason: Option<&str>,
    ) {
        if !self.newness.is_new(position.partition, position.offset) {
            return;
        }
        let heard_at = jiff::Timestamp::now().to_string();
        let place = (position.topic.as_str(), position.partition, position.offset);
        let record = AuditRecord::new(heard_at, place, command, outcome, reason);
        CommandAudited { record: &record }.emit();
        if let Some(writer) = &self.writer {
            writer.write(&record);
        }
    }
}
