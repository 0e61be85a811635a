//! The facts about a simulated patient: where truth and measurements agree.

use simulators::lead::Lead as SimulatedLead;
use simulators::portrait::{Finding, PortraitTruth, Wall};
use simulators::truth::{BeatClass, LeadTruth};

use super::{Facts, NORMAL_PR_MS, PWaves, Sign, UPRIGHT_MV, criterion, sokolow_lyon_mv, t_may_be_inverted};
use crate::criteria::{Criterion, Examination, Outcome, is_st_depressed, is_st_elevated, is_t_inverted};
use crate::ecg::{Lead, STANDARD_LEADS};
use crate::measure::{LeadMeasurements, Measured, Measurements};

/// As near to the truth a measured interval has to be to be said, in ms: twice what IEC 60601-2-25 allows as mean difference.
const PR_MS: f64 = 20.0;
const QRS_MS: f64 = 16.0;
const QT_MS: f64 = 30.0;
const AXIS_DEG: f64 = 15.0;
/// And a rate: this part of it.
const RATE: f64 = 0.02;
/// And heights of ST and T, in mV; of high ones this part is enough.
const ST_MV: f64 = 0.05;
const T_MV: f64 = 0.12;
const HEIGHT: f64 = 0.2;
/// The criteria for the truth, as those of the portraits.
const DEPRESSED_MV: f64 = -0.05;
const INVERTED_MV: f64 = -0.1;
/// RR intervals that differ by less than this part of their mean are regular, by more than the second irregular.
const REGULAR: f64 = 0.1;
const IRREGULAR: f64 = 0.17;

impl Facts {
    /// The facts about a simulated patient.
    pub fn of_simulated(truth: &PortraitTruth, measurements: &Measurements, examination: &Examination) -> Facts {
        let mut facts = Facts { rhythm: rhythm(truth), ..Facts::default() };
        facts.numbers(truth, measurements);
        facts.leads(truth, measurements);
        let v1 = truth.leads.as_ref().map(|leads| leads[SimulatedLead::V1 as usize]);
        for finding in &truth.findings {
            let is_shown = facts.is_shown(*finding, examination);
            if !is_shown {
                facts.disagreements.push(finding.name());
            }
            // A reading without a rhythm is none.
            if is_shown || Some(*finding) == facts.rhythm {
                facts.findings.push(*finding);
            }
        }
        facts.v1_fits = v1.is_some_and(|v1| {
            let depth_mv = -v1.s_mv.min(v1.q_mv);
            if facts.has(Finding::LeftBundleBranchBlock) { depth_mv > 2.0 * v1.r_mv } else { v1.r_mv > 0.15 }
        });
        facts
    }

    fn numbers(&mut self, truth: &PortraitTruth, measurements: &Measurements) {
        let intervals = &measurements.intervals;
        let mut near = |name: &str, measured: &Measured, truth: Option<f64>, most: f64| match (measured.value, truth) {
            (Some(value), Some(truth)) if (value - truth).abs() <= most => Some(value),
            (None, None) => None,
            _ => {
                self.disagreements.push(name.to_owned());
                None
            }
        };
        let rate_bpm = near(
            "heart-rate",
            &measurements.heart_rate,
            truth.rate_bpm,
            truth.rate_bpm.map_or(0.0, |bpm| (RATE * bpm).max(1.0)),
        );
        let p = p_waves(truth);
        let pr_ms = (p == Some(PWaves::Conducted)).then(|| near("pr", &intervals.pr, truth.pr_ms, PR_MS)).flatten();
        let qrs_ms = near("qrs", &intervals.qrs, truth.qrs_ms, QRS_MS);
        let qt_ms = near("qt", &intervals.qt, truth.qt_ms, QT_MS);
        let turned = measurements.qrs_axis.value.zip(truth.qrs_axis_deg);
        let axis_deg =
            match turned.map(|(measured, truth)| ((measured - truth + 540.0).rem_euclid(360.0) - 180.0).abs()) {
                Some(apart_deg) if apart_deg <= AXIS_DEG => measurements.qrs_axis.value,
                Some(_) => {
                    self.disagreements.push("axis".to_owned());
                    None
                }
                None => None,
            };
        let spread = truth.rr_range_ms.zip(truth.rate_bpm).map(|([least, most], bpm)| (most - least) * bpm / 60_000.0);
        self.is_regular = match spread {
            Some(spread) if spread < REGULAR => Some(true),
            Some(spread) if spread > IRREGULAR => Some(false),
            _ => None,
        };
        self.longest_rr_ms = measurements.rr_max.value;
        self.ventricular_s =
            truth.beats.iter().filter(|beat| beat.class == BeatClass::Ventricular).map(|beat| beat.r_s).collect();
        (self.rate_bpm, self.p, self.pr_ms, self.qrs_ms, self.qt_ms, self.axis_deg) =
            (rate_bpm, p, pr_ms, qrs_ms, qt_ms, axis_deg);
        self.qtc_ms = intervals.qtc_bazett.value.filter(|_| self.qt_ms.is_some() && self.rate_bpm.is_some());
    }

