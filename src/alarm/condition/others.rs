//! Above the ventricles, beats that are missing, and the pacemaker.

use super::{Condition, HELD_S, RECENT_S, Situation};
use crate::alarm::{AlarmCode, Limits};
use crate::ecg::Time;
use crate::rhythm::{Findings, PacingFaultKind};

/// An RR interval this many times the mean lacks a beat (public manuals of bedside monitors).
const MISSED_TIMES_MEAN: f64 = 1.8;

impl Situation<'_> {
    pub(super) fn other_begins(&self, code: AlarmCode, limits: &Limits, found: &Findings) -> Option<Condition> {
        match code {
            AlarmCode::SupraventricularTachycardia => {
                let run = found.supraventricular_run.filter(|run| self.is_recent(run.to, RECENT_S))?;
                let is_met = run.beats >= limits.supraventricular_tachycardia_beats
                    && run.bpm > limits.supraventricular_tachycardia_bpm;
                is_met.then(|| {
                    let message = format!("{} narrow beats at {:.0} bpm", run.beats, run.bpm);
                    self.condition(message, "rate of the run", (run.bpm, "bpm"), (run.from, run.to))
                })
            }
            AlarmCode::AtrialFibrillation => {
                let found = found.atrial_fibrillation?;
                let message = "irregularly irregular beats without P waves".to_owned();
                let value = (found.irregularity, "of 1");
                Some(self.condition(message, "irregularity", value, (found.from, found.to)))
            }
            AlarmCode::MissedBeat => {
                let long = found.long_interval.filter(|long| self.is_recent(long.to, RECENT_S))?;
                (long.times_mean > MISSED_TIMES_MEAN && !long.compensatory).then(|| {
                    let message = format!("RR interval {:.1} times the mean", long.times_mean);
                    self.condition(message, "RR interval", (long.times_mean, "times the mean"), (long.from, long.to))
                })
            }
            AlarmCode::PacerNotCapture | AlarmCode::PacerNotPacing => {
                let fault = found.pacing_fault.filter(|fault| fault_of(code) == Some(fault.kind))?;
                self.is_recent(fault.to, RECENT_S).then(|| {
                    let seconds = fault.to.seconds_since(fault.from);
                    let message = match fault.kind {
                        PacingFaultKind::NotCaptured => "pacemaker pulse without QRS complex".to_owned(),
                        PacingFaultKind::NotPaced => format!("neither pulse nor QRS complex for {seconds:.1} s"),
                    };
                    self.condition(message, "time without QRS complex", (seconds, "s"), (fault.from, fault.to))
                })
            }
            _ => None,
        }
    }

    /// Up to when the condition of an alarm that is open is known to last.
    pub(in crate::alarm) fn lasts_until(&self, code: AlarmCode) -> Time {
        let fibrillation = self.rhythm.findings().atrial_fibrillation;
        fibrillation.filter(|_| code == AlarmCode::AtrialFibrillation).map_or(self.now, |found| found.lasts_until)
    }

    pub(super) fn other_ends(&self, code: AlarmCode, found: &Findings) -> Option<bool> {
        let is_past = |to: Option<Time>, seconds| to.is_none_or(|to| !self.is_recent(to, seconds));
        Some(match code {
            AlarmCode::SupraventricularTachycardia => {
                found.supraventricular_run.is_none_or(|run| run.ended && !self.is_recent(run.to, RECENT_S))
            }
            AlarmCode::AtrialFibrillation => found.atrial_fibrillation.is_none(),
            AlarmCode::MissedBeat => is_past(found.long_interval.map(|long| long.to), HELD_S),
            AlarmCode::PacerNotCapture | AlarmCode::PacerNotPacing => {
                let fault = found.pacing_fault.filter(|fault| fault_of(code) == Some(fault.kind));
                is_past(fault.map(|fault| fault.to), HELD_S)
            }
            _ => return None,
        })
    }
}

fn fault_of(code: AlarmCode) -> Option<PacingFaultKind> {
    match code {
        AlarmCode::PacerNotCapture => Some(PacingFaultKind::NotCaptured),
        AlarmCode::PacerNotPacing => Some(PacingFaultKind::NotPaced),
        _ => None,
    }
}
