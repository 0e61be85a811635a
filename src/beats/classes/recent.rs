//! The last two seconds of every lead: what the shape of a beat is cut from.
//!
//! In goes one sample a lead at a time, out come the monitoring band of each lead around a beat and how suddenly the
//! unfiltered signal bends (a pacing pulse bends it more than any heart does).

use std::collections::VecDeque;

use crate::signal::RATE_HZ;
use crate::signal::filters::Cascade;

/// Two seconds: a beat that is searched back for lies further back than one found at once.
const KEPT: usize = (2.0 * RATE_HZ) as usize;

/// After a lead comes back, the monitoring band needs half a second to settle.
const SETTLING: u64 = (0.5 * RATE_HZ) as u64;

/// The last samples of all leads of one stretch.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    leads: Vec<RecentLead>,
    /// Mean over the usable leads of the absolute second difference of the unfiltered signal, in mV.
    bend_mv: VecDeque<f32>,
    now: u64,
}

#[derive(Clone, Debug)]
struct RecentLead {
    monitoring: Cascade,
    first_mv: Option<f64>,
    before_mv: [f64; 2],
    kept_mv: VecDeque<f32>,
    usable_from: u64,
}

impl Recent {
    pub fn new(lead_count: usize) -> Recent {
        let lead = RecentLead {
            monitoring: Cascade::monitoring(),
            first_mv: None,
            before_mv: [0.0; 2],
            kept_mv: VecDeque::with_capacity(KEPT),
            usable_from: 0,
        };
        Recent { leads: vec![lead; lead_count], bend_mv: VecDeque::with_capacity(KEPT), now: 0 }
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
        let (mut bend_mv, mut usable_leads) = (0.0, 0);
        for (lead, (sample_mv, usable)) in self.leads.iter_mut().zip(samples_mv) {
            let bend = lead.push(f64::from(sample_mv));
            if usable {
                bend_mv += bend;
                usable_leads += 1;
            } else {
                lead.usable_from = self.now + SETTLING;
            }
        }
        let bend_mv = if usable_leads == 0 { 0.0 } else { bend_mv / f64::from(usable_leads) };
        keep(&mut self.bend_mv, bend_mv as f32);
        self.now += 1;
    }

    /// The monitoring band of one lead in mV over `count` samples from `from` on; `None` where it is not kept (any more)
    /// or the lead could not be used.
    pub fn lead_mv(&self, lead: usize, from: u64, count: usize) -> Option<impl Iterator<Item = f32>> {
        let lead = &self.leads[lead];
        let start = self.index(from, count).filter(|_| from >= lead.usable_from)?;
        Some(lead.kept_mv.range(start..start + count).copied())
    }

    /// How much the unfiltered signal bends at each of `count` samples from `from` on, in mV.
    pub fn bend_mv(&self, from: u64, count: usize) -> Option<impl Iterator<Item = f32>> {
        let start = self.index(from, count)?;
        Some(self.bend_mv.range(start..start + count).copied())
    }

    fn index(&self, from: u64, count: usize) -> Option<usize> {
        let oldest = self.now - self.bend_mv.len() as u64;
        (from >= oldest && from + count as u64 <= self.now).then(|| (from - oldest) as usize)
    }
}

impl RecentLead {
    fn push(&mut self, sample_mv: f64) -> f64 {
        // Starting from the first value spares the filter the step from zero to the electrode's offset.
        let first_mv = *self.first_mv.get_or_insert_with(|| {
            self.before_mv = [sample_mv; 2];
            sample_mv
        });
        keep(&mut self.kept_mv, self.monitoring.run(sample_mv - first_mv) as f32);
        let bend = (sample_mv - 2.0 * self.before_mv[1] + self.before_mv[0]).abs();
        self.before_mv = [self.before_mv[1], sample_mv];
        bend
    }
}

fn keep(kept: &mut VecDeque<f32>, value: f32) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(value);
}
