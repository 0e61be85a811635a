//! All beds of this instance.
//!
//! In go the chunks of every stream, limits of single beds, and word that nobody reads windows; out comes what each bed says of
//! its chunks. A bed opens with its first chunk. Chunks that come together are heard on all cores: no bed knows of
//! another, so what is said does not depend on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::alarm::{AlarmEvent, Limits};
use crate::bed::{Bed, BedOutput, BedSettings};
use crate::ecg::{Chunk, StreamId, Time};

/// Many beds.
#[derive(Debug)]
pub struct Ward {
    settings: BedSettings,
    beds: BTreeMap<StreamId, Box<Bed>>,
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

    /// Takes each chunk to its bed, which does `hear` with it; gives what came of each. The chunks of a bed are heard in their
    /// order, those of several beds at once.
    pub fn hear_all<T: Send>(&mut self, chunks: &[Chunk], hear: impl Fn(&mut Bed, &Chunk) -> T + Sync) -> Vec<T> {
        let mut of_beds: BTreeMap<&StreamId, Vec<(usize, &Chunk)>> = BTreeMap::new();
        for (index, chunk) in chunks.iter().enumerate() {
            of_beds.entry(&chunk.stream_id).or_default().push((index, chunk));
        }
        let mut taken: Vec<_> =
            of_beds.into_iter().map(|(stream_id, chunks)| (stream_id, self.take(stream_id), chunks)).collect();
        let hear_bed = |(_, bed, chunks): &mut (_, Box<Bed>, Vec<(usize, &Chunk)>)| -> Vec<(usize, T)> {
            chunks.iter().map(|(index, chunk)| (*index, hear(bed, chunk))).collect()
        };
        let mut heard: Vec<(usize, T)> = match &mut taken[..] {
            // Whoever is alone need not wait for other threads to wake.
            [one] => hear_bed(one),
            many => many.par_iter_mut().with_max_len(1).flat_map_iter(hear_bed).collect(),
        };
        heard.sort_by_key(|(index, _)| *index);
        self.beds.extend(taken.into_iter().map(|(stream_id, bed, _)| (stream_id.clone(), bed)));
        heard.into_iter().map(|(_, heard)| heard).collect()
    }

    /// Takes a bed out of the ward; a new one if there is none.
    fn take(&mut self, stream_id: &StreamId) -> Box<Bed> {
        self.beds.remove(stream_id).unwrap_or_else(|| {
            let limits = self.limits.get(stream_id).unwrap_or(&self.settings.limits).clone();
            let mut bed = Bed::new(BedSettings { limits, ..self.settings.clone() });
            bed.degrade(self.degraded.clone());
            Box::new(bed)
        })
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

    /// All beds but those with limits of their own have these from now on.
    pub fn set_limits_of_all(&mut self, limits: Limits) {
        for (stream_id, bed) in &mut self.beds {
            if !self.limits.contains_key(stream_id) {
                bed.set_limits(limits.clone());
            }
        }
        self.settings.limits = limits;
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
        self.beds.get(stream_id).into_iter().flat_map(|bed| bed.open_alarms())
    }

    /// A bed that is open.
    pub fn bed_mut(&mut self, stream_id: &StreamId) -> Option<&mut Bed> {
        self.beds.get_mut(stream_id).map(Box::as_mut)
    }

    /// Time just after the last sample that was heard of a bed.
    pub fn heard_until(&self, stream_id: &StreamId) -> Option<Time> {
        self.beds.get(stream_id)?.heard_until()
    }

    /// The last moment at which alarms of a bed were judged.
    pub fn judged_until(&self, stream_id: &StreamId) -> Option<Time> {
        self.beds.get(stream_id)?.judged_until()
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
