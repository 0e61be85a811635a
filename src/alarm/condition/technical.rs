//! The equipment: electrodes, noise, silence and the clock.

use super::{Condition, HELD_S, Situation, evidence};
use crate::alarm::{AlarmCode, Limits};
use crate::ecg::{Lead, Time};
use crate::rhythm::Findings;

/// Noisy seconds of the last 30 that suspend the analysis of arrhythmias (public manuals of bedside monitors).
pub(super) const SUSPENDING_S: u32 = 20;

/// Noise is told when it has lasted this long.
const NOISE_S: f64 = 2.0;

/// So long without readings is told.
const DEGRADED_S: f64 = 1.0;

impl Situation<'_> {
    pub(super) fn technical_begins(&self, code: AlarmCode, limits: &Limits, found: &Findings) -> Option<Condition> {
        match code {
            AlarmCode::LeadsOff => self.leads_off(limits.leads_off_s),
            AlarmCode::Noise => {
                let since = found.noise.since?;
                let seconds = self.now.seconds_since(since);
                (seconds >= NOISE_S).then(|| {
                    let message = format!("noise for {seconds:.1} s");
                    self.condition(message, "noise", (seconds, "s"), (since, self.now))
                })
            }
            AlarmCode::ArrhythmiaSuspended => {
                let seconds = found.noise.seconds_of_last_30;
                let from = found.noise.since?;
                (seconds >= SUSPENDING_S).then(|| {
                    let message = format!("noise in {seconds} of the last 30 s: arrhythmias are not looked for");
                    self.condition(message, "noisy seconds", (f64::from(seconds), "s"), (from, self.now))
                })
            }
            AlarmCode::NoData => {
                let since = self.silent_since?;
                let silent_s = self.now.seconds_since(since);
                let message = format!("no data for {silent_s:.1} s");
                (silent_s >= limits.no_data_s)
                    .then(|| self.condition(message, "time without data", (silent_s, "s"), (since, self.now)))
            }
            AlarmCode::ClockJump => {
                let at = self.clock_jump?;
                let seconds = self.now.seconds_since(at);
                let message = "the time stamps of the monitor jumped".to_owned();
                (0.0..HELD_S)
                    .contains(&seconds)
                    .then(|| self.condition(message, "time since the jump", (seconds, "s"), (at, self.now)))
            }
            AlarmCode::Degraded => {
                let (since, reason) = self.degraded?;
                let seconds = self.now.seconds_since(since);
                (seconds >= DEGRADED_S).then(|| {
                    let message = format!("readings are not available: {reason}");
                    self.condition(message, "time without readings", (seconds, "s"), (since, self.now))
                })
            }
            _ => None,
        }
    }

    pub(super) fn technical_ends(&self, code: AlarmCode, onset: Time, found: &Findings) -> Option<bool> {
        Some(match code {
            AlarmCode::LeadsOff => self.off.is_empty(),
            AlarmCode::Noise => found.noise.since.is_none(),
            // Half of what suspends, so that it does not flicker.
            AlarmCode::ArrhythmiaSuspended => found.noise.seconds_of_last_30 < SUSPENDING_S / 2,
            AlarmCode::NoData => self.silent_since.is_none(),
            AlarmCode::ClockJump => self.now.seconds_since(onset) >= HELD_S,
            AlarmCode::Degraded => self.degraded.is_none(),
            _ => return None,
        })
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
}
