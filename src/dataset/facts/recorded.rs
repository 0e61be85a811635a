//! The facts about a recording: what the criteria say, where they are sure.

use simulators::portrait::{Finding, Wall};

use super::{Facts, PWaves, Sign, UPRIGHT_MV, criterion, sokolow_lyon_mv, t_may_be_inverted};
use crate::criteria::{Criterion, Examination, Outcome, is_st_depressed, is_st_elevated, is_t_inverted, reliable};
use crate::ecg::Lead;
use crate::measure::Measurements;

/// From this duration on paced beats are paced in the ventricles.
const WIDE_QRS_MS: f64 = 120.0;
/// Idioventricular rhythm, bundle branch block and so on follow from others; these are looked for first, as the rhythm.
const RHYTHMS: [Finding; 7] = [
    Finding::VentricularFibrillation,
    Finding::Asystole,
    Finding::SinusRhythm,
    Finding::AtrialFibrillation,
    Finding::SupraventricularTachycardia,
    Finding::JunctionalRhythm,
    Finding::VentricularTachycardia,
];
/// What else the criteria can find.
const OTHERS: [Finding; 13] = [
    Finding::SinusBradycardia,
    Finding::SinusTachycardia,
    Finding::FirstDegreeAvBlock,
    Finding::CompleteAvBlock,
    Finding::PrematureVentricularComplexes,
    Finding::LeftBundleBranchBlock,
    Finding::RightBundleBranchBlock,
    Finding::IntraventricularConductionDelay,
    Finding::LeftAxisDeviation,
    Finding::RightAxisDeviation,
    Finding::LeftVentricularHypertrophy,
    Finding::LowVoltage,
    Finding::ProlongedQt,
];

impl Facts {
    /// The facts about a recording. A finding so near to its limit that the measurement does not tell is none.
    pub fn of_recording(measurements: &Measurements, examination: &Examination) -> Facts {
        let sure = |finding: Finding| {
            let found = criterion(finding).and_then(|criterion| examination.finding(criterion));
            found.filter(|found| found.outcome == Outcome::Met && !found.is_borderline)
        };
        let intervals = &measurements.intervals;
        let qrs_ms = reliable(&intervals.qrs);
        let paced = examination.is_met(Criterion::Paced).then(|| {
            let is_wide = qrs_ms.is_some_and(|ms| ms >= WIDE_QRS_MS);
            if is_wide { Finding::VentricularPacing } else { Finding::AtrialPacing }
        });
        let rhythm = paced.or(RHYTHMS.into_iter().find(|rhythm| sure(*rhythm).is_some()));
        let of_walls = [Finding::StElevation, Finding::StDepression, Finding::TInversion, Finding::PathologicalQ];
        let of_walls = of_walls.into_iter().flat_map(|of| Wall::ALL.map(of));
        let others = OTHERS.into_iter().chain(of_walls).filter(|finding| sure(*finding).is_some());
        let mut findings: Vec<Finding> = rhythm.into_iter().chain(others).collect();
        let has_block = |findings: &[Finding]| {
            findings.contains(&Finding::LeftBundleBranchBlock) || findings.contains(&Finding::RightBundleBranchBlock)
        };
        // A wide complex that has a name, or comes from the ventricles, is no delay of its own.
        if has_block(&findings) || rhythm != Some(Finding::SinusRhythm) {
            findings.retain(|finding| *finding != Finding::IntraventricularConductionDelay);
        }
        let beats = examination.finding(Criterion::VentricularBeats).filter(|found| found.outcome == Outcome::Met);
        let regularity = examination.finding(Criterion::IrregularRhythm).filter(|found| !found.is_borderline);
        let mut facts = Facts {
            rhythm,
            p: p_waves(rhythm, &findings),
            findings,
            rate_bpm: reliable(&measurements.heart_rate),
            is_regular: regularity.and_then(|found| match found.outcome {
                Outcome::Met => Some(false),
                Outcome::NotMet => Some(true),
                Outcome::NotMeasurable => None,
            }),
            longest_rr_ms: measurements.rr_max.value,
            qrs_ms,
            qt_ms: reliable(&intervals.qt),
            qtc_ms: reliable(&intervals.qtc_bazett),
            axis_deg: reliable(&measurements.qrs_axis),
            ventricular_s: beats.map(|found| found.moments_s.clone()).unwrap_or_default(),
            sokolow_lyon_mv: sokolow_lyon_mv(measurements),
            ..Facts::default()
        };
        facts.pr_ms = reliable(&intervals.pr).filter(|_| facts.p == Some(PWaves::Conducted));
        facts.measured_leads(measurements);
        facts
    }

    fn measured_leads(&mut self, measurements: &Measurements) {
        let (mut st_is_clear, mut t_is_clear) = (!measurements.leads.is_empty(), !measurements.leads.is_empty());
        for measured in &measurements.leads {
            let sign = |mv: f64| Sign { lead: measured.lead.clone(), mv };
            let met = |(mv, outcome, borderline): (f64, Outcome, bool)| {
                (outcome == Outcome::Met && !borderline).then(|| sign(mv))
            };
            let clear = |(_, outcome, _): (f64, Outcome, bool)| outcome == Outcome::NotMet;
            let (elevated, depressed) = (is_st_elevated(measured), is_st_depressed(measured));
            let inverted = is_t_inverted(measured);
            st_is_clear &= clear(elevated) && clear(depressed);
            t_is_clear &= clear(inverted) || t_may_be_inverted(&measured.lead);
            self.upright_t
                .extend(measured.average.t_mv.is_some_and(|mv| mv > UPRIGHT_MV).then(|| measured.lead.clone()));
            if measured.lead == Lead::AVR {
                continue;
            }
            self.elevated.extend(met(elevated));
            self.depressed.extend(met(depressed));
            self.inverted.extend(met(inverted));
            let has_q = measured.average.q_is_pathological() == Some(true);
            self.with_q.extend(measured.average.q_mv.filter(|_| has_q).map(sign));
        }
        (self.st_is_unremarkable, self.t_is_unremarkable) = (st_is_clear, t_is_clear);
    }
}

fn p_waves(rhythm: Option<Finding>, findings: &[Finding]) -> Option<PWaves> {
    match rhythm? {
        _ if findings.contains(&Finding::CompleteAvBlock) => Some(PWaves::Dissociated),
        Finding::SinusRhythm => Some(PWaves::Conducted),
        Finding::AtrialFibrillation => Some(PWaves::Fibrillatory),
        Finding::SupraventricularTachycardia | Finding::JunctionalRhythm => Some(PWaves::Absent),
        _ => None,
    }
}
