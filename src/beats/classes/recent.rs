//! The last two seconds of every lead: what a beat is cut from.
//!
//! In goes one sample a lead at a time, out come stretches of each lead without its offset and wander. Nothing is
//! allocated after the start.

use crate::signal::RATE_HZ;

/// Two seconds: a beat that is searched back for lies further back than one found at once.
const KEPT: usize = 1024;

/// Room behind them: when it is full, the last [`KEPT`] samples move to the front, so that any stretch lies in one piece.
const ROOM: usize = 128;

/// After a lead comes back, its baseline needs half a second to settle.
const SETTLING: u64 = (0.5 * RATE_HZ) as u64;

/// Wander is taken off by two first-order high passes of this corner, as low as a monitor's (0.5 Hz together).
const HIGH_PASS_HZ: f64 = 0.32;

/// Nothing that an electrode gives is larger; whatever comes, sums of squares stay finite.
const LARGEST_MV: f32 = 1000.0;

/// The last samples of all leads of one stretch.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    leads: Vec<RecentLead>,
    /// Part of the way that a baseline moves with each sample.
    step: f32,
    now: u64,
    /// Samples in each lead's row.
    filled: usize,
}

#[derive(Clone, Debug)]
struct RecentLead {
    /// [`KEPT`] and [`ROOM`].
    kept_mv: Vec<f32>,
    baselines_mv: Option<[f32; 2]>,
    usable_from: u64,
}

impl Recent {
    pub fn new(lead_count: usize) -> Recent {
        let lead = RecentLead { kept_mv: vec![0.0; KEPT + ROOM], baselines_mv: None, usable_from: 0 };
        let step = 1.0 - (-2.0 * std::f64::consts::PI * HIGH_PASS_HZ / RATE_HZ).exp();
        Recent { leads: vec![lead; lead_count], step: step as f32, now: 0, filled: 0 }
    }

    /// Forgets all samples.
    pub fn restart(&mut self) {
        for lead in &mut self.leads {
            lead.baselines_mv = None;
            lead.usable_from = 0;
        }
        self.now = 0;
        self.filled = 0;
    }

    pub fn lead_count(&self) -> usize {
        self.leads.len()
    }

    /// Samples seen.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Takes the next sample: one value in mV a lead, and whether that lead can be used.
    pub fn push(&mut self, samples_mv: impl Iterator<Item = (f32, bool)>) {
        if self.filled == KEPT + ROOM {
            self.leads.iter_mut().for_each(|lead| lead.kept_mv.copy_within(ROOM.., 0));
            self.filled = KEPT;
        }
        for (lead, (sample_mv, usable)) in self.leads.iter_mut().zip(samples_mv) {
            if !usable {
                lead.usable_from = self.now + SETTLING;
            }
            lead.kept_mv[self.filled] = lead.without_wander(sample_mv, self.step);
        }
        self.now += 1;
        self.filled += 1;
    }

    /// One lead in mV over `count` samples from `from` on; `None` where it is not kept (any more) or the lead could not
    /// be used.
    pub fn lead_mv(&self, lead: usize, from: u64, count: usize) -> Option<&[f32]> {
        let lead = &self.leads[lead];
        let oldest = self.now.saturating_sub(KEPT as u64).max(lead.usable_from);
        let is_kept = from >= oldest && count <= KEPT && from + count as u64 <= self.now;
        is_kept.then(|| {
            let start = self.filled - (self.now - from) as usize;
            &lead.kept_mv[start..start + count]
        })
    }
}

impl RecentLead {
    fn without_wander(&mut self, sample_mv: f32, step: f32) -> f32 {
        let sample_mv = if sample_mv.is_finite() { sample_mv.clamp(-LARGEST_MV, LARGEST_MV) } else { 0.0 };
        // Starting from the first value spares the filter the step from zero to the electrode's offset.
        let [first, second] = self.baselines_mv.get_or_insert([sample_mv, 0.0]);
        *first += step * (sample_mv - *first);
        let once_mv = sample_mv - *first;
        *second += step * (once_mv - *second);
        once_mv - *second
    }
}
