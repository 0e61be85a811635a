//! How sure a result is: in go the counts of every record, out come 95 % intervals.
//!
//! Records are drawn with replacement, as many as there are, again and again; the interval holds the middle 95 % of
//! the gross results (percentile bootstrap, Efron and Tibshirani 1993). Beats of one patient resemble each other, so
//! records are drawn and not beats.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::matrix::{BeatMatrix, BeatRates};
use super::statistics::quantile;

/// Which draws are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Draws {
    /// How many.
    pub times: u32,
    /// The same seed makes the same draws.
    pub seed: u64,
}

/// The ends of the intervals in percent; none where fewer than two records were given or a rate has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RateIntervals {
    /// 2.5 % of the draws lie below.
    pub low: BeatRates,
    /// 2.5 % of the draws lie above.
    pub high: BeatRates,
}

/// The 95 % intervals of the gross rates.
pub fn gross_intervals(records: &[BeatMatrix], draws: Draws) -> RateIntervals {
    if records.len() < 2 {
        return RateIntervals::default();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(draws.seed);
    let drawn: Vec<_> = (0..draws.times)
        .map(|_| {
            let mut sum = BeatMatrix::default();
            (0..records.len()).for_each(|_| sum += &records[rng.random_range(0..records.len())]);
            sum.rates().named()
        })
        .collect();
    let end = |part: f64| {
        BeatRates::from_values(std::array::from_fn(|index| {
            let values: Vec<f64> = drawn.iter().filter_map(|rates| rates[index].1).collect();
            quantile(&values, part)
        }))
    };
    RateIntervals { low: end(0.025), high: end(0.975) }
}

#[cfg(test)]
mod tests {
    use super::super::beat_class::BeatClass::N;
    use super::*;

    fn record(found: u32, missed: u32) -> BeatMatrix {
        let mut matrix = BeatMatrix::default();
        (0..found).for_each(|_| matrix.found(N, N));
        (0..missed).for_each(|_| matrix.missed(N));
        matrix
    }

    #[test]
    fn alike_records_leave_no_doubt_and_unlike_ones_do() {
        let draws = Draws { times: 500, seed: 1 };
        let alike = gross_intervals(&vec![record(90, 10); 5], draws);
        assert_eq!((alike.low.se, alike.high.se), (Some(90.0), Some(90.0)));
        let unlike = gross_intervals(&[record(100, 0), record(80, 20)], draws);
        assert_eq!((unlike.low.se, unlike.high.se), (Some(80.0), Some(100.0)));
        assert_eq!(unlike.low.v_se, None);
        assert_eq!(gross_intervals(&[record(1, 1)], draws), RateIntervals::default());
    }

    #[test]
    fn the_same_seed_makes_the_same_draws() {
        let records: Vec<_> = (1..20).map(|missed| record(50, missed)).collect();
        let of = |seed| gross_intervals(&records, Draws { times: 100, seed });
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }
}
