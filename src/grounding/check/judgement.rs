//! A judgement: whether what is stated holds, and what carries it.

use super::Evidence;
use crate::criteria::{Criterion, Finding, Outcome};
use crate::ecg::Lead;
use crate::measure::Measured;

/// Whether a statement holds, denied or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Does it hold?
    pub outcome: Outcome,
    /// Too near to a limit to tell.
    pub is_borderline: bool,
    /// Has the denial been taken into account?
    pub is_denial_included: bool,
    /// The value that decided.
    pub measured: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// The leads that carry it.
    pub leads: Vec<Lead>,
    /// From which second of the window.
    pub from_s: f64,
    /// To which second of the window.
    pub to_s: f64,
    /// The criteria it rests on.
    pub criteria: Vec<&'static str>,
}

impl Judgement {
    /// Nothing can be said.
    pub fn unknown() -> Judgement {
        Judgement::only(Outcome::NotMeasurable)
    }

    /// This outcome, without evidence yet.
    pub fn only(outcome: Outcome) -> Judgement {
        Judgement {
            outcome,
            is_borderline: false,
            is_denial_included: false,
            measured: None,
            unit: "",
            leads: Vec::new(),
            from_s: 0.0,
            to_s: 0.0,
            criteria: Vec::new(),
        }
    }

    /// This outcome, carried by a measured value.
    pub fn of(outcome: Outcome, measured: &Measured) -> Judgement {
        Judgement {
            measured: measured.value,
            unit: measured.unit,
            leads: measured.leads.clone(),
            from_s: measured.from_s,
            to_s: measured.to_s,
            ..Judgement::only(outcome)
        }
    }

    /// What a finding says.
    pub fn from_finding(finding: &Finding) -> Judgement {
        Judgement {
            is_borderline: finding.is_borderline,
            measured: finding.value,
            unit: finding.unit,
            leads: finding.leads.clone(),
            from_s: finding.from_s,
            to_s: finding.to_s,
            criteria: vec![finding.rule],
            ..Judgement::only(finding.outcome)
        }
    }

    /// What was found of a criterion.
    pub fn criterion(criterion: Criterion, evidence: Evidence<'_>) -> Judgement {
        evidence.examination.finding(criterion).map_or_else(Judgement::unknown, Judgement::from_finding)
    }

    /// The contrary.
    #[must_use]
    pub fn contrary(self) -> Judgement {
        Judgement { outcome: self.outcome.contrary(), ..self }
    }

    /// Both hold. It hangs on a border when all that speaks against it does, or anything that carries it.
    #[must_use]
    pub fn and(self, other: Judgement) -> Judgement {
        let outcome = self.outcome.and(other.outcome);
        self.joined(other, outcome, Outcome::NotMet)
    }

    /// One of both holds. It hangs on a border when all that carries it does, or anything that speaks against it.
    #[must_use]
    pub fn or(self, other: Judgement) -> Judgement {
        let outcome = self.outcome.or(other.outcome);
        self.joined(other, outcome, Outcome::Met)
    }

    /// One part is enough for the outcome `enough`. The evidence is that of the part that decides; the criteria are those
    /// of both.
    fn joined(self, other: Judgement, outcome: Outcome, enough: Outcome) -> Judgement {
        let mut criteria: Vec<&'static str> = self.criteria.iter().chain(&other.criteria).copied().collect();
        criteria.dedup();
        let deciding = |part: &&Judgement| part.outcome == outcome;
        let near = |part: &Judgement| part.is_borderline;
        let is_borderline = if outcome == enough {
            [&self, &other].into_iter().filter(deciding).all(near)
        } else {
            self.is_borderline || other.is_borderline
        };
        let leading = if other.outcome == outcome && self.outcome != outcome { other } else { self };
        Judgement { outcome, is_borderline, criteria, ..leading }
    }
}
