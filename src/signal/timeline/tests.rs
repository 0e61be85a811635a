//! Each line of the module's table, and that order, loss and repetition within the horizon change nothing.

use super::*;
use crate::ecg::{ChunkLead, INVALID_SAMPLE, StreamId};
use proptest::prelude::*;

/// A chunk whose samples count up, so that what was lost or said twice shows.
fn chunk(sequence: u64, start_sample: i64, samples: i64) -> Chunk {
    Chunk {
        stream_id: StreamId::new("bed").unwrap(),
        sequence,
        start: Time::from_nanos(0).plus_samples(start_sample, 500.0),
        rate_hz: 500.0,
        leads: vec![ChunkLead {
            lead: Lead::II,
            gain_uv: 1000.0,
            offset: 0,
            off: false,
            samples: (start_sample..start_sample + samples).map(|n| n as i32).collect(),
        }],
        pacer_marks: vec![],
    }
}

fn placed_by(timeline: &mut Timeline, chunk: &Chunk) -> Vec<Placed> {
    let mut placed = vec![];
    timeline.push(chunk, &mut placed);
    placed
}

fn flushed(timeline: &mut Timeline) -> Vec<Placed> {
    let mut placed = vec![];
    timeline.flush(&mut placed);
    placed
}

fn samples(placed: &[Placed]) -> Vec<f32> {
    let rows =
        placed.iter().filter_map(|p| if let Placed::Samples { leads_mv, .. } = p { Some(leads_mv) } else { None });
    rows.flat_map(|leads_mv| leads_mv[0].clone()).collect()
}

fn counting(range: std::ops::Range<i64>) -> Vec<f32> {
    range.map(|n| n as f32).collect()
}

fn reason(placed: &[Placed]) -> Option<StartReason> {
    placed.iter().find_map(|p| if let Placed::Start { reason, .. } = p { Some(*reason) } else { None })
}

/// A time line that has had chunk 0 of 100 samples.
fn started() -> Timeline {
    let mut timeline = Timeline::default();
    placed_by(&mut timeline, &chunk(0, 0, 100));
    timeline
}

#[test]
fn a_repeated_chunk_is_dropped_and_an_overlap_is_cut() {
    let mut timeline = started();
    assert_eq!(placed_by(&mut timeline, &chunk(0, 0, 100)), [Placed::Dropped(DropReason::Duplicate)]);
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(1, 50, 100))), counting(100..150));
}

#[test]
fn a_repeated_chunk_shorter_than_the_jitter_is_still_a_repeated_one() {
    let mut timeline = started();
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(1, 100, 10))), counting(100..110));
    assert_eq!(placed_by(&mut timeline, &chunk(1, 100, 10)), [Placed::Dropped(DropReason::Duplicate)]);
}

#[test]
fn in_order_nothing_waits() {
    let mut timeline = started();
    for n in 1..20 {
        assert_eq!(samples(&placed_by(&mut timeline, &chunk(n, n as i64 * 100, 100))).len(), 100);
    }
}

#[test]
fn a_chunk_ahead_of_its_turn_waits_for_the_one_before() {
    let mut timeline = started();
    assert_eq!(placed_by(&mut timeline, &chunk(2, 200, 100)), []);
    assert_eq!(placed_by(&mut timeline, &chunk(2, 200, 100)), [Placed::Dropped(DropReason::Duplicate)]);
    assert_eq!(timeline.end(), Some(Time::default().plus_samples(100, 500.0)));
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(1, 100, 100))), counting(100..300));
}

#[test]
fn after_the_horizon_the_gap_stands_and_the_missing_chunk_is_late() {
    // Chunks of 50 ms: eight wait, the ninth is too much. Chunks of 200 ms: five are a second, the sixth is too much.
    for (length, waiting) in [(25, 8), (100, 5)] {
        let mut timeline = Timeline::default();
        placed_by(&mut timeline, &chunk(0, 0, length));
        for n in 2..2 + waiting {
            assert_eq!(placed_by(&mut timeline, &chunk(n as u64, n * length, length)), [], "{length} {n}");
        }
        let n = 2 + waiting;
        let out = samples(&placed_by(&mut timeline, &chunk(n as u64, n * length, length)));
        assert!(out[..length as usize].iter().all(|value| value.is_nan()));
        assert_eq!(out[length as usize..], counting(2 * length..(n + 1) * length));
        assert_eq!(placed_by(&mut timeline, &chunk(1, length, length)), [Placed::Dropped(DropReason::Late)]);
    }
}

