//! Records that `bedside record` writes, read back: samples and annotations against the patient behind them, and the
//! alarm path against the truth. Needs no data from outside.

use std::time::Duration;

use gemwatch::{
    bed::BedSettings,
    ecg::{INVALID_SAMPLE, StreamId, Time},
    pipeline::{Monitor, Said},
    source::recordings::Record,
    wire::AlertState,
};
use simulators::{
    patient::Patient,
    record::record,
    rhythm::Rhythm,
    scenario::{Bed, Ward},
    truth::{BeatClass, Truth},
};
use tempfile::TempDir;

/// The first patient's heart stops; the second one's monitor is switched on late, loses V1 and falls silent.
const WARD: &str = r#"
[[bed]]
stream_id = "west/bed-1"
seed = 1
script = [
  { rhythm = "sinus", rate_bpm = 72, for_s = 40 },
  { rhythm = "asystole", for_s = 12 },
  { rhythm = "sinus", rate_bpm = 84, for_s = 38 },
]

[[bed]]
stream_id = "west/bed-2"
seed = 2
rate_hz = 250
start_after_s = 3
script = [
  { rhythm = "sinus-with-pvcs", rate_bpm = 74, pvcs_per_min = 8, for_s = 30 },
  { rhythm = "atrial-fibrillation", rate_bpm = 95, for_s = 20 },
  { rhythm = "ventricular-tachycardia", rate_bpm = 160, for_s = 10 },
  { rhythm = "ventricular-fibrillation", for_s = 10 },
]
lead_off = [{ leads = ["V1"], from_s = 20, to_s = 25 }]
silence = [{ from_s = 40, to_s = 42 }]

[[bed]]
stream_id = "west/bed-3"
seed = 3
rate_hz = 360
leads = ["II", "V1", "V5"]
script = [{ rhythm = "sinus", rate_bpm = 58, for_s = 90 }]
"#;

const DURATION_S: f64 = 90.0;

struct Recorded {
    bed: Bed,
    record: Record,
    /// In the patient's own time.
    truth: Truth,
}

/// The ward above, recorded and read back. The folder goes when it is dropped.
fn recorded() -> (TempDir, Vec<Recorded>) {
    let ward = Ward::from_toml(WARD).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let written = record(&ward, Duration::from_secs_f64(DURATION_S), folder.path()).unwrap();
    let beds = ward.beds.into_iter().zip(written).map(|(bed, written)| {
        assert_eq!(written.clipped, 0);
        let record = Record::open(&written.path).unwrap_or_else(|error| panic!("{error}"));
        let truth = Patient::new(bed.patient.clone()).unwrap().truth_until(DURATION_S - bed.start_after_s);
        Recorded { bed, record, truth }
    });
    let beds = beds.collect();
    (folder, beds)
}

#[test]
fn the_samples_are_those_of_the_patient() {
    let (_folder, beds) = recorded();
    for Recorded { bed, record, .. } in beds {
        let rate_hz = bed.patient.rate_hz;
        assert_eq!((record.rate_hz, record.samples), (rate_hz, (DURATION_S * rate_hz) as usize));
        let first = (bed.start_after_s * rate_hz) as usize;
        let block = Patient::new(bed.patient.clone()).unwrap().next(record.samples - first);
        assert_eq!(record.signals.len(), bed.leads.len());
        for (signal, lead) in record.signals.iter().zip(&bed.leads) {
            assert_eq!((signal.description.as_str(), signal.units.as_str()), (lead.name(), "mV"));
            assert!(signal.calibrated && signal.is_ecg());
            let off = bed.lead_off.iter().filter(|off| off.leads.contains(lead)).map(|off| off.spell);
            let missing: Vec<_> = off.chain(bed.silence.iter().copied()).collect();
            for index in 0..record.samples {
                let patient = index.checked_sub(first).filter(|&sample| {
                    let at_s = sample as f64 / rate_hz;
                    !missing.iter().any(|spell| spell.contains(at_s))
                });
                let expected_mv = patient.map(|sample| f64::from(block.leads_mv[*lead as usize][sample]));
                match (signal.physical(index), expected_mv) {
                    (Some(read_mv), Some(mv)) => assert!((read_mv - mv).abs() <= 0.5001e-3, "{lead} {index}"),
                    (read_mv, expected_mv) => assert_eq!(read_mv, expected_mv, "{} {lead} {index}", bed.stream_id),
                }
            }
        }
    }
}

