//! One step of a script, as a scenario file writes it: a rhythm, how long it lasts, and the numbers the rhythm takes.

use serde::Deserialize;

use super::BedError;
use crate::rhythm::{Rhythm, Step};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RhythmName {
    Sinus,
    SinusArrhythmia,
    RegularSinus,
    SinusWithPvcs,
    SinusWithPacs,
    Bigeminy,
    Trigeminy,
    MultiformPvcs,
    ROnTPvcs,
    VentricularRuns,
    SinusWithPauses,
    #[serde(rename = "first-degree-av-block")]
    FirstDegreeBlock,
    WenckebachBlock,
    #[serde(rename = "mobitz-ii-block")]
    MobitzTwoBlock,
    #[serde(rename = "complete-av-block")]
    CompleteBlock,
    SupraventricularTachycardia,
    JunctionalRhythm,
    AtrialFibrillation,
    AtrialFlutter,
    IdioventricularRhythm,
    AgonalRhythm,
    AtrialPacing,
    VentricularPacing,
    DualChamberPacing,
    FailureToCapture,
    FailureToSense,
    FailureToPace,
    VentricularTachycardia,
    PolymorphicVentricularTachycardia,
    TorsadesDePointes,
    VentricularFibrillation,
    FineVentricularFibrillation,
    Asystole,
    VentricularStandstill,
}

impl RhythmName {
    /// The rhythm, which takes its numbers by name.
    fn with(self, take: &mut impl FnMut(&'static str) -> f64) -> Rhythm {
        match self {
            RhythmName::Sinus => Rhythm::Sinus { rate_bpm: take("rate_bpm") },
            RhythmName::SinusArrhythmia => Rhythm::SinusArrhythmia { rate_bpm: take("rate_bpm") },
            RhythmName::RegularSinus => Rhythm::RegularSinus { rate_bpm: take("rate_bpm") },
            RhythmName::SinusWithPvcs => {
                Rhythm::SinusWithPvcs { rate_bpm: take("rate_bpm"), pvcs_per_min: take("pvcs_per_min") }
            }
            RhythmName::SinusWithPacs => {
                Rhythm::SinusWithPacs { rate_bpm: take("rate_bpm"), pacs_per_min: take("pacs_per_min") }
            }
            RhythmName::Bigeminy => Rhythm::Bigeminy { rate_bpm: take("rate_bpm") },
            RhythmName::Trigeminy => Rhythm::Trigeminy { rate_bpm: take("rate_bpm") },
            RhythmName::MultiformPvcs => {
                Rhythm::MultiformPvcs { rate_bpm: take("rate_bpm"), pvcs_per_min: take("pvcs_per_min") }
            }
            RhythmName::ROnTPvcs => Rhythm::ROnTPvcs { rate_bpm: take("rate_bpm"), pvcs_per_min: take("pvcs_per_min") },
            RhythmName::VentricularRuns => Rhythm::VentricularRuns {
                rate_bpm: take("rate_bpm"),
                run_beats: take("run_beats") as u8,
                run_rate_bpm: take("run_rate_bpm"),
                runs_per_min: take("runs_per_min"),
            },
            RhythmName::SinusWithPauses => Rhythm::SinusWithPauses {
                rate_bpm: take("rate_bpm"),
                pause_s: take("pause_s"),
                pauses_per_min: take("pauses_per_min"),
            },
            RhythmName::FirstDegreeBlock => {
                Rhythm::FirstDegreeBlock { rate_bpm: take("rate_bpm"), delay_s: take("delay_s") }
            }
            RhythmName::WenckebachBlock => Rhythm::WenckebachBlock {
                atrial_rate_bpm: take("atrial_rate_bpm"),
                conducted_beats: take("conducted_beats") as u8,
            },
            RhythmName::MobitzTwoBlock => Rhythm::MobitzTwoBlock {
                atrial_rate_bpm: take("atrial_rate_bpm"),
                conducted_beats: take("conducted_beats") as u8,
            },
            RhythmName::CompleteBlock => Rhythm::CompleteBlock {
                atrial_rate_bpm: take("atrial_rate_bpm"),
                escape_rate_bpm: take("escape_rate_bpm"),
            },
            RhythmName::SupraventricularTachycardia => {
                Rhythm::SupraventricularTachycardia { rate_bpm: take("rate_bpm") }
            }
            RhythmName::JunctionalRhythm => Rhythm::JunctionalRhythm { rate_bpm: take("rate_bpm") },
            RhythmName::AtrialFibrillation => Rhythm::AtrialFibrillation { rate_bpm: take("rate_bpm") },
            RhythmName::AtrialFlutter => Rhythm::AtrialFlutter {
                atrial_rate_bpm: take("atrial_rate_bpm"),
                waves_per_beat: take("waves_per_beat") as u8,
            },
            RhythmName::IdioventricularRhythm => Rhythm::IdioventricularRhythm { rate_bpm: take("rate_bpm") },
            RhythmName::AgonalRhythm => Rhythm::AgonalRhythm { rate_bpm: take("rate_bpm") },
            RhythmName::AtrialPacing => Rhythm::AtrialPacing { rate_bpm: take("rate_bpm") },
            RhythmName::VentricularPacing => Rhythm::VentricularPacing { rate_bpm: take("rate_bpm") },
            RhythmName::DualChamberPacing => Rhythm::DualChamberPacing { rate_bpm: take("rate_bpm") },
            RhythmName::FailureToCapture => Rhythm::FailureToCapture {
                rate_bpm: take("rate_bpm"),
                captured_beats: take("captured_beats") as u8,
                lost_beats: take("lost_beats") as u8,
            },
            RhythmName::FailureToSense => {
                Rhythm::FailureToSense { rate_bpm: take("rate_bpm"), pacer_rate_bpm: take("pacer_rate_bpm") }
            }
            RhythmName::FailureToPace => Rhythm::FailureToPace {
                rate_bpm: take("rate_bpm"),
                pause_s: take("pause_s"),
                pauses_per_min: take("pauses_per_min"),
            },
            RhythmName::VentricularTachycardia => Rhythm::VentricularTachycardia { rate_bpm: take("rate_bpm") },
            RhythmName::PolymorphicVentricularTachycardia => {
                Rhythm::PolymorphicVentricularTachycardia { rate_bpm: take("rate_bpm") }
            }
            RhythmName::TorsadesDePointes => Rhythm::TorsadesDePointes { rate_bpm: take("rate_bpm") },
            RhythmName::VentricularFibrillation => Rhythm::VentricularFibrillation,
            RhythmName::FineVentricularFibrillation => Rhythm::FineVentricularFibrillation { peak_mv: take("peak_mv") },
            RhythmName::Asystole => Rhythm::Asystole,
            RhythmName::VentricularStandstill => {
                Rhythm::VentricularStandstill { atrial_rate_bpm: take("atrial_rate_bpm") }
            }
        }
    }
}

/// The table of one step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTable {
    rhythm: RhythmName,
    for_s: f64,
    rate_bpm: Option<f64>,
    pvcs_per_min: Option<f64>,
    pacs_per_min: Option<f64>,
    run_beats: Option<u8>,
    run_rate_bpm: Option<f64>,
    runs_per_min: Option<f64>,
    pause_s: Option<f64>,
    pauses_per_min: Option<f64>,
    delay_s: Option<f64>,
    atrial_rate_bpm: Option<f64>,
    conducted_beats: Option<u8>,
    escape_rate_bpm: Option<f64>,
    waves_per_beat: Option<u8>,
    peak_mv: Option<f64>,
    captured_beats: Option<u8>,
    lost_beats: Option<u8>,
    pacer_rate_bpm: Option<f64>,
}

