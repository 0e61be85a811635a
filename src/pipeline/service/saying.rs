//! What is said, and what follows from it: a message, a reading that is asked for, an entry in the log.
//!
//! In goes what a bed or a reader has to say and why, out come messages to send and answers, which are said in turn.

use std::collections::VecDeque;
use std::time::Instant;

use super::cause::Cause;
use super::deliveries::AlertUnderWay;
use super::{Service, ServiceError};
use crate::pipeline::desk::Answer;
use crate::pipeline::monitor::Said;
use crate::pipeline::outgoing;
use crate::signal::timeline::DropReason;
use crate::telemetry::events::{ChunkDropReason, ChunkDropped, LeadsObserved};
use crate::telemetry::trace::{Span, Work};
use crate::wire::Quality;

impl Service<'_> {
    /// Says something, and what follows from it.
    pub(super) async fn say(&mut self, said: Said, cause: Cause) -> Result<(), ServiceError> {
        // Each with why, and with the hold that its own answer ends.
        let mut to_say = VecDeque::from([(said, cause, None)]);
        while let Some((mut said, cause, answers)) = to_say.pop_front() {
            let span = traced(&mut said, &cause);
            let sent_for = span.as_ref().map_or_else(|| cause.clone(), |span| cause.part_of(span));
            self.observer.said(&said);
            if let Some(outgoing) = said.outgoing() {
                let alert = match &said {
                    Said::Alert { alert, at } => {
                        // In a replay nothing stands.
                        let state = outgoing::state(alert, *at).filter(|_| self.is_live);
                        Some(AlertUnderWay { alert: alert.clone(), span, state })
                    }
                    _ => None,
                };
                self.send(outgoing, alert, sent_for.clone()).await?;
            }
            match said {
                Said::Read(request) => {
                    for Answer { said, ticket: answers, trace } in self.read(*request, cause.clone()).await? {
                        let because = Cause { ticket: answers.or(cause.ticket), heard: cause.heard, trace };
                        match said {
                            Some(said) => to_say.push_back((said, because, answers)),
                            None => answers.into_iter().for_each(|answers| self.progress.release(answers)),
                        }
                    }
                }
                Said::Dropped { stream_id, reason } => {
                    let reason = match reason {
                        DropReason::Duplicate => ChunkDropReason::Duplicate,
                        DropReason::Late => ChunkDropReason::Late,
                    };
                    ChunkDropped { stream_id: stream_id.as_str(), reason }.emit();
                }
                Said::Started(reason) => tracing::debug!(?reason, "time line starts"),
                Said::Alert { alert, at } => self.alert_changed(&alert, at, sent_for).await?,
                Said::Vitals { vitals, .. } => {
                    let qualities: Vec<Quality> = vitals.leads.iter().map(|lead| lead.quality).collect();
                    LeadsObserved { qualities: &qualities }.emit();
                }
                Said::Round { .. } | Said::Beat { .. } | Said::Points { .. } => {}
            }
            if let Some(answers) = answers {
                self.progress.release(answers);
            }
        }
        Ok(())
    }
}

/// A change of state of an alert is a piece of work until it is acknowledged; the message carries the id of its trace.
fn traced(said: &mut Said, cause: &Cause) -> Option<Span> {
    let Said::Alert { alert, .. } = said else { return None };
    let (stream_id, code, id) = (alert.stream_id.as_str(), alert.code.as_str(), alert.id.to_string());
    let work = Work::Alarm { stream_id, code, state: alert.state.as_str(), id: &id };
    let span = cause.trace.begin(work, Instant::now());
    alert.trace_id = span.context().trace_id();
    Some(span)
}
