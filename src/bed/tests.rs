//! A bed as a whole: what it says about synthetic streams, and that the cut into chunks does not matter.

use proptest::prelude::*;

use super::*;
use crate::alarm::{Change, Priority};
use crate::ecg::{ChunkLead, INVALID_SAMPLE, StreamId};

/// A stream of narrow QRS complexes at these times, in microvolts.
fn signal(beats_s: &[f64], seconds: f64) -> Vec<i32> {
    (0..(seconds * RATE_HZ) as usize)
        .map(|n| {
            let t_s = n as f64 / RATE_HZ;
            let bump = |beat_s: &f64| (-(t_s - beat_s).powi(2) / (2.0 * 0.012_f64.powi(2))).exp();
            let near = beats_s.iter().filter(|beat_s| (t_s - **beat_s).abs() < 0.2);
            // A small ripple stands for the noise that every electrode has.
            (1000.0 * near.map(bump).sum::<f64>() + 5.0 * (t_s * 77.0).sin()) as i32
        })
        .collect()
}

fn chunks(samples: &[i32], cuts: &[usize]) -> Vec<Chunk> {
    let (mut at, mut chunks) = (0, Vec::new());
    for length in cuts.iter().cycle() {
        let end = (at + length).min(samples.len());
        chunks.push(Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: chunks.len() as u64,
            start: Time::default().plus_samples(at as i64, RATE_HZ),
            rate_hz: RATE_HZ,
            leads: vec![ChunkLead {
                lead: Lead::II,
                gain_uv: 1.0,
                offset: 0,
                off: false,
                samples: samples[at..end].to_vec(),
            }],
            pacer_marks: vec![],
        });
        at = end;
        if at == samples.len() {
            return chunks;
        }
    }
    chunks
}

fn hear(chunks: &[Chunk]) -> Vec<BedOutput> {
    let mut bed = Bed::new(BedSettings::default());
    chunks.iter().flat_map(|chunk| bed.push(chunk)).collect()
}

/// Code, time (s) of every event of an alarm of high priority or of the equipment, and whether its condition is over.
fn alarms(outputs: &[BedOutput]) -> Vec<(&'static str, f64, bool)> {
    let event = |output: &BedOutput| match output {
        BedOutput::Alarm { event, .. } if matches!(event.code.priority(), Priority::High | Priority::Technical) => {
            Some((event.code.as_str(), event.at.seconds_since(Time::default()), event.cleared_at.is_some()))
        }
        _ => None,
    };
    outputs.iter().filter_map(event).collect()
}

fn beats(every_s: f64, from_s: f64, to_s: f64) -> Vec<f64> {
    (0..((to_s - from_s) / every_s).ceil() as usize).map(|n| from_s + n as f64 * every_s).collect()
}

#[test]
fn a_calm_bed_says_its_rate_and_raises_nothing() {
    let outputs = hear(&chunks(&signal(&beats(0.8, 0.4, 30.0), 30.0), &[50]));
    let any = outputs.iter().find(|output| matches!(output, BedOutput::Alarm { .. }));
    assert_eq!(any, None, "of any priority");
    let vitals: Vec<_> =
        outputs.iter().filter_map(|o| if let BedOutput::Vitals(v) = o { v.heart_rate_bpm } else { None }).collect();
    assert!((vitals.last().unwrap() - 75.0).abs() < 1.0, "{vitals:?}");
}

#[test]
fn asystole_is_raised_within_a_second_of_its_limit_and_cleared_by_the_second_beat() {
    let mut times = beats(0.8, 0.4, 12.0);
    let last = *times.last().unwrap();
    times.extend(beats(0.8, 25.0, 40.0));
    let outputs = hear(&chunks(&signal(&times, 40.0), &[50]));
    let [(raised, raised_s, false), (cleared, cleared_s, true)] = alarms(&outputs)[..] else {
        panic!("{:?}", alarms(&outputs));
    };
    assert_eq!((raised, cleared), ("ASYS", "ASYS"));
    assert!((raised_s - last - 4.2).abs() < 0.11, "{raised_s} after {last}");
    assert!((25.8..26.3).contains(&cleared_s), "{cleared_s}");
    let BedOutput::Alarm { event, window } = outputs
        .iter()
        .find(|o| matches!(o, BedOutput::Alarm { event, .. } if event.code == AlarmCode::Asystole))
        .unwrap()
    else {
        unreachable!()
    };
    assert!(event.onset.seconds_since(Time::default().plus_samples((last * RATE_HZ) as i64, RATE_HZ)).abs() < 0.01);
    assert!((window.as_ref().unwrap().seconds() - 10.0).abs() < 1e-9);
}

