//! How a quantity is called: normal, prolonged, wide, to the left.

use super::Evidence;
use super::judgement::Judgement;
use crate::criteria::{Criterion, Outcome};
use crate::grounding::find::{Class, Quantity};

/// Judges what a quantity is called by the criteria that have its limits.
pub fn class(quantity: Quantity, class: Class, evidence: Evidence<'_>) -> Judgement {
    let of = |criterion| Judgement::criterion(criterion, evidence);
    let neither = |low, high| of(low).contrary().and(of(high).contrary());
    match (quantity, class) {
        (Quantity::HeartRate, Class::Low) => of(Criterion::Bradycardia),
        (Quantity::HeartRate, Class::High) => of(Criterion::Tachycardia),
        (Quantity::HeartRate, _) => neither(Criterion::Bradycardia, Criterion::Tachycardia),
        (Quantity::Pr, _) if evidence.examination.is_met(Criterion::AbsentP) => {
            // There is no PR interval to be called anything.
            Judgement { outcome: Outcome::NotMet, ..of(Criterion::AbsentP) }
        }
        (Quantity::Pr, Class::Low) => of(Criterion::ShortPr),
        (Quantity::Pr, Class::High) => of(Criterion::FirstDegreeBlock),
        (Quantity::Pr, _) => neither(Criterion::ShortPr, Criterion::FirstDegreeBlock),
        (Quantity::Qrs, Class::High) => of(Criterion::WideQrs),
        (Quantity::Qrs, _) => of(Criterion::WideQrs).contrary(),
        (Quantity::Qt | Quantity::Qtc, Class::High) => of(Criterion::ProlongedQtc),
        (Quantity::Qt | Quantity::Qtc, Class::Low) => of(Criterion::ShortQtc),
        (Quantity::Qt | Quantity::Qtc, _) => neither(Criterion::ShortQtc, Criterion::ProlongedQtc),
        (Quantity::Axis, Class::Left) => of(Criterion::LeftAxisDeviation),
        (Quantity::Axis, Class::Right) => of(Criterion::RightAxisDeviation),
        (Quantity::Axis, Class::Extreme) => of(Criterion::ExtremeAxisDeviation),
        (Quantity::Axis, _) => of(Criterion::NormalAxis),
        (Quantity::Intervals, _) => {
            let all = [Quantity::Pr, Quantity::Qrs, Quantity::Qtc]
                .map(|quantity| self::class(quantity, Class::Normal, evidence));
            let [pr, qrs, qtc] = all;
            pr.and(qrs).and(qtc)
        }
        (Quantity::P | Quantity::Rr, _) => Judgement::unknown(),
    }
}