    fn leads(&mut self, truth: &PortraitTruth, measurements: &Measurements) {
        let Some(shapes) = &truth.leads else { return };
        let (mut st_is_clear, mut t_is_clear) = (true, true);
        for (lead, shape) in STANDARD_LEADS.iter().zip(shapes) {
            let Some(measured) = measurements.lead(lead) else {
                (st_is_clear, t_is_clear) = (false, false);
                continue;
            };
            let shown = Shown::of(measured, shape);
            st_is_clear &= shown.st_is_clear;
            t_is_clear &= shown.t_is_clear || t_may_be_inverted(lead);
            let sign = |mv: f64| Sign { lead: lead.clone(), mv };
            if *lead != Lead::AVR {
                self.elevated.extend(shown.elevated_mv.map(sign));
                self.depressed.extend(shown.depressed_mv.map(sign));
                self.inverted.extend(shown.inverted_mv.map(sign));
                self.with_q.extend(shown.q_mv.map(sign));
            }
            self.upright_t.extend(shown.t_is_upright.then(|| lead.clone()));
        }
        self.st_is_unremarkable = st_is_clear && self.elevated.is_empty() && self.depressed.is_empty();
        self.t_is_unremarkable = t_is_clear;
        self.sokolow_lyon_mv = sokolow_lyon_mv(measurements);
    }

    /// Do the measurements show a finding that is true? What lies on a limit may be called either way.
    fn is_shown(&self, finding: Finding, examination: &Examination) -> bool {
        let own = match finding {
            Finding::SinusBradycardia => self.rate_bpm.is_some_and(|bpm| bpm < 60.0),
            Finding::SinusTachycardia => self.rate_bpm.is_some_and(|bpm| bpm > 100.0),
            Finding::WolffParkinsonWhite => self.pr_ms.is_some_and(|ms| ms < NORMAL_PR_MS.start() + 5.0),
            Finding::LeftAnteriorFascicularBlock => self.axis_deg.is_some_and(|deg| (-90.0..=-45.0).contains(&deg)),
            Finding::StElevation(wall) => both(wall, &self.elevated),
            Finding::StDepression(wall) => both(wall, &self.depressed),
            Finding::TInversion(wall) => both(wall, &self.inverted),
            Finding::PathologicalQ(wall) => both(wall, &self.with_q),
            _ => true,
        };
        // Of a rhythm it is enough that the waveform does not speak against it: noise hides P waves.
        let may_be_open = is_rhythm(finding)
            || matches!(
                finding,
                Finding::SinusBradycardia
                    | Finding::SinusTachycardia
                    | Finding::SecondDegreeAvBlockMobitzI
                    | Finding::SecondDegreeAvBlockMobitzIi
                    | Finding::CompleteAvBlock
            );
        let found = |criterion: Criterion| {
            examination.finding(criterion).is_some_and(|found| match found.outcome {
                Outcome::Met => true,
                Outcome::NotMet => found.is_borderline,
                Outcome::NotMeasurable => may_be_open || found.is_borderline,
            })
        };
        own && criterion(finding).is_none_or(found)
    }
}

/// Two leads of the wall.
fn both(wall: Wall, signs: &[Sign]) -> bool {
    let of_wall = |sign: &&Sign| wall.leads().iter().any(|lead| lead.name() == sign.lead.name());
    signs.iter().filter(of_wall).count() >= 2
}

