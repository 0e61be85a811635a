//! Files of a WFDB record: header, samples in all three formats and annotations, cut out of one input; and the same input as an EDF
//! file or a DICOM object, where it begins like one.
//!
//! As a WFDB record the input starts with the lengths of header and samples, two bytes each, low byte first; the annotations are the
//! rest. Files are written to a folder in memory where the system has one.
#![no_main]

use std::{fs, path::Path};

use gemwatch::{
    ecg::StreamId,
    source::recordings::{Record, read_annotations, write_annotations},
};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FOLDER: tempfile::TempDir = {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        made.expect("a folder for the record can be made")
    };
}

/// The beginning of a DICOM file: 128 bytes of anything and the mark.
const DICOM: [u8; 132] = {
    let mut start = [0; 132];
    [start[128], start[129], start[130], start[131]] = *b"DICM";
    start
};

fuzz_target!(|bytes: &[u8]| FOLDER.with(|folder| {
    read(folder.path(), bytes);
    read_file(folder.path(), bytes);
}));

fn read(folder: &Path, bytes: &[u8]) {
    let Some((lengths, rest)) = bytes.split_at_checked(4) else { return };
    let length = |low: usize| usize::from(u16::from_le_bytes([lengths[low], lengths[low + 1]]));
    let (header, rest) = rest.split_at(length(0).min(rest.len()));
    let (samples, annotations) = rest.split_at(length(2).min(rest.len()));
    let path = folder.join("r");
    for (name, content) in [("r.hea", header), ("r.dat", samples), ("r.atr", annotations)] {
        fs::write(folder.join(name), content).expect("the folder can be written");
    }
    let annotation_path = folder.join("r.atr");
    if let Ok(file) = read_annotations(&annotation_path)
        && write_annotations(&annotation_path, &file).is_ok()
    {
        assert_eq!(read_annotations(&annotation_path).expect("what was written can be read"), file);
    }
    open(&path);
}

/// The bytes as one file. The 132 bytes before the elements of a DICOM object are put in, so that no input is spent on them.
fn read_file(folder: &Path, bytes: &[u8]) {
    let (name, start): (_, &[u8]) = if bytes.starts_with(b"0       ") { ("e.edf", b"") } else { ("d.dcm", &DICOM) };
    let path = folder.join(name);
    fs::write(&path, [start, bytes].concat()).expect("the folder can be written");
    open(&path);
}

/// A recording is refused with a reason, or holds what it says.
fn open(path: &Path) {
    let record = match Record::open(path) {
        Ok(record) => record,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    for signal in &record.signals {
        assert_eq!(signal.samples.len(), record.samples * signal.samples_per_frame);
        let values = (0..signal.samples.len()).filter_map(|index| signal.physical(index));
        assert!(values.into_iter().all(|value| !value.is_nan()));
    }
    let _ = record.annotations("atr");
    let _ = record.window(0.5, 10.0);
    if let Ok(chunks) = record.chunks(StreamId::new("bed-1").expect("a short name"), 1.0) {
        let mut end = None;
        for chunk in chunks {
            assert_eq!(chunk.check(), Ok(()));
            assert!(end.is_none_or(|end| chunk.start >= end));
            end = Some(chunk.start);
        }
    }
}