#[test]
fn chunks_longer_than_the_horizon_never_wait() {
    let mut timeline = started();
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(2, 700, 600))).len(), 1200);
}

#[test]
fn what_waits_comes_when_nothing_more_is_waited_for() {
    let mut timeline = started();
    assert_eq!(placed_by(&mut timeline, &chunk(2, 200, 100)), []);
    assert_eq!(samples(&flushed(&mut timeline))[100..], counting(200..300));
    assert_eq!(flushed(&mut timeline), []);
}

#[test]
fn a_short_gap_is_filled_with_nothing_and_a_long_one_starts_anew() {
    let mut timeline = started();
    placed_by(&mut timeline, &chunk(3, 300, 100));
    let filled = samples(&flushed(&mut timeline));
    assert!(filled[..200].iter().all(|value| value.is_nan()));
    assert_eq!(filled[200..], counting(300..400));
    // Whoever flushes knows of the silence: what comes then does not wait.
    assert_eq!(reason(&placed_by(&mut timeline, &chunk(50, 5000, 100))), Some(StartReason::Gap));
}

#[test]
fn a_clock_that_jumps_is_told_from_missing_chunks() {
    let mut timeline = started();
    let placed = placed_by(&mut timeline, &chunk(1, 5000, 100));
    let Placed::Start { after, at, reason: StartReason::ClockSetForward, .. } = &placed[0] else {
        panic!("{placed:?}")
    };
    assert_eq!((after.unwrap().as_nanos(), at.as_nanos()), (200_000_000, 10_000_000_000));
    // A jump that could be a pause of the monitor is a short gap.
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(2, 5300, 100))).len(), 300);
    assert_eq!(reason(&placed_by(&mut timeline, &chunk(3, 0, 100))), Some(StartReason::ClockSetBack));
}

#[test]
fn what_waits_comes_before_a_clock_set_back() {
    let mut timeline = Timeline::default();
    placed_by(&mut timeline, &chunk(7, 10_000, 100));
    assert_eq!(placed_by(&mut timeline, &chunk(9, 10_200, 100)), []);
    let placed = placed_by(&mut timeline, &chunk(10, 0, 100));
    assert_eq!(samples(&placed)[100..], [counting(10_200..10_300), counting(0..100)].concat());
    assert_eq!(reason(&placed), Some(StartReason::ClockSetBack));
}

#[test]
fn a_monitor_that_counts_anew_is_no_repetition() {
    let mut timeline = Timeline::default();
    placed_by(&mut timeline, &chunk(900, 0, 100));
    assert_eq!(placed_by(&mut timeline, &chunk(902, 200, 100)), []);
    let placed = placed_by(&mut timeline, &chunk(0, 350, 100));
    assert_eq!(samples(&placed)[100..200], counting(200..300));
    assert_eq!(samples(&placed)[250..], counting(350..450));
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(1, 450, 100))), counting(450..550));
    assert_eq!(reason(&placed_by(&mut timeline, &chunk(0, 5000, 100))), Some(StartReason::Gap));
}

#[test]
fn a_monitor_that_counts_anew_with_its_clock_set_back_is_believed_after_5_s() {
    let mut timeline = Timeline::default();
    placed_by(&mut timeline, &chunk(900, 1_000_000, 100));
    let first_used = (0..100).find(|n| reason(&placed_by(&mut timeline, &chunk(*n, *n as i64 * 125, 125))).is_some());
    assert_eq!(first_used, Some(20));
    assert_eq!(samples(&placed_by(&mut timeline, &chunk(21, 2625, 125))), counting(2625..2750));
}

#[test]
fn a_monitor_that_does_not_count_is_heard() {
    let mut timeline = started();
    for n in 1..5 {
        assert_eq!(samples(&placed_by(&mut timeline, &chunk(0, n * 100, 100))), counting(n * 100..n * 100 + 100));
    }
}

#[test]
fn other_leads_and_another_rate_start_anew_when_their_turn_comes() {
    let mut timeline = started();
    let mut other = chunk(2, 200, 100);
    other.leads[0].lead = Lead::V1;
    assert_eq!(placed_by(&mut timeline, &other), []);
    assert_eq!(reason(&placed_by(&mut timeline, &chunk(1, 100, 100))), Some(StartReason::NewFormat));
    let mut slower = chunk(3, 300, 100);
    slower.rate_hz = 250.0;
    assert_eq!(reason(&placed_by(&mut timeline, &slower)), Some(StartReason::NewFormat));
}

