//! A causal QRS detector over all usable leads at once.
//!
//! In goes one sample a lead at a time, out comes a beat about 100 ms after its R peak. Thresholds adapt to what was
//! seen, without look-ahead; a missed beat is searched back for after 1.6 RR intervals, and when nothing comes for
//! long, the level fades so that smaller complexes are seen again.

use std::collections::VecDeque;

use super::feature::{LeadFeature, WINDOW};
use crate::signal::RATE_HZ;

/// No second beat within 200 ms: 300 bpm.
const REFRACTORY: u64 = samples(0.2);
/// Until here after a beat a T wave may look like one, so more is asked.
const T_WAVE_UNTIL: u64 = samples(0.4);
/// A complex is over when nothing larger comes for 100 ms.
const PEAK_HOLD: u64 = samples(0.1);
/// Levels are learned for 2 s before the first beat is given.
const LEARNING: u64 = samples(2.0);
/// The monitoring filter delays the R peak by this much (held by the tests of R positions in `measure`).
const MONITORING_DELAY: u64 = 3;

/// Thresholds in parts of a typical complex.
const THRESHOLD: f64 = 0.35;
const THRESHOLD_NEAR_T: f64 = 0.65;
const THRESHOLD_BACK: f64 = 0.2;

/// How long the fused deflection is kept, for the position of the R peak.
const DEFLECTION_KEPT: u64 = samples(0.3);

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
    now: u64,
    /// Learning begins with the first usable lead.
    learn_until: Option<u64>,
    last: Option<u64>,
    intervals: VecDeque<u64>,
    candidate: Option<Candidate>,
    missed: Option<Candidate>,
    /// The last [`DEFLECTION_KEPT`] samples of the deflection of all leads together.
    deflection: VecDeque<f64>,
    fused_noise: f64,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    at: u64,
    value: f64,
    r_peak: u64,
    over: bool,
}

impl Detector {
    /// For this many leads.
    pub fn new(lead_count: usize) -> Detector {
        Detector {
            leads: vec![LeadFeature::new(); lead_count],
            now: 0,
            learn_until: None,
            last: None,
            intervals: VecDeque::with_capacity(8),
            candidate: None,
            missed: None,
            deflection: VecDeque::with_capacity(DEFLECTION_KEPT as usize),
            fused_noise: 0.0,
        }
    }

    /// Starts a new stretch: sample counting and filters begin anew, levels stay as they were learned.
    pub fn restart(&mut self) {
        for lead in &mut self.leads {
            lead.restart();
        }
        let learned = self.leads.iter().any(|lead| lead.level.is_some());
        let leads = std::mem::take(&mut self.leads);
        *self =
            Detector { leads, learn_until: learned.then_some(0), fused_noise: self.fused_noise, ..Detector::new(0) };
    }

    /// Has it learned what a beat looks like here?
    pub fn is_ready(&self) -> bool {
        self.learn_until.is_some_and(|until| self.now >= until)
    }

    /// Takes the next sample: one value in mV a lead, and whether that lead can be used.
    pub fn push(&mut self, samples_mv: impl Iterator<Item = (f32, bool)>) -> Option<DetectedBeat> {
        let fade = self.fade();
        let (mut sum, mut deflection, mut weights) = (0.0, 0.0, 0.0);
        for (lead, (sample_mv, usable)) in self.leads.iter_mut().zip(samples_mv) {
            lead.push(f64::from(sample_mv));
            if usable {
                let (weight, level) = (lead.weight(), lead.level_faded(fade));
                sum += weight * lead.value / level;
                deflection += weight * lead.monitoring_mv.abs() / level;
                weights += weight;
            }
        }
        let now = self.now;
        self.now += 1;
        if self.deflection.len() as u64 == DEFLECTION_KEPT {
            self.deflection.pop_front();
        }
        self.deflection.push_back(deflection);
        if weights == 0.0 {
            self.candidate = None;
            return None;
        }
        let learn_until = *self.learn_until.get_or_insert(now + LEARNING);
        if now < learn_until {
            return None;
        }
        if now == learn_until && self.leads.iter().all(|lead| lead.level.is_none()) {
            for lead in &mut self.leads {
                lead.level = Some(0.8 * lead.largest);
                lead.largest = 0.0;
            }
            return None;
        }
        self.decide(now, sum / weights)
    }

