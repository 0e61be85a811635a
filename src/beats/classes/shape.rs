//! The shape of one QRS complex, and how like another it is.
//!
//! A shape is 256 ms about the R peak at every fourth millisecond, each lead about its own mean, smoothed over 18 ms
//! (which also silences mains of 50 and 60 Hz). A beat is [`Cut`] a little wider, so that it can be compared with a known
//! [`Shape`] in every alignment: by correlation and by the ratio of the amplitudes, over the leads that both have, each
//! lead with its weight. Its P wave, if there is one, lies in the 192 ms before and is compared by itself.

use super::recent::Recent;

/// Points of a shape: 108 ms before to 144 ms after the R peak ...
pub(super) const POINTS: usize = 64;
const BEFORE: u64 = 54;
/// Points before it, where a P wave would be: 300 to 108 ms before the R peak ...
const P_POINTS: usize = 48;
/// ... at every second sample, as little is left above 25 Hz.
const STEP: usize = 2;
/// R peaks of like beats lie up to 40 ms apart: a notch may be the largest point now and then.
const LARGEST_SHIFT: usize = 10;
/// Alignments that are tried.
const SHIFTS: usize = 2 * LARGEST_SHIFT + 1;
/// Points of a cut beat.
const CUT: usize = P_POINTS + POINTS + 2 * LARGEST_SHIFT;
/// Samples over which a point is averaged: 18 ms.
const SMOOTH: usize = 9;

/// A P wave has at least this part of the energy of the QRS complex: some 0.05 mV beside 1 mV.
const LEAST_P: f64 = 0.001;

/// First sample that a cut needs, before the R peak.
const FIRST: u64 = BEFORE + ((P_POINTS + LARGEST_SHIFT) * STEP) as u64 + (SMOOTH / 2) as u64;
/// Samples that it needs.
const SAMPLES: usize = (CUT - 1) * STEP + SMOOTH;
/// Samples after the R peak that a cut reaches to.
pub(super) const AFTER: u64 = SAMPLES as u64 - FIRST;

/// How like two shapes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Likeness {
    /// From -1 to 1.
    pub correlation: f64,
    /// Amplitude of the one in parts of the other's.
    pub amplitude: f64,
    /// The alignment it was found in: index of the first point of the cut.
    pub shift: usize,
}

impl Likeness {
    /// Norm of the difference in parts of the other's norm: 0 for the same, about 1.4 for an unlike one as large.
    pub fn difference(self) -> f64 {
        (1.0 + self.amplitude * (self.amplitude - 2.0 * self.correlation)).max(0.0).sqrt()
    }
}

/// A beat in all its alignments.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    leads: Vec<CutLead>,
}

#[derive(Clone, Debug)]
struct CutLead {
    /// Could the lead be used?
    known: bool,
    points: [f32; CUT],
    /// Sum of the points, and sum of their squares about their mean, from each shift on.
    sums: [f32; SHIFTS],
    energies: [f32; SHIFTS],
}

impl Cut {
    /// Room for so many leads.
    pub fn new(lead_count: usize) -> Cut {
        let lead = CutLead { known: false, points: [0.0; CUT], sums: [0.0; SHIFTS], energies: [0.0; SHIFTS] };
        Cut { leads: vec![lead; lead_count] }
    }

    /// Cuts the beat about this R peak; false when no lead has all of it.
    pub fn take(&mut self, recent: &Recent, r_peak: u64) -> bool {
        let Some(from) = r_peak.checked_sub(FIRST) else { return false };
        for (index, lead) in self.leads.iter_mut().enumerate() {
            let samples = recent.lead_mv(index, from, SAMPLES);
            lead.known = samples.is_some();
            if let Some(samples) = samples {
                lead.fill(samples);
            }
        }
        self.leads.iter().any(|lead| lead.known)
    }