#[test]
fn an_absent_sample_is_nan_and_an_extreme_one_is_a_number() {
    let mut timeline = Timeline::default();
    let mut extreme = chunk(0, 0, 3);
    extreme.leads[0].gain_uv = 1e300;
    extreme.leads[0].samples = vec![INVALID_SAMPLE, i32::MAX, 0];
    let out = samples(&placed_by(&mut timeline, &extreme));
    assert!(out[0].is_nan() && !out[1].is_finite() && out[2].to_bits() == 0, "{out:?}");
}

/// Starts and samples as one list: what is built on a time line sees no more than this.
fn told(placed: Vec<Placed>) -> Vec<(Option<StartReason>, Vec<Option<u32>>)> {
    let mut told = vec![];
    for placed in placed {
        match placed {
            Placed::Start { reason, .. } => told.push((Some(reason), vec![])),
            Placed::Samples { leads_mv, .. } => {
                let bits = leads_mv[0].iter().map(|value| value.is_finite().then(|| value.to_bits()));
                told.last_mut().unwrap().1.extend(bits);
            }
            Placed::Dropped(_) => {}
        }
    }
    told
}

proptest! {
    /// However a stream is cut, repeated and jittered, each sample comes out once and in order.
    #[test]
    fn every_sample_once(cuts in prop::collection::vec((20_i64..200, any::<bool>(), -10_i64..10), 1..40)) {
        let mut timeline = Timeline::default();
        let (mut at, mut out) = (0, Vec::new());
        for (sequence, (length, again, jitter_ms)) in cuts.into_iter().enumerate() {
            let mut piece = chunk(sequence as u64, at, length);
            piece.start = piece.start + Duration::from_nanos(jitter_ms * 1_000_000);
            out.extend(samples(&placed_by(&mut timeline, &piece)));
            if again {
                out.extend(samples(&placed_by(&mut timeline, &piece)));
            }
            at += length;
        }
        prop_assert_eq!(out, counting(0..at));
    }

    /// Chunks in groups of at most a second: in each group in any order and repeated, any of them lost.
    #[test]
    fn order_and_repetition_within_the_horizon_change_nothing(
        groups in prop::collection::vec(
            prop::collection::vec((2_i64..125, any::<u32>(), prop::bool::weighted(0.2), any::<bool>()), 1..5),
            1..25,
        ),
    ) {
        let (mut in_order, mut any_order) = (vec![], vec![]);
        let (mut sequence, mut at) = (0, 0);
        for group in groups {
            let mut pieces = vec![];
            for (length, rank, lost, again) in group {
                // The first chunk says where the time line begins.
                if !lost || sequence == 0 {
                    pieces.push((if sequence == 0 { 0 } else { rank }, again, chunk(sequence, at, length)));
                }
                sequence += 1;
                at += length;
            }
            in_order.extend(pieces.iter().map(|(.., piece)| piece.clone()));
            pieces.sort_by_key(|(rank, ..)| *rank);
            for (_, again, piece) in pieces {
                any_order.extend(std::iter::repeat_n(piece, 1 + usize::from(again)));
            }
        }
        let run = |pieces: &[Chunk]| {
            let mut timeline = Timeline::default();
            let mut placed: Vec<Placed> = pieces.iter().flat_map(|piece| placed_by(&mut timeline, piece)).collect();
            timeline.flush(&mut placed);
            told(placed)
        };
        prop_assert_eq!(run(&any_order), run(&in_order));
    }

    /// Whatever comes, starts are where they say and the end of the time line moves on between them.
    #[test]
    fn time_goes_on_between_starts(pieces in prop::collection::vec((0_u64..12, -3000_i64..3000, 1_i64..300), 1..60)) {
        let mut timeline = Timeline::default();
        let mut end = None;
        for (sequence, at, length) in pieces {
            for placed in placed_by(&mut timeline, &chunk(sequence, at, length)) {
                match placed {
                    Placed::Start { after, at, .. } => {
                        prop_assert_eq!(after, end);
                        end = Some(at);
                    }
                    Placed::Samples { after, leads_mv, .. } => {
                        prop_assert!(end.is_some_and(|end| after.seconds_since(end).abs() < 1e-6));
                        end = Some(after.plus_samples(leads_mv[0].len() as i64, 500.0));
                    }
                    Placed::Dropped(_) => {}
                }
            }
            prop_assert_eq!(timeline.end().map(|t| t.as_nanos() / 1000), end.map(|t| t.as_nanos() / 1000));
        }
    }
}
