//! Asystole, pause and the heart rate.

use super::{Condition, Situation};
use crate::alarm::{AlarmCode, Limits};
use crate::ecg::Time;
use crate::rhythm::{Findings, OwnRhythm, Rate};

/// A rate alarm ends when the rate is back by this share of its limit, so that it does not flicker.
const HYSTERESIS: f64 = 0.03;

/// Beats over which the limits of the heart rate are judged: four intervals in a row confirm a step within the 6 to 7 s
/// that monitors disclose under IEC 60601-2-27, and one premature beat does not pass for one.
const RATE_BEATS: usize = 5;

impl Situation<'_> {
    pub(super) fn rate_begins(&self, code: AlarmCode, limits: &Limits, found: &Findings) -> Option<Condition> {
        // What looks like beats in fibrillation, or like none, has no rate. Extreme tachycardia goes on: it may be flutter.
        if found.ventricular_oscillation.is_some() && code != AlarmCode::ExtremeTachycardia {
            return None;
        }
        if found.own_rhythm.is_some_and(|own| denies(code, own, limits)) {
            return None;
        }
        match code {
            AlarmCode::Asystole => self.quiet(limits.asystole_s),
            // Before the first beat there is nothing to pause; that no beat comes at all is asystole.
            AlarmCode::Pause => {
                self.quiet(limits.pause_s).filter(|_| self.rhythm.last_beat().is_some()).or_else(|| {
                    let long = found.long_interval?;
                    let seconds = long.to.seconds_since(long.from);
                    let is_met = seconds >= limits.pause_s && self.is_recent(long.to, super::RECENT_S);
                    is_met.then(|| {
                        let message = format!("RR interval of {seconds:.1} s");
                        self.condition(message, "RR interval", (seconds, "s"), (long.from, long.to))
                    })
                })
            }
            AlarmCode::ExtremeTachycardia => {
                self.fast(limits.extreme_tachycardia_beats, limits.extreme_tachycardia_bpm)
            }
            AlarmCode::HighHeartRate => self.fast(RATE_BEATS, limits.high_heart_rate_bpm),
            AlarmCode::ExtremeBradycardia => {
                self.slow(limits.extreme_bradycardia_beats, limits.extreme_bradycardia_bpm)
            }
            AlarmCode::LowHeartRate => self.slow(RATE_BEATS, limits.low_heart_rate_bpm),
            _ => None,
        }
    }

    pub(super) fn rate_ends(&self, code: AlarmCode, onset: Time, limits: &Limits) -> Option<bool> {
        let below = |beats, bpm: f64| self.lowest_rate(beats).is_some_and(|rate| rate < bpm * (1.0 - HYSTERESIS));
        let above = |beats, bpm: f64| self.lowest_rate(beats).is_some_and(|rate| rate > bpm * (1.0 + HYSTERESIS));
        Some(match code {
            // One deflection is no circulation: the second beat in time ends it.
            AlarmCode::Asystole => self.beats_again(onset, limits.asystole_s),
            AlarmCode::Pause => {
                let quiet_s = self.rhythm.quiet_since().map_or(0.0, |since| self.seen_until.seconds_since(since));
                quiet_s < limits.pause_s && self.seen_until.seconds_since(onset) >= super::HELD_S
            }
            AlarmCode::ExtremeTachycardia => below(limits.extreme_tachycardia_beats, limits.extreme_tachycardia_bpm),
            AlarmCode::HighHeartRate => below(RATE_BEATS, limits.high_heart_rate_bpm),
            AlarmCode::ExtremeBradycardia => above(limits.extreme_bradycardia_beats, limits.extreme_bradycardia_bpm),
            AlarmCode::LowHeartRate => above(RATE_BEATS, limits.low_heart_rate_bpm),
            _ => return None,
        })
    }

    fn beats_again(&self, onset: Time, limit_s: f64) -> bool {
        self.rhythm.last_beat().is_some_and(|last| last > onset)
            && self.rhythm.last_interval_s().is_some_and(|seconds| seconds < limit_s)
    }

    fn quiet(&self, limit_s: f64) -> Option<Condition> {
        let since = self.rhythm.quiet_since()?;
        let quiet_s = self.seen_until.seconds_since(since);
        (quiet_s >= limit_s).then(|| {
            let message = format!("no QRS complex for {quiet_s:.1} s");
            self.condition(message, "time without QRS complex", (quiet_s, "s"), (since, self.seen_until))
        })
    }

    fn fast(&self, beats: usize, limit_bpm: f64) -> Option<Condition> {
        let rate = self.current(self.rhythm.rate_over(beats)?)?;
        (rate.bpm > limit_bpm).then(|| self.rate(rate, '>', limit_bpm, beats))
    }

    fn slow(&self, beats: usize, limit_bpm: f64) -> Option<Condition> {
        let slow = |rate: &Rate| rate.bpm < limit_bpm;
        let closed = self.rhythm.rate_over(beats).and_then(|rate| self.current(rate)).filter(slow);
        // An interval that is still open counts when the one before it was long already; otherwise each pause,
        // and each beginning asystole, would be called a bradycardia first.
        let slowing = self.rhythm.last_interval_s().is_some_and(|seconds| seconds > 60.0 / limit_bpm);
        let open = self.rhythm.rate_with_open_interval(beats, self.seen_until).filter(|rate| slowing && slow(rate));
        closed.or(open).map(|rate| self.rate(rate, '<', limit_bpm, beats))
    }

    /// Rate over the last beats, lower when the next one is late; `None` when there were too few.
    fn lowest_rate(&self, beats: usize) -> Option<f64> {
        let closed = self.rhythm.rate_over(beats)?;
        let open = self.rhythm.rate_with_open_interval(beats, self.seen_until)?;
        Some(closed.bpm.min(open.bpm))
    }

    fn rate(&self, rate: Rate, sign: char, limit_bpm: f64, beats: usize) -> Condition {
        let message = format!("HR {:.1} {sign} {limit_bpm:.0} over {beats} beats", rate.bpm);
        self.condition(message, "heart rate", (rate.bpm, "bpm"), (rate.from, rate.to))
    }
}

/// Is there no such alarm while the patient's own complexes are seen at this rate?
fn denies(code: AlarmCode, own: OwnRhythm, limits: &Limits) -> bool {
    match code {
        AlarmCode::Asystole | AlarmCode::Pause => true,
        AlarmCode::ExtremeTachycardia => own.bpm <= limits.extreme_tachycardia_bpm,
        AlarmCode::HighHeartRate => own.bpm <= limits.high_heart_rate_bpm,
        AlarmCode::ExtremeBradycardia => own.bpm >= limits.extreme_bradycardia_bpm,
        AlarmCode::LowHeartRate => own.bpm >= limits.low_heart_rate_bpm,
        _ => false,
    }
}
