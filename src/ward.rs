//! All beds of this instance.
//!
//! In go the chunks of every stream, acknowledgements and limits of single beds, and word that nobody reads windows; out come
//! each bed's [`BedOutput`]s. A bed opens with its first chunk.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alarm::{AlarmCode, AlarmEvent, Limits};
use crate::bed::{Bed, BedOutput, BedSettings};
use crate::ecg::{Chunk, StreamId, Time};

/// Many beds.
#[derive(Debug)]
pub struct Ward {
    settings: BedSettings,
    beds: BTreeMap<StreamId, Bed>,
    /// Of the beds that have limits of their own, open or not.
    limits: BTreeMap<StreamId, Limits>,
    /// Why windows are not read.
    degraded: Option<Arc<str>>,
}

impl Ward {
    /// A ward whose beds have these settings unless something else is said of one.
    pub fn new(settings: BedSettings) -> Ward {
        Ward { settings, beds: BTreeMap::new(), limits: BTreeMap::new(), degraded: None }
    }

    /// Takes a chunk to its bed.
    pub fn push(&mut self, chunk: &Chunk) -> Vec<BedOutput> {
        let bed = self.beds.entry(chunk.stream_id.clone()).or_insert_with(|| {
            let limits = self.limits.get(&chunk.stream_id).unwrap_or(&self.settings.limits).clone();
            let mut bed = Bed::new(BedSettings { limits, ..self.settings.clone() });
            bed.degrade(self.degraded.clone());
            bed
        });
        bed.push(chunk)
    }

    /// This bed has these limits from now on, and when it opens again.
    pub fn set_limits(&mut self, stream_id: &StreamId, limits: Limits) {
        if let Some(bed) = self.beds.get_mut(stream_id) {
            bed.set_limits(limits.clone());
        }
        if limits == self.settings.limits {
            self.limits.remove(stream_id);
        } else {
            self.limits.insert(stream_id.clone(), limits);
        }
    }

    /// Nobody reads windows any more, for this reason; or somebody does again. Each bed says so.
    pub fn degrade(&mut self, reason: Option<&str>) {
        self.degraded = reason.map(Arc::from);
        for bed in self.beds.values_mut() {
            bed.degrade(self.degraded.clone());
        }
    }

    /// Number of beds that have limits of their own.
    pub fn with_own_limits(&self) -> usize {
        self.limits.len()
    }

    /// The alarms of a bed that are raised and not cleared.
    pub fn open_alarms(&self, stream_id: &StreamId) -> impl Iterator<Item = &AlarmEvent> {
        self.beds.get(stream_id).into_iter().flat_map(Bed::open_alarms)
    }

    /// Somebody takes note of an open alarm of a bed. None if it is not open.
    pub fn acknowledge(&mut self, stream_id: &StreamId, code: AlarmCode, by: &str, at: Time) -> Option<BedOutput> {
        self.beds.get_mut(stream_id)?.acknowledge(code, by, at)
    }

    /// Another instance has watched this bed up to what was heard last, and left these alarms open.
    pub fn take_over(&mut self, stream_id: &StreamId, left_open: Vec<AlarmEvent>) -> Vec<BedOutput> {
        self.beds.get_mut(stream_id).map_or_else(Vec::new, |bed| bed.take_over(left_open))
    }

    /// Another instance that watched this bed has raised this alarm, of data that are still to come here.
    pub fn foretell(&mut self, stream_id: &StreamId, event: AlarmEvent) {
        if let Some(bed) = self.beds.get_mut(stream_id) {
            bed.foretell(event);
        }
    }

    /// Nothing has come from this stream although data time must be `now`.
    pub fn silent_until(&mut self, stream_id: &StreamId, now: Time) -> Vec<BedOutput> {
        self.beds.get_mut(stream_id).map_or_else(Vec::new, |bed| bed.silent_until(now))
    }

    /// Time just after the last sample that was heard of a bed.
    pub fn heard_until(&self, stream_id: &StreamId) -> Option<Time> {
        self.beds.get(stream_id)?.heard_until()
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