impl StepTable {
    /// The step, if it has every number its rhythm needs and no other; `step` counts from 1.
    pub(super) fn checked(&self, step: usize) -> Result<Step, BedError> {
        // Every key is taken by the rhythm that knows it; what is left over was meant for another rhythm.
        let mut keys = [
            ("rate_bpm", self.rate_bpm),
            ("pvcs_per_min", self.pvcs_per_min),
            ("pacs_per_min", self.pacs_per_min),
            ("run_beats", self.run_beats.map(f64::from)),
            ("run_rate_bpm", self.run_rate_bpm),
            ("runs_per_min", self.runs_per_min),
            ("pause_s", self.pause_s),
            ("pauses_per_min", self.pauses_per_min),
            ("delay_s", self.delay_s),
            ("atrial_rate_bpm", self.atrial_rate_bpm),
            ("conducted_beats", self.conducted_beats.map(f64::from)),
            ("escape_rate_bpm", self.escape_rate_bpm),
            ("waves_per_beat", self.waves_per_beat.map(f64::from)),
            ("peak_mv", self.peak_mv),
            ("captured_beats", self.captured_beats.map(f64::from)),
            ("lost_beats", self.lost_beats.map(f64::from)),
            ("pacer_rate_bpm", self.pacer_rate_bpm),
        ];
        let mut missing = None;
        let mut take = |key: &'static str| {
            let value = keys.iter_mut().find(|(known, _)| *known == key).and_then(|(_, value)| value.take());
            value.unwrap_or_else(|| {
                missing = missing.or(Some(key));
                f64::NAN
            })
        };
        let rhythm = self.rhythm.with(&mut take);
        let name = || rhythm.name().to_owned();
        if let Some(key) = missing {
            return Err(BedError::MissingKey { step, rhythm: name(), key });
        }
        if let Some((key, _)) = keys.iter().find(|(_, value)| value.is_some()) {
            return Err(BedError::UnusedKey { step, rhythm: name(), key });
        }
        Ok(Step { rhythm, seconds: self.for_s })
    }
}
