//! Recordings in other formats than WFDB: files by writers that are not ours, files made here, and recordings of the test set
//! turned into EDF and DICOM, which must say what the WFDB record says.

#[path = "other_formats/dicom_file.rs"]
mod dicom_file;
#[path = "other_formats/edf_file.rs"]
mod edf_file;
#[expect(dead_code, reason = "the rest is for tests that need a model")]
mod program;
#[path = "other_formats/turned.rs"]
mod turned;

use std::fs;
use std::path::Path;

use dicom_file::{DataSet, EXPLICIT, Encoding, Value};
use edf_file::{begin, plain, plus, signal};
use gemwatch::ecg::{INVALID_SAMPLE, Lead, StreamId};
use gemwatch::source::recordings::{Record, Signal};
use proptest::prelude::*;

/// Where the files of other writers are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/other_formats");

/// Opens these bytes as a file of this name; an error is told with its causes, without the folder.
fn read(name: &str, bytes: &[u8]) -> Result<Record, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    Record::open(&path).map_err(|error| {
        format!("{:#}", anyhow::Error::from(error)).replace(&format!("{}/", folder.path().display()), "")
    })
}

fn edf(file: &edf_file::File) -> Result<Record, String> {
    read("r.edf", &file.bytes())
}

fn dicom(object: &DataSet) -> Result<Record, String> {
    read("r.dcm", &dicom_file::bytes(object, EXPLICIT))
}

/// The saw tooth of `other_formats/made.py`.
fn saw_tooth(samples: usize, slope: i32) -> Vec<i32> {
    (0..i32::try_from(samples).unwrap()).map(|n| (n * slope) % 2000 - 1000).collect()
}

fn leads(record: &Record) -> Vec<String> {
    record.ecg_leads().iter().map(|(lead, _)| lead.to_string()).collect()
}

fn mv(signal: &Signal, index: usize) -> f64 {
    signal.physical(index).unwrap()
}

#[test]
fn a_file_that_pyedflib_wrote_is_read() {
    let record = Record::open(&Path::new(FOLDER).join("pyedflib.edf")).unwrap();
    assert_eq!((record.name.as_str(), record.rate_hz, record.samples), ("pyedflib", 125.0, 500));
    assert_eq!(leads(&record), ["II", "V1"]);
    let [ii, v1] = &record.signals[..] else { panic!("two signals") };
    assert_eq!((ii.samples_per_frame, ii.rate_hz, v1.rate_hz), (2, 250.0, 125.0));
    assert_eq!((&ii.samples, &v1.samples), (&saw_tooth(1000, 7), &saw_tooth(500, 11)));
    assert!((mv(ii, 0) + 1.0).abs() < 1e-9, "{}", mv(ii, 0));
    assert_eq!(record.comments, ["1.5 s: Lights off", "2.25 s: Bewegung, müde"]);
    assert_eq!(record.left_out, ["Resp chest (ohm): its label names no ECG lead"]);
    // date -u -d '2026-02-03 04:05:06' +%s
    assert_eq!(record.start.unwrap().as_nanos(), 1_770_091_506_000_000_000);
}

#[test]
fn a_file_that_pydicom_wrote_is_read() {
    let record = Record::open(&Path::new(FOLDER).join("pydicom.dcm")).unwrap();
    assert_eq!((record.name.as_str(), record.rate_hz, record.samples), ("pydicom", 250.0, 1000));
    assert_eq!(leads(&record), ["II", "V1"]);
    let [ii, v1] = &record.signals[..] else { panic!("two signals") };
    assert_eq!(ii.samples, saw_tooth(1000, 7));
    assert!((mv(ii, 0) - (-5000.0 + 40.0)).abs() < 1e-9, "{}", mv(ii, 0));
    assert_eq!(ii.microvolts_per_digital_unit(), Some(5.0));
    let mut expected = [vec![INVALID_SAMPLE; 500], saw_tooth(500, 11)].concat();
    expected[600..610].fill(INVALID_SAMPLE);
    assert_eq!(v1.samples, expected);
    assert_eq!(record.left_out, ["multiplex group MEDIAN BEAT: it was derived from the others"]);
    assert_eq!(record.comments, ["12-Lead ECG Waveform Storage"]);
    // date -u -d '2026-02-03 04:05:06.5 +0100' +%s.%N
    assert_eq!(record.start.unwrap().as_nanos(), 1_770_087_906_500_000_000);
}

