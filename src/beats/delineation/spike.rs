//! Takes the spikes of a pacer out of a window: they are no part of any wave, and a steep slope beside the QRS complex
//! would be taken for its onset.
//!
//! A spike rises and falls within 6 ms on either side out of a line that was still before it, in several leads at once.
//! It is replaced by a straight line.

/// Half the width of a spike in samples: 6 ms.
const HALF: usize = 3;
/// How long it must be still before, in samples.
const STILL: usize = 6;
/// The least height in mV: pacer pulses of bipolar leads are that small on the skin.
const LEAST_MV: f32 = 0.08;
/// What moves before the spike, and between before and after it, in parts of its height at most.
const MOST_BEFORE: f32 = 0.25;
const MOST_STEP: f32 = 0.6;

/// Takes out what is a spike in at least a third of the `live` leads, and in two of them where there are two.
/// `shown_by` is scratch space: which leads show a spike at each sample, a bit a lead.
pub(super) fn remove(leads_mv: &mut [Vec<f32>], live: &[usize], shown_by: &mut Vec<u64>) {
    let samples = live.first().map_or(0, |lead| leads_mv[*lead].len());
    shown_by.clear();
    shown_by.resize(samples, 0);
    for (bit, lead) in live.iter().enumerate().take(64) {
        let row = &leads_mv[*lead];
        for (before, (earlier, value)) in row.iter().zip(row.iter().skip(HALF)).enumerate() {
            if (value - earlier).abs() >= LEAST_MV && is_spike(row, before + HALF) {
                shown_by[before + HALF] |= 1 << bit;
            }
        }
    }
    let enough = live.len().div_ceil(3).max(live.len().min(2)) as u32;
    let mut at = 0;
    while at + HALF + 1 < samples {
        // Leads sample the same pulse with a sample more or less.
        if (shown_by[at] | shown_by[at + 1]).count_ones() < enough {
            at += 1;
            continue;
        }
        for lead in live {
            bridge(&mut leads_mv[*lead], at - HALF.min(at), at + HALF + 1);
        }
        at += HALF + 1;
    }
}

fn is_spike(row: &[f32], at: usize) -> bool {
    let (Some(&peak), Some(&after)) = (row.get(at), row.get(at + HALF)) else { return false };
    let Some(still) = at.checked_sub(HALF + STILL).map(|from| &row[from..at - HALF]) else { return false };
    let before = row[at - HALF];
    let (rise, fall) = (peak - before, peak - after);
    let height = rise.abs().min(fall.abs());
    rise * fall > 0.0
        && height >= LEAST_MV
        && (after - before).abs() <= MOST_STEP * height
        && still.iter().all(|value| (value - before).abs() <= MOST_BEFORE * height)
}

/// A straight line between two samples.
fn bridge(row: &mut [f32], from: usize, to: usize) {
    let (first, last) = (row[from], row[to]);
    for (step, value) in row[from..=to].iter_mut().enumerate() {
        *value = first + (last - first) * step as f32 / (to - from) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(spike_mv: f32) -> Vec<f32> {
        let value = |n: usize| {
            let hump = |middle: f32, half: f32| (1.0 - (n as f32 - middle).abs() / half).max(0.0);
            let spike = if n == 100 || n == 101 { spike_mv } else { 0.0 };
            0.1 * hump(60.0, 25.0) + 1.2 * hump(120.0, 12.0) + spike
        };
        (0..200).map(value).collect()
    }

    #[test]
    fn a_pacer_spike_goes_and_the_complex_stays() {
        let clean = beat(0.0);
        let mut leads = vec![beat(0.8), beat(-0.5), beat(0.1)];
        remove(&mut leads, &[0, 1, 2], &mut Vec::new());
        for row in &leads {
            for (left, wanted) in row.iter().zip(&clean) {
                assert!((left - wanted).abs() < 0.03, "{left} instead of {wanted}");
            }
        }
    }

    #[test]
    fn without_a_pacer_nothing_is_changed() {
        let mut leads = vec![beat(0.0); 2];
        remove(&mut leads, &[0, 1], &mut Vec::new());
        assert_eq!(leads, vec![beat(0.0); 2]);
    }
}
