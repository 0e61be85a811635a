//! Chunks that have arrived: what is there already goes to the beds together, on all cores.
//!
//! In goes a chunk, and those behind it; out comes what the beds say, in the order in which the chunks arrived. Nothing waits for
//! company: at a ward that keeps up chunks come one by one. Those that must not be heard before something else was said end
//! their company: where beds begin to speak, and where a bed takes over.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Instant;

use super::cause::{Cause, age};
use super::hand_over::Before;
use super::{MOST_BEDS, Service, ServiceError, Stream};
use crate::ecg::Chunk;
use crate::pipeline::monitor::Said;
use crate::source::kafka::{Position, Ticket};
use crate::telemetry::events::{BedOpened, ChunkHeard, ChunksReceived};

/// So many chunks a core are heard together at most: what the first of them says waits for the last, some 10 ms.
const MOST_A_CORE: usize = 32;

/// A chunk that is about to be heard.
pub(super) struct Arrived {
    ticket: Ticket,
    pub(super) position: Position,
    /// When it was taken in.
    pub(super) at: Instant,
    /// What of it was said before.
    before: Before,
    /// Is it the first of a bed of which something stands?
    takes_over: bool,
}

impl Service<'_> {
    /// Takes a chunk, and those that have arrived behind it.
    pub(super) async fn chunks(&mut self, chunk: Chunk, position: &Position) -> Result<(), ServiceError> {
        self.reached(position.partition, position.offset).await?;
        if self.streams.len() >= MOST_BEDS && !self.streams.contains_key(&chunk.stream_id) {
            self.no_room(&chunk, position).await?;
            return self.reached(position.partition, position.offset + 1).await;
        }
        let most = MOST_A_CORE * available_parallelism().map_or(1, NonZeroUsize::get);
        let mut arrived = vec![self.arrived(&chunk, position.clone())];
        let mut chunks = vec![chunk];
        while arrived.len() < most && arrived.last().is_some_and(|last| !self.ends_company(last)) {
            let (streams, warming) = (&self.streams, &self.warming);
            let joins = |chunk: &Chunk, position: &Position| {
                let has_room = streams.len() < MOST_BEDS || streams.contains_key(&chunk.stream_id);
                has_room && !warming.is_over_at(position.partition, position.offset)
            };
            let Some((chunk, position)) = self.source.next_chunk_if(joins).await? else { break };
            arrived.push(self.arrived(&chunk, position));
            chunks.push(chunk);
        }
        let begun = Instant::now();
        let said = self.monitor.push_all(&chunks);
        let heard = [begun, Instant::now()];
        for ((arrived, chunk), said) in arrived.into_iter().zip(&chunks).zip(said) {
            self.observer.chunk(chunk);
            let said: Vec<Said> = said.into_iter().filter(|said| arrived.before.leaves(said)).collect();
            let span = self.trace_chunk(chunk, &arrived, heard, &said);
            let cause = Cause { ticket: Some(arrived.ticket), heard: arrived.at, trace: span.context().clone() };
            for said in said {
                self.say(said, cause.clone()).await?;
            }
            drop(span);
            self.heard(chunk, &arrived).await?;
        }
        self.backlog.took(chunks.len() == most, Instant::now());
        self.alarms_first().await
    }

    /// Takes note of a chunk that has arrived.
    fn arrived(&mut self, chunk: &Chunk, position: Position) -> Arrived {
        let Position { partition, offset, .. } = position;
        let at = Instant::now();
        let before = self.warming.before(&position);
        ChunksReceived { count: 1 }.emit();
        let ticket = self.progress.arrived(partition, offset, &chunk.stream_id, chunk.end());
        let stream = Stream { partition, end: chunk.end(), last_chunk: at };
        let is_new = self.streams.insert(chunk.stream_id.clone(), stream).is_none();
        if is_new {
            BedOpened { stream_id: chunk.stream_id.as_str() }.emit();
            self.rehear.opened(partition);
        }
        let takes_over = is_new && before == Before::Nothing && self.standing.has(&chunk.stream_id);
        Arrived { ticket, position, at, before, takes_over }
    }

    /// Must what follows from this chunk be said before the next one is heard?
    fn ends_company(&self, arrived: &Arrived) -> bool {
        arrived.takes_over || self.warming.is_over_at(arrived.position.partition, arrived.position.offset + 1)
    }

    /// What follows once a bed has heard a chunk and what it said is on its way.
    async fn heard(&mut self, chunk: &Chunk, arrived: &Arrived) -> Result<(), ServiceError> {
        let Position { partition, offset, .. } = arrived.position;
        if let Some(waited) = age(&arrived.position).filter(|_| arrived.before == Before::Nothing) {
            ChunkHeard { waited }.emit();
        }
        if arrived.takes_over {
            self.take_over(&chunk.stream_id).await?;
        }
        let waited_for = self.readers.desk().and_then(|desk| desk.needs_since(&chunk.stream_id));
        match self.monitor.ward().heard_until(&chunk.stream_id) {
            Some(heard_until) => {
                let past = heard_until - self.rehear.of(partition);
                let since = waited_for.map_or(past, |waited_for| waited_for.min(past));
                self.progress.needs(&chunk.stream_id, heard_until, since);
            }
            None => self.progress.needs_nothing(&chunk.stream_id),
        }
        self.release(arrived.ticket);
        self.reached(partition, offset + 1).await
    }
}
