//! All beds of this instance.
//!
//! In go the chunks of every stream, out come each bed's [`BedOutput`]s. A bed opens with its first chunk.

use std::collections::BTreeMap;

use crate::bed::{Bed, BedOutput, BedSettings};
use crate::ecg::{Chunk, StreamId, Time};

/// Many beds.
#[derive(Debug)]
pub struct Ward {
    settings: BedSettings,
    beds: BTreeMap<StreamId, Bed>,
}

impl Ward {
    /// A ward whose beds all have these settings.
    pub fn new(settings: BedSettings) -> Ward {
        Ward { settings, beds: BTreeMap::new() }
    }

    /// Takes a chunk to its bed.
    pub fn push(&mut self, chunk: &Chunk) -> Vec<BedOutput> {
        let bed = self.beds.entry(chunk.stream_id.clone()).or_insert_with(|| Bed::new(self.settings.clone()));
        bed.push(chunk)
    }

    /// Nothing has come from this stream although data time must be `now`.
    pub fn silent_until(&mut self, stream_id: &StreamId, now: Time) -> Vec<BedOutput> {
        self.beds.get_mut(stream_id).map_or_else(Vec::new, |bed| bed.silent_until(now))
    }

    /// From when on a bed needs its input again after a restart.
    pub fn needs_since(&self, stream_id: &StreamId) -> Option<Time> {
        self.beds.get(stream_id)?.needs_since()
    }

    /// Another instance has this stream now.
    pub fn hand_over(&mut self, stream_id: &StreamId) {
        self.beds.remove(stream_id);
    }

    /// Nothing has come from this stream for so long that the patient has left.
    pub fn close(&mut self, stream_id: &StreamId, now: Time) -> Vec<BedOutput> {
        self.beds.remove(stream_id).map_or_else(Vec::new, |bed| bed.close(now))
    }

    /// Number of open beds.
    pub fn len(&self) -> usize {
        self.beds.len()
    }

    /// Is no bed open?
    pub fn is_empty(&self) -> bool {
        self.beds.is_empty()
    }
}
