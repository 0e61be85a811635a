//! When an alarm begins and when it ends: the limits applied to what is known of a bed.

use super::{AlarmCode, Limits};
use crate::ecg::{Lead, Time};
use crate::rhythm::{Rate, Rhythm};

/// What carries an alarm: a value, and where in which leads it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What was measured.
    pub what: &'static str,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// On which leads.
    pub leads: Vec<Lead>,
    /// From when.
    pub from: Time,
    /// To when.
    pub to: Time,
}

/// A condition that is met.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// When it began.
    pub onset: Time,
    /// One line that says why.
    pub message: String,
    /// What carries it.
    pub evidence: Vec<Evidence>,
}

/// All that is known of a bed at one moment.
#[derive(Debug)]
pub struct Situation<'a> {
    /// Data time.
    pub now: Time,
    /// Until when every beat would have been seen: a little before `now`, for the detector takes its time.
    pub seen_until: Time,
    /// Its beats.
    pub rhythm: &'a Rhythm,
    /// Leads that can be used.
    pub usable: &'a [Lead],
    /// Leads without a valid sample, and since when.
    pub off: &'a [(Lead, Time)],
    /// Since when no chunk came, if the stream is silent.
    pub silent_since: Option<Time>,
}

/// A rate alarm ends when the rate is back by this share of its limit, so that it does not flicker.
const HYSTERESIS: f64 = 0.03;

impl Situation<'_> {
    /// Does this alarm begin now?
    pub fn begins(&self, code: AlarmCode, limits: &Limits) -> Option<Condition> {
        match code {
            AlarmCode::Asystole => self.asystole(limits.asystole_s),
            AlarmCode::ExtremeTachycardia => {
                let rate = self.current(self.rhythm.rate_over(limits.extreme_tachycardia_beats)?)?;
                let limit_bpm = limits.extreme_tachycardia_bpm;
                (rate.bpm > limit_bpm).then(|| self.rate(rate, '>', limit_bpm, limits.extreme_tachycardia_beats))
            }
            AlarmCode::ExtremeBradycardia => self.extreme_bradycardia(limits),
            AlarmCode::LeadsOff => self.leads_off(limits.leads_off_s),
            AlarmCode::NoData => {
                let since = self.silent_since?;
                let silent_s = self.now.seconds_since(since);
                (silent_s >= limits.no_data_s).then(|| Condition {
                    onset: since,
                    message: format!("no data for {silent_s:.1} s"),
                    evidence: vec![evidence("time without data", silent_s, "s", self.usable, since, self.now)],
                })
            }
        }
    }

    /// Does this alarm, begun at `onset`, end now?
    pub fn ends(&self, code: AlarmCode, onset: Time, limits: &Limits) -> bool {
        match code {
            // One deflection is no circulation: the second beat in time ends it.
            AlarmCode::Asystole => {
                self.rhythm.last_beat().is_some_and(|last| last > onset)
                    && self.rhythm.last_interval_s().is_some_and(|seconds| seconds < limits.asystole_s)
            }
            AlarmCode::ExtremeTachycardia => {
                let beats = limits.extreme_tachycardia_beats;
                self.lowest_rate(beats).is_some_and(|bpm| bpm < limits.extreme_tachycardia_bpm * (1.0 - HYSTERESIS))
            }
            AlarmCode::ExtremeBradycardia => {
                let beats = limits.extreme_bradycardia_beats;
                self.lowest_rate(beats).is_some_and(|bpm| bpm > limits.extreme_bradycardia_bpm * (1.0 + HYSTERESIS))
            }
            AlarmCode::LeadsOff => self.off.is_empty(),
            AlarmCode::NoData => self.silent_since.is_none(),
        }
    }

    fn asystole(&self, limit_s: f64) -> Option<Condition> {
        let since = self.rhythm.quiet_since()?;
        let quiet_s = self.seen_until.seconds_since(since);
        (quiet_s >= limit_s).then(|| Condition {
            onset: since,
            message: format!("no QRS complex for {quiet_s:.1} s"),
            evidence: vec![evidence("time without QRS complex", quiet_s, "s", self.usable, since, self.seen_until)],
        })
    }

    fn extreme_bradycardia(&self, limits: &Limits) -> Option<Condition> {
        let beats = limits.extreme_bradycardia_beats;
        let limit_bpm = limits.extreme_bradycardia_bpm;
        let slow = |rate: &Rate| rate.bpm < limit_bpm;
        let closed = self.rhythm.rate_over(beats).and_then(|rate| self.current(rate)).filter(slow);
        // An interval that is still open counts when the one before it was long already; otherwise each pause,
        // and each beginning asystole, would be called a bradycardia first.
        let slowing = self.rhythm.last_interval_s().is_some_and(|seconds| seconds > 60.0 / limit_bpm);
        let open = self.rhythm.rate_with_open_interval(beats, self.seen_until).filter(|rate| slowing && slow(rate));
        closed.or(open).map(|rate| self.rate(rate, '<', limit_bpm, beats))
    }

    fn leads_off(&self, limit_s: f64) -> Option<Condition> {
        let long = |since: &Time| self.now.seconds_since(*since) >= limit_s;
        let off: Vec<&(Lead, Time)> = self.off.iter().filter(|(_, since)| long(since)).collect();
        let onset = off.iter().map(|(_, since)| *since).min()?;
        let leads: Vec<Lead> = off.iter().map(|(lead, _)| lead.clone()).collect();
        let names: Vec<&str> = leads.iter().map(Lead::name).collect();
        let seconds = self.now.seconds_since(onset);
        Some(Condition {
            onset,
            message: format!("leads off: {}", names.join(", ")),
            evidence: vec![evidence("time without valid sample", seconds, "s", &leads, onset, self.now)],
        })
    }

    /// Rate over the last beats, lower when the next one is late; `None` when there were too few.
    fn lowest_rate(&self, beats: usize) -> Option<f64> {
        let closed = self.rhythm.rate_over(beats)?;
        let open = self.rhythm.rate_with_open_interval(beats, self.seen_until)?;
        Some(closed.bpm.min(open.bpm))
    }

    /// A rate counts only while it lasts: not when the last beat is long ago.
    fn current(&self, rate: Rate) -> Option<Rate> {
        (self.seen_until.seconds_since(rate.to) < 2.0).then_some(rate)
    }

    fn rate(&self, rate: Rate, sign: char, limit_bpm: f64, beats: usize) -> Condition {
        Condition {
            onset: rate.from,
            message: format!("HR {:.1} {sign} {limit_bpm:.0} over {beats} beats", rate.bpm),
            evidence: vec![evidence("heart rate", rate.bpm, "bpm", self.usable, rate.from, rate.to)],
        }
    }
}

fn evidence(what: &'static str, value: f64, unit: &'static str, leads: &[Lead], from: Time, to: Time) -> Evidence {
    Evidence { what, value, unit, leads: leads.to_vec(), from, to }
}
