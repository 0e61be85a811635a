//! A causal QRS detector over all usable leads at once.
//!
//! In goes one sample a lead at a time, out comes a beat 160 to 200 ms after its R peak, or later when a weak one is only
//! believed because none else came (search-back). What is seen on the leads ([`feature`]) is put together by how
//! noisy each is. A peak of it is a candidate; its size, the noise before it and its likeness to earlier beats
//! ([`shapes`]) make the evidence that it is a beat; together with the rhythm it decides ([`path`]). Everything adapts to
//! what was seen, without look-ahead, and when nothing comes for long, the levels fade so that smaller complexes are
//! seen again.

mod feature;
mod path;
mod shapes;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::signal::RATE_HZ;
use feature::{LeadFeature, NOISE_DELAY};
use path::{Candidate, Path};
use shapes::Shapes;

/// A complex is over when nothing larger comes for 100 ms.
const PEAK_HOLD: u64 = samples(0.1);
/// Levels are learned for 2 s before the first beat is given.
const LEARNING: u64 = samples(2.0);
/// The monitoring filter delays the R peak by this much (held by the tests of R positions in `measure`).
const MONITORING_DELAY: u64 = 3;

/// A peak below this part of a typical complex is not looked at.
const SMALLEST: f64 = 0.2;

/// The evidence that a candidate is a beat, in log odds: how much each e-fold of its size in both bands adds, and takes
/// each e-fold of the noise before it, and of what is left over when an earlier beat is taken from it.
///
/// The weights began as those of a logistic regression over the candidates of MIT-BIH records; then single steps were
/// taken as long as errors fell over these, one lead alone, records with noise added, QT and CPSC 2021 together. None of
/// them is critical.
const NARROW_ADDS: f64 = 8.0;
const WIDE_ADDS: f64 = 0.8;
const NOISE_TAKES: f64 = 2.2;
const LEAST_NOISE: f64 = 0.01;
/// In the wide band few T waves are as large as this part of a typical complex, and what is as large as the other is a slow
/// complex from the ventricles, however small its slope; but not in noise, of which each part takes so much from it.
const LARGE_T: f64 = 1.1;
const SURELY_SLOW: f64 = 1.6;
const NOISE_HIDES: f64 = 6.0;
/// A slow complex counts as no more than this part of a steep one.
const MOST_SLOW: f64 = 0.7;
/// After a large complex its own end and its T wave follow, which are smaller: for 360 ms the wide band is told in parts
/// of this much of it.
const FOLLOWS: u64 = samples(0.36);
const FOLLOWS_PART: f64 = 0.8;
/// Once the T wave is over, nothing but a complex is wide: from this part of a typical one it counts, at the other fully.
const SLOW_AFTER_T: std::ops::Range<f64> = 0.5..1.1;
const NOISE_HIDES_AFTER_T: f64 = 5.0;
const UNLIKE_TAKES: f64 = 1.4;
/// What is left over of an ordinary beat, and at least.
const ORDINARY_UNLIKE: f64 = 0.4;
const LEAST_UNLIKE: f64 = 0.1;

/// Shapes are learned from beats with more evidence than this.
const SURE: f64 = -1.0;

/// No beat waits longer than this for what follows it, search-back excepted.
const LONGEST_WAIT: u64 = samples(0.3);

/// Leads are weighed anew every 20 ms.
const WEIGHED_EVERY: u64 = samples(0.02);

/// The complex lies within 140 ms before the largest slope.
const DEFLECTION_BEFORE: u64 = samples(0.14);
/// How long the fused deflection is kept, for the position of the R peak.
const DEFLECTION_KEPT: u64 = samples(0.4);

/// Values of the features within these samples of an R peak belong to the beat.
const BEAT_BEFORE: u64 = samples(0.06);
const BEAT_AFTER: u64 = samples(0.22);

const fn samples(seconds: f64) -> u64 {
    (seconds * RATE_HZ) as u64
}

/// A beat as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedBeat {
    /// Sample of the R peak, counted from the detector's start.
    pub r_peak: u64,
    /// Sample at which it was decided.
    pub decided: u64,
}

/// Finds beats in one stretch of continuous samples.
#[derive(Clone, Debug)]
pub struct Detector {
    leads: Vec<LeadFeature>,
    /// How much each lead counts; 0 while it cannot be used.
    weights: Vec<f64>,
    now: u64,
    /// Learning begins with the first usable lead.
    learn_until: Option<u64>,
    peak: Option<Peak>,
    /// The widest of the latest candidates: its R peak and what it showed in the wide band.
    widest: Option<(u64, f64)>,
    shapes: Shapes,
    path: Path,
    /// The last [`DEFLECTION_KEPT`] samples of the deflection of all leads together.
    deflection: VecDeque<f64>,
}

