//! Recordings, read from disk: every record of the test set against its manifest, samples and annotations against
//! the WFDB Python package, and records made here for what the test set does not hold.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use gemwatch::{
    ecg::{INVALID_SAMPLE, Lead, StreamId},
    source::recordings::{Record, RecordError, read_annotations, write_annotations},
};
use proptest::prelude::*;
use tempfile::TempDir;

/// The folder of test recordings; `None`, said aloud, where it is missing. With `CI` set it must be there.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("GEMWATCH_RECORDINGS")
        .map_or_else(|| Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ecg")).to_owned(), PathBuf::from);
    if folder.join("MANIFEST.csv").is_file() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no recordings at {}", folder.display());
    eprintln!("left out: no recordings at {} (set GEMWATCH_RECORDINGS)", folder.display());
    None
}

#[test]
fn every_record_agrees_with_the_manifest() {
    let Some(folder) = recordings() else { return };
    let manifest = fs::read_to_string(folder.join("MANIFEST.csv")).unwrap();
    let mut records = 0;
    for row in manifest.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let [name, rate, signals, samples, _seconds, leads, units, annotations, invalid, max_abs_mv, ..] = fields[..]
        else {
            panic!("manifest row {row}");
        };
        let record = Record::open(&folder.join(name)).unwrap_or_else(|error| panic!("{error}"));
        assert!((record.rate_hz - rate.parse::<f64>().unwrap()).abs() < 1e-9, "{name}");
        assert_eq!(record.signals.len(), signals.parse::<usize>().unwrap(), "{name}");
        assert_eq!(record.samples, samples.parse::<usize>().unwrap(), "{name}");
        let described: Vec<&str> = record.signals.iter().map(|signal| signal.description.as_str()).collect();
        assert_eq!(described.join("|"), leads, "{name}");
        let own_units: BTreeSet<&str> = record.signals.iter().map(|signal| signal.units.as_str()).collect();
        assert_eq!(own_units, units.split('|').collect(), "{name}");
        for signal in &record.signals {
            assert_eq!(signal.samples.len(), record.samples, "{name} {}", signal.description);
        }
        let all = record.signals.iter().flat_map(|signal| &signal.samples);
        let missing = all.clone().filter(|sample| **sample == INVALID_SAMPLE).count() as f64 / all.count() as f64;
        assert!((missing - invalid.parse::<f64>().unwrap()).abs() <= 0.5e-5 + 1e-12, "{name}: {missing} {invalid}");
        let largest_mv = record
            .ecg_leads()
            .iter()
            .flat_map(|(_, signal)| (0..record.samples).filter_map(|index| signal.physical(index)))
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        assert!((largest_mv - max_abs_mv.parse::<f64>().unwrap()).abs() < 0.0051, "{name}: {largest_mv} {max_abs_mv}");
        for entry in annotations.split_whitespace() {
            let (annotator, count) = entry.split_once(':').unwrap();
            let file = record.annotations(annotator).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(file.annotations.len(), count.parse::<usize>().unwrap(), "{name}.{annotator}");
        }
        let streamed: Vec<_> = record.chunks(StreamId::new(name).unwrap(), 1.0).unwrap().collect();
        assert_eq!(streamed.iter().map(gemwatch::ecg::Chunk::len).sum::<usize>(), record.samples, "{name}");
        assert!(streamed.iter().all(|chunk| chunk.check() == Ok(())), "{name}");
        records += 1;
    }
    assert_eq!(records, 225);
}

