//! Messages that cannot be used, on their way to the dead letters.
//!
//! In: what the source has rejected, and chunks of beds for which there is no room. Out: dead letters, counted; each is held
//! against its message like everything else. What was written before a restart is passed over.

use super::cause::Cause;
use super::hand_over::Before;
use super::{Input, MOST_BEDS, Service, ServiceError};
use crate::ecg::Chunk;
use crate::publish::DeadLetter;
use crate::source::kafka::{Position, Rejected};
use crate::telemetry::events::{ChunkRejected, ReadingRequestRejected, RejectReason};
use crate::wire::waveform;

impl Service<'_> {
    /// A message that is none goes to the dead letters.
    pub(super) async fn rejected(&mut self, rejected: &Rejected) -> Result<(), ServiceError> {
        if self.warming.before(&rejected.position) != Before::Nothing {
            self.pass_over(&rejected.position);
            return Ok(());
        }
        let reason = rejected.reason.in_full();
        match self.input {
            Input::Waveforms => {
                ChunkRejected { reason: RejectReason::from(&rejected.reason), detail: &reason }.emit();
            }
            Input::ReadingRequests => ReadingRequestRejected { detail: &reason }.emit(),
        }
        let Position { topic, partition, offset, .. } = &rejected.position;
        self.dead_letter(DeadLetter {
            topic,
            partition: *partition,
            offset: *offset,
            key: rejected.key.as_deref(),
            payload: rejected.payload.as_deref(),
            withheld_bytes: rejected.withheld_bytes,
            reason: &reason,
        })
        .await
    }

    /// The ward is full: the chunk goes to the dead letters.
    pub(super) async fn no_room(&mut self, chunk: &Chunk, position: &Position) -> Result<(), ServiceError> {
        if self.warming.before(position) != Before::Nothing {
            self.pass_over(position);
            return Ok(());
        }
        let reason = format!("all {MOST_BEDS} beds are taken");
        ChunkRejected { reason: RejectReason::NoRoom, detail: &reason }.emit();
        let (key, payload) = (chunk.stream_id.as_str().as_bytes(), waveform::encode(chunk));
        self.dead_letter(DeadLetter {
            topic: &position.topic,
            partition: position.partition,
            offset: position.offset,
            key: Some(key),
            payload: Some(&payload),
            withheld_bytes: None,
            reason: &reason,
        })
        .await
    }

    /// A dead letter that was written before.
    fn pass_over(&mut self, position: &Position) {
        let ticket = self.progress.arrived_alone(position.partition, position.offset);
        self.progress.release(ticket);
    }

    async fn dead_letter(&mut self, letter: DeadLetter<'_>) -> Result<(), ServiceError> {
        let ticket = self.progress.arrived_alone(letter.partition, letter.offset);
        self.send(letter.outgoing(), None, Cause::now().held_against(Some(ticket))).await?;
        self.progress.release(ticket);
        Ok(())
    }
}