/// All usable leads together, in parts of a typical complex.
#[derive(Clone, Copy, Debug, Default)]
struct Fused {
    narrow: f64,
    wide: f64,
    noise: f64,
    wide_noise: f64,
    deflection: f64,
}

/// A peak of the features that may be a candidate.
#[derive(Clone, Copy, Debug)]
struct Peak {
    at: u64,
    /// The largest in each band, the noise at its begin.
    seen: Fused,
}

impl Detector {
    /// For this many leads.
    pub fn new(lead_count: usize) -> Detector {
        Detector {
            leads: vec![LeadFeature::new(); lead_count],
            weights: vec![0.0; lead_count],
            now: 0,
            learn_until: None,
            peak: None,
            widest: None,
            shapes: Shapes::new(lead_count),
            path: Path::new(),
            deflection: VecDeque::with_capacity(DEFLECTION_KEPT as usize),
        }
    }

    /// Starts a new stretch: sample counting and filters begin anew, what was learned stays.
    pub fn restart(&mut self) {
        self.leads.iter_mut().for_each(LeadFeature::restart);
        self.shapes.restart();
        self.now = 0;
        self.learn_until = self.has_learned().then_some(0);
        (self.peak, self.widest) = (None, None);
        self.path = Path::new();
        self.deflection.clear();
    }

    /// Has it learned what a beat looks like here?
    pub fn is_ready(&self) -> bool {
        self.learn_until.is_some_and(|until| self.now >= until)
    }

    /// What each lead shows between beats in the QRS band, in parts of what it shows at a beat: how well beats stand out.
    pub fn noise(&self) -> impl Iterator<Item = f64> + Clone {
        self.leads.iter().map(LeadFeature::noise_at_level)
    }

    fn has_learned(&self) -> bool {
        self.leads.iter().any(LeadFeature::has_learned)
    }

    /// Takes the next sample: one value in mV a lead, and whether that lead can be used.
    pub fn push(&mut self, samples_mv: impl Iterator<Item = (f32, bool)>) -> Option<DetectedBeat> {
        let now = self.now;
        let fused = self.fuse(samples_mv);
        self.now += 1;
        self.shapes.push(self.leads.iter().map(|lead| lead.monitoring_mv));
        if self.deflection.len() as u64 == DEFLECTION_KEPT {
            self.deflection.pop_front();
        }
        self.deflection.push_back(fused.map_or(0.0, |fused| fused.deflection));
        let Some(fused) = fused else {
            self.peak = None;
            return None;
        };
        let learn_until = *self.learn_until.get_or_insert(now + LEARNING);
        if now < learn_until {
            return None;
        }
        if now == learn_until && !self.has_learned() {
            self.leads.iter_mut().for_each(LeadFeature::begin);
            return None;
        }
        if let Some(peak) = self.find_peak(now, fused) {
            let (candidate, evidence_after_t) = self.weigh(peak);
            self.path.push(candidate, evidence_after_t);
        }
        let beat = self.path.decide(now)?;
        self.learn(beat, now);
        Some(DetectedBeat { r_peak: beat.r_peak, decided: now })
    }

    /// The stretch ends: beats that wait for what follows them are decided on as if the last sample stayed. After this only
    /// [`restart`](Detector::restart) goes on.
    pub fn rest(&mut self) -> Vec<DetectedBeat> {
        let end = self.now;
        let is_usable = |weight: &f64| *weight > 0.0;
        let last: Vec<(f32, bool)> = self
            .leads
            .iter()
            .zip(&self.weights)
            .map(|(lead, weight)| (lead.last_mv() as f32, is_usable(weight)))
            .collect();
        let hold = |_| self.push(last.iter().copied());
        (0..LONGEST_WAIT).filter_map(hold).filter(|beat| beat.r_peak < end).collect()
    }

    /// `None` when no lead can be used.
    fn fuse(&mut self, samples_mv: impl Iterator<Item = (f32, bool)>) -> Option<Fused> {
        let fade = self.now.is_multiple_of(WEIGHED_EVERY).then(|| self.fade());
        let is_noise = !self.belongs_to_beat(self.now.saturating_sub(NOISE_DELAY));
        let (mut fused, mut narrow_weights, mut wide_weights) = (Fused::default(), 0.0, 0.0);
        for ((lead, weight), (sample_mv, usable)) in self.leads.iter_mut().zip(&mut self.weights).zip(samples_mv) {
            let shown = lead.push(f64::from(sample_mv));
            if is_noise {
                lead.learn_noise();
            }
            if let Some(fade) = fade {
                lead.weigh(fade);
            }
            *weight = 0.0;
            if usable {
                let (narrow, wide) = lead.weights();
                let (noise, wide_noise) = lead.noise();
                *weight = narrow;
                fused.narrow += narrow * shown.narrow;
                fused.noise += narrow * noise;
                fused.deflection += narrow * shown.deflection;
                fused.wide += wide * shown.wide;
                fused.wide_noise += wide * wide_noise;
                narrow_weights += narrow;
                wide_weights += wide;
            }
        }
        (narrow_weights > 0.0).then(|| Fused {
            narrow: fused.narrow / narrow_weights,
            noise: fused.noise / narrow_weights,
            deflection: fused.deflection / narrow_weights,
            wide: fused.wide / wide_weights,
            wide_noise: fused.wide_noise / wide_weights,
        })
    }