    /// How fast the beat moves, aligned so: root mean square step between points in parts of its amplitude. A wide
    /// complex is slow whatever its size.
    pub fn speed(&self, weights: &[f32], shift: usize) -> f64 {
        let (mut steps, mut energy) = (0.0_f64, 1e-12_f64);
        for (lead, weight) in self.leads.iter().zip(weights).filter(|(lead, _)| lead.known) {
            let squares: f32 = lead.qrs(shift).windows(2).map(|two| (two[1] - two[0]) * (two[1] - two[0])).sum();
            steps += f64::from(weight * squares);
            energy += f64::from(weight * lead.energies[shift]);
        }
        (steps / energy).sqrt()
    }
}

impl CutLead {
    fn qrs(&self, shift: usize) -> &[f32] {
        &self.points[P_POINTS + shift..P_POINTS + shift + POINTS]
    }

    fn p(&self, shift: usize) -> &[f32] {
        &self.points[shift..shift + P_POINTS]
    }

    fn fill(&mut self, samples: &[f32]) {
        for (point, smoothed) in self.points.iter_mut().zip(samples.windows(SMOOTH).step_by(STEP)) {
            *point = smoothed.iter().sum::<f32>() / SMOOTH as f32;
        }
        let points = &self.points[P_POINTS..];
        let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
        for (index, point) in points.iter().enumerate() {
            let (entered, left) = (f64::from(*point), index.checked_sub(POINTS).map(|at| f64::from(points[at])));
            sum += entered - left.unwrap_or(0.0);
            squares += entered * entered - left.map_or(0.0, |left| left * left);
            if let Some(shift) = (index + 1).checked_sub(POINTS) {
                self.sums[shift] = sum as f32;
                self.energies[shift] = (squares - sum * sum / POINTS as f64).max(0.0) as f32;
            }
        }
    }
}

/// A known QRS complex; one entry a lead.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    leads: Vec<ShapeLead>,
}

#[derive(Clone, Debug)]
struct ShapeLead {
    known: bool,
    /// About their mean.
    points: [f32; POINTS],
    energy: f32,
    /// What comes before, about its mean.
    p_points: [f32; P_POINTS],
}

impl Shape {
    /// Room for so many leads; nothing is known of them.
    pub fn new(lead_count: usize) -> Shape {
        Shape {
            leads: vec![
                ShapeLead { known: false, points: [0.0; POINTS], energy: 0.0, p_points: [0.0; P_POINTS] };
                lead_count
            ],
        }
    }

    /// Forgets what it was.
    pub fn clear(&mut self) {
        for lead in &mut self.leads {
            (lead.known, lead.p_points) = (false, [0.0; P_POINTS]);
        }
    }

    /// Energy of a lead: sum of squares about the mean.
    pub fn energy(&self, lead: usize) -> f64 {
        f64::from(self.leads[lead].energy)
    }

    /// How like this one the beat is where both are aligned best; `None` without a lead in common.
    pub fn likeness(&self, beat: &Cut, weights: &[f32]) -> Option<Likeness> {
        let at = |shift: usize| self.likeness_at(beat, weights, shift);
        // At every third alignment first, then beside the best of these.
        let better = |a: &Likeness, b: &Likeness| a.correlation.total_cmp(&b.correlation);
        let coarse = (1..SHIFTS).step_by(3).filter_map(at).max_by(better)?;
        [coarse.shift - 1, coarse.shift + 1].into_iter().filter_map(at).chain([coarse]).max_by(better)
    }

    fn likeness_at(&self, beat: &Cut, weights: &[f32], shift: usize) -> Option<Likeness> {
        let (mut product, mut own, mut others) = (0.0_f64, 0.0_f64, 0.0_f64);
        for ((known, seen), weight) in self.leads.iter().zip(&beat.leads).zip(weights) {
            if known.known && seen.known {
                let weight = f64::from(*weight);
                product += weight * f64::from(dot(&known.points, seen.qrs(shift)));
                own += weight * f64::from(seen.energies[shift]);
                others += weight * f64::from(known.energy);
            }
        }
        let norms = (own * others).sqrt();
        (norms > 0.0 && norms.is_finite()).then(|| Likeness {
            correlation: product / norms,
            amplitude: (own / others).sqrt(),
            shift,
        })
    }