#[test]
fn files_without_an_extension_are_known_by_their_first_bytes() {
    for (name, rate_hz) in [("pyedflib.edf", 125.0), ("pydicom.dcm", 250.0)] {
        let bytes = fs::read(Path::new(FOLDER).join(name)).unwrap();
        for own in ["holter", "holter.bin", "1.2.840.1"] {
            assert!((read(own, &bytes).unwrap().rate_hz - rate_hz).abs() < 1e-9, "{name} as {own}");
        }
    }
    assert_eq!(
        read("holter", b"no recording").unwrap_err(),
        "cannot read holter.hea: No such file or directory (os error 2)"
    );
}

#[test]
fn units_labels_and_calibrations_are_understood() {
    let samples = vec![100; 200];
    let mut down = signal("EKG V1", "mV", 200.0, 100, samples.clone());
    std::mem::swap(&mut down.physical.0, &mut down.physical.1);
    let mut shifted = signal("V2", "V", 1.0, 100, samples.clone());
    (shifted.physical, shifted.digital) = (("0".into(), "0.004".into()), ("-2000".into(), "2000".into()));
    let file = plain(vec![
        signal("ECG II", "uV", 0.5, 100, samples.clone()),
        signal("aVR", "\u{b5}V", 1.0, 100, samples.clone()),
        down,
        shifted,
        signal("C3-A2", "uV", 1.0, 100, samples.clone()),
        signal("II", "mmHg", 1.0, 100, samples),
    ]);
    let record = edf(&file).unwrap();
    assert_eq!(leads(&record), ["II", "aVR", "V1", "V2"]);
    let microvolts = |index: usize| {
        let signal = &record.signals[index];
        mv(signal, 3) * signal.microvolts_per_digital_unit().unwrap() * signal.gain_per_unit
    };
    for (index, expected) in [200.0, 100.0, -500.0, 2100.0].into_iter().enumerate() {
        assert!((microvolts(index) - expected).abs() < 1e-6, "{index}: {}", microvolts(index));
    }
    assert_eq!(record.left_out.len(), 2);
    assert!(record.chunks(StreamId::new("r").unwrap(), 1.0).unwrap().all(|chunk| chunk.check() == Ok(())));
}

#[test]
fn gaps_of_a_discontinuous_file_hold_no_sample() {
    let whole =
        plain(vec![signal("ECG", "mV", 200.0, 100, (0..300).collect()), signal("V1", "mV", 200.0, 50, vec![7; 150])]);
    let lists = vec![begin("+0.25"), [begin("+1.25"), b"+1.5\x14note\x14\0".to_vec()].concat(), begin("+4.25")];
    let record = edf(&plus(whole.clone(), "EDF+D", "Startdate 24-DEC-1999 X X X", lists)).unwrap();
    assert_eq!(
        (record.rate_hz, record.samples, record.start.unwrap().as_nanos() % 1_000_000_000),
        (50.0, 250, 250_000_000)
    );
    let expected = [(0..200).collect(), vec![INVALID_SAMPLE; 200], (200..300).collect()].concat();
    assert_eq!(record.signals[0].samples, expected);
    assert_eq!(record.signals[1].samples[100..200], [INVALID_SAMPLE; 100]);
    assert_eq!(record.comments, ["1.25 s: note"]);

    let refused = |lists: [&str; 3], message: &str| {
        let lists = lists.map(|onset| if onset.is_empty() { Vec::new() } else { begin(onset) }).to_vec();
        let error = edf(&plus(whole.clone(), "EDF+D", "Startdate X X X X", lists)).unwrap_err();
        assert!(error.contains(message), "{error} lacks {message}");
    };
    refused(
        ["+0", "+0.5", "+4"],
        "byte 1384: the start of the data record \"0.5 s\" is not behind the data record before it",
    );
    refused(["+0", "", "+4"], "the start of the data record \"\" is not stated");
    refused(["+0", "+1", "+1e9"], "r.edf has more than 268435456 samples");
    refused(["+0", "+nan", "+4"], "the onset of an annotation \"+nan\" is not of the form +12.5");
}

