//! What may be said about a window.
//!
//! In: what was measured and, of a simulated patient, what is true. Out: [`Facts`]. Numbers are the machine's own. Where the
//! truth is known, a number is a fact only if it is near the truth, and a finding only if the measurements show it too: a
//! text shall be true of the patient and of the waveform. What the two disagree about is listed and not said.

use simulators::lead::Lead as SimulatedLead;
use simulators::portrait::{Finding, PortraitTruth, Wall};
use simulators::truth::{BeatClass, LeadTruth};

use super::signs;
use crate::ecg::{Lead, STANDARD_LEADS};
use crate::measure::{LeadMeasurements, Measured, Measurements};

/// How P waves stand to QRS complexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PWaves {
    /// One before each.
    Conducted,
    /// None.
    Absent,
    /// None, and the RR intervals are without order.
    Fibrillatory,
    /// Flutter waves instead.
    Flutter,
    /// Each at its own pace.
    Dissociated,
    /// Some are not followed.
    Dropped,
}

/// One lead that shows something, and how high it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Which lead.
    pub lead: Lead,
    /// ST level, T wave or Q wave in mV.
    pub mv: f64,
}

/// What may be said about a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What the rhythm is called.
    pub rhythm: Option<Finding>,
    /// Everything found, the rhythm first.
    pub findings: Vec<Finding>,
    /// Mean ventricular rate.
    pub rate_bpm: Option<f64>,
    /// Do the RR intervals differ by less than a tenth of their mean, or by more than a sixth?
    pub is_regular: Option<bool>,
    /// Longest RR interval.
    pub longest_rr_ms: Option<f64>,
    /// P waves.
    pub p: Option<PWaves>,
    /// PR interval.
    pub pr_ms: Option<f64>,
    /// Duration of the QRS complex.
    pub qrs_ms: Option<f64>,
    /// QT interval.
    pub qt_ms: Option<f64>,
    /// QT interval after Bazett.
    pub qtc_ms: Option<f64>,
    /// Axis of the QRS complex.
    pub axis_deg: Option<f64>,
    /// R peaks of premature ventricular complexes, in seconds from the window's begin.
    pub ventricular_s: Vec<f64>,
    /// S in V1 and the larger R of V5 and V6, where that sum meets the criterion.
    pub sokolow_lyon_mv: Option<f64>,
    /// Does V1 look as the bundle branch block has it: negative in left, R at the end in right block?
    pub v1_fits: bool,
    /// Leads with ST elevation, in the standard order.
    pub elevated: Vec<Sign>,
    /// Leads with ST depression.
    pub depressed: Vec<Sign>,
    /// Leads with inverted T waves.
    pub inverted: Vec<Sign>,
    /// Leads with pathological Q waves.
    pub with_q: Vec<Sign>,
    /// Leads with upright T waves.
    pub upright_t: Vec<Lead>,
    /// No lead shows ST elevation or depression.
    pub st_is_unremarkable: bool,
    /// No lead but aVR, V1 and III has an inverted T wave.
    pub t_is_unremarkable: bool,
    /// What truth and measurements disagree about.
    pub disagreements: Vec<String>,
}

/// As near to the truth a measured interval has to be to be said, in ms: twice what IEC 60601-2-25 allows as mean difference.
const PR_MS: f64 = 20.0;
const QRS_MS: f64 = 16.0;
const QT_MS: f64 = 30.0;
const AXIS_DEG: f64 = 15.0;
/// And a rate: this part of it.
const RATE: f64 = 0.02;
/// And heights of ST and T, in mV.
const ST_MV: f64 = 0.05;
const T_MV: f64 = 0.12;
/// RR intervals that differ by less than this part of their mean are regular, by more than the second irregular.
const REGULAR: f64 = 0.1;
const IRREGULAR: f64 = 0.17;
/// A normal PR interval.
const NORMAL_PR_MS: std::ops::RangeInclusive<f64> = 120.0..=200.0;
/// A QRS complex that is surely not prolonged.
const NORMAL_QRS_MS: f64 = 112.0;
/// The criteria, as those of the portraits.
const LONG_PR_MS: f64 = 200.0;
const WIDE_QRS_MS: f64 = 120.0;
const LONG_QTC_MS: f64 = 460.0;
const LEFT_AXIS_DEG: f64 = -30.0;
const RIGHT_AXIS_DEG: f64 = 90.0;

impl Facts {
    /// Was this found?
    pub fn has(&self, finding: Finding) -> bool {
        self.findings.contains(&finding)
    }

    /// Sinus rhythm at 60 to 100 a minute, everything measured, and nothing else found.
    pub fn is_normal(&self) -> bool {
        let axis = self.axis_deg.is_some_and(|deg| (LEFT_AXIS_DEG..=RIGHT_AXIS_DEG).contains(&deg));
        self.findings == [Finding::SinusRhythm]
            && self.rate_bpm.is_some_and(|bpm| (60.0..=100.0).contains(&bpm))
            && self.pr_ms.is_some_and(|ms| NORMAL_PR_MS.contains(&ms))
            && self.qrs_ms.is_some_and(|ms| ms < NORMAL_QRS_MS)
            && self.qtc_ms.is_some_and(|ms| ms <= LONG_QTC_MS)
            && axis
            && self.st_is_unremarkable
            && self.t_is_unremarkable
            && self.disagreements.is_empty()
    }