    /// Part of the learned level that still counts: all of it while beats come, less and less after 1.5 s without.
    fn fade(&self) -> f64 {
        let Some(since) = self.last.or(self.learn_until) else { return 1.0 };
        let silent_s = self.now.saturating_sub(since) as f64 / RATE_HZ;
        let patience_s = (1.5 * self.mean_interval_s()).max(1.5);
        if silent_s <= patience_s { 1.0 } else { (-(silent_s - patience_s) / 1.5).exp() }
    }

    fn mean_interval_s(&self) -> f64 {
        if self.intervals.is_empty() {
            return 1.0;
        }
        let mean = self.intervals.iter().sum::<u64>() as f64 / self.intervals.len() as f64;
        (mean / RATE_HZ).clamp(0.25, 2.0)
    }

    fn threshold(&self, now: u64) -> f64 {
        let noise = (2.5 * self.fused_noise).min(0.6);
        let Some(last) = self.last else { return THRESHOLD.max(noise) };
        let since = now.saturating_sub(last);
        if since >= T_WAVE_UNTIL {
            return THRESHOLD.max(noise);
        }
        let part = since.saturating_sub(REFRACTORY) as f64 / (T_WAVE_UNTIL - REFRACTORY) as f64;
        (THRESHOLD_NEAR_T + (THRESHOLD - THRESHOLD_NEAR_T) * part).max(noise)
    }

    fn decide(&mut self, now: u64, value: f64) -> Option<DetectedBeat> {
        // The feature peaks when the complex fills its window, half a window after the complex.
        let centre = now.saturating_sub(WINDOW as u64 / 2);
        let refractory = self.last.is_some_and(|last| centre < last + REFRACTORY);
        if refractory {
            return None;
        }
        if value < 0.25 && self.last.is_none_or(|last| now > last + samples(0.15)) {
            self.fused_noise += (value - self.fused_noise) / 1000.0;
            self.leads.iter_mut().for_each(LeadFeature::learn_noise);
        }
        let threshold = self.threshold(centre);
        match &mut self.candidate {
            Some(candidate) if value > candidate.value => {
                *candidate = Candidate { at: now, value, r_peak: centre, over: candidate.over || value > threshold };
            }
            Some(candidate) if value < 0.5 * candidate.value || now > candidate.at + PEAK_HOLD => {
                let mut ended = *candidate;
                ended.r_peak = self.locate(ended.at);
                self.candidate = None;
                if ended.over {
                    return Some(self.accept(ended, now));
                }
                if self.missed.is_none_or(|missed| ended.value > missed.value) {
                    self.missed = Some(ended);
                }
            }
            None if value > THRESHOLD_BACK => {
                self.candidate = Some(Candidate { at: now, value, r_peak: centre, over: value > threshold });
            }
            _ => {}
        }
        self.search_back(now)
    }

    fn search_back(&mut self, now: u64) -> Option<DetectedBeat> {
        let (last, missed) = (self.last?, self.missed?);
        let overdue = last + (1.6 * self.mean_interval_s() * RATE_HZ) as u64;
        let not_a_t_wave = missed.r_peak > last + T_WAVE_UNTIL;
        (self.candidate.is_none() && now > overdue && not_a_t_wave).then(|| self.accept(missed, now))
    }

    fn accept(&mut self, beat: Candidate, now: u64) -> DetectedBeat {
        if let Some(last) = self.last {
            if self.intervals.len() == 8 {
                self.intervals.pop_front();
            }
            self.intervals.push_back(beat.r_peak.saturating_sub(last));
        }
        self.last = Some(beat.r_peak);
        self.missed = None;
        self.leads.iter_mut().for_each(LeadFeature::learn_beat);
        DetectedBeat { r_peak: beat.r_peak, decided: now }
    }

    /// The largest deflection in the window that gave the feature its largest value.
    fn locate(&self, at: u64) -> u64 {
        let oldest = self.now - self.deflection.len() as u64;
        let from = at.saturating_sub(WINDOW as u64).max(oldest);
        let height = |sample: u64| self.deflection[(sample - oldest) as usize];
        let peak = (from..=at).max_by(|a, b| height(*a).total_cmp(&height(*b))).unwrap_or(at);
        peak.saturating_sub(MONITORING_DELAY)
    }
}
