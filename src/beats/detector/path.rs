//! Which of the candidates are beats: the most likely path through them.
//!
//! In go candidates, each with its evidence in log odds, out come beats. A path is a sequence of candidates; its score
//! is the sum of their evidence, less what it costs that a beat comes early, or late, after the one before. The best path
//! is found as by Viterbi (IEEE Trans Inf Theory 1967). What was told stays told, but a false beat does not make the
//! next one early, nor hide it, once a path without it is better; and a weak beat is found when without it the gap would
//! be too long: this is the search-back of other detectors.

use std::collections::VecDeque;

use super::{RATE_HZ, samples};

/// No second beat within 190 ms: at 300 bpm they are 200 ms apart, each R peak told to within a few ms.
pub(super) const REFRACTORY: u64 = samples(0.19);

/// A candidate is decided on this long after its R peak, for a better one may follow.
const DECISION: u64 = samples(0.16);

/// Paths end here in the past.
const REMEMBERED: u64 = samples(4.0);
/// The most candidates that are remembered.
const MOST: usize = 60;

/// What it costs, in log odds for each e-fold: a beat sooner than 0.4 s after the last, where T waves are ...
const NEAR_T: f64 = 4.0;
const NEAR_T_S: f64 = 0.4;
/// ... sooner than 0.9 RR intervals ...
const EARLY: f64 = 4.0;
const EARLY_PART: f64 = 0.9;
/// ... and later than 1.3.
const LATE: f64 = 0.9;
const LATE_PART: f64 = 1.3;

/// The peak of a T wave comes no later after the R peak at an RR interval of 1 s, and goes with its root (Bazett).
const T_ENDS_S: f64 = 0.42;

/// The RR interval is known from about seven beats, each between 200 ms and 2 s.
const INTERVAL_PART: f64 = 0.15;
const LONGEST_INTERVAL: f64 = 2.0 * RATE_HZ;
/// From here on a beat may have been missed, and the interval says nothing.
const SKIPPED: f64 = 1.9;

/// What may be a beat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Sample of the R peak.
    pub r_peak: u64,
    /// Sample at which the slope was largest.
    pub at: u64,
    /// Log odds that it is a beat, as it looks by itself.
    pub evidence: f64,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    candidate: Candidate,
    /// Of the best path that ends here.
    score: f64,
    /// The step before, counted from the first ever.
    before: Option<u64>,
    /// RR interval in samples, as on this path.
    interval: f64,
    is_beat: bool,
    is_decided: bool,
}

/// The paths through the candidates of the last seconds.
#[derive(Clone, Debug)]
pub(super) struct Path {
    steps: VecDeque<Step>,
    forgotten: u64,
    last_beat: Option<u64>,
}

impl Path {
    pub fn new() -> Path {
        Path { steps: VecDeque::with_capacity(MOST), forgotten: 0, last_beat: None }
    }

    /// R peak of the last beat.
    pub fn last_beat(&self) -> Option<u64> {
        self.last_beat
    }

    /// The typical RR interval in seconds; 1 before any is known.
    pub fn interval_s(&self) -> f64 {
        self.beats().next().map_or(1.0, |step| step.interval / RATE_HZ)
    }

    /// R peaks of the last beats, the latest first.
    pub fn latest_beats(&self) -> impl Iterator<Item = u64> {
        self.beats().map(|step| step.candidate.r_peak)
    }

    fn beats(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().rev().filter(|step| step.is_beat)
    }

    /// Takes a candidate, and its evidence where it comes too late to be the T wave of the beat before.
    pub fn push(&mut self, candidate: Candidate, evidence_after_t: f64) {
        let interval = self.beats().next().map_or(RATE_HZ, |step| step.interval);
        let mut best = (candidate.evidence, None, interval);
        for (number, step) in (self.forgotten..).zip(&self.steps) {
            let Some(since) = candidate.r_peak.checked_sub(step.candidate.r_peak + REFRACTORY) else { continue };
            let since = (since + REFRACTORY) as f64;
            let after_t = since > T_ENDS_S * (step.interval * RATE_HZ).sqrt();
            let evidence = if after_t { evidence_after_t } else { candidate.evidence };
            let score = step.score + evidence - cost(since, step.interval);
            if best.1.is_none() || score > best.0 {
                best = (score, Some(number), next_interval(step.interval, since));
            }
        }
        if self.steps.len() == MOST {
            self.forget();
        }
        let (score, before, interval) = best;
        self.steps.push_back(Step { candidate, score, before, interval, is_beat: false, is_decided: false });
        let oldest = candidate.r_peak.saturating_sub(REMEMBERED);
        while self.steps.front().is_some_and(|step| step.candidate.r_peak < oldest) {
            self.forget();
        }
        // Scores are relative: kept small, they keep their precision for days.
        let best = self.steps.iter().map(|step| step.score).fold(f64::NEG_INFINITY, f64::max);
        self.steps.iter_mut().for_each(|step| step.score -= best);
    }

    fn forget(&mut self) {
        self.steps.pop_front();
        self.forgotten += 1;
    }

    /// The next beat that is sure by now.
    pub fn decide(&mut self, now: u64) -> Option<Candidate> {
        let is_due = |step: &Step| now >= step.candidate.r_peak + DECISION;
        if !self.steps.iter().any(|step| !step.is_decided && is_due(step)) {
            return None;
        }
        let late =
            |step: &Step| step.score - late_cost(now.saturating_sub(step.candidate.r_peak) as f64 / step.interval);
        let (mut at, _) = self.steps.iter().enumerate().max_by(|(_, a), (_, b)| late(a).total_cmp(&late(b)))?;
        let mut first = None;
        loop {
            let step = &self.steps[at];
            let may_follow = self.last_beat.is_none_or(|last| step.candidate.r_peak >= last + REFRACTORY);
            if !step.is_beat && is_due(step) && may_follow {
                first = Some(at);
            }
            let Some(before) = step.before.and_then(|before| before.checked_sub(self.forgotten)) else { break };
            at = before as usize;
        }
        self.steps.iter_mut().filter(|step| is_due(step)).for_each(|step| step.is_decided = true);
        let found = first?;
        self.steps[found].is_beat = true;
        self.last_beat = Some(self.steps[found].candidate.r_peak);
        Some(self.steps[found].candidate)
    }
}

fn cost(since: f64, interval: f64) -> f64 {
    let near_t = NEAR_T * (NEAR_T_S * RATE_HZ / since).ln().max(0.0);
    let early = EARLY * (EARLY_PART * interval / since).ln().max(0.0);
    near_t + early + late_cost(since / interval)
}

fn late_cost(intervals: f64) -> f64 {
    LATE * (intervals / LATE_PART).ln().max(0.0)
}

fn next_interval(interval: f64, since: f64) -> f64 {
    let seen = if since < SKIPPED * interval { since.min(LONGEST_INTERVAL) } else { interval };
    interval + INTERVAL_PART * (seen - interval)
}
