//! Scores of many answers: means and how sure they are.
//!
//! In: scores of every answer. Out: the mean of each criterion over the answers that have it, with the interval that holds
//! the middle 95 % of the means of answers drawn with replacement (percentile bootstrap, Efron and Tibshirani 1993).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{Criterion, Scores};

/// One criterion over all answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// Its name.
    pub criterion: &'static str,
    /// Answers that have a score.
    pub answers: usize,
    /// The mean; none without answers.
    pub mean: Option<f64>,
    /// 2.5 % of the draws lie below; none with fewer than two answers.
    pub low: Option<f64>,
    /// 2.5 % of the draws lie above.
    pub high: Option<f64>,
}

/// The means of all criteria; the same seed makes the same draws.
pub fn means(scores: &[Scores], draws: u32, seed: u64) -> Vec<Mean> {
    Criterion::ALL
        .into_iter()
        .map(|criterion| {
            let values: Vec<f64> = scores.iter().filter_map(|scores| scores.get(&criterion).copied()).collect();
            let (low, high) = interval(&values, draws, seed).unzip();
            Mean { criterion: criterion.name(), answers: values.len(), mean: mean(&values), low, high }
        })
        .collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn interval(values: &[f64], draws: u32, seed: u64) -> Option<(f64, f64)> {
    if values.len() < 2 || draws == 0 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut one =
        || (0..values.len()).map(|_| values[random.random_range(0..values.len())]).sum::<f64>() / values.len() as f64;
    let mut drawn: Vec<f64> = (0..draws).map(|_| one()).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let end = |part: f64| drawn[((drawn.len() - 1) as f64 * part).round() as usize];
    Some((end(0.025), end(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_lies_in_its_interval_and_the_seed_decides_about_it() {
        let scores: Vec<Scores> =
            (0..40).map(|n| Scores::from([(Criterion::AnalysisRelevance, f64::from(n % 7))])).collect();
        let found = means(&scores, 1000, 1);
        let own = found.iter().find(|mean| mean.criterion == "AnalysisRelevance").unwrap();
        let (low, high) = (own.low.unwrap(), own.high.unwrap());
        assert!(own.answers == 40 && low < own.mean.unwrap() && own.mean.unwrap() < high);
        // About two standard errors of the mean on either side.
        assert!((0.9..1.6).contains(&(high - low)), "{low} to {high}");
        assert_eq!(means(&scores, 1000, 1), found);
        assert_eq!(found[0], Mean { criterion: "DiagnosisAccuracy", answers: 0, mean: None, low: None, high: None });
    }
}
