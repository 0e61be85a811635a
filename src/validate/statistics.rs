//! Means, spreads and quantiles: in go numbers, out comes one, or none where there are too few.
//!
//! Sums are compensated, so that the order of the numbers does not show in the digits that are printed.

/// The sum with Neumaier's compensation for what rounding loses.
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    sum + lost
}

/// The mean; none of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values.iter().copied()) / values.len() as f64)
}

fn sum_of_squares_about_mean(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    Some(sum(values.iter().map(|value| (value - mean).powi(2))))
}

/// The standard deviation of these values as the whole population; none of fewer than two.
pub fn population_sd(values: &[f64]) -> Option<f64> {
    let squares = sum_of_squares_about_mean(values).filter(|_| values.len() > 1)?;
    Some((squares / values.len() as f64).sqrt())
}

/// The standard deviation of the population of which these values are a sample; none of fewer than two.
pub fn sample_sd(values: &[f64]) -> Option<f64> {
    let squares = sum_of_squares_about_mean(values).filter(|_| values.len() > 1)?;
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The median; of an even number of values the mean of the two in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value below which `part` of the values lie, between two of them by linear interpolation; none of nothing.
pub fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    Some(below + (above - below) * place.fract())
}

/// `hits` of `total` in percent; none of nothing.
pub fn percent(hits: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| 100.0 * hits as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistics_are_those_of_the_textbook() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(&values), Some(5.0));
        assert_eq!(population_sd(&values), Some(2.0));
        assert!((sample_sd(&values).unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
        assert_eq!(median(&values), Some(4.5));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(quantile(&[0.0, 10.0, 20.0, 30.0, 40.0], 0.025), Some(1.0));
        assert_eq!(percent(1, 8), Some(12.5));
    }

    #[test]
    fn too_few_values_have_no_statistics() {
        assert_eq!((mean(&[]), median(&[]), quantile(&[], 0.0)), (None, None, None));
        assert_eq!((population_sd(&[1.0]), sample_sd(&[1.0]), percent(0, 0)), (None, None, None));
    }

    #[test]
    fn small_terms_are_not_lost_beside_large_ones() {
        assert!((sum([1e16, 1.0, -1e16]) - 1.0).abs() < f64::EPSILON);
    }
}
