//! Statements in standard terms, as alerts and `gemwatch explain` name them.

use std::fmt;

use super::statement::{Class, Diagnosis, Quantity, Rhythm, Sign, Site, Span, Statement, Wave};

impl Statement {
    /// The stated value, where there is one.
    pub fn value(&self) -> Option<Span> {
        match self {
            Statement::HeartRate(span)
            | Statement::Interval(_, span)
            | Statement::Axis(span)
            | Statement::Amplitude(_, span)
            | Statement::SokolowLyon(span) => Some(*span),
            Statement::Sign(_, size) => *size,
            Statement::Class(..) | Statement::Rhythm(_) | Statement::Diagnosis(..) => None,
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::HeartRate(_) => f.write_str("heart rate"),
            Statement::Interval(quantity, _) => f.write_str(quantity.name()),
            Statement::Axis(_) => f.write_str("QRS axis"),
            Statement::Amplitude(wave, _) => write!(f, "{} wave amplitude", wave.name()),
            Statement::SokolowLyon(_) => f.write_str("S in V1 and R in V5 or V6"),
            Statement::Class(quantity, class) => write!(f, "{} {}", class_name(*quantity, *class), quantity.name()),
            Statement::Sign(sign, _) => f.write_str(sign.name()),
            Statement::Rhythm(rhythm) => f.write_str(rhythm.name()),
            Statement::Diagnosis(diagnosis, site) => match site {
                Some(site) => write!(f, "{} {}", site.name(), diagnosis.name()),
                None => f.write_str(diagnosis.name()),
            },
        }
    }
}

impl Quantity {
    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::HeartRate => "heart rate",
            Quantity::P => "P duration",
            Quantity::Pr => "PR interval",
            Quantity::Qrs => "QRS duration",
            Quantity::Qt => "QT interval",
            Quantity::Qtc => "QTc",
            Quantity::Rr => "RR interval",
            Quantity::Axis => "QRS axis",
            Quantity::Intervals => "intervals",
        }
    }
}

fn class_name(quantity: Quantity, class: Class) -> &'static str {
    match (quantity, class) {
        (_, Class::Normal) => "normal",
        (_, Class::Left) => "left",
        (_, Class::Right) => "right",
        (_, Class::Extreme) => "extreme",
        (Quantity::HeartRate, Class::Low) => "slow",
        (Quantity::HeartRate, Class::High) => "fast",
        (Quantity::Qrs, Class::Low) => "narrow",
        (Quantity::Qrs, Class::High) => "wide",
        (_, Class::Low) => "short",
        (_, Class::High) => "prolonged",
    }
}

impl Wave {
    /// The letter.
    pub fn name(self) -> &'static str {
        match self {
            Wave::P => "P",
            Wave::Q => "Q",
            Wave::R => "R",
            Wave::S => "S",
            Wave::T => "T",
        }
    }
}

impl Sign {
    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Sign::StElevation => "ST elevation",
            Sign::StDepression => "ST depression",
            Sign::StIsoelectric => "isoelectric ST segment",
            Sign::StTChange => "ST-T change",
            Sign::TInverted => "inverted T wave",
            Sign::TUpright => "upright T wave",
            Sign::TFlat => "flat T wave",
            Sign::TTall => "tall T wave",
            Sign::TBiphasic => "biphasic T wave",
            Sign::TNormal => "normal T wave",
            Sign::PUpright => "upright P wave",
            Sign::PInverted => "inverted P wave",
            Sign::PathologicalQ => "Q wave",
            Sign::RProgressionNormal => "normal R wave progression",
            Sign::RProgressionPoor => "poor R wave progression",
            Sign::RTall => "tall R wave",
            Sign::SDeep => "deep S wave",
            Sign::RsrPrime => "rSR' pattern",
            Sign::LowVoltage => "low voltage",
        }
    }
}

impl Rhythm {
    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Rhythm::Sinus => "sinus rhythm",
            Rhythm::NormalSinus => "normal sinus rhythm",
            Rhythm::SinusBradycardia => "sinus bradycardia",
            Rhythm::SinusTachycardia => "sinus tachycardia",
            Rhythm::SinusArrhythmia => "sinus arrhythmia",
            Rhythm::Regular => "regular rhythm",
            Rhythm::Irregular => "irregular rhythm",
            Rhythm::PPresent => "P waves",
            Rhythm::PBeforeQrs => "P wave before each QRS complex",
            Rhythm::AtrialFibrillation => "atrial fibrillation",
            Rhythm::AtrialFlutter => "atrial flutter",
            Rhythm::Supraventricular => "supraventricular tachycardia",
            Rhythm::Junctional => "junctional rhythm",
            Rhythm::Idioventricular => "idioventricular rhythm",
            Rhythm::VentricularTachycardia => "ventricular tachycardia",
            Rhythm::VentricularFibrillation => "ventricular fibrillation",
            Rhythm::Asystole => "asystole",
            Rhythm::Paced => "paced rhythm",
            Rhythm::Pvc => "premature ventricular complexes",
            Rhythm::Pac => "premature atrial complexes",
            Rhythm::Ectopy => "premature complexes",
            Rhythm::Bigeminy => "ventricular bigeminy",
            Rhythm::Trigeminy => "ventricular trigeminy",
            Rhythm::AvBlock => "AV block",
            Rhythm::AvBlock1 => "first-degree AV block",
            Rhythm::AvBlock2 => "second-degree AV block",
            Rhythm::AvBlock3 => "third-degree AV block",
            Rhythm::Bbb => "bundle branch block",
            Rhythm::Lbbb => "left bundle branch block",
            Rhythm::Rbbb => "right bundle branch block",
            Rhythm::IncompleteLbbb => "incomplete left bundle branch block",
            Rhythm::IncompleteRbbb => "incomplete right bundle branch block",
            Rhythm::LeftAnteriorFascicular => "left anterior fascicular block",
            Rhythm::LeftPosteriorFascicular => "left posterior fascicular block",
            Rhythm::Ivcd => "intraventricular conduction delay",
        }
    }
}

impl Diagnosis {
    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Diagnosis::NormalEcg => "normal ECG",
            Diagnosis::Lvh => "left ventricular hypertrophy",
            Diagnosis::Rvh => "right ventricular hypertrophy",
            Diagnosis::LeftAtrial => "left atrial abnormality",
            Diagnosis::RightAtrial => "right atrial abnormality",
            Diagnosis::Infarction => "infarction",
            Diagnosis::Stemi => "ST elevation infarction",
            Diagnosis::Ischaemia => "ischaemia",
            Diagnosis::WolffParkinsonWhite => "Wolff-Parkinson-White pattern",
            Diagnosis::Pericarditis => "pericarditis",
            Diagnosis::Hyperkalaemia => "hyperkalaemia",
        }
    }
}

impl Site {
    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Site::Inferior => "inferior",
            Site::Anterior => "anterior",
            Site::Lateral => "lateral",
            Site::Septal => "septal",
            Site::Posterior => "posterior",
            Site::Anteroseptal => "anteroseptal",
            Site::Anterolateral => "anterolateral",
            Site::Inferolateral => "inferolateral",
        }
    }
}
