//! A pacemaker that does not capture, or does not pace.
//!
//! In go the pulses that the monitor marked and the beats, out comes the latest fault. Pulses less than 300 ms apart
//! belong to one cycle (both chambers are paced): the last of them is what the ventricles must answer.

use std::collections::VecDeque;

use super::{PacingFault, PacingFaultKind};
use crate::ecg::Time;

/// Pulses and beats kept.
const KEPT: usize = 16;
/// A pulse is answered by a QRS complex whose R peak comes within 300 ms ...
const ANSWERED_S: f64 = 0.3;
/// ... or shortly before it (a fusion beat, and marks that are not exact to the sample).
const ANSWERED_BEFORE_S: f64 = 0.04;
/// A beat is known this long after its R peak.
const KNOWN_AFTER_S: f64 = 0.3;
/// A pulse this soon after a beat meets ventricles that cannot answer.
const REFRACTORY_S: f64 = 0.3;
/// Not paced: nothing for this many pacing intervals (as monitors disclose it), known from so many of them.
const NOT_PACED_TIMES: f64 = 1.75;
const LEAST_INTERVALS: usize = 3;

/// Watches pulses.
#[derive(Clone, Debug)]
pub(super) struct Pacing {
    /// Pulses not judged yet.
    pulses: VecDeque<Time>,
    beats: VecDeque<Time>,
    last_pulse: Option<Time>,
    /// The latest intervals between pulses in seconds; the newest first.
    intervals_s: [f64; 8],
    known: usize,
    /// The first of the pulses that nothing answered.
    unanswered: Option<Time>,
    fault: Option<PacingFault>,
}

impl Default for Pacing {
    fn default() -> Pacing {
        Pacing {
            pulses: VecDeque::with_capacity(KEPT),
            beats: VecDeque::with_capacity(KEPT),
            last_pulse: None,
            intervals_s: [0.0; 8],
            known: 0,
            unanswered: None,
            fault: None,
        }
    }
}

impl Pacing {
    /// The monitor saw a pulse, which may lie a little ahead.
    pub fn pulse(&mut self, at: Time) {
        if self.pulses.len() < KEPT && self.pulses.back().is_none_or(|last| at > *last) {
            self.pulses.push_back(at);
        }
    }

    /// A beat.
    pub fn beat(&mut self, at: Time) {
        if self.beats.len() == KEPT {
            self.beats.pop_front();
        }
        self.beats.push_back(at);
    }

    /// Nothing could be seen: what was before is not known any more.
    pub fn clear(&mut self) {
        self.pulses.clear();
        self.beats.clear();
        (self.last_pulse, self.unanswered, self.fault, self.known) = (None, None, None, 0);
    }

    /// Judges the pulses that can be judged by `now`.
    pub fn update(&mut self, now: Time) {
        while let Some(pulse) = self.pulses.front().copied() {
            if now.seconds_since(pulse) < ANSWERED_S + KNOWN_AFTER_S {
                break;
            }
            self.pulses.pop_front();
            let next = self.pulses.front().copied();
            self.judge(pulse, next.is_some_and(|next| next.seconds_since(pulse) < ANSWERED_S), now);
        }
        self.not_paced(now);
    }

    fn judge(&mut self, pulse: Time, followed: bool, now: Time) {
        if followed {
            return;
        }
        if let Some(last) = self.last_pulse.replace(pulse) {
            self.intervals_s.rotate_right(1);
            self.intervals_s[0] = pulse.seconds_since(last);
            self.known = (self.known + 1).min(self.intervals_s.len());
        }
        let since_pulse = |beat: &Time| beat.seconds_since(pulse);
        let answered = self.beats.iter().any(|beat| (-ANSWERED_BEFORE_S..=ANSWERED_S).contains(&since_pulse(beat)));
        let refractory = self.beats.iter().any(|beat| (-REFRACTORY_S..0.0).contains(&since_pulse(beat)));
        if answered {
            self.unanswered = None;
        } else if !refractory && !self.beats.is_empty() {
            // Before the first beat it is not known what an answer looks like; a heart that gives none is in asystole.
            let from = *self.unanswered.get_or_insert(pulse);
            self.fault = Some(PacingFault { kind: PacingFaultKind::NotCaptured, from, to: now });
        }
    }

    fn not_paced(&mut self, now: Time) {
        let Some(last_pulse) = self.last_pulse.filter(|_| self.known >= LEAST_INTERVALS && self.pulses.is_empty())
        else {
            return;
        };
        let last = self.beats.back().map_or(last_pulse, |beat| last_pulse.max(*beat));
        let known = &mut { self.intervals_s }[..self.known];
        known.sort_unstable_by(f64::total_cmp);
        let limit_s = NOT_PACED_TIMES * known[known.len() / 2];
        if now.seconds_since(last) > limit_s + KNOWN_AFTER_S {
            let same = self.fault.filter(|fault| fault.kind == PacingFaultKind::NotPaced && fault.from == last);
            self.fault = Some(same.unwrap_or(PacingFault { kind: PacingFaultKind::NotPaced, from: last, to: now }));
        }
    }

    /// The latest fault.
    pub fn found(&self) -> Option<PacingFault> {
        self.fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_nanos((seconds * 1e9).round() as i64)
    }

    /// Pulses and beats in tenths of a second, heard until `end`.
    fn hear(pulses: &[u32], beats: &[u32], end: u32) -> Option<(PacingFaultKind, Time)> {
        let mut pacing = Pacing::default();
        for tenth in 0..end {
            if pulses.contains(&tenth) {
                pacing.pulse(at(f64::from(tenth) / 10.0));
            }
            if beats.contains(&tenth) {
                pacing.beat(at(f64::from(tenth) / 10.0));
            }
            pacing.update(at(f64::from(tenth) / 10.0));
        }
        pacing.found().map(|fault| (fault.kind, fault.from))
    }

    #[test]
    fn each_pulse_needs_an_answer() {
        let pulses = [10, 20, 30, 40];
        assert_eq!(hear(&pulses, &[11, 21, 31, 41], 46), None);
        assert_eq!(hear(&pulses, &[11, 21, 41], 46), Some((PacingFaultKind::NotCaptured, at(3.0))));
        // Both chambers are paced: the ventricles answer the second pulse.
        assert_eq!(hear(&[10, 12, 20, 22, 30, 32], &[13, 23, 33], 40), None);
        // The patient's own beat just before the pulse leaves nothing to capture.
        assert_eq!(hear(&pulses, &[11, 21, 29, 41], 46), None);
    }

    #[test]
    fn a_pacemaker_that_falls_silent_is_told_unless_the_heart_beats_by_itself() {
        let pulses = [10, 20, 30, 40];
        assert_eq!(hear(&pulses, &[11, 21, 31, 41], 70), Some((PacingFaultKind::NotPaced, at(4.1))));
        assert_eq!(hear(&pulses, &[11, 21, 31, 41, 50, 59, 68], 78), None);
        assert_eq!(hear(&[], &[10, 20], 90), None);
    }
}