#[test]
fn the_annotations_are_the_truth() {
    let (_folder, beds) = recorded();
    for Recorded { bed, record, truth } in &beds {
        let sample_of = |patient_s: f64| ((patient_s + bed.start_after_s) * bed.patient.rate_hz).round() as i64;
        // What falls into the silence is on no lead.
        let shown = |sample: i64| record.signals.iter().any(|signal| signal.samples[sample as usize] != INVALID_SAMPLE);
        let mut expected: Vec<(i64, &str, Option<&str>)> = Vec::new();
        for beat in truth.beats.iter().filter(|beat| shown(sample_of(beat.r_s))) {
            expected.push((sample_of(beat.r_s), if beat.class == BeatClass::Normal { "N" } else { "V" }, None));
        }
        for episode in &truth.episodes {
            let code = match episode.rhythm {
                Rhythm::AtrialFibrillation { .. } => "(AFIB",
                Rhythm::VentricularTachycardia { .. } => "(VT",
                Rhythm::VentricularFibrillation => "(VF",
                Rhythm::Asystole => "(ASYS",
                _ => "(N",
            };
            expected.push((sample_of(episode.from_s), "+", Some(code)));
        }
        expected.sort_unstable();
        let file = record.annotations("atr").unwrap();
        let read: Vec<_> = file.annotations.iter().map(|a| (a.sample, a.label.mnemonic(), a.aux.as_deref())).collect();
        assert_eq!(read, expected, "{}", bed.stream_id);
    }
    let second = beds[1].record.annotations("atr").unwrap();
    let beats = second.beats().filter(|beat| beat.label.mnemonic() == "V").count();
    assert!(beats > 20, "{beats} ventricular beats");
    assert!(second.beats().count() < beds[1].truth.beats.len(), "beats in the silence are left out");
}

#[test]
fn the_alarm_path_finds_the_beats_and_the_asystole() {
    let (_folder, beds) = recorded();
    for (index, Recorded { bed, record, truth }) in beds.iter().enumerate() {
        let mut monitor = Monitor::new(BedSettings::default());
        let (mut found_s, mut raised) = (Vec::new(), Vec::new());
        for chunk in record.chunks(StreamId::new(&bed.stream_id).unwrap(), 0.1).unwrap() {
            chunk.check().unwrap();
            for said in monitor.push(&chunk) {
                match said {
                    Said::Beat { at, .. } => found_s.push(at.seconds_since(Time::default())),
                    Said::Alert { alert, at } if alert.state == AlertState::Raised => {
                        raised.push((alert.code.as_str(), at.seconds_since(Time::default())));
                    }
                    _ => {}
                }
            }
        }
        let asystoles: Vec<f64> = raised.iter().filter(|(code, _)| *code == "ASYS").map(|(_, at_s)| *at_s).collect();
        if index == 0 {
            let episode = truth.episodes.iter().find(|episode| episode.rhythm == Rhythm::Asystole).unwrap();
            let delays_s: Vec<f64> = asystoles.iter().map(|at_s| at_s - episode.from_s).collect();
            assert!(matches!(delays_s[..], [delay_s] if (0.0..=5.0).contains(&delay_s)), "raised after {delays_s:?} s");
        }
        if index == 2 {
            assert!(raised.is_empty(), "{raised:?}");
        }
        if index != 1 {
            // A detector may learn for five minutes before it is scored (ANSI/AAMI EC57); this one takes two seconds.
            let beats: Vec<f64> = truth.beats.iter().map(|beat| beat.r_s).filter(|r_s| *r_s > 2.0).collect();
            let matched = |a: &[f64], b: &[f64]| {
                a.iter().filter(|x| b.iter().any(|y| (*x - y).abs() < 0.15)).count() as f64 / a.len() as f64
            };
            let (sensitivity, precision) = (matched(&beats, &found_s), matched(&found_s, &beats));
            let stream = &bed.stream_id;
            assert!(beats.len() > 80 && sensitivity > 0.99, "{stream}: sensitivity {sensitivity}");
            assert!(precision > 0.99, "{stream}: precision {precision}");
        }
    }
}
