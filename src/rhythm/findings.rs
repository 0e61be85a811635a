//! What can be said of the rhythm at one moment: facts with the span that carries each. Limits are applied elsewhere.

use crate::ecg::{Lead, Time};

/// All that is known of the rhythm of one bed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The latest run of two or more consecutive ventricular beats, going on or ended.
    pub ventricular_run: Option<Run>,
    /// The latest run of narrow beats that began at once and is fast (premature first beat, not sinus), going on or ended.
    pub supraventricular_run: Option<Run>,
    /// Ventricular fibrillation or flutter as the waveform itself shows it, while it lasts.
    pub ventricular_oscillation: Option<Oscillation>,
    /// The patient's own rhythm, seen through a disturbance, while it is looked for and seen.
    pub own_rhythm: Option<OwnRhythm>,
    /// Atrial fibrillation, while it lasts.
    pub atrial_fibrillation: Option<AtrialFibrillation>,
    /// The latest RR interval that was much longer than those before it.
    pub long_interval: Option<LongInterval>,
    /// The latest ventricular beat that fell on the T wave before it.
    pub r_on_t: Option<Premature>,
    /// Ventricular beats in turn with others, while it lasts.
    pub pattern: Option<Pattern>,
    /// Ventricular beats of more than one shape among the last 15 beats.
    pub multiform: Option<Multiform>,
    /// Ventricular beats of the last 60 s.
    pub ventricular_beats: Option<Count>,
    /// The latest fault of a pacemaker.
    pub pacing_fault: Option<PacingFault>,
    /// How noisy it is.
    pub noise: Noise,
}

/// Consecutive beats of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// How many.
    pub beats: usize,
    /// Mean rate over its RR intervals, in bpm.
    pub bpm: f64,
    /// Lowest rate over four of its consecutive RR intervals (all of them, where there are fewer), in bpm.
    pub slowest_bpm: f64,
    /// R peak of its first beat.
    pub from: Time,
    /// R peak of its last beat.
    pub to: Time,
    /// Has a beat of another kind, or none for too long, ended it?
    pub ended: bool,
}

/// Complexes of the patient's own at their own pace, whatever else is on the leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnRhythm {
    /// The first of its complexes within the last three seconds.
    pub from: Time,
    /// The last of them.
    pub to: Time,
    /// Their rate.
    pub bpm: f64,
}

/// Fibrillation or flutter waves of the ventricles instead of complexes.
#[derive(Clone, Debug, PartialEq)]
pub struct Oscillation {
    /// Since when.
    pub from: Time,
    /// Until when it has been seen.
    pub to: Time,
    /// The leads that show it.
    pub leads: Vec<Lead>,
    /// Its dominant frequency.
    pub frequency_hz: f64,
    /// Its size, peak to peak, in the lead that shows it best.
    pub amplitude_mv: f64,
}

/// Irregularly irregular beats without P waves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtrialFibrillation {
    /// Since when.
    pub from: Time,
    /// The last beat that shows it.
    pub to: Time,
    /// Until when it surely lasts: what shows it is half over by then.
    pub lasts_until: Time,
    /// How irregular the RR intervals are, 0 to 1.
    pub irregularity: f64,
}

/// An RR interval that was long for this patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongInterval {
    /// The beat before it.
    pub from: Time,
    /// The beat that ended it, or until when none came.
    pub to: Time,
    /// As a multiple of the mean of the RR intervals before it.
    pub times_mean: f64,
    /// Did a premature ventricular beat begin it (a compensatory pause)?
    pub compensatory: bool,
}

/// A premature ventricular beat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Premature {
    /// Its R peak.
    pub at: Time,
    /// The R peak before it.
    pub after: Time,
    /// Its RR interval as a part of the mean RR interval.
    pub part_of_mean: f64,
}

/// Which pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// Every other beat is ventricular.
    Bigeminy,
    /// Every third beat is ventricular.
    Trigeminy,
}

/// Ventricular beats in turn with others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pattern {
    /// Which.
    pub kind: PatternKind,
    /// How often it came again.
    pub cycles: usize,
    /// Its first beat.
    pub from: Time,
    /// Its last beat.
    pub to: Time,
}

/// Ventricular beats of different shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multiform {
    /// How many shapes.
    pub shapes: usize,
    /// The first of those beats.
    pub from: Time,
    /// The last of them.
    pub to: Time,
}

/// Beats counted over a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Count {
    /// How many.
    pub beats: usize,
    /// From when they were counted.
    pub from: Time,
    /// Until when.
    pub to: Time,
}

/// What a pacemaker did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacingFaultKind {
    /// A pulse that no QRS complex followed.
    NotCaptured,
    /// Neither pulse nor QRS complex for longer than the pacing interval.
    NotPaced,
}

/// A fault of a pacemaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PacingFault {
    /// Which.
    pub kind: PacingFaultKind,
    /// The first pulse without capture, or the last beat.
    pub from: Time,
    /// When it was known.
    pub to: Time,
}

/// How noisy the usable leads are. A second is noisy when no lead is good enough to tell arrhythmias.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Since when it is noisy without a break, if it is.
    pub since: Option<Time>,
    /// Noisy seconds among the last 30.
    pub seconds_of_last_30: u32,
}
