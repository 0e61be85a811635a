//! From each lead's own boundary to one that all leads agree on.

/// The median; of an even number the mean of the two in the middle. 0 of nothing.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A lead's own boundary drawn towards the median of all leads: a part of the distance stays, up to a limit.
pub(super) fn drawn(own: f64, median: f64, part: f64, most: f64) -> f64 {
    median + (part * (own - median)).clamp(-most, most)
}

/// The boundary a quarter of the way in from the earliest (or the latest): with 12 leads the third, so that
/// two odd leads do not set it; with one or two leads the outermost.
pub(super) fn outermost(values: &mut [f64], latest: bool) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let inward = values.len().saturating_sub(1) / 4;
    let index = if latest { values.len().saturating_sub(1 + inward) } else { inward };
    values.get(index).copied().unwrap_or(0.0)
}
