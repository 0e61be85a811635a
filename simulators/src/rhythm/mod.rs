//! The rhythms a simulated heart can have, and the script that strings them together.
//!
//! In: rates and durations. Out: a checked [`Script`], which [`crate::patient`] plays.

mod script;

pub use script::{Afterwards, Script, ScriptError, Step};

/// What the heart does for a while. Rates are in beats a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rhythm {
    /// Sinus rhythm with the irregularity that breathing gives it.
    Sinus {
        /// Mean heart rate, 15 to 300.
        rate_bpm: f64,
    },
    /// Sinus rhythm with single premature ventricular complexes, each with a full compensatory pause.
    SinusWithPvcs {
        /// Rate of the sinus node, 30 to 150.
        rate_bpm: f64,
        /// How many premature complexes a minute on average; 0.1 to a third of the sinus rate.
        pvcs_per_min: f64,
    },
    /// Every second beat is a premature ventricular complex.
    Bigeminy {
        /// Rate of the sinus node, 40 to 130.
        rate_bpm: f64,
    },
    /// Every third beat is a premature ventricular complex.
    Trigeminy {
        /// Rate of the sinus node, 40 to 130.
        rate_bpm: f64,
    },
    /// Sinus rhythm with premature ventricular complexes from two foci in turn, evenly spread; the first after three beats.
    MultiformPvcs {
        /// Rate of the sinus node, 40 to 130.
        rate_bpm: f64,
        /// How many complexes a minute; 0.1 to a third of the sinus rate.
        pvcs_per_min: f64,
    },
    /// Sinus rhythm with ventricular complexes so early that they begin on the T wave before them, evenly spread; the first
    /// after three beats.
    ROnTPvcs {
        /// Rate of the sinus node, 40 to 110.
        rate_bpm: f64,
        /// How many complexes a minute; 0.1 to a third of the sinus rate.
        pvcs_per_min: f64,
    },
    /// Sinus rhythm with couplets or short runs of ventricular beats, evenly spread; the first after three beats.
    VentricularRuns {
        /// Rate of the sinus node, 40 to 130.
        rate_bpm: f64,
        /// Ventricular beats in a row, 2 (a couplet) to 13.
        run_beats: u8,
        /// Their rate, 40 to 250.
        run_rate_bpm: f64,
        /// How many runs a minute of sinus rhythm, 0.1 to 15.
        runs_per_min: f64,
    },
    /// Sinus rhythm in which the sinus node now and then falls silent; the first time after three beats.
    SinusWithPauses {
        /// Mean heart rate otherwise, 40 to 130.
        rate_bpm: f64,
        /// From the beat before to the beat after the pause, 1.5 to 10 s.
        pause_s: f64,
        /// How many pauses a minute of sinus rhythm, 0.1 to 10.
        pauses_per_min: f64,
    },
    /// First-degree atrioventricular block: a long PR interval.
    FirstDegreeBlock {
        /// Mean heart rate, 40 to 110.
        rate_bpm: f64,
        /// How much longer than the heart's own PR interval of some 0.16 s, 0.05 to 0.25 s.
        delay_s: f64,
    },
    /// Second-degree block, Mobitz type I: PR grows from beat to beat until a P wave is not conducted.
    WenckebachBlock {
        /// Rate of the P waves, 40 to 120.
        atrial_rate_bpm: f64,
        /// Conducted beats between two blocked P waves, 2 to 8.
        conducted_beats: u8,
    },
    /// Second-degree block, Mobitz type II: a P wave now and then is not conducted, PR stays.
    MobitzTwoBlock {
        /// Rate of the P waves, 40 to 120.
        atrial_rate_bpm: f64,
        /// Conducted beats between two blocked P waves, 1 (2:1 block) to 8.
        conducted_beats: u8,
    },
    /// Third-degree block: P waves and ventricular escape beats, each at a pace of its own.
    CompleteBlock {
        /// Rate of the P waves, 40 to 120.
        atrial_rate_bpm: f64,
        /// Rate of the escape beats, 20 to 60; below 40 they are ventricular, from 40 on junctional.
        escape_rate_bpm: f64,
    },
    /// Supraventricular tachycardia: narrow, regular, its P waves hidden.
    SupraventricularTachycardia {
        /// Heart rate, 130 to 250.
        rate_bpm: f64,
    },
    /// Junctional rhythm: narrow, regular, without P waves.
    JunctionalRhythm {
        /// Heart rate, 30 to 130.
        rate_bpm: f64,
    },
    /// Atrial fibrillation: no P wave, fibrillatory waves, irregularly irregular ventricular beats.
    AtrialFibrillation {
        /// Mean ventricular rate, 40 to 180.
        rate_bpm: f64,
    },
    /// Atrial flutter: saw-tooth waves of which every second, third or fourth is conducted.
    AtrialFlutter {
        /// Rate of the flutter waves, 220 to 340.
        atrial_rate_bpm: f64,
        /// Flutter waves to a beat, 2 to 4.
        waves_per_beat: u8,
    },
    /// Idioventricular rhythm: ventricular beats at the pace of an escape focus. Below 40 it is ventricular bradycardia, from
    /// some 50 on an accelerated rhythm.
    IdioventricularRhythm {
        /// Ventricular rate, 15 to 100.
        rate_bpm: f64,
    },
    /// Monomorphic ventricular tachycardia.
    VentricularTachycardia {
        /// Ventricular rate, 100 to 250.
        rate_bpm: f64,
    },
    /// Polymorphic ventricular tachycardia, torsades de pointes: the axis turns from beat to beat.
    PolymorphicVentricularTachycardia {
        /// Ventricular rate, 150 to 300.
        rate_bpm: f64,
    },
    /// Coarse ventricular fibrillation: no beat to tell from another.
    VentricularFibrillation,
    /// Fine ventricular fibrillation.
    FineVentricularFibrillation {
        /// About how high its waves are in lead II, 0.05 to 0.3 mV.
        peak_mv: f64,
    },
    /// No electrical activity at all.
    Asystole,
    /// Ventricular standstill: P waves that no QRS complex follows.
    VentricularStandstill {
        /// Rate of the P waves, 30 to 150.
        atrial_rate_bpm: f64,
    },
}

