//! Numbers: rate, intervals, axis, amplitudes. A claim is not held to more than the measurement is.

use super::Evidence;
use super::judgement::Judgement;
use crate::criteria::{Criterion, Outcome, reliable};
use crate::ecg::Lead;
use crate::grounding::find::{Quantity, Span, Wave};
use crate::measure::{Deflections, LeadMeasurements, Measured};

/// A heart rate may be off by 10 % or 5 bpm, whichever is more: the accuracy IEC 60601-2-27 asks of a monitor.
/// "Approximately" makes it no wider.
const RATE_SHARE: f64 = 0.1;
const RATE_BPM: f64 = 5.0;
/// IEC 60601-2-25 lets global intervals be off on average by 10 ms (P, PQ, QRS) and 25 ms (QT), with standard deviations
/// of 15 ms (P), 10 ms (PQ, QRS) and 30 ms (QT): an interval may be off by one standard deviation and the mean, a QT by its
/// standard deviation. On paper at 25 mm/s, 20 ms is half a small square.
const P_MS: f64 = 25.0;
const PR_MS: f64 = 20.0;
const QRS_MS: f64 = 20.0;
const QT_MS: f64 = 30.0;
/// Net areas and net amplitudes, both in use, give axes that differ by up to this.
const AXIS_DEGREES: f64 = 15.0;
/// IEC 60601-2-51 lets amplitudes be off by 25 µV or 5 %; a reader of paper sees half a small square, 0.05 mV. Beats differ
/// by the breath by about a tenth.
pub const AMPLITUDE_MV: f64 = 0.05;
pub const AMPLITUDE_SHARE: f64 = 0.1;

fn within(value: f64, span: Span, tolerance: f64) -> bool {
    (span.from - tolerance..=span.to + tolerance).contains(&value)
}

fn judged(measured: &Measured, span: Span, tolerance: impl Fn(f64) -> f64) -> Judgement {
    let outcome =
        reliable(measured).map_or(Outcome::NotMeasurable, |value| Outcome::of(within(value, span, tolerance(value))));
    Judgement::of(outcome, &Measured { value: reliable(measured), ..measured.clone() })
}

/// Nothing beats, so that nothing has a rate or an interval.
fn no_beats(evidence: Evidence<'_>) -> bool {
    evidence.examination.is_met(Criterion::VentricularFibrillation) || evidence.examination.is_met(Criterion::Asystole)
}

/// A ventricular rate.
pub fn heart_rate(span: Span, evidence: Evidence<'_>) -> Judgement {
    let measured = &evidence.measurements.heart_rate;
    if evidence.examination.is_met(Criterion::VentricularFibrillation) {
        return Judgement {
            outcome: Outcome::NotMeasurable,
            measured: None,
            ..Judgement::of(Outcome::NotMeasurable, measured)
        };
    }
    judged(measured, span, |bpm| RATE_BPM.max(RATE_SHARE * bpm))
}

/// An interval.
pub fn interval(quantity: Quantity, span: Span, evidence: Evidence<'_>) -> Judgement {
    let intervals = &evidence.measurements.intervals;
    if no_beats(evidence) {
        return Judgement::only(Outcome::NotMet);
    }
    let no_p = evidence.examination.finding(Criterion::AbsentP).filter(|finding| finding.is_met());
    match (quantity, no_p) {
        // Without P waves there is no PR interval: one that is stated was not measured.
        (Quantity::Pr | Quantity::P, Some(finding)) => {
            Judgement { outcome: Outcome::NotMet, ..Judgement::from_finding(finding) }
        }
        (Quantity::Pr, None) => judged(&intervals.pr, span, |_| PR_MS),
        (Quantity::P, None) => judged(&intervals.p_duration, span, |_| P_MS),
        (Quantity::Qrs, _) => judged(&intervals.qrs, span, |_| QRS_MS),
        (Quantity::Qt, _) => judged(&intervals.qt, span, |_| QT_MS),
        (Quantity::Qtc, _) => {
            // Readings seldom name the formula; the two in common use differ by the rate.
            let bazett = judged(&intervals.qtc_bazett, span, |_| QT_MS);
            if bazett.outcome == Outcome::Met {
                bazett
            } else {
                judged(&intervals.qtc_fridericia, span, |_| QT_MS).or(bazett)
            }
        }
        (Quantity::Rr, _) => judged(&evidence.measurements.rr_mean, span, |ms| RATE_SHARE * ms),
        (Quantity::HeartRate | Quantity::Axis | Quantity::Intervals, _) => Judgement::unknown(),
    }
}