/// What is said of a good file of which some bytes were replaced.
fn replaced(at: usize, bytes: &[u8]) -> String {
    let file = plain(vec![signal("ECG II", "mV", 200.0, 100, vec![0; 300])]);
    let mut content = file.bytes();
    content[at..at + bytes.len()].copy_from_slice(bytes);
    read("r.edf", &content).err().unwrap_or_else(|| panic!("byte {at}: {bytes:?} is taken"))
}

#[test]
fn each_error_of_an_edf_file_names_its_byte() {
    for (at, bytes, message) in [
        (0, b"1       ".as_slice(), "r.edf byte 0: the version \"1\" is not 0: is it an EDF file?"),
        (0, b"\xffBIOSEMI", "this is a BDF file"),
        (184, b"768     ", "byte 184: the number of bytes of the header \"768\" is not 256 and 256 more"),
        (236, b"99999999", "r.edf has 1112 bytes, its header asks for 20000000312"),
        (236, b"-2      ", "byte 236: the number of data records \"-2\" is not"),
        (244, b"0       ", "byte 244: the duration of a data record \"0\" is not a number of seconds above 0"),
        (244, b"NaN     ", "byte 244: the duration of a data record \"NaN\""),
        (244, b"-1      ", "byte 244: the duration of a data record \"-1\""),
        (252, b"0   ", "byte 252: the number of signals \"0\" is not from 1 to 512"),
        (252, b"9999", "byte 252: the number of signals \"9999\""),
        (252, b"2   ", "byte 184: the number of bytes of the header \"512\""),
        (256, b"EEG Fp1 ", "record r.edf has no ECG signal, only EEG Fp1 (mV)"),
        (256 + 104, b"inf     ", "byte 360: the physical minimum \"inf\" is not a number"),
        (256 + 112, b"-160    ", "byte 368: the physical maximum \"-160\" is not another number"),
        (256 + 128, b"-32000  ", "byte 384: the digital maximum \"-32000\" is not above the digital minimum"),
        (256 + 120, b"\xff\xfe      ", "byte 376: the digital minimum \"ÿþ\" is not a 16-bit number"),
        (256 + 216, b"4294967 ", "r.edf has 1112 bytes, its header asks for 25770314"),
        (256 + 216, b"0       ", "r.edf has 1112 bytes, its header asks for 512"),
        (256 + 216, b"-5      ", "byte 472: the number of samples a data record \"-5\""),
    ] {
        let error = replaced(at, bytes);
        assert!(error.contains(message), "{error} lacks {message}");
    }
    let whole = plain(vec![signal("ECG", "mV", 200.0, 100, vec![0; 300])]).bytes();
    for (length, message) in [
        (0, "r.edf byte 0: the header takes 256 bytes, 0 are left: the file is truncated or damaged"),
        (300, "r.edf byte 256: the header takes 256 bytes, 44 are left"),
        (1111, "r.edf has 1111 bytes, its header asks for 1112"),
    ] {
        assert!(read("r.edf", &whole[..length]).unwrap_err().contains(message), "{length}");
    }
    let lists = vec![[begin("+0"), b"+0.1\x14\xff\xfe\x14\0".to_vec()].concat(), begin("+1"), begin("+2")];
    let file = plus(plain(vec![signal("ECG", "mV", 200.0, 100, vec![0; 300])]), "EDF+C", "", lists);
    let error = edf(&file).unwrap_err();
    assert!(error.contains("byte 978: the text of an annotation \"ÿþ\" is not UTF-8"), "{error}");
}

