//! When a beat came, measured by the rhythm before it.

use std::collections::VecDeque;

use crate::signal::RATE_HZ;

/// RR intervals kept.
const KEPT: usize = 20;
/// RR intervals whose median is the running one.
const RUNNING: usize = 8;
/// The running RR interval in seconds before any is known.
const RUNNING_AT_FIRST_S: f64 = 0.8;

/// The latest RR intervals.
#[derive(Clone, Debug, Default)]
pub(super) struct Timing {
    last: Option<u64>,
    intervals_s: VecDeque<f64>,
}

/// When one beat came.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    /// RR interval before it in parts of the running one; 1 when there is none.
    pub interval: f64,
    /// How irregular the rhythm before it is: the median distance of an RR interval to the nearest of the three before
    /// it, in parts of the running one. Bigeminy and trigeminy repeat themselves and are regular, atrial fibrillation
    /// is not.
    pub irregularity: f64,
}

impl Timing {
    /// No interval reaches across this point.
    pub fn restart(&mut self) {
        self.last = None;
    }

    /// Takes the next beat.
    pub fn beat(&mut self, r_peak: u64) -> When {
        let running_s = if self.intervals_s.is_empty() {
            RUNNING_AT_FIRST_S
        } else {
            median(self.intervals_s.iter().rev().take(RUNNING).copied().collect())
        };
        let irregularity = self.repeats_within_s() / running_s;
        let last = self.last.replace(r_peak);
        let Some(interval_s) = last.map(|last| r_peak.saturating_sub(last) as f64 / RATE_HZ) else {
            return When { interval: 1.0, irregularity };
        };
        // A longer one holds a pause or missed beats.
        if (0.25..2.5).contains(&interval_s) {
            if self.intervals_s.len() == KEPT {
                self.intervals_s.pop_front();
            }
            self.intervals_s.push_back(interval_s);
        }
        When { interval: interval_s / running_s, irregularity }
    }

    fn repeats_within_s(&self) -> f64 {
        let intervals_s: Vec<f64> = self.intervals_s.iter().copied().collect();
        if intervals_s.len() < 8 {
            return 0.0;
        }
        let nearest = |four: &[f64]| four[..3].iter().map(|before| (four[3] - before).abs()).fold(f64::MAX, f64::min);
        median(intervals_s.windows(4).map(nearest).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}
