//! Is it a P wave, or only a wave of atrial fibrillation or noise?
//!
//! A P wave comes again before every QRS complex at the same place with the same shape in all leads, and stands alone;
//! fibrillatory waves do neither. Both are averaged over the beats, so that one odd beat does not decide.

use super::samples;

/// How long before the QRS complex the picture reaches.
const PICTURE: usize = samples(0.3);
/// The wave is compared within this of its centre.
const AROUND: usize = samples(0.06);
/// Weight of a new beat in the averages.
const LEARNING: f64 = 0.3;

/// The least height of a P wave as the root mean square over the leads, in mV.
const LEAST_MV: f32 = 0.006;
/// The least mean correlation with what came before the complexes of the beats before.
const LEAST_LIKENESS: f64 = 0.5;
/// The least correlation of the beat itself.
const LEAST_LIKENESS_NOW: f64 = 0.2;
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
    likeness: Option<f64>,
    company: Option<f64>,
}

/// The stretch before one QRS complex.
pub(super) struct Candidate {
    /// Samples in the stretch.
    pub samples: usize,
    /// Centre of the wave.
    pub centre: usize,
    /// Its height in mV, over all leads.
    pub height_mv: f32,
    /// The height of the largest other wave in parts of its own.
    pub company: f64,
}

impl Atrium {
    /// Forgets what it has seen: another rhythm, other leads, a gap.
    pub fn forget(&mut self) {
        self.mean_mv.clear();
        self.likeness = None;
        self.company = None;
    }

    /// Judges a candidate and learns from it. `row(lead)` gives the smoothed stretch of a lead, `None` without signal.
    pub(super) fn judge<'a>(
        &mut self,
        candidate: &Candidate,
        leads: usize,
        row: impl Fn(usize) -> Option<&'a [f32]>,
    ) -> bool {
        if candidate.height_mv < LEAST_MV {
            return false;
        }
        let company = averaged(&mut self.company, candidate.company.min(2.0));
        let likeness = self.likeness_of(candidate, leads, &row);
        self.learn(candidate, leads, &row);
        match likeness {
            Some(likeness) => {
                let asked = LEAST_LIKENESS + (company - FREE_COMPANY).max(0.0);
                averaged(&mut self.likeness, likeness.max(0.0)) >= asked && likeness >= LEAST_LIKENESS_NOW
            }
            None => company <= MOST_COMPANY_AT_FIRST,
        }
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

fn averaged(mean: &mut Option<f64>, new: f64) -> f64 {
    let next = mean.map_or(new, |mean| mean + LEARNING * (new - mean));
    *mean = Some(next);
    next
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len().max(1) as f64
}