impl Rhythm {
    /// The name, as scenario files and the truth write it.
    pub fn name(self) -> &'static str {
        match self {
            Rhythm::Sinus { .. } => "sinus",
            Rhythm::SinusWithPvcs { .. } => "sinus-with-pvcs",
            Rhythm::Bigeminy { .. } => "bigeminy",
            Rhythm::Trigeminy { .. } => "trigeminy",
            Rhythm::MultiformPvcs { .. } => "multiform-pvcs",
            Rhythm::ROnTPvcs { .. } => "r-on-t-pvcs",
            Rhythm::VentricularRuns { .. } => "ventricular-runs",
            Rhythm::SinusWithPauses { .. } => "sinus-with-pauses",
            Rhythm::FirstDegreeBlock { .. } => "first-degree-av-block",
            Rhythm::WenckebachBlock { .. } => "wenckebach-block",
            Rhythm::MobitzTwoBlock { .. } => "mobitz-ii-block",
            Rhythm::CompleteBlock { .. } => "complete-av-block",
            Rhythm::SupraventricularTachycardia { .. } => "supraventricular-tachycardia",
            Rhythm::JunctionalRhythm { .. } => "junctional-rhythm",
            Rhythm::AtrialFibrillation { .. } => "atrial-fibrillation",
            Rhythm::AtrialFlutter { .. } => "atrial-flutter",
            Rhythm::IdioventricularRhythm { .. } => "idioventricular-rhythm",
            Rhythm::VentricularTachycardia { .. } => "ventricular-tachycardia",
            Rhythm::PolymorphicVentricularTachycardia { .. } => "polymorphic-ventricular-tachycardia",
            Rhythm::VentricularFibrillation => "ventricular-fibrillation",
            Rhythm::FineVentricularFibrillation { .. } => "fine-ventricular-fibrillation",
            Rhythm::Asystole => "asystole",
            Rhythm::VentricularStandstill { .. } => "ventricular-standstill",
        }
    }

    fn check(self) -> Result<(), ScriptError> {
        let within = |key: &'static str, value: f64, min: f64, max: f64| {
            if (min..=max).contains(&value) {
                Ok(())
            } else {
                Err(ScriptError::OutOfRange { rhythm: self.name(), key, value, min, max })
            }
        };
        match self {
            Rhythm::Sinus { rate_bpm } => within("rate_bpm", rate_bpm, 15.0, 300.0),
            Rhythm::SinusWithPvcs { rate_bpm, pvcs_per_min } => {
                within("rate_bpm", rate_bpm, 30.0, 150.0)?;
                within("pvcs_per_min", pvcs_per_min, 0.1, rate_bpm / 3.0)
            }
            Rhythm::Bigeminy { rate_bpm } | Rhythm::Trigeminy { rate_bpm } => within("rate_bpm", rate_bpm, 40.0, 130.0),
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
            Rhythm::SinusWithPauses { rate_bpm, pause_s, pauses_per_min } => {
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
            Rhythm::VentricularTachycardia { rate_bpm } => within("rate_bpm", rate_bpm, 100.0, 250.0),
            Rhythm::PolymorphicVentricularTachycardia { rate_bpm } => within("rate_bpm", rate_bpm, 150.0, 300.0),
            Rhythm::FineVentricularFibrillation { peak_mv } => within("peak_mv", peak_mv, 0.05, 0.3),
            Rhythm::VentricularStandstill { atrial_rate_bpm } => {
                within("atrial_rate_bpm", atrial_rate_bpm, 30.0, 150.0)
            }
            Rhythm::VentricularFibrillation | Rhythm::Asystole => Ok(()),
        }
    }
}