/// The QRS axis.
pub fn axis(span: Span, evidence: Evidence<'_>) -> Judgement {
    let measured = &evidence.measurements.qrs_axis;
    let outcome = reliable(measured).map_or(Outcome::NotMeasurable, |axis| {
        let turns = [axis, axis + 360.0, axis - 360.0];
        Outcome::of(turns.iter().any(|axis| within(*axis, span, AXIS_DEGREES)))
    });
    Judgement::of(outcome, measured)
}

/// What was measured on these leads, and where.
pub fn place(leads: &[&LeadMeasurements], judgement: Judgement) -> Judgement {
    Judgement {
        leads: leads.iter().map(|lead| lead.lead.clone()).collect(),
        from_s: leads.iter().map(|lead| lead.from_s).reduce(f64::min).unwrap_or(0.0),
        to_s: leads.iter().map(|lead| lead.to_s).reduce(f64::max).unwrap_or(0.0),
        unit: "mV",
        ..judgement
    }
}

/// The height of a wave in a lead, without sign.
fn height_mv(wave: Wave, shape: &Deflections) -> Option<f64> {
    shape.qrs_ms?;
    let none = Some(0.0);
    let mv = match wave {
        Wave::P => shape.p_mv,
        Wave::Q => shape.q_mv.or(none),
        Wave::R => shape.r_mv.or(none),
        // Without an R wave the whole complex is called QS, or S.
        Wave::S => shape.s_mv.or(shape.q_mv.filter(|_| shape.r_mv.is_none())).or(none),
        Wave::T => shape.t_mv,
    };
    mv.map(f64::abs)
}

/// The height of a wave: in every lead that is named.
pub fn amplitude(wave: Wave, span: Span, leads: &[Lead], evidence: Evidence<'_>) -> Judgement {
    let measured: Vec<&LeadMeasurements> = leads.iter().filter_map(|lead| evidence.measurements.lead(lead)).collect();
    if measured.is_empty() || measured.len() < leads.len() {
        return place(&measured, Judgement::unknown());
    }
    let heights: Vec<Option<f64>> = measured.iter().map(|lead| height_mv(wave, &lead.average)).collect();
    let outcome =
        heights.iter().fold(Outcome::Met, |so_far, height| {
            so_far.and(height.map_or(Outcome::NotMeasurable, |mv| {
                Outcome::of(within(mv, span, AMPLITUDE_MV.max(AMPLITUDE_SHARE * mv)))
            }))
        });
    place(&measured, Judgement { measured: heights.first().copied().flatten(), ..Judgement::only(outcome) })
}

/// S in V1 and the larger R of V5 and V6.
pub fn sokolow_lyon(span: Span, evidence: Evidence<'_>) -> Judgement {
    let of = |lead: Lead| evidence.measurements.lead(&lead);
    let (Some(v1), left) = (of(Lead::V1), [of(Lead::V5), of(Lead::V6)]) else { return Judgement::unknown() };
    let r = left.iter().flatten().filter_map(|lead| Some((height_mv(Wave::R, &lead.average)?, *lead)));
    let Some(((r_mv, lead), s_mv)) = r.max_by(|a, b| a.0.total_cmp(&b.0)).zip(height_mv(Wave::S, &v1.average)) else {
        return Judgement::unknown();
    };
    let sum_mv = r_mv + s_mv;
    let outcome = Outcome::of(within(sum_mv, span, AMPLITUDE_MV.max(AMPLITUDE_SHARE * sum_mv)));
    place(&[v1, lead], Judgement { measured: Some(sum_mv), ..Judgement::only(outcome) })
}