/// What one lead shows, by its truth and by its measurements alike.
struct Shown {
    elevated_mv: Option<f64>,
    depressed_mv: Option<f64>,
    inverted_mv: Option<f64>,
    q_mv: Option<f64>,
    st_is_clear: bool,
    t_is_clear: bool,
    t_is_upright: bool,
}

impl Shown {
    fn of(measured: &LeadMeasurements, truth: &LeadTruth) -> Shown {
        let true_limit_mv = if matches!(measured.lead, Lead::V2 | Lead::V3) { 0.2 } else { 0.1 };
        let agrees =
            |mv: f64, truth_mv: f64, most_mv: f64| (mv - truth_mv).abs() <= most_mv.max(HEIGHT * truth_mv.abs());
        let true_st_mv = truth.st_level_mv();
        let said = |(mv, outcome, _): (f64, Outcome, bool), of: Outcome| (outcome == of).then_some(mv);
        let (elevated, depressed) = (is_st_elevated(measured), is_st_depressed(measured));
        let inverted = is_t_inverted(measured);
        let has_q = measured.average.q_is_pathological() == Some(true);
        let true_q = truth.q_mv <= -0.1 && (truth.q_ms >= 40.0 || -truth.q_mv > truth.r_mv / 4.0);
        let clear = |sign| said(sign, Outcome::NotMet).is_some();
        Shown {
            elevated_mv: said(elevated, Outcome::Met)
                .filter(|mv| agrees(*mv, true_st_mv, ST_MV) && true_st_mv >= true_limit_mv),
            depressed_mv: said(depressed, Outcome::Met)
                .filter(|mv| agrees(*mv, true_st_mv, ST_MV) && true_st_mv <= DEPRESSED_MV),
            inverted_mv: said(inverted, Outcome::Met)
                .filter(|mv| agrees(*mv, truth.t_mv, T_MV) && truth.t_mv <= INVERTED_MV),
            q_mv: measured.average.q_mv.filter(|_| has_q && true_q),
            st_is_clear: clear(elevated) && clear(depressed) && (DEPRESSED_MV..true_limit_mv).contains(&true_st_mv),
            t_is_clear: clear(inverted) && truth.t_mv > INVERTED_MV,
            t_is_upright: measured.average.t_mv.is_some_and(|mv| mv > UPRIGHT_MV) && truth.t_mv > UPRIGHT_MV,
        }
    }
}

/// Is it the name of a rhythm?
fn is_rhythm(finding: Finding) -> bool {
    matches!(
        finding,
        Finding::SinusRhythm
            | Finding::AtrialFibrillation
            | Finding::AtrialFlutter
            | Finding::SupraventricularTachycardia
            | Finding::JunctionalRhythm
            | Finding::IdioventricularRhythm
            | Finding::VentricularTachycardia
            | Finding::PolymorphicVentricularTachycardia
            | Finding::VentricularFibrillation
            | Finding::Asystole
            | Finding::AtrialPacing
            | Finding::VentricularPacing
            | Finding::DualChamberPacing
    )
}

/// The name of the rhythm: the first of the findings that is one.
fn rhythm(truth: &PortraitTruth) -> Option<Finding> {
    truth.findings.iter().copied().find(|finding| is_rhythm(*finding))
}

fn p_waves(truth: &PortraitTruth) -> Option<PWaves> {
    let has = |finding| truth.has(finding);
    match rhythm(truth)? {
        Finding::AtrialFibrillation => Some(PWaves::Fibrillatory),
        Finding::AtrialFlutter => Some(PWaves::Flutter),
        Finding::SupraventricularTachycardia | Finding::JunctionalRhythm => Some(PWaves::Absent),
        _ if has(Finding::CompleteAvBlock) => Some(PWaves::Dissociated),
        _ if has(Finding::SecondDegreeAvBlockMobitzI) || has(Finding::SecondDegreeAvBlockMobitzIi) => {
            Some(PWaves::Dropped)
        }
        Finding::SinusRhythm if !has(Finding::Hyperkalaemia) => Some(PWaves::Conducted),
        _ => None,
    }
}
