//! How far each partition may be committed. Pure bookkeeping: no I/O, no clock.
//!
//! In comes what happens to the messages, out come offsets to commit. A partition's committed offset is that of the
//! oldest message that
//! - is held: it is still being processed, or something it caused has not been acknowledged; or
//! - its bed still needs: the past that a successor lets it hear again, or an unfinished reading reaches back to it.
//!
//! What beds need is kept to the second: up to a second more is read again than has to be. Where the clock of a monitor was set
//! back, what came before ends with the new clock, so that it is not needed until the old time comes again.
//!
//! So after a crash the successor reads again what the state has to be rebuilt from. What it need not say again
//! stands beside the offset ([`Resume`]): everything that messages before `said_until` caused was acknowledged, and so was every
//! reading that messages before `read_until` asked for.
//!
//! The order of calls for one message: [`Progress::arrived`] holds it; process it; [`Progress::hold`] once for each
//! message it caused, [`Progress::needs`] for its bed; [`Progress::release`] for the processing itself and once for
//! each acknowledgement. A reading takes longer than all else: it holds [`Ticket::reading`], which leaves `said_until` alone.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::ecg::{StreamId, Time};

/// How far each partition may be committed.
#[derive(Debug, Default)]
pub struct Progress {
    partitions: BTreeMap<i32, Partition>,
    needs: HashMap<StreamId, Need>,
    /// Counts the partitions that were ever opened, so that old tickets do not open new locks.
    generations: u64,
}

/// What a bed needs.
#[derive(Clone, Copy, Debug)]
struct Need {
    /// Its data from here on.
    since: Time,
    /// Until when it has heard its data.
    heard_until: Time,
}

/// Stands for one message while it is being processed. Outlives its partition without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    partition: i32,
    offset: i64,
    generation: u64,
    is_reading: bool,
}

impl Ticket {
    /// The partition of the message.
    pub fn partition(self) -> i32 {
        self.partition
    }

    /// The same message, held for a reading that it asked for.
    #[must_use]
    pub fn reading(self) -> Ticket {
        Ticket { is_reading: true, ..self }
    }
}

/// What is committed for a partition: where a successor starts to read, and from where on it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The partition.
    pub partition: i32,
    /// The first message that the beds have to hear again.
    pub offset: i64,
    /// The first message that caused something not acknowledged yet.
    pub said_until: i64,
    /// The first message that asked for a reading not acknowledged yet; at most `said_until`.
    pub read_until: i64,
}

#[derive(Debug)]
struct Partition {
    generation: u64,
    /// One after the last offset that arrived.
    end: i64,
    /// How often each message is held for what it said.
    held: BTreeMap<i64, u32>,
    /// How often each message is held for a reading.
    reading: BTreeMap<i64, u32>,
    /// The seconds of each stream that may be needed, in the order of arrival.
    kept: HashMap<StreamId, VecDeque<Second>>,
    /// What was last given out to be committed.
    committable: Option<Resume>,
}

/// Chunks of one stream that arrived after one another and end within a second.
#[derive(Clone, Copy, Debug)]
struct Second {
    /// The first of them.
    first_offset: i64,
    last_offset: i64,
    /// Time just after the last sample of the first of them.
    first_end: Time,
    /// The latest such time of them all.
    end: Time,
}

impl Second {
    /// A chunk arrived after these: is it one more of them?
    fn takes(&mut self, offset: i64, end: Time) -> bool {
        let is_within = (0.0..1.0).contains(&end.seconds_since(self.first_end));
        if is_within {
            (self.last_offset, self.end) = (offset, self.end.max(end));
        }
        is_within
    }
}

impl Progress {
    /// Nothing arrived yet.
    pub fn new() -> Progress {
        Progress::default()
    }

    /// A chunk of this stream arrived; `end` is the time just after its last sample. Holds it once.
    ///
    /// A message that arrives a second time is not counted again.
    pub fn arrived(&mut self, partition: i32, offset: i64, stream_id: &StreamId, end: Time) -> Ticket {
        let (ticket, partition) = self.hold_new(partition, offset);
        if let Some(partition) = partition {
            let kept = partition.kept.entry(stream_id.clone()).or_default();
            if !kept.back_mut().is_some_and(|second| second.takes(offset, end)) {
                kept.push_back(Second { first_offset: offset, last_offset: offset, first_end: end, end });
            }
        }
        ticket
    }

    /// A message arrived from which no bed has to be rebuilt: a dead letter, or a request for a reading. Holds it once.
    pub fn arrived_alone(&mut self, partition: i32, offset: i64) -> Ticket {
        self.hold_new(partition, offset).0
    }

    /// Holds a message that is held already once more: it caused something that must be acknowledged first.
    pub fn hold(&mut self, ticket: Ticket) {
        let Some(partition) = self.partition(ticket) else { return };
        let is_held = partition.held.contains_key(&ticket.offset) || partition.reading.contains_key(&ticket.offset);
        if is_held {
            *partition.holds(ticket).entry(ticket.offset).or_default() += 1;
        }
    }

