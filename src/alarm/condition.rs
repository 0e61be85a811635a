//! When an alarm begins and when it ends: the limits applied to what is known of a bed, one file a family of alarms.

mod others;
mod rates;
mod repolarization;
mod technical;
mod ventricular;

use std::borrow::Cow;

use super::{AlarmCode, Limits, Priority};
use crate::ecg::{Lead, Time};
use crate::measure::Trends;
use crate::rhythm::{Findings, Rate, Rhythm};

/// What carries an alarm: a value, and where in which leads it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What was measured.
    pub what: Cow<'static, str>,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: Cow<'static, str>,
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
    /// Its beats, and what can be said of them.
    pub rhythm: &'a Rhythm,
    /// Its ST levels and QTc.
    pub trends: &'a Trends,
    /// Leads that can be used.
    pub usable: &'a [Lead],
    /// Leads without a valid sample, and since when.
    pub off: &'a [(Lead, Time)],
    /// Since when no chunk came, if the stream is silent.
    pub silent_since: Option<Time>,
    /// When the time stamps last jumped.
    pub clock_jump: Option<Time>,
    /// Since when nobody reads windows, and why.
    pub degraded: Option<(Time, &'a str)>,
}

/// An event such as a couplet is over this long after it; the alarm is held so that it can be seen.
const HELD_S: f64 = 10.0;

/// A run, a pattern or a pause is told while it is at most this old.
const RECENT_S: f64 = 5.0;

impl Situation<'_> {
    /// Does this alarm begin now?
    pub fn begins(&self, code: AlarmCode, limits: &Limits) -> Option<Condition> {
        self.begins_from(code, limits, self.rhythm.findings())
    }

    /// The same, with the findings given.
    pub(super) fn begins_from(&self, code: AlarmCode, limits: &Limits, found: &Findings) -> Option<Condition> {
        if !limits.is_on(code) || is_suspended(code, found) {
            return None;
        }
        self.rate_begins(code, limits, found)
            .or_else(|| self.ventricular_begins(code, limits, found))
            .or_else(|| self.other_begins(code, limits, found))
            .or_else(|| self.repolarization_begins(code, limits))
            .or_else(|| self.technical_begins(code, limits, found))
    }

    /// Does this alarm, begun at `onset`, end now?
    pub fn ends(&self, code: AlarmCode, onset: Time, limits: &Limits) -> bool {
        self.ends_from(code, onset, limits, self.rhythm.findings())
    }

    /// The same, with the findings given.
    pub(super) fn ends_from(&self, code: AlarmCode, onset: Time, limits: &Limits, found: &Findings) -> bool {
        self.rate_ends(code, onset, limits)
            .or_else(|| self.ventricular_ends(code, limits, found))
            .or_else(|| self.other_ends(code, found))
            .or_else(|| self.repolarization_ends(code, limits))
            .or_else(|| self.technical_ends(code, onset, found))
            .unwrap_or(true)
    }

    /// Is this time at most `seconds` before what has been seen?
    fn is_recent(&self, at: Time, seconds: f64) -> bool {
        self.seen_until.seconds_since(at) <= seconds
    }

    fn condition(
        &self,
        message: String,
        what: &'static str,
        (value, unit): (f64, &'static str),
        (from, to): (Time, Time),
    ) -> Condition {
        Condition { onset: from, message, evidence: vec![evidence(what, value, unit, self.usable, from, to)] }
    }

    /// A rate counts only while it lasts: not when the last beat is long ago.
    fn current(&self, rate: Rate) -> Option<Rate> {
        self.is_recent(rate.to, 2.0).then_some(rate)
    }
}

/// While it is noisy, arrhythmias of medium and low priority are not looked for. Those of high priority go on: each of
/// them asks for evidence from usable leads, and noise without any usable lead is `LEADS` or `NOISE2`, not silence.
fn is_suspended(code: AlarmCode, found: &Findings) -> bool {
    let noisy = found.noise.since.is_some() || found.noise.seconds_of_last_30 >= technical::SUSPENDING_S;
    noisy && matches!(code.priority(), Priority::Medium | Priority::Low)
}

fn evidence(what: &'static str, value: f64, unit: &'static str, leads: &[Lead], from: Time, to: Time) -> Evidence {
    Evidence { what: what.into(), value, unit: unit.into(), leads: leads.to_vec(), from, to }
}

#[cfg(test)]
mod tests;