/// A good object that something was done to.
fn changed(change: impl FnOnce(&mut DataSet)) -> String {
    let mut group = dicom_file::group("250", "0", vec![dicom_file::channel(2, "5", "0")], &[vec![0; 500]]);
    change(&mut group);
    dicom(&dicom_file::object(vec![group])).expect_err("it is refused")
}

fn set(group: &mut DataSet, tag: (u16, u16), value: Value) {
    group.iter_mut().find(|(own, _)| *own == tag).unwrap().1 = value;
}

#[test]
fn each_error_of_a_dicom_object_names_its_byte() {
    let text = |text| dicom_file::text("DS", text);
    let channel = |sensitivity| Value::Items(vec![dicom_file::channel(2, sensitivity, "0")]);
    for (tag, value, message) in [
        ((0x3a, 0x5), Value::Short(0), "the number of channels \"0\" is not from 1 to 256"),
        ((0x3a, 0x5), Value::Short(2), "the number of channel definitions \"1\" is not that of the channels"),
        ((0x3a, 0x10), Value::Long(u32::MAX), "the number of samples \"4294967295\" is not fewer"),
        ((0x3a, 0x10), Value::Long(501), "the waveform data takes 1002 bytes, 1000 are left"),
        ((0x3a, 0x10), text("500 "), "the number of samples \"540028981\" is not fewer"),
        ((0x3a, 0x1a), text("0"), "the sampling frequency \"0\" is not above 0"),
        ((0x3a, 0x1a), text("NaN"), "the sampling frequency \"NaN\" is not a finite number"),
        ((0x3a, 0x1a), text("-250"), "the sampling frequency \"-250\" is not above 0"),
        ((0x3a, 0x200), channel("0"), "the channel sensitivity \"0 and the baseline 0\" is not a number above 0"),
        ((0x3a, 0x200), channel("1e999"), "the channel sensitivity \"1e999\" is not a finite number"),
        ((0x5400, 0x1004), Value::Short(8), "the number of bits a sample \"8\" is not 16"),
        ((0x5400, 0x1006), dicom_file::text("CS", "MB"), "the sample interpretation \"MB\" is not SS"),
        ((0x5400, 0x1010), Value::Words(Vec::new()), "the waveform data takes 1000 bytes, 0 are left"),
    ] {
        let error = changed(|group| set(group, tag, value));
        assert!(error.starts_with("r.dcm byte ") && error.contains(message), "{error} lacks {message}");
    }
    let error = changed(|group| group.retain(|(tag, _)| *tag != (0x3a, 0x5)));
    assert!(error.contains("the number of channels \"\" is not stated"), "{error}");
}

#[test]
fn dicom_files_that_are_none_are_refused() {
    let good = dicom_file::object(vec![dicom_file::group(
        "250",
        "0",
        vec![dicom_file::channel(2, "5", "0")],
        &[vec![0; 500]],
    )]);
    let bytes = dicom_file::bytes(&good, EXPLICIT);
    assert!(read("r.dcm", &bytes).is_ok());
    assert!(
        read("r.dcm", &bytes[..100]).unwrap_err().contains("byte 128: the mark of the file \"100 bytes\" is not DICM")
    );
    for length in 132..bytes.len() {
        let error = read("r.dcm", &bytes[..length]).expect_err("it is cut");
        assert!(error.contains("r.dcm"), "{length}: {error}");
    }
    let compressed = dicom_file::file(&good, EXPLICIT, "1.2.840.10008.1.2.1.99");
    assert!(
        read("r.dcm", &compressed)
            .unwrap_err()
            .contains("the transfer syntax \"1.2.840.10008.1.2.1.99\" is not little endian")
    );
    let mut picture = good.clone();
    set(&mut picture, (8, 0x16), dicom_file::text("UI", "1.2.840.10008.5.1.4.1.1.7"));
    assert!(
        dicom(&picture).unwrap_err().contains("the SOP class \"1.2.840.10008.5.1.4.1.1.7\" is not that of a 12-lead")
    );
    assert!(dicom(&dicom_file::object(Vec::new())).unwrap_err().contains("only an empty waveform sequence"));
    // A sequence in a sequence in a sequence, of a tag that nobody asks for.
    let deep = (0..40).fold(Vec::new(), |inner, _| vec![((0x10, 0x1002), Value::Items(vec![inner]))]);
    let deep: DataSet = [deep, good].concat();
    assert!(dicom(&deep).unwrap_err().contains("is not less deep in others than 16"));
}

