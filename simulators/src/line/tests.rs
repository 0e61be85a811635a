//! The line: without faults nothing changes, with them chunks come late, twice, in another order or not at all, as counted.

use proptest::prelude::*;

use super::*;

const CHUNK_NS: i64 = 100_000_000;

/// Chunks of 100 ms, whose samples do not matter.
fn sent(count: u64) -> Vec<MonitorChunk> {
    let chunk = |sequence: u64| MonitorChunk {
        stream_id: "bed".into(),
        sequence,
        start_offset_ns: sequence as i64 * CHUNK_NS,
        rate_hz: 100.0,
        leads: vec![crate::monitor::MonitorLead { lead: crate::lead::Lead::II, off: false, samples: vec![0; 10] }],
        pacer_marks: vec![],
    };
    (0..count).map(chunk).collect()
}

fn arriving(faults: &LineFaults, seed: u64, count: u64) -> (Vec<Delivery>, FaultCounts) {
    let mut line = Line::new(faults.clone(), seed);
    let mut all: Vec<Delivery> = sent(count).into_iter().flat_map(|chunk| line.pass(chunk)).collect();
    all.extend(line.close());
    (all, line.counts())
}

fn sequences(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|delivery| delivery.chunk.sequence).collect()
}

#[test]
fn a_good_line_delivers_every_chunk_when_it_is_complete() {
    let (all, counts) = arriving(&LineFaults::default(), 1, 50);
    let expected: Vec<Delivery> =
        sent(50).into_iter().map(|chunk| Delivery { at_ns: chunk.end_offset_ns(), chunk }).collect();
    assert_eq!((all, counts), (expected, FaultCounts::default()));
}

#[test]
fn a_jam_delays_what_is_behind_it_and_ends_with_all_of_it() {
    let faults = LineFaults { late: 0.004, late_s: 2.0, ..LineFaults::default() };
    let (all, counts) = arriving(&faults, 3, 2000);
    assert_eq!(sequences(&all), (0..2000).collect::<Vec<_>>());
    let delays: Vec<i64> = all.iter().map(|delivery| delivery.at_ns - delivery.chunk.end_offset_ns()).collect();
    let jams = delays.iter().filter(|&&delay| delay == 2_000_000_000).count();
    assert!((2..20).contains(&jams) && delays.iter().all(|&delay| delay <= 2_000_000_000));
    assert_eq!(counts.late, delays.iter().filter(|&&delay| delay > 0).count() as u64);
    assert!(counts.late >= 19 * jams as u64 / 2, "{} chunks in {jams} jams", counts.late);
}

#[test]
fn shares_are_those_asked_for() {
    let faults = LineFaults { lost: 0.05, repeated: 0.1, reordered: 0.2, ..LineFaults::default() };
    let (all, counts) = arriving(&faults, 5, 20_000);
    assert!((900..1100).contains(&counts.lost), "{counts:?}");
    assert!((1300..2000).contains(&counts.repeated), "{counts:?}");
    assert!((2800..3900).contains(&counts.reordered), "{counts:?}");
    assert_eq!(all.len() as u64, 20_000 - counts.lost + counts.repeated);
    let behind = sequences(&all).windows(2).filter(|pair| pair[1] < pair[0]).count() as u64;
    assert!(behind.abs_diff(counts.reordered) <= 1, "{behind} of {counts:?}");
}

#[test]
fn a_dead_line_loses_what_is_sent() {
    let faults = LineFaults { silences_per_hour: 60.0, silence_s: 6.0, ..LineFaults::default() };
    let (all, counts) = arriving(&faults, 2, 36_000);
    let gaps: Vec<u64> =
        sequences(&all).windows(2).map(|pair| pair[1] - pair[0] - 1).filter(|&missing| missing > 0).collect();
    assert!((35..85).contains(&gaps.len()), "{gaps:?}");
    // Now and then one begins as soon as the one before it has ended.
    assert!(gaps.iter().all(|&missing| missing >= 59) && gaps.iter().filter(|&&missing| missing <= 60).count() > 30);
    assert_eq!(counts.lost, gaps.iter().sum::<u64>());
}

#[test]
fn a_wrong_clock_changes_the_time_in_the_chunk_and_not_when_it_arrives() {
    let jump = ClockJump { at_s: 2.0, by_s: -60.0 };
    let faults = LineFaults { clock_skew_ppm: 100.0, clock_jumps: vec![jump], ..LineFaults::default() };
    let (all, _) = arriving(&faults, 2, 40);
    for (delivery, chunk) in all.iter().zip(sent(40)) {
        assert_eq!(delivery.at_ns, chunk.end_offset_ns());
        let jumped_ns = if chunk.sequence >= 20 { -60_000_000_000 } else { 0 };
        let expected_ns = chunk.start_offset_ns + chunk.start_offset_ns / 10_000 + jumped_ns;
        assert_eq!(delivery.chunk.start_offset_ns, expected_ns);
    }
}

#[test]
fn numbers_that_cannot_be_are_named() {
    let of = |faults: LineFaults| faults.out_of_range().map(|(key, ..)| key);
    assert_eq!(of(LineFaults::default()), None);
    assert_eq!(of(LineFaults { lost: 1.5, ..LineFaults::default() }), Some("lost"));
    assert_eq!(of(LineFaults { late_s: f64::NAN, ..LineFaults::default() }), Some("late_s"));
    let clock_jumps = vec![ClockJump { at_s: 5.0, by_s: 1e9 }];
    assert_eq!(of(LineFaults { clock_jumps, ..LineFaults::default() }), Some("by_s"));
}

fn any_faults() -> impl Strategy<Value = LineFaults> {
    let share = 0.0..0.5_f64;
    let shares = (share.clone(), share.clone(), share.clone(), share, 0.0..3.0_f64);
    let rest = (0.0..600.0_f64, 0.0..10.0_f64, -500.0..500.0_f64);
    (shares, rest).prop_map(
        |((lost, repeated, reordered, late, late_s), (silences_per_hour, silence_s, clock_skew_ppm))| LineFaults {
            lost,
            repeated,
            reordered,
            late,
            late_s,
            silences_per_hour,
            silence_s,
            clock_skew_ppm,
            clock_jumps: vec![],
        },
    )
}

proptest! {
    #[test]
    fn nothing_is_invented_or_early_and_the_seed_decides(faults in any_faults(), seed: u64, count in 0..200_u64) {
        let (all, counts) = arriving(&faults, seed, count);
        prop_assert_eq!(&arriving(&faults, seed, count).0, &all);
        prop_assert_eq!(all.len() as u64, count - counts.lost + counts.repeated);
        prop_assert!(all.windows(2).all(|pair| pair[0].at_ns <= pair[1].at_ns), "they arrive in the order given");
        let mut times = vec![0_u32; count as usize];
        for delivery in &all {
            let sequence = delivery.chunk.sequence;
            times[sequence as usize] += 1;
            let complete_ns = (sequence as i64 + 1) * CHUNK_NS;
            prop_assert!(delivery.at_ns >= complete_ns);
        }
        prop_assert_eq!(times.iter().filter(|&&times| times == 0).count() as u64, counts.lost);
        prop_assert_eq!(times.iter().filter(|&&times| times == 2).count() as u64, counts.repeated);
        prop_assert!(times.iter().all(|&times| times <= 2));
    }
}