    /// Part of the learned level that still counts: all of it while beats come, less and less after 1.5 s without.
    fn fade(&self) -> f64 {
        let Some(since) = self.path.last_beat().or(self.learn_until) else { return 1.0 };
        let silent_s = self.now.saturating_sub(since) as f64 / RATE_HZ;
        let patience_s = (1.5 * self.path.interval_s()).max(1.5);
        if silent_s <= patience_s { 1.0 } else { (-(silent_s - patience_s) / 1.5).exp() }
    }

    /// Does what the features showed at this sample come from a beat?
    fn belongs_to_beat(&self, at: u64) -> bool {
        let near = |r_peak: u64| at + BEAT_BEFORE >= r_peak && at <= r_peak + BEAT_AFTER;
        self.path.latest_beats().take_while(|r_peak| at <= r_peak + BEAT_AFTER).any(near)
    }

    /// Is a peak over with this sample?
    fn find_peak(&mut self, now: u64, fused: Fused) -> Option<Peak> {
        match &mut self.peak {
            Some(peak) => {
                peak.seen.wide = peak.seen.wide.max(fused.wide);
                if fused.narrow > peak.seen.narrow {
                    peak.seen.narrow = fused.narrow;
                    peak.at = now;
                } else if fused.narrow < 0.5 * peak.seen.narrow || now > peak.at + PEAK_HOLD {
                    return self.peak.take();
                }
            }
            None if fused.narrow > SMALLEST => self.peak = Some(Peak { at: now, seen: fused }),
            None => {}
        }
        None
    }

    /// A peak as candidate, and its evidence where it cannot be a T wave.
    fn weigh(&mut self, peak: Peak) -> (Candidate, f64) {
        let r_peak = self.locate(peak.at);
        let unlike = self.shapes.unlike(r_peak, &self.weights).unwrap_or(1.0);
        let unlike = (unlike + LEAST_UNLIKE) / (ORDINARY_UNLIKE + LEAST_UNLIKE);
        let noise = (peak.seen.noise + LEAST_NOISE) * (peak.seen.wide_noise + LEAST_NOISE);
        let evidence = |slow: f64| {
            let narrow = peak.seen.narrow.max(slow.min(MOST_SLOW));
            let size = NARROW_ADDS * narrow.ln() + WIDE_ADDS * peak.seen.wide.max(1e-3).ln();
            size - NOISE_TAKES * noise.ln() - UNLIKE_TAKES * unlike.ln()
        };
        let wide = peak.seen.wide / self.follows(r_peak, peak.seen.wide);
        let slow = (wide - LARGE_T - NOISE_HIDES * peak.seen.noise) / (SURELY_SLOW - LARGE_T);
        let from = SLOW_AFTER_T.start + NOISE_HIDES_AFTER_T * peak.seen.noise;
        let slow_after_t = MOST_SLOW * (wide - from) / (SLOW_AFTER_T.end - SLOW_AFTER_T.start);
        (Candidate { r_peak, at: peak.at, evidence: evidence(slow) }, evidence(slow.max(slow_after_t)))
    }

    /// What the wide band is to be told in, 1 or more: is this the end of the complex before, or its T wave?
    fn follows(&mut self, r_peak: u64, wide: f64) -> f64 {
        let before = self.widest.filter(|(at, _)| r_peak <= at + FOLLOWS);
        if before.is_none_or(|(_, widest)| wide > widest) {
            self.widest = Some((r_peak, wide));
        }
        before.filter(|(at, _)| r_peak > *at).map_or(1.0, |(_, widest)| (FOLLOWS_PART * widest).max(1.0))
    }

    fn learn(&mut self, beat: Candidate, now: u64) {
        if beat.evidence > SURE {
            self.shapes.learn(beat.r_peak, &self.weights);
        }
        let probability = 1.0 / (1.0 + (-beat.evidence).exp());
        for lead in &mut self.leads {
            lead.learn_beat((now - beat.at) as usize, probability);
        }
    }

    /// The largest deflection in the window that gave the features their largest value.
    fn locate(&self, at: u64) -> u64 {
        let oldest = self.now - self.deflection.len() as u64;
        let from = at.saturating_sub(DEFLECTION_BEFORE).max(oldest);
        let height = |sample: u64| self.deflection[(sample - oldest) as usize];
        let peak = (from..=at).max_by(|a, b| height(*a).total_cmp(&height(*b))).unwrap_or(at);
        peak.saturating_sub(MONITORING_DELAY)
    }
}
