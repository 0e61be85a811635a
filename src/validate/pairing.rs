//! One detection for one beat: in go the times of reference and detected beats, out come the pairs.

/// Pairs sorted `reference` and `detected` times at most `window` apart, each beat at most once; indices into both.
///
/// Of the two beats in hand the earlier one is paired with the later one unless the successor of the earlier one lies
/// nearer to it and has no better partner itself: the rule of `bxb(1)`, so that two detections for one beat are one
/// true and one false beat, and the nearer one is the true.
pub fn pair_beats(reference: &[i64], detected: &[i64], window: i64) -> Vec<(usize, usize)> {
    // Further than any two beats are apart.
    const NEVER: i128 = i128::MAX;
    let gap = |a: Option<&i64>, b: Option<&i64>| match (a, b) {
        (Some(a), Some(b)) => (i128::from(*a) - i128::from(*b)).abs(),
        _ => NEVER,
    };
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(beat), Some(found)) = (reference.get(i), detected.get(j)) {
        let (next_beat, next_found) = (reference.get(i + 1), detected.get(j + 1));
        let rival = if found < beat { gap(next_found, Some(beat)) } else { gap(next_beat, Some(found)) };
        let rival_has_better = gap(next_beat, next_found) < rival;
        let own = gap(Some(beat), Some(found));
        if own <= i128::from(window) && (own < rival || rival_has_better) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if found < beat {
            j += 1;
        } else {
            i += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Worked out by hand; `peers.py selftest` has the same.
    #[test]
    fn pairs_are_those_worked_out_by_hand() {
        for (what, reference, detected, window, pairs) in [
            ("plain", vec![100, 400, 700], vec![102, 399, 705], 54, vec![(0, 0), (1, 1), (2, 2)]),
            ("a miss and an extra beat", vec![100, 400, 700], vec![102, 550, 705], 54, vec![(0, 0), (2, 2)]),
            ("edge of the window", vec![100], vec![154], 54, vec![(0, 0)]),
            ("edge of the window, early", vec![100], vec![46], 54, vec![(0, 0)]),
            ("beyond the window", vec![100], vec![155], 54, vec![]),
            ("the nearer of two detections", vec![100], vec![80, 98], 54, vec![(0, 1)]),
            ("the nearer of two detections, the first", vec![100], vec![98, 120], 54, vec![(0, 0)]),
            ("the nearer of two beats", vec![100, 130], vec![125], 54, vec![(1, 0)]),
            ("two detections equally near: the later", vec![100], vec![90, 110], 54, vec![(0, 1)]),
            ("fast rhythm, two in the window", vec![96, 160], vec![128, 185], 37, vec![(0, 0), (1, 1)]),
            ("no beat", vec![], vec![1, 2], 54, vec![]),
        ] {
            assert_eq!(pair_beats(&reference, &detected, window), pairs, "{what}");
        }
    }

    fn times() -> impl Strategy<Value = Vec<i64>> {
        prop::collection::vec(0_i64..3000, 0..60).prop_map(|mut times| {
            times.sort_unstable();
            times
        })
    }

    proptest! {
        #[test]
        fn each_beat_is_paired_once_in_order_and_within_the_window(reference in times(), detected in times(), window in 0_i64..100) {
            let pairs = pair_beats(&reference, &detected, window);
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            prop_assert!(pairs.iter().all(|(i, j)| (reference[*i] - detected[*j]).abs() <= window));
        }

        #[test]
        fn a_copy_of_distinct_beats_is_perfect(mut reference in times()) {
            reference.dedup();
            let pairs = pair_beats(&reference, &reference, 54);
            prop_assert_eq!(pairs, (0..reference.len()).map(|i| (i, i)).collect::<Vec<_>>());
        }
    }
}
