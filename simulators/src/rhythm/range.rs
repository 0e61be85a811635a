//! What the numbers of a rhythm may be.
//!
//! In: a rhythm. Out: nothing, or which number is out of its range.

use super::{Rhythm, ScriptError};

impl Rhythm {
    pub(super) fn check(self) -> Result<(), ScriptError> {
        let within = |key: &'static str, value: f64, min: f64, max: f64| {
            if (min..=max).contains(&value) {
                Ok(())
            } else {
                Err(ScriptError::OutOfRange { rhythm: self.name(), key, value, min, max })
            }
        };
        match self {
            Rhythm::Sinus { rate_bpm } | Rhythm::RegularSinus { rate_bpm } => within("rate_bpm", rate_bpm, 15.0, 300.0),
            Rhythm::SinusArrhythmia { rate_bpm } => within("rate_bpm", rate_bpm, 40.0, 100.0),
            Rhythm::SinusWithPvcs { rate_bpm, pvcs_per_min } => {
                within("rate_bpm", rate_bpm, 30.0, 150.0)?;
                within("pvcs_per_min", pvcs_per_min, 0.1, rate_bpm / 3.0)
            }
            Rhythm::SinusWithPacs { rate_bpm, pacs_per_min } => {
                within("rate_bpm", rate_bpm, 40.0, 120.0)?;
                within("pacs_per_min", pacs_per_min, 0.1, rate_bpm / 3.0)
            }
            Rhythm::Bigeminy { rate_bpm }
            | Rhythm::Trigeminy { rate_bpm }
            | Rhythm::AtrialPacing { rate_bpm }
            | Rhythm::VentricularPacing { rate_bpm }
            | Rhythm::DualChamberPacing { rate_bpm } => within("rate_bpm", rate_bpm, 40.0, 130.0),
            Rhythm::MultiformPvcs { rate_bpm, pvcs_per_min } => {
                within("rate_bpm", rate_bpm, 40.0, 130.0)?;
                within("pvcs_per_min", pvcs_per_min, 0.1, rate_bpm / 3.0)
            }
            Rhythm::ROnTPvcs { rate_bpm, pvcs_per_min } => {
                within("rate_bpm", rate_bpm, 40.0, 110.0)?;
                within("pvcs_per_min", pvcs_per_min, 0.1, rate_bpm / 3.0)
            }
            Rhythm::VentricularRuns { rate_bpm, run_beats, run_rate_bpm, runs_per_min } => {
                within("rate_bpm", rate_bpm, 40.0, 130.0)?;
                within("run_beats", run_beats.into(), 2.0, 13.0)?;
                within("run_rate_bpm", run_rate_bpm, 40.0, 250.0)?;
                within("runs_per_min", runs_per_min, 0.1, 15.0)
            }
            Rhythm::SinusWithPauses { rate_bpm, pause_s, pauses_per_min }
            | Rhythm::FailureToPace { rate_bpm, pause_s, pauses_per_min } => {
                within("rate_bpm", rate_bpm, 40.0, 130.0)?;
                within("pause_s", pause_s, 1.5, 10.0)?;
                within("pauses_per_min", pauses_per_min, 0.1, 10.0)
            }
            Rhythm::FirstDegreeBlock { rate_bpm, delay_s } => {
                within("rate_bpm", rate_bpm, 40.0, 110.0)?;
                within("delay_s", delay_s, 0.05, 0.25)
            }
            Rhythm::WenckebachBlock { atrial_rate_bpm, conducted_beats } => {
                within("atrial_rate_bpm", atrial_rate_bpm, 40.0, 120.0)?;
                within("conducted_beats", conducted_beats.into(), 2.0, 8.0)
            }
            Rhythm::MobitzTwoBlock { atrial_rate_bpm, conducted_beats } => {
                within("atrial_rate_bpm", atrial_rate_bpm, 40.0, 120.0)?;
                within("conducted_beats", conducted_beats.into(), 1.0, 8.0)
            }
            Rhythm::CompleteBlock { atrial_rate_bpm, escape_rate_bpm } => {
                within("atrial_rate_bpm", atrial_rate_bpm, 40.0, 120.0)?;
                within("escape_rate_bpm", escape_rate_bpm, 20.0, 60.0)
            }
            Rhythm::SupraventricularTachycardia { rate_bpm } => within("rate_bpm", rate_bpm, 130.0, 250.0),
            Rhythm::JunctionalRhythm { rate_bpm } => within("rate_bpm", rate_bpm, 30.0, 130.0),
            Rhythm::AtrialFibrillation { rate_bpm } => within("rate_bpm", rate_bpm, 40.0, 180.0),
            Rhythm::AtrialFlutter { atrial_rate_bpm, waves_per_beat } => {
                within("atrial_rate_bpm", atrial_rate_bpm, 220.0, 340.0)?;
                within("waves_per_beat", waves_per_beat.into(), 2.0, 4.0)
            }
            Rhythm::IdioventricularRhythm { rate_bpm } => within("rate_bpm", rate_bpm, 15.0, 100.0),
            Rhythm::AgonalRhythm { rate_bpm } => within("rate_bpm", rate_bpm, 5.0, 20.0),
            Rhythm::FailureToCapture { rate_bpm, captured_beats, lost_beats } => {
                within("rate_bpm", rate_bpm, 40.0, 130.0)?;
                within("captured_beats", captured_beats.into(), 1.0, 20.0)?;
                within("lost_beats", lost_beats.into(), 1.0, 5.0)
            }
            Rhythm::FailureToSense { rate_bpm, pacer_rate_bpm } => {
                within("rate_bpm", rate_bpm, 40.0, 110.0)?;
                within("pacer_rate_bpm", pacer_rate_bpm, 40.0, 110.0)
            }
            Rhythm::VentricularTachycardia { rate_bpm } => within("rate_bpm", rate_bpm, 100.0, 250.0),
            Rhythm::PolymorphicVentricularTachycardia { rate_bpm } | Rhythm::TorsadesDePointes { rate_bpm } => {
                within("rate_bpm", rate_bpm, 150.0, 300.0)
            }
            Rhythm::FineVentricularFibrillation { peak_mv } => within("peak_mv", peak_mv, 0.05, 0.3),
            Rhythm::VentricularStandstill { atrial_rate_bpm } => {
                within("atrial_rate_bpm", atrial_rate_bpm, 30.0, 150.0)
            }
            Rhythm::VentricularFibrillation | Rhythm::Asystole => Ok(()),
        }
    }
}
