//! Is it a P wave, or only a wave of atrial fibrillation or noise?
//!
//! A P wave comes again before every QRS complex at the same place with the same shape in all leads, and stands alone;
//! fibrillatory waves do neither, and the complexes come at irregular times. The less regular rhythm and place are, the
//! more alike the waves must be. All is averaged over the beats, so that one odd beat does not decide.

use super::{fusion, samples};

/// How long before the QRS complex the picture reaches.
const PICTURE: usize = samples(0.3);
/// The wave is compared within this of its centre.
const AROUND: usize = samples(0.06);
/// Weight of a new beat in the averages.
const LEARNING: f64 = 0.3;

/// The least height of a P wave as the root mean square over the leads, in mV.
const LEAST_MV: f32 = 0.006;
/// The least mean correlation with what came before the complexes of the beats before, in a regular rhythm.
const LEAST_LIKENESS: f64 = 0.25;
/// More is asked for each part of the RR interval by which one differs from the next, up to a fifth.
const FOR_IRREGULAR: f64 = 1.5;
const MOST_IRREGULAR: f64 = 0.2;
/// More is asked for each sample by which the place varies beyond 6 ms, up to 36 ms.
const FOR_UNSTEADY: f64 = 0.03;
const STEADY: f64 = 3.0;
const MOST_UNSTEADY: f64 = 18.0;
/// Beats over which rhythm and place are judged.
const MEMORY: usize = 8;
/// Up to this ratio of the second wave to the P wave between T wave and QRS complex, company says nothing; the more
/// there is above it, the more alike the beats must be.
const FREE_COMPANY: f64 = 0.7;
/// The highest ratio in the first beat, which cannot be compared with any other.
const MOST_COMPANY_AT_FIRST: f64 = 0.7;

/// What came before the QRS complexes so far.
#[derive(Clone, Debug, Default)]
pub struct Atrium {
    /// Mean smoothed signal before the complex, [`PICTURE`] samples a lead; empty before the first beat.
    mean_mv: Vec<f32>,
    likeness: Average,
    company: Average,
    /// Changes from one RR interval to the next, in parts of it.
    changes: Recent,
    interval: Option<usize>,
    /// Samples from the wave's centre to the complex.
    places: Recent,
}

/// The stretch before one QRS complex.
pub(super) struct Candidate {
    /// Samples in the stretch.
    pub samples: usize,
    /// Centre of the wave.
    pub centre: usize,
    /// Samples from the R peak before to this one, if there is one.
    pub since_previous: Option<usize>,
    /// Its height in mV, over all leads.
    pub height_mv: f32,
    /// The height of the largest other wave in parts of its own.
    pub company: f64,
}

