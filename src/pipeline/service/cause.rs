//! Why something is said: the message that it is held against, the moment, and the trace.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::chunks::Arrived;
use super::{Input, Service};
use crate::ecg::Chunk;
use crate::pipeline::monitor::Said;
use crate::source::kafka::{Position, Ticket};
use crate::telemetry::trace::{Span, TraceContext, Work};

/// Why something is said.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    /// The message that is not committed before this is acknowledged, if any.
    pub(super) ticket: Option<Ticket>,
    /// When it was heard.
    pub(super) heard: Instant,
    /// Where it belongs.
    pub(super) trace: TraceContext,
}

impl Cause {
    /// No message: silence, a command, this instance itself.
    pub(super) fn now() -> Cause {
        Cause { ticket: None, heard: Instant::now(), trace: TraceContext::default() }
    }

    /// Something that was said because of this, held against `ticket`.
    pub(super) fn held_against(self, ticket: Option<Ticket>) -> Cause {
        Cause { ticket, ..self }
    }

    /// A part of the work.
    pub(super) fn part_of(&self, span: &Span) -> Cause {
        Cause { trace: span.context().clone(), ..self.clone() }
    }
}

impl Service<'_> {
    /// The work on a chunk, where something of it is worth a trace: alerts and readings, not each second of vital signs.
    pub(super) fn trace_chunk(&self, chunk: &Chunk, arrived: &Arrived, heard: [Instant; 2], said: &[Said]) -> Span {
        if !said.iter().any(|said| matches!(said, Said::Alert { .. } | Said::Read(_))) {
            return Span::default();
        }
        let span = self.trace_message(chunk.stream_id.as_str(), &arrived.position, arrived.at);
        span.context().add(Work::Hear, heard[0], heard[1]);
        span
    }

    /// The work on a message, from its arrival on.
    pub(super) fn trace_message(&self, stream_id: &str, position: &Position, arrived: Instant) -> Span {
        let group = match self.input {
            Input::Waveforms => self.kafka.group.clone(),
            Input::ReadingRequests => self.kafka.readers_group(),
        };
        let above = position.traceparent.as_deref().map(TraceContext::read).unwrap_or_default();
        let (topic, partition, offset) = (position.topic.as_str(), position.partition, position.offset);
        above.begin(Work::Process { topic, partition, offset, group: &group, stream_id }, arrived)
    }
}

/// How long ago a message was stamped, by the clock of this machine; nothing for one from the future.
pub(super) fn age(position: &Position) -> Option<Duration> {
    let stamp = UNIX_EPOCH + Duration::from_millis(u64::try_from(position.stamp_ms?).ok()?);
    SystemTime::now().duration_since(stamp).ok()
}