#[test]
fn ecg_leads_are_told_from_the_other_bedside_signals() {
    let Some(folder) = recordings() else { return };
    let leads = |name: &str| {
        let record = Record::open(&folder.join(name)).unwrap();
        record.ecg_leads().iter().map(|(lead, _)| lead.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(leads("cinc2015/t116s.hea"), "I MCL");
    assert_eq!(leads("cinc2015/a142s"), "II V");
    assert_eq!(leads("vfdb/418"), "ECG ECG 2");
    assert_eq!(leads("ludb/1"), "I II III aVR aVL aVF V1 V2 V3 V4 V5 V6");
    let record = Record::open(&folder.join("mitdb/100")).unwrap();
    let error = record.lead(&Lead::V1).unwrap_err().to_string();
    assert!(error.ends_with("mitdb/100 has no lead V1, only MLII, V5"), "{error}");
}

/// Record, signal, sample, digital and physical value.
///
/// Python: `wfdb.rdrecord(record, physical=False).d_signal[sample, signal]` and
/// `wfdb.rdrecord(record).p_signal[sample, signal]`, WFDB Python 4.3.1.
const SAMPLES: [(&str, usize, usize, i32, f64); 14] = [
    ("mitdb/100", 0, 0, 995, -0.145),
    ("mitdb/100", 0, 649_999, 768, -1.28),
    ("mitdb/100", 1, 325_001, 980, -0.22),
    ("nstdb/118e06", 0, 325_001, -206, -6.15),
    ("nstdb/118e06", 1, 649_999, -1864, -14.44),
    ("qtdb/sel16265", 0, 224_998, -29, -0.145),
    ("qtdb/sel16265", 1, 112_500, -11, -0.055),
    ("cpsc2021/data_21_7", 0, 23_601, -15_799, 4.852_028_048_953_292),
    ("cpsc2021/data_21_7", 1, 47_200, -22_807, 4.900_005_886_681_383),
    ("cinc2015/t116s", 0, 74_999, 15_235, 0.466_901_624_272_142_2),
    ("cinc2015/t116s", 1, 37_501, 2870, 0.301_724_137_931_034_5),
    ("cinc2021/chapman-ningbo/JS20003", 0, 4999, -947, -0.947),
    ("ludb/1", 0, 2501, -25, -0.018_065_268_065_268_064),
    ("ludb/1", 1, 4999, -22, -0.019_900_497_512_437_81),
];

#[test]
fn samples_agree_with_wfdb() {
    let Some(folder) = recordings() else { return };
    for (name, signal, sample, digital, physical) in SAMPLES {
        let record = Record::open(&folder.join(name)).unwrap();
        let signal = &record.signals[signal];
        assert_eq!(signal.samples[sample], digital, "{name} {sample}");
        assert!((signal.physical(sample).unwrap() - physical).abs() < 1e-12, "{name} {sample}");
    }
}

#[test]
fn the_lowest_value_of_format_212_is_no_sample() {
    let Some(folder) = recordings() else { return };
    // Python: numpy.flatnonzero(numpy.isnan(wfdb.rdrecord(record).p_signal[:, 0])), WFDB Python 4.3.1.
    for (name, count, first, last) in [("cudb/cu02", 538, 13_525, 100_252), ("cudb/cu11", 1282, 105_457, 125_944)] {
        let record = Record::open(&folder.join(name)).unwrap();
        let missing: Vec<usize> = (0..record.samples).filter(|i| record.signals[0].physical(*i).is_none()).collect();
        assert_eq!((missing.len(), missing[0], missing[count - 1]), (count, first, last), "{name}");
    }
}

/// Record, annotator, index, then sample, mnemonic, subtype, channel, number and text.
///
/// Python: `wfdb.rdann(record, annotator)`, WFDB Python 4.3.1, less the NUL at the end of the text.
type Expected = (&'static str, &'static str, usize, i64, &'static str, i8, u8, i8, &'static str);
const ANNOTATIONS: [Expected; 13] = [
    ("mitdb/100", "atr", 0, 18, "+", 0, 0, 0, "(N"),
    ("mitdb/100", "atr", 1137, 322_573, "N", 0, 0, 0, ""),
    ("mitdb/100", "atr", 2273, 649_991, "N", 0, 0, 0, ""),
    ("mitdb/207", "atr", 1, 50, "R", 0, 0, 0, ""),
    ("mitdb/207", "atr", 2384, 649_799, "A", 0, 0, 0, ""),
    ("qtdb/sel100", "pu", 1, 92, "(", 0, 1, 0, ""),
    ("qtdb/sel100", "pu", 10_813, 110_275, "p", 0, 1, 0, ""),
    ("qtdb/sel100", "pu", 21_626, 224_905, ")", 0, 0, 2, ""),
    ("ludb/1", "avf", 24, 2546, "(", 0, 0, 0, ""),
    ("vfdb/418", "atr", 1, 99_624, "+", 0, 0, 0, "(VFL"),
    ("vfdb/418", "atr", 120, 401_423, "+", 0, 0, 0, "(N"),
    ("cpsc2021/data_101_6", "atr", 102, 11_608, "N", 0, 0, 0, ""),
    ("cpsc2021/data_101_6", "atr", 203, 22_355, "+", 0, 0, 0, "(N"),
];

#[test]
fn annotations_agree_with_wfdb() {
    let Some(folder) = recordings() else { return };
    for (name, annotator, index, sample, mnemonic, subtype, channel, number, aux) in ANNOTATIONS {
        let file = read_annotations(&folder.join(format!("{name}.{annotator}"))).unwrap();
        let found = &file.annotations[index];
        assert_eq!(
            (found.sample, found.label.mnemonic(), found.subtype, found.channel, found.number),
            (sample, mnemonic, subtype, channel, number),
            "{name}.{annotator} {index}"
        );
        assert_eq!(found.aux.as_deref().unwrap_or_default(), aux, "{name}.{annotator} {index}");
    }
}

#[test]
fn annotation_files_are_written_as_they_were() {
    let Some(folder) = recordings() else { return };
    let copy = tempfile::tempdir().unwrap();
    let copy = copy.path().join("copy");
    for name in ["qtdb/sel100.pu", "qtdb/sel808.q1c", "ludb/1.avf", "ludb/7.v1", "cpsc2021/data_101_6.atr"] {
        write_annotations(&copy, &read_annotations(&folder.join(name)).unwrap()).unwrap();
        assert!(fs::read(&copy).unwrap() == fs::read(folder.join(name)).unwrap(), "{name}");
    }
    // Here the texts end with a NUL, which is not kept.
    for name in ["mitdb/207.atr", "vfdb/418.atr", "qtdb/sele0121.atr"] {
        let file = read_annotations(&folder.join(name)).unwrap();
        write_annotations(&copy, &file).unwrap();
        assert_eq!(read_annotations(&copy).unwrap().annotations, file.annotations, "{name}");
    }
}

/// Writes a record `made` from the text of its header and its signal files.
fn made(header: &str, files: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("made.hea"), header).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let path = folder.path().join("made");
    (folder, path)
}

fn bits16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

#[test]
fn format_80_is_read() {
    let header = "made 1 100 4 10:00:00 01/02/2003\nmade.dat 80 10(-5)/uV 8 0 -128 65420 0 III\n";
    let (_folder, path) = made(header, &[("made.dat", &[0, 128, 255, 13])]);
    let record = Record::open(&path).unwrap();
    let signal = record.lead(&Lead::III).unwrap();
    assert_eq!(signal.samples, [INVALID_SAMPLE, 0, 127, -115]);
    assert_eq!(signal.physical(3), Some(-11.0));
    let chunk = record.chunks(StreamId::new("made").unwrap(), 1.0).unwrap().next().unwrap();
    assert_eq!((chunk.leads[0].gain_uv, chunk.leads[0].offset, chunk.len()), (0.1, -5, 4));
    // date -u -d '2003-02-01 10:00:00' +%s
    assert_eq!(chunk.start.as_nanos(), 1_044_093_600_000_000_000);
}

#[test]
fn several_files_samples_a_frame_and_skew_are_read() {
    let header = "made 4 100 3\n\
        a.dat 16x2 100/mV 16 0 0 21 0 I\n\
        a.dat 16:1 100/mV 16 0 0 60 0 ABP\n\
        b.mat 16x4:1+3 100/mV 16 0 0 78 0 II\n\
        c.dat 212 100/mV 12 0 0 -2047 0 V1\n";
    let mut with_preamble = vec![9, 9, 9];
    with_preamble.extend(bits16(&(1..13).collect::<Vec<i16>>()));
    let (_folder, path) = made(
        header,
        &[
            ("a.dat", &bits16(&[1, 2, 10, 3, 4, 20, 5, 6, 30])),
            ("b.mat", &with_preamble),
            // 1, -2048 and 0: the last of three 12-bit samples takes two bytes.
            ("c.dat", &[1, 0x80, 0, 0, 0]),
        ],
    );
    let record = Record::open(&path).unwrap();
    let samples: Vec<&[i32]> = record.signals.iter().map(|signal| &signal.samples[..]).collect();
    let none = INVALID_SAMPLE;
    assert_eq!(samples[0], [1, 2, 3, 4, 5, 6]);
    assert_eq!(samples[1], [20, 30, none]);
    assert_eq!(samples[2], [5, 6, 7, 8, 9, 10, 11, 12, none, none, none, none]);
    assert_eq!(samples[3], [1, none, 0]);
    assert_eq!((record.signals[2].rate_hz, record.signals[2].samples_per_frame), (400.0, 4));
    let chunk = record.chunks(StreamId::new("made").unwrap(), 1.0).unwrap().next().unwrap();
    assert_eq!((chunk.rate_hz, chunk.len(), chunk.leads.len()), (400.0, 12, 3));
    assert_eq!(chunk.leads[0].samples, [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6]);
}

#[test]
fn the_number_of_samples_follows_from_the_files_where_it_is_not_stated() {
    let header = "made 2 100\na.dat 16 100 16 0 0 1 0 I\nb.dat 80 100 8 0 0 0 0 II\n";
    let (_folder, path) = made(header, &[("a.dat", &bits16(&[1, 2, 3])), ("b.dat", &[128; 2])]);
    let record = Record::open(&path).unwrap();
    assert_eq!((record.samples, &record.signals[0].samples[..]), (2, &[1, 2][..]));
}

#[test]
fn damage_is_named() {
    let open = |header: &str, bytes: &[u8]| {
        let (_folder, path) = made(header, &[("made.dat", bytes)]);
        let error = Record::open(&path).unwrap_err();
        (error.to_string(), error)
    };
    let (message, error) = open("made 1 100 4\nmade.dat 16 100 16 0 0 0 0 I\n", &[0; 7]);
    assert!(matches!(error, RecordError::Truncated { expected_bytes: 8, found_bytes: 7, .. }), "{message}");
    assert!(message.contains("made.dat has 7 bytes, its header asks for 8"), "{message}");
    let (message, _) =
        open("made 2 100 2\nmade.dat 16 1 16 0 0 3 0 I\nmade.dat 16 1 16 0 0 3 0 II\n", &bits16(&[1; 4]));
    assert!(message.contains("made.dat signal 0 \"I\": the samples add up to the checksum 2, the header states 3"));
    // A length that no file has is found out before anything is allocated for it.
    for frames in ["18446744073709551615", "1000000000000"] {
        let (message, error) = open(&format!("made 1 100 {frames}\nmade.dat 16x9 100 16 0 0 0 0 I\n"), &[0; 8]);
        assert!(matches!(error, RecordError::Truncated { .. }), "{message}");
    }
    let (message, _) = open("made 0 100 1000000000000\n", &[]);
    assert!(message.contains("made.hea line 1: the record has more than 268435456 samples"), "{message}");
    let (message, _) = open("made 2 100 1\nmade.dat 16 1\nmade.dat 80 1\n", &[0; 8]);
    assert!(message.contains("made.hea line 3: made.dat has another format or byte offset"), "{message}");
    let (message, _) = open(&"#".repeat((1 << 20) + 1), &[]);
    assert!(message.contains("made.hea has 1048577 bytes, at most 1048576 are read"), "{message}");
    let (message, _) = open("made 1 100 1\nmissing.dat 16 1\n", &[]);
    assert!(message.starts_with("cannot read ") && message.ends_with("missing.dat"), "{message}");
    let (message, _) = open("made 1 100 1\n. 16 1\n", &[]);
    assert!(message.contains("is not a file in the record's folder"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_signal_file_is_read_or_refused(
        signals in proptest::collection::vec(("16|212|80", 1_usize..5, 0_u64..9, prop_oneof![Just(0), 0_u64..40]), 1..4),
        frames in proptest::option::of(0_u64..40),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let frames = frames.map_or_else(String::new, |frames| frames.to_string());
        let mut header = format!("made {} 100 {frames}\n", signals.len());
        let mut files = Vec::new();
        for (index, (format, samples, skew, offset)) in signals.iter().enumerate() {
            let file = format!("{}.dat", index / 2);
            writeln!(header, "{file} {format}x{samples}:{skew}+{offset}").unwrap();
            files.push((file, &bytes[..]));
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        let (_folder, path) = made(&header, &files);
        if let Ok(record) = Record::open(&path) {
            for signal in &record.signals {
                prop_assert_eq!(signal.samples.len(), record.samples * signal.samples_per_frame);
            }
        }
    }
}
