//! Fibrillation, runs and single beats of the ventricles.

use super::{Condition, HELD_S, RECENT_S, Situation};
use crate::alarm::{AlarmCode, Limits};
use crate::ecg::Time;
use crate::rhythm::{Findings, PatternKind, Run};

/// A couplet's beats are nearer than this (public manuals of bedside monitors).
const COUPLET_S: f64 = 0.6;

/// Cycles of bigeminy or trigeminy that make one.
const CYCLES: usize = 3;

impl Situation<'_> {
    pub(super) fn ventricular_begins(&self, code: AlarmCode, limits: &Limits, found: &Findings) -> Option<Condition> {
        if let Some(kind) = pattern_of(code) {
            let pattern = found.pattern.filter(|pattern| pattern.kind == kind && pattern.cycles >= CYCLES)?;
            return self.is_recent(pattern.to, RECENT_S).then(|| {
                let message = format!("{} cycles", pattern.cycles);
                let value = (pattern.cycles as f64, "cycles");
                self.condition(message, "cycles of the pattern", value, (pattern.from, pattern.to))
            });
        }
        match code {
            AlarmCode::VentricularFibrillation => {
                let wave = found.ventricular_oscillation.as_ref()?;
                let seconds = wave.to.seconds_since(wave.from);
                (seconds >= limits.ventricular_fibrillation_s).then(|| Condition {
                    onset: wave.from,
                    message: format!("fibrillation waves of {:.1} Hz for {seconds:.1} s", wave.frequency_hz),
                    evidence: vec![
                        super::evidence("fibrillation waves", seconds, "s", &wave.leads, wave.from, wave.to),
                        super::evidence("frequency", wave.frequency_hz, "Hz", &wave.leads, wave.from, wave.to),
                        super::evidence("amplitude", wave.amplitude_mv, "mV", &wave.leads, wave.from, wave.to),
                    ],
                })
            }
            AlarmCode::ROnT => {
                let beat = found.r_on_t.filter(|beat| self.is_recent(beat.at, RECENT_S))?;
                let message = format!("RR interval {:.2} of the mean", beat.part_of_mean);
                let value = (beat.part_of_mean, "of the mean");
                Some(self.condition(message, "RR interval", value, (beat.after, beat.at)))
            }
            AlarmCode::Multiform => {
                let beats = found.multiform.filter(|beats| beats.shapes >= 2 && self.is_recent(beats.to, RECENT_S))?;
                let value = (beats.shapes as f64, "shapes");
                let message = format!("{} shapes of ventricular beats", beats.shapes);
                Some(self.condition(message, "shapes of ventricular beats", value, (beats.from, beats.to)))
            }
            AlarmCode::FrequentVentricularBeats => {
                let count = found.ventricular_beats?;
                // Messages are made for what is met only: in the steady state nothing is allocated.
                (count.beats > limits.ventricular_beats_a_minute).then(|| {
                    let message = format!("{} ventricular beats a minute", count.beats);
                    let value = (count.beats as f64, "beats");
                    self.condition(message, "ventricular beats", value, (count.from, count.to))
                })
            }
            _ => {
                let run = found.ventricular_run.filter(|run| self.is_recent(run.to, RECENT_S))?;
                (run_code(&run, limits) == Some(code)).then(|| {
                    let message = format!("{} ventricular beats at {:.0} bpm", run.beats, run.bpm);
                    self.condition(message, "rate of the run", (run.bpm, "bpm"), (run.from, run.to))
                })
            }
        }
    }

    pub(super) fn ventricular_ends(&self, code: AlarmCode, limits: &Limits, found: &Findings) -> Option<bool> {
        let is_past = |to: Option<Time>| to.is_none_or(|to| !self.is_recent(to, HELD_S));
        if let Some(kind) = pattern_of(code) {
            return Some(is_past(found.pattern.filter(|pattern| pattern.kind == kind).map(|pattern| pattern.to)));
        }
        Some(match code {
            AlarmCode::VentricularFibrillation => found.ventricular_oscillation.is_none(),
            AlarmCode::ROnT => is_past(found.r_on_t.map(|beat| beat.at)),
            AlarmCode::Multiform => is_past(found.multiform.map(|beats| beats.to)),
            AlarmCode::FrequentVentricularBeats => {
                found.ventricular_beats.is_none_or(|count| count.beats <= limits.ventricular_beats_a_minute)
            }
            AlarmCode::VentricularTachycardia | AlarmCode::VentricularBradycardia => {
                // Held a little, so that a run whose beats are known only after its end is still told.
                found.ventricular_run.is_none_or(|run| !self.is_recent(run.to, RECENT_S))
            }
            AlarmCode::VentricularRhythm
            | AlarmCode::NonsustainedTachycardia
            | AlarmCode::VentricularRun
            | AlarmCode::Couplet => is_past(found.ventricular_run.map(|run| run.to)),
            _ => return None,
        })
    }
}

fn pattern_of(code: AlarmCode) -> Option<PatternKind> {
    match code {
        AlarmCode::Bigeminy => Some(PatternKind::Bigeminy),
        AlarmCode::Trigeminy => Some(PatternKind::Trigeminy),
        _ => None,
    }
}

/// What a run amounts to. One that may still grow is called a short run only when it has ended.
fn run_code(run: &Run, limits: &Limits) -> Option<AlarmCode> {
    let fast = run.bpm > limits.ventricular_tachycardia_bpm;
    let slow = run.bpm < limits.ventricular_bradycardia_bpm;
    match run.beats {
        beats if fast && beats >= limits.ventricular_tachycardia_beats => Some(AlarmCode::VentricularTachycardia),
        beats if slow && beats >= limits.ventricular_bradycardia_beats => Some(AlarmCode::VentricularBradycardia),
        beats if !fast && beats >= limits.ventricular_rhythm_beats => Some(AlarmCode::VentricularRhythm),
        _ if !run.ended => None,
        2 => (run.to.seconds_since(run.from) < COUPLET_S).then_some(AlarmCode::Couplet),
        3.. if fast => Some(AlarmCode::NonsustainedTachycardia),
        3.. => Some(AlarmCode::VentricularRun),
        _ => None,
    }
}
