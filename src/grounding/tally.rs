//! Many readings taken together: in go the claims of each, out comes how many of them the waveforms carry.

use serde::Serialize;

use super::{Claim, Verdict, count, score};

/// The claims of many readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Readings.
    pub readings: usize,
    /// Their claims.
    pub claims: usize,
    /// Claims that the waveform supports.
    pub supported: usize,
    /// Claims that it speaks against.
    pub contradicted: usize,
    /// Claims of which it cannot tell.
    pub not_measurable: usize,
    /// Mean of the readings' scores; readings of which nothing can be checked have none.
    pub score: Option<f64>,
    /// Share of the claims that the waveforms speak against.
    pub unsupported_rate: Option<f64>,
}

impl Tally {
    /// Of the claims of each reading.
    pub fn of<'a>(readings: impl IntoIterator<Item = &'a [Claim]>) -> Tally {
        let mut tally = Tally::default();
        let mut scores = Vec::new();
        for claims in readings {
            tally.readings += 1;
            tally.claims += claims.len();
            tally.supported += count(claims, Verdict::Supported);
            tally.contradicted += count(claims, Verdict::Contradicted);
            tally.not_measurable += count(claims, Verdict::NotMeasurable);
            scores.extend(score(claims));
        }
        tally.score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
        tally.unsupported_rate = (tally.claims > 0).then(|| tally.contradicted as f64 / tally.claims as f64);
        tally
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally { readings, claims, supported, contradicted, not_measurable, .. } = self;
        let number = |value: Option<f64>, places| value.map_or("-".to_owned(), |value| format!("{value:.places$}"));
        write!(
            formatter,
            "{readings} readings, {claims} claims: {supported} supported, {contradicted} contradicted, {not_measurable} not \
             measurable; mean grounding score {}, {} % unsupported",
            number(self.score, 3),
            number(self.unsupported_rate.map(|rate| 100.0 * rate), 1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grounding::ClaimKind;

    fn claim(verdict: Verdict) -> Claim {
        Claim {
            text: String::new(),
            from: 0,
            to: 0,
            kind: ClaimKind::Wave,
            about: String::new(),
            denied: false,
            hedged: false,
            leads: Vec::new(),
            value: None,
            value_to: None,
            unit: None,
            verdict,
            measured: None,
            criteria: Vec::new(),
            from_s: 0.0,
            to_s: 0.0,
        }
    }

    #[test]
    fn readings_count_alike_and_what_cannot_be_told_counts_for_nothing() {
        use Verdict::{Contradicted, NotMeasurable, Supported};
        let readings = [vec![Supported, Supported, Contradicted, NotMeasurable], vec![Supported], vec![NotMeasurable]];
        let readings = readings.map(|verdicts| verdicts.into_iter().map(claim).collect::<Vec<_>>());
        let tally = Tally::of(readings.iter().map(Vec::as_slice));
        assert_eq!(
            tally.to_string(),
            "3 readings, 6 claims: 3 supported, 1 contradicted, 2 not measurable; mean grounding score 0.833, 16.7 % \
             unsupported"
        );
        assert_eq!(Tally::of([]), Tally::default());
    }
}