    /// Takes one hold off: the message is processed, or something it caused was acknowledged.
    pub fn release(&mut self, ticket: Ticket) {
        let Some(partition) = self.partition(ticket) else { return };
        let holds = partition.holds(ticket);
        if let Some(count) = holds.get_mut(&ticket.offset) {
            *count -= 1;
            if *count == 0 {
                holds.remove(&ticket.offset);
            }
        }
    }

    /// The bed of this stream has heard its data until `heard_until`, and needs them from `since` on.
    ///
    /// To be said before the message that made it so is released. What nobody needed when [`Progress::committable`]
    /// was asked is gone, and cannot be called back by an earlier `since`.
    pub fn needs(&mut self, stream_id: &StreamId, heard_until: Time, since: Time) {
        let before = self.needs.insert(stream_id.clone(), Need { since, heard_until });
        if before.is_some_and(|before| heard_until < before.heard_until) {
            // The clock was set back.
            let kept = self.partitions.values_mut().filter_map(|partition| partition.kept.get_mut(stream_id));
            for second in kept.flatten() {
                second.end = second.end.min(heard_until);
            }
        }
    }

    /// The bed of this stream needs nothing any more.
    pub fn needs_nothing(&mut self, stream_id: &StreamId) {
        self.needs.remove(stream_id);
    }

    /// Every partition that moved since the last call. Commit them.
    pub fn committable(&mut self) -> Vec<Resume> {
        let mut moved = Vec::new();
        for (&number, partition) in &mut self.partitions {
            let said_until = partition.said_until();
            let read_until = partition.read_until().min(said_until);
            // What was committed once is never taken back, although a bed may need more than it did.
            let oldest = partition.oldest_wanted(&self.needs);
            let offset = partition.committable.map_or(oldest, |before| before.offset.max(oldest));
            let resume = Resume { partition: number, offset, said_until, read_until };
            if partition.committable != Some(resume) {
                partition.committable = Some(resume);
                moved.push(resume);
            }
        }
        moved
    }

    /// Up to where everything was said of the partition of this message, and read.
    pub fn said(&mut self, ticket: Ticket) -> Option<(i64, i64)> {
        let partition = self.partition(ticket)?;
        let said_until = partition.said_until();
        Some((said_until, partition.read_until().min(said_until)))
    }

    /// Forgets a partition that was taken away, and what its beds needed.
    pub fn revoke(&mut self, partition: i32) {
        if let Some(partition) = self.partitions.remove(&partition) {
            for stream_id in partition.kept.keys() {
                self.needs.remove(stream_id);
            }
        }
    }

    /// One after the last message that arrived of a partition; `None` where nothing did.
    pub fn end(&self, partition: i32) -> Option<i64> {
        self.partitions.get(&partition).map(|partition| partition.end)
    }

    /// The partitions of which something arrived.
    pub fn partitions(&self) -> Vec<i32> {
        self.partitions.keys().copied().collect()
    }

    /// Holds a message; the partition is returned only when the message is new.
    fn hold_new(&mut self, number: i32, offset: i64) -> (Ticket, Option<&mut Partition>) {
        let partition = self.partitions.entry(number).or_insert_with(|| {
            self.generations += 1;
            Partition {
                generation: self.generations,
                end: offset,
                held: BTreeMap::new(),
                reading: BTreeMap::new(),
                kept: HashMap::new(),
                committable: None,
            }
        });
        let ticket = Ticket { partition: number, offset, generation: partition.generation, is_reading: false };
        if offset < partition.end {
            return (ticket, None);
        }
        partition.end = offset + 1;
        partition.held.insert(offset, 1);
        (ticket, Some(partition))
    }

    /// The partition of a ticket, unless it was taken away meanwhile.
    fn partition(&mut self, ticket: Ticket) -> Option<&mut Partition> {
        self.partitions.get_mut(&ticket.partition).filter(|partition| partition.generation == ticket.generation)
    }
}

impl Partition {
    fn holds(&mut self, ticket: Ticket) -> &mut BTreeMap<i64, u32> {
        if ticket.is_reading { &mut self.reading } else { &mut self.held }
    }

    fn said_until(&self) -> i64 {
        self.held.first_key_value().map_or(self.end, |(offset, _)| *offset)
    }

    fn read_until(&self) -> i64 {
        self.reading.first_key_value().map_or(self.end, |(offset, _)| *offset)
    }

    /// The oldest offset that is held or needed, or the end. Drops what is neither.
    fn oldest_wanted(&mut self, needs: &HashMap<StreamId, Need>) -> i64 {
        let mut oldest = self.said_until().min(self.read_until());
        self.kept.retain(|stream_id, kept| {
            let need = needs.get(stream_id);
            while let Some(first) = kept.front() {
                let needed = need.is_some_and(|need| first.end > need.since);
                let offsets = first.first_offset..=first.last_offset;
                let is_held = |holds: &BTreeMap<i64, u32>| holds.range(offsets.clone()).next().is_some();
                if needed {
                    oldest = oldest.min(first.first_offset);
                }
                // What is held may be needed once it has been heard. Of itself it is among the oldest already.
                if needed || is_held(&self.held) || is_held(&self.reading) {
                    break;
                }
                kept.pop_front();
            }
            // A bed that needs something keeps its place, so that `revoke` finds it.
            need.is_some() || !kept.is_empty()
        });
        oldest
    }
}

#[cfg(test)]
mod tests;
