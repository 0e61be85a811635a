//! The criteria of electrocardiography, applied to one window: from measured values to findings.
//!
//! In go a strip and the [`Measurements`] on it, out comes the [`Examination`]: a [`Finding`] for every [`Criterion`], met,
//! not met or not measurable, with the limit, the value, the leads and the seconds that carry it. Nobody's words are known
//! here; the limits are those of published standards, each cited where it is applied.
//!
//! A value nearer to a limit than the measurement is accurate makes a finding borderline. Which side it is on is then no
//! fact about the patient.

mod atrioventricular;
mod beats;
mod conduction;
mod finding;
mod heard;
mod repolarisation;
mod rhythm;
mod voltage;
mod walls;

pub use conduction::ends_upwards;
pub use finding::{Criterion, Finding, LEAST_CONFIDENCE, Outcome, Territory, reliable};
pub use heard::{Beat, Fibrillation, Heard};
pub use repolarisation::{QTC_LONG_MS, QTC_SHORT_MS};
pub use rhythm::Regularity;
pub use walls::{is_st_depressed, is_st_elevated, is_t_inverted, st_level_mv};

use crate::ecg::Strip;
use crate::measure::Measurements;

/// All that one window shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Examination {
    /// One finding for every criterion.
    pub findings: Vec<Finding>,
    /// The beats with their classes, and fibrillation.
    pub heard: Heard,
    /// How regular the conducted beats are.
    pub regularity: Regularity,
}

impl Examination {
    /// What was found of this criterion.
    pub fn finding(&self, criterion: Criterion) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.criterion == criterion)
    }

    /// Is this criterion met?
    pub fn is_met(&self, criterion: Criterion) -> bool {
        self.finding(criterion).is_some_and(Finding::is_met)
    }

    /// The findings that are met, in the order in which they are examined.
    pub fn met(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_met())
    }
}

/// Examines a strip at 500 Hz on which `measurements` were taken.
pub fn examine(strip: &Strip, measurements: &Measurements) -> Examination {
    let heard = heard::hear(strip, measurements);
    let regularity = rhythm::regularity(&heard);
    let mut findings = beats::findings(strip, measurements, &heard);
    let conduction = atrioventricular::examine(strip, measurements, &heard, &regularity);
    findings.extend(conduction.findings);
    findings.extend(rhythm::findings(measurements, &regularity, conduction.has_atrial_pace, &findings));
    findings.extend(conduction::findings(measurements));
    findings.extend(voltage::findings(measurements));
    findings.extend(walls::findings(measurements));
    findings.extend(repolarisation::findings(measurements));
    findings.push(normal(&findings));
    Examination { findings, heard, regularity }
}

/// A normal ECG: sinus rhythm at 60 to 100 bpm and none of the abnormal findings. One that cannot be measured leaves it
/// open, but for those that a window without the waves in question cannot have.
fn normal(findings: &[Finding]) -> Finding {
    let outcome = |criterion: Criterion| {
        findings.iter().find(|finding| finding.criterion == criterion).map_or(Outcome::NotMeasurable, |f| f.outcome)
    };
    let asked = [Criterion::SinusRhythm, Criterion::NormalAxis];
    let abnormal = findings.iter().filter(|finding| !asked.contains(&finding.criterion));
    let all = asked.iter().fold(Outcome::Met, |so_far, criterion| so_far.and(outcome(*criterion)));
    let result = abnormal.fold(all, |so_far, finding| {
        // The voltage of hypertrophy is common in healthy young hearts, and so is one early beat, but neither is normal.
        so_far.and(if finding.is_borderline { Outcome::NotMeasurable } else { finding.outcome.contrary() })
    });
    let rule = "sinus rhythm at 60 to 100 bpm, normal axis, and none of the abnormal criteria met";
    Finding::bare(Criterion::NormalEcg, rule, result)
}

#[cfg(test)]
mod tests;