impl Atrium {
    /// Judges a candidate and learns from it. `row(lead)` gives the smoothed stretch of a lead, `None` without signal.
    pub(super) fn judge<'a>(
        &mut self,
        candidate: &Candidate,
        leads: usize,
        row: impl Fn(usize) -> Option<&'a [f32]>,
    ) -> bool {
        if let Some(interval) = candidate.since_previous {
            if let Some(before) = self.interval {
                self.changes.push(interval.abs_diff(before) as f64 / before.max(1) as f64);
            }
            self.interval = Some(interval);
        }
        if candidate.height_mv < LEAST_MV {
            return false;
        }
        self.places.push((candidate.samples - candidate.centre) as f64);
        let company = self.company.with(candidate.company.min(2.0));
        let likeness = self.likeness_of(candidate, leads, &row);
        self.learn(candidate, leads, &row);
        match likeness {
            Some(likeness) => self.likeness.with(likeness.max(0.0)) >= self.asked(company) && likeness >= 0.0,
            None => company <= MOST_COMPANY_AT_FIRST,
        }
    }

    /// How alike the waves must be.
    fn asked(&self, company: f64) -> f64 {
        let irregular = self.changes.median().min(MOST_IRREGULAR);
        let unsteady = (self.places.deviation().min(MOST_UNSTEADY) - STEADY).max(0.0);
        LEAST_LIKENESS + FOR_IRREGULAR * irregular + FOR_UNSTEADY * unsteady + (company - FREE_COMPANY).max(0.0)
    }

    /// Correlation of the wave with the mean, over all leads together; `None` when there is nothing to compare with.
    fn likeness_of<'a>(
        &self,
        candidate: &Candidate,
        leads: usize,
        row: &impl Fn(usize) -> Option<&'a [f32]>,
    ) -> Option<f64> {
        if self.mean_mv.len() != leads * PICTURE {
            return None;
        }
        // Counted back from the complex, both reach as far as the shorter of picture and stretch.
        let reach = candidate.samples.min(PICTURE);
        let from_end = candidate.samples - candidate.centre;
        let (farthest, nearest) = ((from_end + AROUND).min(reach), from_end.saturating_sub(AROUND + 1));
        if farthest < nearest + samples(0.04) {
            return None;
        }
        let (mut cross, mut own, mut other) = (0.0, 1e-12, 1e-12);
        for lead in 0..leads {
            let Some(row) = row(lead) else { continue };
            let now = &row[row.len() - farthest..row.len() - nearest];
            let picture = &self.mean_mv[lead * PICTURE..(lead + 1) * PICTURE];
            let before = &picture[PICTURE - farthest..PICTURE - nearest];
            let (now_mean, before_mean) = (mean(now), mean(before));
            for (now, before) in now.iter().zip(before) {
                let (now, before) = (f64::from(*now) - now_mean, f64::from(*before) - before_mean);
                cross += now * before;
                own += now * now;
                other += before * before;
            }
        }
        Some(cross / (own * other).sqrt())
    }

    fn learn<'a>(&mut self, candidate: &Candidate, leads: usize, row: &impl Fn(usize) -> Option<&'a [f32]>) {
        let first = self.mean_mv.len() != leads * PICTURE;
        if first {
            self.mean_mv.clear();
            self.mean_mv.resize(leads * PICTURE, 0.0);
        }
        let reach = candidate.samples.min(PICTURE);
        for lead in 0..leads {
            let Some(row) = row(lead) else { continue };
            // The level does not matter, only the shape.
            let level = mean(&row[row.len() - reach..]) as f32;
            let picture = &mut self.mean_mv[lead * PICTURE + PICTURE - reach..(lead + 1) * PICTURE];
            for (seen, new) in picture.iter_mut().zip(&row[row.len() - reach..]) {
                let part = if first { 1.0 } else { LEARNING as f32 };
                *seen += part * (new - level - *seen);
            }
        }
    }
}

/// A mean in which the older beats fade.
#[derive(Clone, Copy, Debug, Default)]
struct Average {
    mean: f64,
    beats: u32,
}

impl Average {
    /// Takes a beat and gives the mean with it.
    fn with(&mut self, new: f64) -> f64 {
        self.beats = self.beats.saturating_add(1);
        self.mean += LEARNING.max(1.0 / f64::from(self.beats)) * (new - self.mean);
        self.mean
    }
}

/// The last [`MEMORY`] values.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    values: [f64; MEMORY],
    count: usize,
}

impl Recent {
    fn push(&mut self, value: f64) {
        self.values[self.count % MEMORY] = value;
        self.count += 1;
    }

    /// 0 of fewer than two values, which say nothing.
    fn median(&self) -> f64 {
        let mut values = self.values;
        let kept = &mut values[..self.count.min(MEMORY)];
        if kept.len() < 2 { 0.0 } else { fusion::median(kept) }
    }

    /// Median distance from the median.
    fn deviation(&self) -> f64 {
        let median = self.median();
        Recent { values: self.values.map(|value| (value - median).abs()), count: self.count }.median()
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len().max(1) as f64
}
