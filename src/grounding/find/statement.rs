//! What a claim can say.

use super::leads::LeadSet;

/// A claim with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundClaim {
    /// Byte offset of its first word.
    pub from: usize,
    /// Byte offset after its last word.
    pub to: usize,
    /// What it says, or denies.
    pub statement: Statement,
    /// Does the sentence say that it is not so?
    pub is_denied: bool,
    /// Is the sentence not sure?
    pub is_hedged: bool,
    /// The leads it is said of, where any are named.
    pub leads: Option<LeadSet>,
}

/// A stated value: its lower and upper end, which are equal where one value is stated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Lower end.
    pub from: f64,
    /// Upper end.
    pub to: f64,
}

impl Span {
    /// From `a` to `b`, in either order.
    pub fn between(a: f64, b: f64) -> Span {
        Span { from: a.min(b), to: a.max(b) }
    }

    /// Both ends times `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Span {
        Span::between(self.from * factor, self.to * factor)
    }
}

/// What a claim says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statement {
    /// The ventricular rate in bpm.
    HeartRate(Span),
    /// An interval in ms.
    Interval(Quantity, Span),
    /// The QRS axis in degrees.
    Axis(Span),
    /// A quantity is normal, low, high or to one side.
    Class(Quantity, Class),
    /// The height or depth of a wave in mV, without sign.
    Amplitude(Wave, Span),
    /// S in V1 and R in V5 or V6 together, in mV.
    SokolowLyon(Span),
    /// Something that single leads show; ST deviations with their size in mV, without sign, where it is stated.
    Sign(Sign, Option<Span>),
    /// A rhythm, a kind of beat, or a way of conduction.
    Rhythm(Rhythm),
    /// A conclusion, with the wall it is about.
    Diagnosis(Diagnosis, Option<Site>),
}

/// What is measured of the whole window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the standard names
pub enum Quantity {
    HeartRate,
    P,
    Pr,
    Qrs,
    Qt,
    Qtc,
    Rr,
    Axis,
    /// PR, QRS and QTc together.
    Intervals,
}

/// How a quantity is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Within normal limits.
    Normal,
    /// Slow, short, narrow.
    Low,
    /// Fast, long, wide.
    High,
    /// The axis is deviated to the left.
    Left,
    /// The axis is deviated to the right.
    Right,
    /// The axis is in the upper right quadrant.
    Extreme,
}

/// A wave whose height is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the standard names
pub enum Wave {
    P,
    Q,
    R,
    S,
    T,
}

/// Something that single leads show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// ST elevation.
    StElevation,
    /// ST depression.
    StDepression,
    /// ST on the baseline.
    StIsoelectric,
    /// Any change of ST or T.
    StTChange,
    /// Inverted T wave.
    TInverted,
    /// Upright T wave.
    TUpright,
    /// Flat T wave.
    TFlat,
    /// Tall T wave.
    TTall,
    /// T wave in both directions.
    TBiphasic,
    /// Normal T wave.
    TNormal,
    /// Upright P wave.
    PUpright,
    /// Inverted P wave.
    PInverted,
    /// Pathological Q wave.
    PathologicalQ,
    /// R grows from V1 to V4 as it should.
    RProgressionNormal,
    /// R does not.
    RProgressionPoor,
    /// Tall R wave.
    RTall,
    /// Deep S wave.
    SDeep,
    /// A second R wave.
    RsrPrime,
    /// Low voltage of the QRS complex.
    LowVoltage,
}

/// A rhythm, a kind of beat, or a way of conduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the standard names
pub enum Rhythm {
    Sinus,
    NormalSinus,
    SinusBradycardia,
    SinusTachycardia,
    SinusArrhythmia,
    Regular,
    Irregular,
    PPresent,
    /// A P wave before each QRS complex.
    PBeforeQrs,
    AtrialFibrillation,
    AtrialFlutter,
    Supraventricular,
    Junctional,
    Idioventricular,
    VentricularTachycardia,
    VentricularFibrillation,
    Asystole,
    Paced,
    /// Premature ventricular complexes.
    Pvc,
    /// Premature atrial complexes.
    Pac,
    /// Premature complexes of either kind.
    Ectopy,
    Bigeminy,
    Trigeminy,
    /// AV block of any degree.
    AvBlock,
    AvBlock1,
    AvBlock2,
    AvBlock3,
    /// Block of either bundle branch.
    Bbb,
    Lbbb,
    Rbbb,
    IncompleteLbbb,
    IncompleteRbbb,
    LeftAnteriorFascicular,
    LeftPosteriorFascicular,
    /// Intraventricular conduction delay.
    Ivcd,
}

/// A conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the standard names
pub enum Diagnosis {
    NormalEcg,
    Lvh,
    Rvh,
    LeftAtrial,
    RightAtrial,
    Infarction,
    /// Infarction with ST elevation.
    Stemi,
    Ischaemia,
    WolffParkinsonWhite,
    Pericarditis,
    Hyperkalaemia,
}

/// A wall or walls, as diagnoses name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the standard names
pub enum Site {
    Inferior,
    Anterior,
    Lateral,
    Septal,
    Posterior,
    Anteroseptal,
    Anterolateral,
    Inferolateral,
}

impl Site {
    /// The site of this name.
    pub fn from_word(word: &str) -> Option<Site> {
        Some(match word {
            "inferior" => Site::Inferior,
            "anterior" => Site::Anterior,
            "lateral" => Site::Lateral,
            "septal" => Site::Septal,
            "posterior" => Site::Posterior,
            "anteroseptal" => Site::Anteroseptal,
            "anterolateral" => Site::Anterolateral,
            "inferolateral" => Site::Inferolateral,
            _ => return None,
        })
    }
}
