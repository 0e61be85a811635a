//! The shape of one QRS complex, and how like another it is.
//!
//! A shape is the monitoring band from 110 ms before to 150 ms after the R peak, each lead about its own mean. Two
//! shapes are compared over the leads that both have, by their correlation and by the ratio of their amplitudes.

use super::recent::Recent;

/// From here before the R peak (samples at 500 Hz: 110 ms) ...
const BEFORE: u64 = 55;
/// ... at every second sample, as the band ends at 40 Hz ...
const STEP: usize = 2;
/// ... over 260 ms.
const POINTS: usize = 65;

/// R peaks of like beats lie up to 24 ms apart: a notch may be the largest point now and then.
const LARGEST_SHIFT: u64 = 12;

/// Samples after the R peak that the latest shift of a shape reaches to.
pub(super) const AFTER: u64 = (POINTS * STEP) as u64 - BEFORE + LARGEST_SHIFT;

/// One QRS complex; one entry a lead, none where the lead could not be used.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    leads: Vec<Option<[f32; POINTS]>>,
}

/// How like two shapes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Likeness {
    /// From -1 to 1.
    pub correlation: f64,
    /// Amplitude of the one in parts of the other's.
    pub amplitude: f64,
}

impl Likeness {
    /// A shape and itself.
    pub const SAME: Likeness = Likeness { correlation: 1.0, amplitude: 1.0 };

    /// Norm of the difference in parts of the other's norm: 0 for the same, about 1.4 for an unlike one as large.
    pub fn difference(self) -> f64 {
        (1.0 + self.amplitude * (self.amplitude - 2.0 * self.correlation)).max(0.0).sqrt()
    }
}

impl Shape {
    /// The shape about a point of time; `None` when no lead has it.
    pub fn at(recent: &Recent, r_peak: u64) -> Option<Shape> {
        let from = r_peak.checked_sub(BEFORE)?;
        let cut = |lead: usize| -> Option<[f32; POINTS]> {
            let mut points = [0.0; POINTS];
            let samples = recent.lead_mv(lead, from, POINTS * STEP)?.step_by(STEP);
            points.iter_mut().zip(samples).for_each(|(point, sample)| *point = sample);
            let mean = points.iter().sum::<f32>() / POINTS as f32;
            for point in &mut points {
                *point -= mean;
            }
            Some(points)
        };
        let leads: Vec<_> = (0..recent.lead_count()).map(cut).collect();
        leads.iter().any(Option::is_some).then_some(Shape { leads })
    }

    /// The shapes about the R peak and a little before and after it, for alignment.
    pub fn shifted(recent: &Recent, r_peak: u64) -> Vec<Shape> {
        let first = r_peak.saturating_sub(LARGEST_SHIFT);
        (first..=r_peak + LARGEST_SHIFT).step_by(STEP).filter_map(|at| Shape::at(recent, at)).collect()
    }

    /// How like `other` this one is; `None` without a lead in common.
    pub fn likeness(&self, other: &Shape) -> Option<Likeness> {
        let (mut product, mut own, mut others) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (a, b) in self.leads.iter().zip(&other.leads) {
            if let (Some(a), Some(b)) = (a, b) {
                product += dot(a, b);
                own += dot(a, a);
                others += dot(b, b);
            }
        }
        let norms = (own * others).sqrt();
        (norms > 0.0 && norms.is_finite())
            .then(|| Likeness { correlation: product / norms, amplitude: (own / others).sqrt() })
    }

    /// The best aligned of `shifted` and how like this one it is.
    pub fn best<'a>(&self, shifted: &'a [Shape]) -> Option<(Likeness, &'a Shape)> {
        let all = shifted.iter().filter_map(|shape| Some((shape.likeness(self)?, shape)));
        all.max_by(|(a, _), (b, _)| a.correlation.total_cmp(&b.correlation))
    }

    /// Moves a part of the way to `seen`.
    pub fn learn(&mut self, seen: &Shape, part: f64) {
        for (own, seen) in self.leads.iter_mut().zip(&seen.leads) {
            match (own, seen) {
                (Some(own), Some(seen)) => {
                    own.iter_mut().zip(seen).for_each(|(own, seen)| *own += part as f32 * (seen - *own));
                }
                (own @ None, Some(seen)) => *own = Some(*seen),
                (_, None) => {}
            }
        }
    }
}

fn dot(a: &[f32; POINTS], b: &[f32; POINTS]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>())
}