#[test]
fn every_encoding_says_the_same() {
    let rows = [(0..500).collect(), (0..500).rev().collect()];
    let channels = vec![dicom_file::channel(61, "2.5", "10"), dicom_file::channel(8, "-2.5", "0")];
    let object = dicom_file::object(vec![
        dicom_file::group("500", "0", channels, &rows),
        dicom_file::group("1000", "500", vec![dicom_file::channel(1, "1", "0")], &[vec![9; 1000]]),
    ]);
    let records = [(true, true), (true, false), (false, true), (false, false)].map(|(is_explicit, states_lengths)| {
        let bytes = dicom_file::bytes(&object, Encoding { is_explicit, states_lengths });
        let mut record = read("r.dcm", &bytes).unwrap();
        record.path = "r".into();
        record
    });
    assert!(records.iter().all(|record| *record == records[0]));
    let record = &records[0];
    assert_eq!(
        (leads(record), record.rate_hz, record.samples),
        (vec!["III".into(), "V6".into(), "I".into()], 500.0, 750)
    );
    assert_eq!(record.lead(&Lead::V6).unwrap().samples[..3], [-499, -498, -497]);
    assert_eq!(record.lead(&Lead::I).unwrap().samples[498..502], [INVALID_SAMPLE, INVALID_SAMPLE, 9, 9]);
    assert_eq!(record.start, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        for (name, start) in [("r.edf", &b"0       "[..]), ("r.dcm", &[&[0; 128][..], b"DICM"].concat()[..]), ("r", b"")] {
            let error = read(name, &[start, &bytes].concat()).err();
            prop_assert!(error.is_none_or(|error| !error.is_empty()));
        }
    }

    /// A good file with some bytes replaced or its end cut off.
    #[test]
    fn mutated_files_are_read_or_refused(
        is_edf: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        left in 0.5_f64..1.5,
    ) {
        let (name, mut bytes) = if is_edf {
            let signals = vec![signal("ECG", "mV", 200.0, 20, vec![1; 60]), signal("V1", "uV", 1.0, 30, vec![2; 90])];
            ("r.edf", plus(plain(signals), "EDF+D", "Startdate X", vec![begin("+0"), begin("+1"), begin("+2")]).bytes())
        } else {
            let group = dicom_file::group("250", "0", vec![dicom_file::channel(2, "5", "0")], &[vec![3; 40]]);
            let encoding = Encoding { is_explicit: true, states_lengths: false };
            ("r.dcm", dicom_file::bytes(&dicom_file::object(vec![group]), encoding))
        };
        for (index, byte) in changes {
            // The beginning matters most.
            let at = if is_edf { index.index(1100) } else { 128 + index.index(bytes.len() - 128) };
            let at = at.min(bytes.len() - 1);
            bytes[at] = byte;
        }
        bytes.truncate((bytes.len() as f64 * left) as usize);
        if let Ok(record) = read(name, &bytes) {
            for signal in &record.signals {
                prop_assert_eq!(signal.samples.len(), record.samples * signal.samples_per_frame);
                prop_assert!((0..signal.samples.len()).filter_map(|index| signal.physical(index)).all(f64::is_finite));
            }
            if let Ok(chunks) = record.chunks(StreamId::new("r").unwrap(), 1.0) {
                prop_assert!(chunks.into_iter().take(20).all(|chunk| chunk.check() == Ok(())));
            }
        }
    }
}
