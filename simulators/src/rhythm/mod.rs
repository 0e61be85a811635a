//! The rhythms a simulated heart can have, and the script that strings them together.
//!
//! In: rates and durations. Out: a checked [`Script`], which [`crate::patient`] plays.

mod range;
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
    /// Respiratory sinus arrhythmia: the sinus node speeds up with each breath in and slows down with each breath out, by a
    /// seventh of the interval either way.
    SinusArrhythmia {
        /// Mean heart rate, 40 to 100.
        rate_bpm: f64,
    },
    /// Sinus rhythm as regular as that of a patient simulator on a test bench.
    RegularSinus {
        /// Heart rate, 15 to 300.
        rate_bpm: f64,
    },
    /// Sinus rhythm with single premature ventricular complexes, each with a full compensatory pause.
    SinusWithPvcs {
        /// Rate of the sinus node, 30 to 150.
        rate_bpm: f64,
        /// How many premature complexes a minute on average; 0.1 to a third of the sinus rate.
        pvcs_per_min: f64,
    },
    /// Sinus rhythm with single premature atrial complexes: an early P wave of another shape and a narrow QRS complex, which
    /// resets the sinus node.
    SinusWithPacs {
        /// Rate of the sinus node, 40 to 120.
        rate_bpm: f64,
        /// How many premature complexes a minute on average; 0.1 to a third of the sinus rate.
        pacs_per_min: f64,
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
    /// The last beats of a dying heart: slow, irregular, very wide and low, each another shape.
    AgonalRhythm {
        /// Mean ventricular rate, 5 to 20.
        rate_bpm: f64,
    },
    /// A pacemaker stimulates the atria; the beats are conducted.
    AtrialPacing {
        /// Pacing rate, 40 to 130.
        rate_bpm: f64,
    },
    /// A pacemaker stimulates the ventricles; there are no P waves.
    VentricularPacing {
        /// Pacing rate, 40 to 130.
        rate_bpm: f64,
    },
    /// A pacemaker stimulates the atria and then the ventricles.
    DualChamberPacing {
        /// Pacing rate, 40 to 130.
        rate_bpm: f64,
    },
    /// Failure to capture: ventricular pacing whose pulses now and then are not answered.
    FailureToCapture {
        /// Pacing rate, 40 to 130.
        rate_bpm: f64,
        /// Beats between two failures, 1 to 20.
        captured_beats: u8,
        /// Pulses in a row that fail, 1 to 5.
        lost_beats: u8,
    },
    /// Failure to sense: a pacemaker that stimulates the ventricles at its own pace, whatever the sinus node does. Pulses
    /// that meet refractory ventricles stay without an answer.
    FailureToSense {
        /// Rate of the sinus node, 40 to 110.
        rate_bpm: f64,
        /// Pacing rate, 40 to 110.
        pacer_rate_bpm: f64,
    },
    /// Failure to pace: ventricular pacing whose pulses now and then fail to come, and nothing beats in their place; the
    /// first time after three beats.
    FailureToPace {
        /// Pacing rate, 40 to 130.
        rate_bpm: f64,
        /// From the beat before to the beat after the failure, 1.5 to 10 s.
        pause_s: f64,
        /// How many failures a minute, 0.1 to 10.
        pauses_per_min: f64,
    },
    /// Monomorphic ventricular tachycardia.
    VentricularTachycardia {
        /// Ventricular rate, 100 to 250.
        rate_bpm: f64,
    },
    /// Polymorphic ventricular tachycardia: the axis jumps from beat to beat.
    PolymorphicVentricularTachycardia {
        /// Ventricular rate, 150 to 300.
        rate_bpm: f64,
    },
    /// Torsades de pointes: the axis turns steadily, so that each lead shows spindles.
    TorsadesDePointes {
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
            Rhythm::SinusArrhythmia { .. } => "sinus-arrhythmia",
            Rhythm::RegularSinus { .. } => "regular-sinus",
            Rhythm::SinusWithPvcs { .. } => "sinus-with-pvcs",
            Rhythm::SinusWithPacs { .. } => "sinus-with-pacs",
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
            Rhythm::AgonalRhythm { .. } => "agonal-rhythm",
            Rhythm::AtrialPacing { .. } => "atrial-pacing",
            Rhythm::VentricularPacing { .. } => "ventricular-pacing",
            Rhythm::DualChamberPacing { .. } => "dual-chamber-pacing",
            Rhythm::FailureToCapture { .. } => "failure-to-capture",
            Rhythm::FailureToSense { .. } => "failure-to-sense",
            Rhythm::FailureToPace { .. } => "failure-to-pace",
            Rhythm::VentricularTachycardia { .. } => "ventricular-tachycardia",
            Rhythm::PolymorphicVentricularTachycardia { .. } => "polymorphic-ventricular-tachycardia",
            Rhythm::TorsadesDePointes { .. } => "torsades-de-pointes",
            Rhythm::VentricularFibrillation => "ventricular-fibrillation",
            Rhythm::FineVentricularFibrillation { .. } => "fine-ventricular-fibrillation",
            Rhythm::Asystole => "asystole",
            Rhythm::VentricularStandstill { .. } => "ventricular-standstill",
        }
    }
}
