//! The course of a reading by the clock: how long it waited, was made ready, was written and checked.
//!
//! In go the steps that the interpreter takes, out come the spans of its trace and the event that it was read or was not.

use std::time::{Duration, Instant};

use super::interpreter::{Interpreter, Step};
use crate::gem::Finish;
use crate::telemetry::events::{ReadingDropReason, ReadingDropped, ReadingFinished, ReadingOutcome};
use crate::telemetry::trace::{Span, Work};
use crate::wire::Reading;

/// A reading that is under way.
pub(super) struct Course {
    span: Span,
    asked: Instant,
    taken_up: Instant,
    prepared: Option<Instant>,
    first_text: Option<Instant>,
    written: Option<(Instant, usize, Finish)>,
}

impl Course {
    /// A window that was asked for at `asked` is taken up now.
    pub(super) fn begin(span: Span, asked: Instant) -> Course {
        let taken_up = Instant::now();
        span.context().add(Work::Wait, asked, taken_up);
        Course { span, asked, taken_up, prepared: None, first_text: None, written: None }
    }

    /// The interpreter has taken a step.
    pub(super) fn note(&mut self, step: &Step<'_>) {
        let now = Instant::now();
        match step {
            Step::Prepared => {
                self.span.context().add(Work::Prepare, self.taken_up, now);
                self.prepared = Some(now);
            }
            Step::Text(_) if self.first_text.is_none() => {
                self.span.event("first token", now);
                self.first_text = Some(now);
            }
            Step::Text(_) => {}
            Step::Written { tokens, finish } => {
                self.span.context().add(Work::Write, self.prepared.unwrap_or(self.taken_up), now);
                self.written = Some((now, *tokens, *finish));
            }
        }
    }

    /// It is over.
    pub(super) fn end(mut self, interpreter: &Interpreter, reading: &Reading, stream_id: &str) {
        self.span.note("gen_ai.request.model", interpreter.model().to_owned());
        if let Some(reason) = reading.reason_for_none() {
            self.span.failed(reason);
            ReadingDropped { stream_id, reason: ReadingDropReason::Failed }.emit();
            return;
        }
        let now = Instant::now();
        let (written, tokens, finish) = self.written.unwrap_or((now, 0, Finish::EndOfText));
        self.span.context().add(Work::Check, written, now);
        self.span.note("gen_ai.usage.output_tokens", tokens as i64);
        self.span.note("gemwatch.reading.claims", reading.claims.len() as i64);
        if let Some(score) = reading.grounding_score {
            self.span.note("gemwatch.reading.grounding_score", score);
        }
        let outcome = if finish == Finish::EndOfText { ReadingOutcome::Complete } else { ReadingOutcome::Truncated };
        let since = |start: Option<Instant>, end: Option<Instant>| Some(end?.saturating_duration_since(start?));
        ReadingFinished {
            outcome,
            duration: self.asked.elapsed(),
            first_text: since(self.prepared, self.first_text),
            tokens,
            writing: since(self.first_text, Some(written)).unwrap_or(Duration::ZERO),
            grounding_score: reading.grounding_score,
        }
        .emit();
    }
}