#[test]
fn a_patient_who_arrives_in_asystole_is_not_overlooked() {
    let outputs = hear(&chunks(&signal(&[], 8.0), &[50]));
    let [("ASYS", raised_s, false)] = alarms(&outputs)[..] else { panic!("{:?}", alarms(&outputs)) };
    assert!(raised_s < 5.0, "{raised_s}");
}

#[test]
fn extreme_rates_are_raised_within_ten_seconds() {
    for (every_s, code) in [(0.35, "XTACHY"), (2.0, "XBRADY")] {
        let mut times = beats(0.8, 0.4, 15.0);
        times.extend(beats(every_s, 15.4, 40.0));
        let outputs = hear(&chunks(&signal(&times, 40.0), &[50]));
        let found = alarms(&outputs);
        let [(first, raised_s, false)] = found[..] else { panic!("{every_s}: {found:?}") };
        assert_eq!(first, code);
        assert!((15.4..25.4).contains(&raised_s), "{code} at {raised_s}");
    }
}

#[test]
fn a_lead_that_falls_off_is_technical_and_no_asystole() {
    let mut samples = signal(&beats(0.8, 0.4, 40.0), 40.0);
    samples[5000..12_500].fill(INVALID_SAMPLE);
    let found = alarms(&hear(&chunks(&samples, &[50])));
    let [("LEADS", raised_s, false), ("LEADS", cleared_s, true)] = found[..] else { panic!("{found:?}") };
    assert!((12.0..12.3).contains(&raised_s) && (25.0..25.3).contains(&cleared_s), "{found:?}");
}

#[test]
fn leads_that_change_all_the_time_do_not_hide_an_asystole() {
    let mut times = chunks(&signal(&beats(0.8, 0.4, 10.0), 30.0), &[50]);
    for (index, chunk) in times.iter_mut().enumerate().skip(100) {
        chunk.leads[0].lead = if index % 2 == 0 { Lead::V1 } else { Lead::II };
    }
    let found = alarms(&hear(&times));
    assert!(matches!(found[..], [("ASYS", raised_s, false)] if raised_s < 15.0), "{found:?}");
}

#[test]
fn a_bed_whose_windows_nobody_reads_says_so_until_somebody_does() {
    let times = chunks(&signal(&beats(0.8, 0.4, 20.0), 20.0), &[50]);
    let mut bed = Bed::new(BedSettings::default());
    let mut outputs = Vec::new();
    for (index, chunk) in times.iter().enumerate() {
        match index {
            50 => bed.degrade(Some("no model".into())),
            100 => bed.degrade(None),
            _ => {}
        }
        outputs.extend(bed.push(chunk));
    }
    let found = alarms(&outputs);
    let [("DEGRADED", raised_s, false), ("DEGRADED", cleared_s, true)] = found[..] else { panic!("{found:?}") };
    assert!((5.0..7.0).contains(&raised_s) && (10.0..10.3).contains(&cleared_s), "{found:?}");
}

#[test]
fn a_bed_that_is_given_up_leaves_no_alarm_behind() {
    let mut bed = Bed::new(BedSettings::default());
    let outputs: Vec<_> = chunks(&signal(&[], 8.0), &[50]).iter().flat_map(|chunk| bed.push(chunk)).collect();
    assert!(matches!(alarms(&outputs)[..], [("ASYS", _, false)]));
    assert_eq!(alarms(&bed.close(Time::default() + Duration::from_secs_f64(99.0))), [("ASYS", 99.0, true)]);
}

#[test]
fn the_last_beat_is_known_when_the_stream_ends_however_it_was_cut() {
    // The last R peak lies 100 ms before the end: too near to have been decided on.
    let times = beats(0.8, 0.4, 10.0);
    let end_s = times.last().unwrap() + 0.1;
    for cuts in [[50, 50], [500, 5], [5, 7]] {
        let mut bed = Bed::new(BedSettings::default());
        let samples = signal(&times, end_s);
        let mut outputs: Vec<_> = chunks(&samples, &cuts).iter().flat_map(|chunk| bed.push(chunk)).collect();
        outputs.extend(bed.close(Time::default().plus_samples(samples.len() as i64, RATE_HZ)));
        let last = outputs.iter().rev().find_map(|o| if let BedOutput::Beat(beat) = o { Some(beat.at) } else { None });
        let off_s = last.unwrap().seconds_since(Time::default()) - times.last().unwrap();
        assert!(off_s.abs() < 0.02, "{cuts:?}: {off_s} s");
    }
}

