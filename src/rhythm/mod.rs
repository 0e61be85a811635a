//! What the beats and the waveform amount to: rates, how long there was no beat, and the findings.
//!
//! In go beats in time order, each again once it has its class, pacing pulses, the latest samples with the quality of each
//! lead, and the times at which nothing could be seen. Out come rates over any number of beats, and the [`Findings`]
//! (fibrillation, runs, pauses, patterns, noise), each with the span that carries it. [`observers`] tells each watcher, a
//! file each, what it needs. No limit of an alarm is known here.

mod atrial_fibrillation;
mod beat_log;
mod findings;
mod interval;
mod noise;
mod observers;
mod oscillation;
mod own;
mod pacing;
mod pattern;
mod run;
mod supraventricular;
mod ventricular;

use std::collections::VecDeque;

use crate::ecg::{Lead, Time};
use crate::signal::quality::Quality;
use observers::Observers;

pub use beat_log::ClassedBeat;
pub use findings::{
    AtrialFibrillation, Count, Findings, LongInterval, Multiform, Noise, Oscillation, OwnRhythm, PacingFault,
    PacingFaultKind, Pattern, PatternKind, Premature, Run,
};

/// Beats kept: more than any alarm looks at.
const KEPT: usize = 40;

/// Beats that enter the displayed heart rate (8 RR intervals, as monitors disclose under IEC 60601-2-27).
const DISPLAYED: usize = 9;

/// The longest RR interval that counts as one: 15 bpm is the lowest rate that a monitor shows (IEC 60601-2-27), give or
/// take 1 bpm. With an interval as long as this there may be an asystole alarm, and the rate is still right.
pub const LONGEST_INTERVAL_S: f64 = 60.0 / 14.0;

/// A rate and the beats it was taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Beats a minute.
    pub bpm: f64,
    /// The first beat.
    pub from: Time,
    /// The last beat, or the end of the interval that is still open.
    pub to: Time,
}

impl Rate {
    fn over(intervals: usize, from: Time, to: Time) -> Option<Rate> {
        let seconds = to.seconds_since(from);
        (seconds > 0.0 && intervals > 0).then(|| Rate { bpm: 60.0 * intervals as f64 / seconds, from, to })
    }
}

/// The beats of one bed, as far back as alarms look.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    beats: VecDeque<Time>,
    watched_since: Option<Time>,
    findings: Findings,
    observers: Observers,
}

impl Rhythm {
    /// From here on the absence of beats means something.
    pub fn watch(&mut self, from: Time) {
        self.watched_since.get_or_insert(from);
    }

    /// Nothing can be seen from here on: rates must not reach across.
    pub fn interrupt(&mut self) {
        self.beats.clear();
        if self.watched_since.take().is_some() {
            self.observers.interrupt(&mut self.findings);
        }
    }

    /// A beat, and the length of a pause that no rate may reach across (s), if it is more than [`LONGEST_INTERVAL_S`].
    pub fn beat(&mut self, at: Time, longest_pause_s: f64) {
        let longest_s = longest_pause_s.max(LONGEST_INTERVAL_S);
        if self.beats.back().is_some_and(|last| at.seconds_since(*last) > longest_s) {
            self.beats.clear();
        }
        if self.beats.len() == KEPT {
            self.beats.pop_front();
        }
        self.beats.push_back(at);
        self.observers.beat(at);
    }

    /// The leads from now on, in the order in which they are counted.
    pub fn start(&mut self, leads: &[Lead]) {
        self.observers.start(leads);
    }

    /// The monitor saw a pacing pulse, which need not have come yet.
    pub fn pacer_mark(&mut self, at: Time) {
        self.observers.pacer_mark(at);
    }

    /// A beat has its class, some time after [`beat`](Rhythm::beat).
    pub fn classified(&mut self, beat: ClassedBeat) {
        self.observers.classified(beat, &mut self.findings);
    }

    /// Ten times a second: brings the findings up to `now`, with the quality of each lead, what it shows between beats in
    /// the QRS band in parts of what it shows at one, and a way to the latest samples of one at 500 Hz in mV, NaN where
    /// there is none (lead, how many; `None` while there are fewer).
    pub fn update<Samples: Iterator<Item = f32>>(
        &mut self,
        now: Time,
        qualities: impl Iterator<Item = Quality> + Clone,
        noise: impl Iterator<Item = f64>,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
    ) {
        self.observers.update(now, self.watched_since, qualities, noise, latest_mv, &mut self.findings);
    }

    /// What can be said of the rhythm now.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The last beat, or when watching began, whichever is later: the absence of beats counts from here.
    pub fn quiet_since(&self) -> Option<Time> {
        let watched = self.watched_since?;
        Some(self.beats.back().map_or(watched, |last| watched.max(*last)))
    }

    /// The last beat.
    pub fn last_beat(&self) -> Option<Time> {
        self.beats.back().copied()
    }

    /// Length of the last RR interval in seconds.
    pub fn last_interval_s(&self) -> Option<f64> {
        let last = self.beats.back()?;
        let before = self.beats.iter().rev().nth(1)?;
        Some(last.seconds_since(*before))
    }

    /// Rate over the last `beats` beats; `None` when there are fewer.
    pub fn rate_over(&self, beats: usize) -> Option<Rate> {
        let first = *self.beats.iter().rev().nth(beats.checked_sub(1)?)?;
        Rate::over(beats - 1, first, *self.beats.back()?)
    }

    /// Rate over the last `beats` beats, the last of which has not come by `now`: the interval still open counts as one.
    pub fn rate_with_open_interval(&self, beats: usize, now: Time) -> Option<Rate> {
        let first = *self.beats.iter().rev().nth(beats.checked_sub(2)?)?;
        Rate::over(beats - 1, first, now)
    }

    /// The displayed heart rate: over the last 8 RR intervals or as many as there are, falling when the next beat is late.
    pub fn heart_rate(&self, now: Time) -> Option<f64> {
        let count = self.beats.len().min(DISPLAYED);
        let rate = self.rate_over(count)?;
        let open = self.rate_with_open_interval(count, now);
        Some(open.map_or(rate.bpm, |open| rate.bpm.min(open.bpm)))
    }
}

#[cfg(test)]
mod tests;
