//! Recordings of the test set turned into EDF+ and DICOM: their samples, alarms and measurements are those of the WFDB record.

use std::fs;
use std::path::Path;

use gemwatch::ecg::INVALID_SAMPLE;
use gemwatch::source::recordings::{Record, Signal};
use serde_json::Value;

use super::dicom_file::{self, EXPLICIT};
use super::edf_file;
use super::program::{gemwatch, recordings, stderr, stdout};

/// Labels of EDF files, and the numbers of the leads.
const LEADS: [(&str, &str, u32); 13] = [
    ("ECG", "ECG", 0),
    ("I", "ECG I", 1),
    ("II", "ECG II", 2),
    ("III", "EKG III", 61),
    ("AVR", "aVR", 62),
    ("AVL", "ECG-aVL", 63),
    ("AVF", "ECG aVF", 64),
    ("V1", "Lead V1", 3),
    ("V2", "V2", 4),
    ("V3", "ECG V3", 5),
    ("V4", "ECG V4", 6),
    ("V5", "ECG V5", 7),
    ("V6", "ECG V6", 8),
];

fn lead(signal: &Signal) -> &'static (&'static str, &'static str, u32) {
    LEADS.iter().find(|(name, ..)| *name == signal.description).unwrap()
}

fn stored(signal: &Signal) -> Vec<i16> {
    signal
        .samples
        .iter()
        .map(|value| if *value == INVALID_SAMPLE { i16::MIN } else { i16::try_from(*value).unwrap() })
        .collect()
}

/// The record as EDF+, without a date, in data records of `per_record` samples.
fn as_edf(record: &Record, per_record: usize) -> Vec<u8> {
    let signal =
        |signal: &Signal| edf_file::signal(lead(signal).1, "mV", signal.gain_per_unit, per_record, stored(signal));
    let file = edf_file::plain(record.signals.iter().map(signal).collect());
    let record_s = per_record as f64 / record.rate_hz;
    let begin = |index: usize| edf_file::begin(&format!("+{}", index as f64 * record_s));
    let lists = (0..record.samples / per_record).map(begin).collect();
    let file = edf_file::File { record_s: record_s.to_string(), ..file };
    edf_file::plus(file, "EDF+C", "Startdate X X X X", lists).bytes()
}

/// The record as a general ECG object without a date.
fn as_dicom(record: &Record) -> Vec<u8> {
    let channel = |signal: &Signal| {
        let sensitivity_uv = (1000.0 / signal.gain_per_unit).to_string();
        let mut channel = dicom_file::channel(lead(signal).2, &sensitivity_uv, "0");
        if lead(signal).2 == 0 {
            channel[0] = ((0x3a, 0x203), dicom_file::text("SH", "ECG"));
        }
        channel
    };
    let rows: Vec<Vec<i16>> = record.signals.iter().map(stored).collect();
    let channels = record.signals.iter().map(channel).collect();
    let group = dicom_file::group(&record.rate_hz.to_string(), "0", channels, &rows);
    dicom_file::bytes(&dicom_file::object(vec![group]), EXPLICIT)
}

/// The same samples, to half a digital unit.
fn compare(own: &Record, original: &Record) {
    assert_eq!((own.samples, own.signals.len(), own.start), (original.samples, original.signals.len(), None));
    for (own, original) in own.signals.iter().zip(&original.signals) {
        let unit = original.microvolts_per_digital_unit().unwrap();
        let microvolts = |signal: &Signal, index: usize| {
            Some(signal.physical(index)? * signal.microvolts_per_digital_unit()? * signal.gain_per_unit)
        };
        for index in 0..original.samples.len() {
            let (own, original) = (microvolts(own, index), microvolts(original, index));
            let near = own.zip(original).is_none_or(|(own, original)| (own - original).abs() <= unit / 2.0);
            assert!(near && own.is_some() == original.is_some(), "{index}: {own:?} {original:?}");
        }
    }
}

fn replay(path: &Path) -> String {
    let output = gemwatch().arg("replay").arg(path).args(["--model", "none"]).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    stdout(&output)
}

#[test]
fn fibrillation_raises_the_same_alarms_in_every_format() {
    let Some(recordings) = recordings() else { return };
    let path = recordings.join("cudb/cu01");
    let record = Record::open(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let expected = replay(&path);
    assert!(expected.contains("\"VFIB\""), "{expected}");
    for (name, bytes) in [("cu01.edf", as_edf(&record, 256)), ("cu01.dcm", as_dicom(&record))] {
        let other = folder.path().join(name);
        fs::write(&other, bytes).unwrap();
        compare(&Record::open(&other).unwrap(), &record);
        assert_eq!(replay(&other), expected, "{name}");
    }
}

#[test]
fn a_twelve_lead_is_measured_the_same_in_every_format() {
    let Some(recordings) = recordings() else { return };
    let path = recordings.join("ptb-xl/00001_hr");
    let record = Record::open(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let explain = |path: &Path| -> Value {
        let output = gemwatch().arg("explain").arg(path).args(["--model", "none", "--json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let expected = explain(&path);
    for (name, bytes) in [("00001_hr.edf", as_edf(&record, 500)), ("00001_hr.dcm", as_dicom(&record))] {
        let other = folder.path().join(name);
        fs::write(&other, bytes).unwrap();
        compare(&Record::open(&other).unwrap(), &record);
        assert_eq!(explain(&other), expected, "{name}");
    }
}