#[test]
fn silence_is_raised_by_the_one_who_waits_or_by_the_gap() {
    let all = chunks(&signal(&beats(0.8, 0.4, 30.0), 30.0), &[50]);
    let mut bed = Bed::new(BedSettings::default());
    all[..100].iter().for_each(|chunk| drop(bed.push(chunk)));
    let at = |seconds: f64| Time::default() + Duration::from_secs_f64(seconds);
    assert_eq!(alarms(&bed.silent_until(at(14.9))), []);
    assert_eq!(alarms(&bed.silent_until(at(15.0))), [("NODATA", 15.0, false)]);
    assert_eq!(alarms(&bed.silent_until(at(15.1))), []);
    assert_eq!(alarms(&bed.push(&all[180])), [("NODATA", 18.0, true)]);

    let with_gap: Vec<Chunk> = all[..100].iter().chain(&all[180..]).cloned().collect();
    assert_eq!(alarms(&hear(&with_gap)), [("NODATA", 15.0, false), ("NODATA", 18.0, true)]);
}

/// The clock of the monitor is set back by so many seconds before the chunk of this index.
fn set_back(chunks: &mut [Chunk], from: usize, by_s: f64) {
    for chunk in &mut chunks[from..] {
        chunk.start = chunk.start - Duration::from_secs_f64(by_s);
    }
}

#[test]
fn a_clock_set_back_by_a_day_ends_what_is_open_and_holds_nothing_back() {
    const DAY_S: f64 = 86_400.0;
    // Two pauses, the second after the clock was set back at 15 s; then the heart stands still. A lead is off all the time.
    let mut times = beats(0.8, 0.4, 10.0);
    times.extend(beats(0.8, 12.6, 30.0));
    times.extend(beats(0.8, 32.6, 40.0));
    let mut all = chunks(&signal(&times, 50.0), &[50]);
    for chunk in &mut all {
        let samples = vec![INVALID_SAMPLE; chunk.len()];
        chunk.leads.push(ChunkLead { lead: Lead::V1, gain_uv: 1.0, offset: 0, off: true, samples });
    }
    set_back(&mut all, 150, DAY_S);
    let outputs = hear(&all);
    let looked_at = [AlarmCode::LeadsOff, AlarmCode::Pause, AlarmCode::ClockJump, AlarmCode::Asystole];
    let events = outputs.iter().filter_map(|output| match output {
        BedOutput::Alarm { event, .. } if looked_at.contains(&event.code) => Some(event),
        _ => None,
    });
    let said: Vec<_> = events
        .map(|event| {
            let at_s = event.at.seconds_since(Time::default());
            (event.code.as_str(), event.change, at_s.rem_euclid(DAY_S).round() as i64, event.suppressed_by.is_some())
        })
        .collect();
    let (raised, cleared) = (Change::Raised, Change::Cleared);
    let expected = [
        ("LEADS", raised, 2, false),
        ("PAUSE", raised, 12, false),
        ("PAUSE", cleared, 15, false),
        ("LEADS", cleared, 15, false),
        ("CLOCK", raised, 15, false),
        ("LEADS", raised, 17, false),
        ("CLOCK", cleared, 25, false),
        ("PAUSE", raised, 32, false),
        ("PAUSE", cleared, 40, false),
        // Within the time-out of the last one.
        ("PAUSE", raised, 43, true),
        ("ASYS", raised, 44, false),
    ];
    assert_eq!(said, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// No time of the old clock meets one of the new.
    #[test]
    fn no_alarm_mixes_two_clocks(
        pauses in prop::collection::vec(0.3..6.0_f64, 4..40),
        jumps in prop::collection::vec((5_usize..60, 0.2..1e6_f64), 1..5),
    ) {
        let times: Vec<f64> = pauses.iter().scan(0.0, |at, pause| { *at += pause; Some(*at) }).collect();
        let mut all = chunks(&signal(&times, times.last().unwrap() + 1.0), &[50]);
        let mut clocks = vec![Time::default()];
        let mut from = 0;
        for (later, by_s) in jumps {
            from += later;
            if from < all.len() {
                set_back(&mut all, from, by_s);
                clocks.push(all[from].start);
            }
        }
        let mut clock = Time::default();
        for output in hear(&all) {
            match output {
                BedOutput::Started(StartReason::ClockSetBack) => {
                    clocks.remove(0);
                    clock = clocks[0];
                }
                BedOutput::Alarm { event, .. } => {
                    prop_assert!(event.onset <= event.raised_at && event.raised_at <= event.at, "{:?}", event);
                    prop_assert!(event.cleared_at.is_none_or(|end| event.raised_at <= end && end <= event.at));
                    prop_assert!(event.change != Change::Raised || event.onset >= clock, "{:?} since {:?}", event, clock);
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// The cut into chunks changes nothing that a bed says.
    #[test]
    fn the_cut_does_not_matter(cuts in prop::collection::vec(5_usize..600, 1..8)) {
        let mut times = beats(0.8, 0.4, 9.0);
        times.extend(beats(0.4, 16.0, 24.0));
        let samples = signal(&times, 24.0);
        prop_assert_eq!(hear(&chunks(&samples, &[50])), hear(&chunks(&samples, &cuts)));
    }
}