    /// The facts about a simulated patient.
    pub fn of_simulated(truth: &PortraitTruth, measurements: &Measurements) -> Facts {
        let mut facts = Facts { rhythm: rhythm(truth), ..Facts::default() };
        facts.numbers(truth, measurements);
        facts.leads(truth, measurements);
        let v1 = truth.leads.as_ref().map(|leads| leads[SimulatedLead::V1 as usize]);
        for finding in &truth.findings {
            if facts.is_shown(*finding, measurements) {
                facts.findings.push(*finding);
            } else {
                facts.disagreements.push(finding.name());
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
        let axis_deg = match turned.map(|(measured, truth)| ((measured - truth + 540.0).rem_euclid(360.0) - 180.0).abs()) {
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
            t_is_clear &= shown.t_is_clear || matches!(lead, Lead::AVR | Lead::V1 | Lead::III);
            let sign = |mv: f64| Sign { lead: lead.clone(), mv };
            // aVR sees the heart from behind: what it shows is the other leads' mirror image.
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
        let sum_mv = signs::sokolow_lyon_mv(measurements);
        self.sokolow_lyon_mv = sum_mv.filter(|mv| *mv >= signs::SOKOLOW_LYON_MV);
    }

    /// Do the measurements show a finding that is true?
    fn is_shown(&self, finding: Finding, measurements: &Measurements) -> bool {
        let both = |wall: Wall, signs: &[Sign]| {
            let of_wall = |sign: &&Sign| wall.leads().iter().any(|lead| lead.name() == sign.lead.name());
            signs.iter().filter(of_wall).count() >= 2
        };
        let above = |value: Option<f64>, limit: f64| value.is_some_and(|value| value > limit);
        match finding {
            Finding::SinusBradycardia => self.rate_bpm.is_some_and(|bpm| bpm < 60.0),
            Finding::SinusTachycardia => above(self.rate_bpm, 100.0),
            Finding::FirstDegreeAvBlock => above(self.pr_ms, LONG_PR_MS),
            Finding::WolffParkinsonWhite => self.pr_ms.is_some_and(|ms| ms < NORMAL_PR_MS.start() + 5.0),
            Finding::LeftBundleBranchBlock
            | Finding::RightBundleBranchBlock
            | Finding::IntraventricularConductionDelay => self.qrs_ms.is_some_and(|ms| ms >= WIDE_QRS_MS),
            Finding::LeftAxisDeviation => self.axis_deg.is_some_and(|deg| (-90.0..LEFT_AXIS_DEG).contains(&deg)),
            Finding::RightAxisDeviation => above(self.axis_deg, RIGHT_AXIS_DEG),
            Finding::LeftAnteriorFascicularBlock => self.axis_deg.is_some_and(|deg| (-90.0..=-45.0).contains(&deg)),
            Finding::LeftPosteriorFascicularBlock => above(self.axis_deg, RIGHT_AXIS_DEG),
            Finding::ProlongedQt => above(self.qtc_ms, LONG_QTC_MS),
            Finding::LeftVentricularHypertrophy => signs::is_hypertrophied(measurements),
            Finding::LowVoltage => signs::is_low(measurements),
            Finding::StElevation(wall) => both(wall, &self.elevated),
            Finding::StDepression(wall) => both(wall, &self.depressed),
            Finding::TInversion(wall) => both(wall, &self.inverted),
            Finding::PathologicalQ(wall) => both(wall, &self.with_q),
            _ => true,
        }
    }
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
        let st_mv = signs::st_level_mv(measured);
        let limit_mv = signs::elevation_limit_mv(&measured.lead);
        let st_agrees = measured.average.st_j60_mv.is_some_and(|mv| (mv - truth.st_mv).abs() <= ST_MV);
        let t_mv = measured.average.t_mv.or(measured.average.qrs_ms.map(|_| 0.0));
        let t_agrees = t_mv.is_some_and(|mv| (mv - truth.t_mv).abs() <= T_MV);
        let has_q = measured.average.q_is_pathological() == Some(true);
        let true_q = truth.q_mv <= -0.1 && (truth.q_ms >= 40.0 || -truth.q_mv > truth.r_mv / 4.0);
        Shown {
            elevated_mv: st_mv.filter(|mv| st_agrees && *mv >= limit_mv && truth.st_mv >= limit_mv),
            depressed_mv: st_mv.filter(|mv| {
                st_agrees && *mv <= signs::DEPRESSED_MV && truth.st_mv <= signs::DEPRESSED_MV
            }),
            inverted_mv: t_mv.filter(|mv| t_agrees && *mv <= signs::INVERTED_MV && truth.t_mv <= signs::INVERTED_MV),
            q_mv: measured.average.q_mv.filter(|_| has_q && true_q),
            st_is_clear: st_mv.is_some_and(|mv| (signs::DEPRESSED_MV..limit_mv).contains(&mv))
                && (signs::DEPRESSED_MV..limit_mv).contains(&truth.st_mv),
            t_is_clear: t_mv.is_some_and(|mv| mv > signs::INVERTED_MV) && truth.t_mv > signs::INVERTED_MV,
            t_is_upright: t_mv.is_some_and(|mv| mv > signs::UPRIGHT_MV) && truth.t_mv > signs::UPRIGHT_MV,
        }
    }
}

fn rhythm(truth: &PortraitTruth) -> Option<Finding> {
    // The order of the findings begins with the rhythms; slow and fast sinus rhythm come after sinus rhythm itself.
    let is_rhythm = |finding: &&Finding| {
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
    };
    truth.findings.iter().find(is_rhythm).copied()
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
