//! What ventricular beats amount to: runs, patterns, shapes, their number, and those on the T wave.
//!
//! In goes each beat with its class, out come the findings that depend on ventricular beats.

use std::collections::VecDeque;

use super::beat_log::{BeatLog, ClassedBeat};
use super::run::RunTracker;
use super::{Count, Multiform, Premature};
use crate::beats::BeatClass;
use crate::ecg::{Duration, Time};

/// Ventricular beats are counted over a minute ...
const COUNTED: Duration = Duration::from_nanos(60_000_000_000);
/// ... and no more than these, above any limit.
const MOST_COUNTED: usize = 120;
/// Multiform: among so many beats, as monitors have it.
const SHAPES_AMONG: usize = 15;

/// Wide, unlike the patient's own beats and faster than 100 a minute: so many in a row are taken for ventricular,
/// whatever each is by itself. 120 ms is the width from which a tachycardia counts as wide (ACC/AHA/HRS 2006).
const WIDE_MS: u32 = 120;
const FAST_S: f64 = 0.6;

/// On the T wave: within 100 ms of its peak ...
const NEAR_T_S: f64 = 0.1;
/// ... which lies here after the R peak at an RR interval of 1 s, and goes with its square root (Bazett) ...
const T_PEAK_S: f64 = 0.27;
/// ... later by so much after a paced complex, which is wide and may be told from its pulse on ...
const PACED_T_LATER_S: f64 = 0.1;
/// ... while the complex of a ventricular beat begins this long before its R peak;
const ONSET_BEFORE_R_S: f64 = 0.04;
/// or after less than a third of the mean interval; both only at less than 100 a minute.
const ON_T_PART: f64 = 1.0 / 3.0;
const ON_T_MEAN_S: f64 = 0.6;

/// Follows ventricular runs.
#[derive(Clone, Debug)]
pub(super) struct VentricularRuns {
    pub runs: RunTracker,
}

impl Default for VentricularRuns {
    fn default() -> VentricularRuns {
        VentricularRuns { runs: RunTracker::new(2) }
    }
}

impl VentricularRuns {
    /// Takes the latest beat of the log.
    pub fn beat(&mut self, log: &BeatLog) {
        let Some(beat) = log.latest().next() else { return };
        match beat.class {
            BeatClass::Ventricular => self.runs.member(beat.at),
            _ if self.goes_on_wide_and_fast(beat, log) => self.runs.member(beat.at),
            BeatClass::Fusion | BeatClass::Unclassifiable => self.runs.unsure(beat.at),
            BeatClass::Normal | BeatClass::Supraventricular | BeatClass::Paced => self.runs.end(),
        }
    }

    /// Within a run, a beat as wide and fast as a tachycardia's that is not like the patient's own.
    fn goes_on_wide_and_fast(&self, beat: &ClassedBeat, log: &BeatLog) -> bool {
        self.runs.length() >= 2
            && !beat.own
            && beat.class != BeatClass::Paced
            && beat.width_ms.is_some_and(|width_ms| width_ms >= WIDE_MS)
            && log.last_interval_s().is_some_and(|interval_s| interval_s < FAST_S)
    }
}

/// The ventricular beats of the last minute.
#[derive(Clone, Debug)]
pub(super) struct VentricularCount {
    beats: VecDeque<Time>,
    since: Option<Time>,
}

impl Default for VentricularCount {
    fn default() -> VentricularCount {
        VentricularCount { beats: VecDeque::with_capacity(MOST_COUNTED), since: None }
    }
}

impl VentricularCount {
    pub fn beat(&mut self, at: Time) {
        if self.beats.len() == MOST_COUNTED {
            self.beats.pop_front();
        }
        self.beats.push_back(at);
    }

    /// The count at `now` of a bed watched since `watched`; `None` while it is not watched.
    pub fn at(&mut self, now: Time, watched: Option<Time>) -> Option<Count> {
        if self.since.is_none_or(|since| watched.is_some_and(|watched| watched > since)) {
            self.since = watched;
        }
        let from = self.since?.max(now - COUNTED);
        while self.beats.front().is_some_and(|beat| *beat < from) {
            self.beats.pop_front();
        }
        watched.map(|_| Count { beats: self.beats.len(), from, to: now })
    }
}

/// The shapes of the ventricular beats among the last 15 beats, if there are two or more.
pub(super) fn multiform(log: &BeatLog) -> Option<Multiform> {
    let beats = || log.latest().take(SHAPES_AMONG).filter(|beat| beat.is_ventricular() && beat.shape.is_some());
    let seen = beats().filter_map(|beat| beat.shape).fold(0_u64, |seen, shape| seen | 1 << (shape as u64 % 64));
    let shapes = seen.count_ones() as usize;
    let (last, first) = (beats().next()?, beats().next_back()?);
    (shapes >= 2).then_some(Multiform { shapes, from: first.at, to: last.at })
}

/// Did the latest beat fall on the T wave before it?
pub(super) fn on_t_wave(log: &BeatLog) -> Option<Premature> {
    let mut latest = log.latest();
    let (beat, before) = (latest.next()?, latest.next()?);
    let mean_s = log.mean_interval_s(1).filter(|mean_s| *mean_s > ON_T_MEAN_S)?;
    let interval_s = beat.at.seconds_since(before.at);
    let paced_s = if before.class == BeatClass::Paced { PACED_T_LATER_S } else { 0.0 };
    let t_peak_s = T_PEAK_S * mean_s.sqrt() + paced_s;
    let near_t = (interval_s - ONSET_BEFORE_R_S - t_peak_s).abs() <= NEAR_T_S;
    let on_t = beat.is_ventricular() && !before.is_ventricular() && (near_t || interval_s < ON_T_PART * mean_s);
    on_t.then(|| Premature { at: beat.at, after: before.at, part_of_mean: interval_s / mean_s })
}

#[cfg(test)]
mod tests;