    /// Energy of the difference between a lead of the beat, aligned so, and this one; `None` where the lead is not known.
    pub fn rest(&self, beat: &Cut, lead: usize, shift: usize) -> Option<f64> {
        let (known, seen) = (&self.leads[lead], &beat.leads[lead]);
        (known.known && seen.known).then(|| {
            let product = dot(&known.points, seen.qrs(shift));
            f64::from((seen.energies[shift] + known.energy - 2.0 * product).max(0.0))
        })
    }

    /// Moves a part of the way to the beat, aligned so.
    pub fn learn(&mut self, beat: &Cut, shift: usize, part: f64) {
        for (own, seen) in self.leads.iter_mut().zip(&beat.leads).filter(|(_, seen)| seen.known) {
            let part = if own.known { part as f32 } else { 1.0 };
            let mean = seen.sums[shift] / POINTS as f32;
            for (own, seen) in own.points.iter_mut().zip(seen.qrs(shift)) {
                *own += part * (*seen - mean - *own);
            }
            own.energy = dot(&own.points, &own.points);
            own.known = true;
        }
    }

    /// How like what comes before the beat, aligned so, is to the P wave of this one; `None` when it has none.
    pub fn p_likeness(&self, beat: &Cut, weights: &[f32], shift: usize) -> Option<Likeness> {
        let pairs = self.leads.iter().zip(&beat.leads).zip(weights);
        let pairs = pairs.filter(|((known, seen), _)| known.known && seen.known);
        p_likeness(pairs.map(|((known, seen), weight)| (known, seen.p(shift), *weight)), shift)
    }

    /// How like what comes before `other` is to the P wave of this one; `None` when it has none.
    pub fn p_likeness_of(&self, other: &Shape, weights: &[f32]) -> Option<Likeness> {
        let pairs = self.leads.iter().zip(&other.leads).zip(weights);
        let pairs = pairs.filter(|((known, seen), _)| known.known && seen.known);
        let pairs = pairs.map(|((known, seen), weight)| (known, &seen.p_points[..], *weight));
        p_likeness(pairs, Shape::UNSHIFTED)
    }

    /// Moves what comes before a part of the way to that of the beat, aligned so.
    pub fn learn_p(&mut self, beat: &Cut, shift: usize, part: f64) {
        for (own, seen) in self.leads.iter_mut().zip(&beat.leads).filter(|(_, seen)| seen.known) {
            let seen = seen.p(shift);
            let mean = seen.iter().sum::<f32>() / P_POINTS as f32;
            for (own, seen) in own.p_points.iter_mut().zip(seen) {
                *own += part as f32 * (*seen - mean - *own);
            }
        }
    }

    /// The alignment of a beat with itself.
    pub const UNSHIFTED: usize = LARGEST_SHIFT;
}

/// Of what comes before known complexes, and seen points.
fn p_likeness<'a>(leads: impl Iterator<Item = (&'a ShapeLead, &'a [f32], f32)>, shift: usize) -> Option<Likeness> {
    let (mut product, mut own, mut others, mut qrs) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for (known, seen, weight) in leads {
        let (sum, weight) = (seen.iter().sum::<f32>(), f64::from(weight));
        product += weight * f64::from(dot(&known.p_points, seen));
        own += weight * f64::from((dot(seen, seen) - sum * sum / P_POINTS as f32).max(0.0));
        others += weight * f64::from(dot(&known.p_points, &known.p_points));
        qrs += weight * f64::from(known.energy);
    }
    let norms = (own * others).sqrt();
    (norms > 0.0 && norms.is_finite() && others > LEAST_P * qrs).then(|| Likeness {
        correlation: product / norms,
        amplitude: (own / others).sqrt(),
        shift,
    })
}

/// Eight sums side by side, which the compiler turns into vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}
