//! The codes of trials: which alarm is due, or none.
//!
//! In: a code from a command line. Out: the code, its name, and which other alarms are true at the same time.

use std::{fmt, str::FromStr};

/// What happens to the patients of a trial: the alarm that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialCode {
    /// No QRS complex for 8 to 15 s; in one of four P waves go on.
    Asys,
    /// Ventricular fibrillation of 10 to 25 s; in one of three it is fine.
    Vfib,
    /// Monomorphic ventricular tachycardia of 120 to 220 a minute for 12 s or more.
    Vtac,
    /// 150 to 200 a minute for 25 s, sinus or supraventricular.
    Xtachy,
    /// 25 to 36 a minute for 25 s, sinus or junctional.
    Xbrady,
    /// Ventricular beats at 22 to 36 a minute for 25 s.
    Vbrady,
    /// Sinus rhythm of 124 to 136 a minute for 25 s.
    Hrhi,
    /// Sinus rhythm of 42 to 47 a minute for 25 s.
    Hrlo,
    /// One run of 3 or 4 ventricular beats at 120 to 200 a minute.
    Nsvt,
    /// An accelerated idioventricular rhythm of 55 to 90 a minute for 25 s.
    Vrhy,
    /// One run of 4 to 10 ventricular beats at 65 to 90 a minute.
    Run,
    /// One pause of 2.7 to 3.6 s.
    Pause,
    /// Atrial fibrillation of 65 to 95 a minute for 75 s.
    Afib,
    /// Premature ventricular complexes, some 16 to 19 a minute for 75 s.
    Pvcm,
    /// One couplet, its beats less than 0.5 s apart.
    Cplt,
    /// Bigeminy for 25 s.
    Bigem,
    /// Trigeminy for 25 s.
    Trigem,
    /// R-on-T complexes, some 6 a minute for 25 s.
    Ront,
    /// Premature complexes of two shapes, some 15 a minute for 25 s.
    Multi,
    /// Nothing to alarm for; in one of four, one or two premature complexes a minute.
    Stable,
    /// A narrow run of 155 to 190 a minute for 4 s that begins at once.
    Svt,
    /// One dropped beat: an RR interval of twice the mean.
    Miss,
    /// A pacemaker that now and then does not capture, for 25 s.
    Pnc,
    /// A pacemaker that once does not pace for three of its intervals.
    Pnp,
    /// An electrode, with every lead it is part of, off for 15 to 30 s.
    Leads,
    /// Muscle noise on every electrode for 12 to 18 s.
    Noise1,
    /// Muscle noise on every electrode for 35 to 45 s.
    Noise2,
    /// ST 0.25 to 0.45 mV away from its usual level over one territory for 130 s, after 70 to 90 s without a change.
    Stdev,
    /// A corrected QT interval of 560 to 600 ms for 7 minutes, after a minute of a normal one.
    Qtc,
}

/// There is no such code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no trial {code:?}; give one of {}", TrialCode::ALL.map(TrialCode::name).join(", "))]
pub struct UnknownTrialCode {
    /// What was asked for.
    code: String,
}

impl TrialCode {
    /// All of them.
    pub const ALL: [TrialCode; 29] = [
        TrialCode::Asys,
        TrialCode::Vfib,
        TrialCode::Vtac,
        TrialCode::Xtachy,
        TrialCode::Xbrady,
        TrialCode::Vbrady,
        TrialCode::Hrhi,
        TrialCode::Hrlo,
        TrialCode::Nsvt,
        TrialCode::Vrhy,
        TrialCode::Run,
        TrialCode::Pause,
        TrialCode::Afib,
        TrialCode::Pvcm,
        TrialCode::Cplt,
        TrialCode::Bigem,
        TrialCode::Trigem,
        TrialCode::Ront,
        TrialCode::Multi,
        TrialCode::Svt,
        TrialCode::Miss,
        TrialCode::Pnc,
        TrialCode::Pnp,
        TrialCode::Leads,
        TrialCode::Noise1,
        TrialCode::Noise2,
        TrialCode::Stdev,
        TrialCode::Qtc,
        TrialCode::Stable,
    ];

    /// The code as alarms have it.
    pub fn name(self) -> &'static str {
        match self {
            TrialCode::Asys => "ASYS",
            TrialCode::Vfib => "VFIB",
            TrialCode::Vtac => "VTAC",
            TrialCode::Xtachy => "XTACHY",
            TrialCode::Xbrady => "XBRADY",
            TrialCode::Vbrady => "VBRADY",
            TrialCode::Hrhi => "HRHI",
            TrialCode::Hrlo => "HRLO",
            TrialCode::Nsvt => "NSVT",
            TrialCode::Vrhy => "VRHY",
            TrialCode::Run => "RUN",
            TrialCode::Pause => "PAUSE",
            TrialCode::Afib => "AFIB",
            TrialCode::Pvcm => "PVCM",
            TrialCode::Cplt => "CPLT",
            TrialCode::Bigem => "BIGEM",
            TrialCode::Trigem => "TRIGEM",
            TrialCode::Ront => "RONT",
            TrialCode::Multi => "MULTI",
            TrialCode::Svt => "SVT",
            TrialCode::Miss => "MISS",
            TrialCode::Pnc => "PNC",
            TrialCode::Pnp => "PNP",
            TrialCode::Leads => "LEADS",
            TrialCode::Noise1 => "NOISE1",
            TrialCode::Noise2 => "NOISE2",
            TrialCode::Stdev => "STDEV",
            TrialCode::Qtc => "QTC",
            TrialCode::Stable => "stable",
        }
    }

    /// Other alarms that are true during the episode as well, though they need not be raised.
    pub(super) fn also_true(self) -> &'static [&'static str] {
        match self {
            TrialCode::Asys => &["PAUSE", "MISS", "HRLO", "XBRADY"],
            TrialCode::Vfib => &["VTAC"],
            TrialCode::Vtac => &["VFIB", "XTACHY", "HRHI", "NSVT", "PVCM"],
            TrialCode::Xtachy => &["HRHI", "SVT"],
            TrialCode::Xbrady => &["HRLO", "PAUSE", "MISS"],
            TrialCode::Vbrady => &["XBRADY", "HRLO", "PAUSE", "MISS", "VRHY", "RUN", "PVCM"],
            TrialCode::Vrhy => &["RUN", "PVCM"],
            TrialCode::Bigem | TrialCode::Trigem => &["PVCM"],
            TrialCode::Svt => &["XTACHY", "HRHI"],
            TrialCode::Pause | TrialCode::Pnc | TrialCode::Pnp => &["MISS", "HRLO"],
            TrialCode::Noise1 => &["NOISE2"],
            TrialCode::Noise2 => &["NOISE1"],
            _ => &[],
        }
    }
}

impl fmt::Display for TrialCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for TrialCode {
    type Err = UnknownTrialCode;

    /// Letter case does not matter.
    fn from_str(text: &str) -> Result<TrialCode, UnknownTrialCode> {
        let code = TrialCode::ALL.into_iter().find(|code| code.name().eq_ignore_ascii_case(text));
        code.ok_or_else(|| UnknownTrialCode { code: text.to_owned() })
    }
}
