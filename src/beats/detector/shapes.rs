//! What beats of this patient looked like lately, to tell a disturbance of their size from one of them.
//!
//! In go the monitoring band of every lead and the places of beats, out comes how unlike all shapes known a complex is.

use std::collections::VecDeque;

use super::{MONITORING_DELAY, samples};

/// A shape begins 50 ms before the R peak ...
const BEFORE: i64 = 25;
/// ... and has every second sample (the band ends at 40 Hz) of 120 ms.
const STEP: usize = 2;
const POINTS: usize = 30;
/// R peaks are told to within 24 ms; shapes are compared at every third sample of these.
const LARGEST_SHIFT: i64 = 12;
const SHIFT: usize = 3;

/// The last half second is kept.
const KEPT: usize = samples(0.512) as usize;

/// The most shapes; the one used least gives way.
const MOST: usize = 6;
/// A beat joins a shape when less than this part of the shape's energy is left over.
const JOINS: f64 = 0.4;
/// A shape counts when so many beats had it: a disturbance does not repeat itself so often.
const KNOWN_BEATS: u32 = 5;
/// It is the mean of about so many.
const MEAN_BEATS: u32 = 10;
/// The use of a shape fades within two minutes.
const FADES_S: f64 = 120.0;

type Points = [f32; POINTS];

#[derive(Clone, Debug)]
struct Shape {
    leads: Vec<Points>,
    energies: Vec<f64>,
    beats: u32,
    used: u64,
}

/// A shape, where it lies best, and what is left over there.
#[derive(Clone, Copy, Debug)]
struct Match {
    shape: usize,
    from: i64,
    unlike: f64,
}

/// The shapes of one bed.
#[derive(Clone, Debug)]
pub(super) struct Shapes {
    /// A lead's last samples in mV, the newest last.
    recent_mv: Vec<VecDeque<f32>>,
    now: u64,
    known: Vec<Shape>,
    cut: Vec<Points>,
}

impl Shapes {
    pub fn new(lead_count: usize) -> Shapes {
        Shapes {
            recent_mv: vec![VecDeque::from(vec![0.0; KEPT]); lead_count],
            now: 0,
            known: Vec::with_capacity(MOST),
            cut: vec![[0.0; POINTS]; lead_count],
        }
    }

    /// Samples count from 0 again, the shapes stay.
    pub fn restart(&mut self) {
        self.now = 0;
        for shape in &mut self.known {
            shape.used = 0;
        }
        self.recent_mv.iter_mut().flatten().for_each(|value| *value = 0.0);
    }

    /// Takes the next sample of every lead in the monitoring band.
    pub fn push(&mut self, samples_mv: impl Iterator<Item = f64>) {
        for (recent_mv, sample_mv) in self.recent_mv.iter_mut().zip(samples_mv) {
            recent_mv.pop_front();
            recent_mv.push_back(sample_mv as f32);
        }
        self.now += 1;
    }

    /// Which part of a shape's energy is left over when the most like one is taken from what is about `r_peak`, 0 to 1;
    /// `None` before any shape is known. `weights` says how much each lead counts.
    pub fn unlike(&mut self, r_peak: u64, weights: &[f64]) -> Option<f64> {
        self.closest(r_peak, weights, KNOWN_BEATS).map(|closest| closest.unlike.min(1.0))
    }

    /// Learns from a beat.
    pub fn learn(&mut self, r_peak: u64, weights: &[f64]) {
        match self.closest(r_peak, weights, 1) {
            Some(closest) if closest.unlike < JOINS => {
                self.cut_out(closest.from);
                let shape = &mut self.known[closest.shape];
                shape.beats += 1;
                shape.used = r_peak;
                let part = 1.0 / shape.beats.min(MEAN_BEATS) as f32;
                for (own, seen) in shape.leads.iter_mut().zip(&self.cut) {
                    own.iter_mut().zip(seen).for_each(|(own, seen)| *own += part * (seen - *own));
                }
                shape.energies.iter_mut().zip(&shape.leads).for_each(|(energy, lead)| *energy = energy_of(lead));
            }
            _ => {
                self.cut_out(first_sample(r_peak));
                let energies = self.cut.iter().map(energy_of).collect();
                let shape = Shape { leads: self.cut.clone(), energies, beats: 1, used: r_peak };
                if self.known.len() < MOST {
                    self.known.push(shape);
                } else if let Some(least) = self.least_used() {
                    self.known[least] = shape;
                }
            }
        }
    }

    fn least_used(&self) -> Option<usize> {
        let use_of = |shape: &Shape| {
            let ago_s = (self.now.saturating_sub(shape.used)) as f64 / crate::signal::RATE_HZ;
            f64::from(shape.beats.min(50)) * (-ago_s / FADES_S).exp()
        };
        (0..self.known.len()).min_by(|a, b| use_of(&self.known[*a]).total_cmp(&use_of(&self.known[*b])))
    }

    fn closest(&mut self, r_peak: u64, weights: &[f64], least_beats: u32) -> Option<Match> {
        if self.known.iter().all(|shape| shape.beats < least_beats) {
            return None;
        }
        let total: f64 = weights.iter().sum();
        let mut closest: Option<Match> = None;
        for shift in (-LARGEST_SHIFT..=LARGEST_SHIFT).step_by(SHIFT) {
            let from = first_sample(r_peak) + shift;
            self.cut_out(from);
            for (index, shape) in self.known.iter().enumerate().filter(|(_, shape)| shape.beats >= least_beats) {
                let left = |(lead, weight): (usize, &f64)| {
                    let difference = difference(&shape.leads[lead], &self.cut[lead]);
                    // A single lead with an artifact is not all there is.
                    weight * (difference / (shape.energies[lead] + 1e-6)).min(2.0)
                };
                let unlike = weights.iter().enumerate().map(left).sum::<f64>() / total;
                if closest.is_none_or(|closest| unlike < closest.unlike) {
                    closest = Some(Match { shape: index, from, unlike });
                }
            }
        }
        closest
    }

    /// Copies what begins at this sample, each lead about its own mean. Where nothing is kept any more, or yet, stands the
    /// nearest sample.
    fn cut_out(&mut self, from: i64) {
        let oldest = self.now as i64 - KEPT as i64;
        for (points, recent_mv) in self.cut.iter_mut().zip(&self.recent_mv) {
            for (k, point) in points.iter_mut().enumerate() {
                let at = from + (k * STEP) as i64 - oldest;
                *point = recent_mv[at.clamp(0, KEPT as i64 - 1) as usize];
            }
            let mean = points.iter().sum::<f32>() / POINTS as f32;
            for point in points {
                *point -= mean;
            }
        }
    }
}

/// Where a shape begins in the filtered signal.
fn first_sample(r_peak: u64) -> i64 {
    (r_peak + MONITORING_DELAY) as i64 - BEFORE
}

fn energy_of(points: &Points) -> f64 {
    f64::from(points.iter().map(|value| value * value).sum::<f32>())
}

fn difference(a: &Points, b: &Points) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>())
}
