//! One record, whatever its format: in goes its path, out come its signals with every sample.
//!
//! A record is held in memory as a whole, at most 2^28 samples (a day of 12 leads at 250 Hz).

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    annotations::{AnnotationFile, read_annotations},
    dicom, edf,
    error::RecordError,
    labels::Label,
    wfdb,
};
use crate::ecg::{INVALID_SAMPLE, Time};

/// The most samples a record may have, over all its signals.
pub(super) const MAX_SAMPLES: u64 = 1 << 28;
/// What tells a format from the content of a file: as many bytes as the longest mark and what stands before it.
const MARK_BYTES: u64 = 132;

/// A record with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The name the header states, or that of the file without its extension.
    pub name: String,
    /// Where it lies: a WFDB record without `.hea`, any other by its file.
    pub path: PathBuf,
    /// Time of the first frame, taken as UTC where no time zone is stated; `None` unless both a time and a date are.
    pub start: Option<Time>,
    /// Frames a second: the sampling rate of every signal with one sample a frame, and the unit of annotation times.
    pub rate_hz: f64,
    /// Number of frames.
    pub samples: usize,
    /// The signals in the order of the header.
    pub signals: Vec<Signal>,
    /// The comments of the header, without `#`; of an EDF+ file its annotations, `12.5 s: what is said`.
    pub comments: Vec<String>,
    /// What else the file holds and is not among the signals, each in words with the reason.
    pub left_out: Vec<String>,
    /// The frames at which the monitor saw a pulse of a pacemaker, rising: the annotations `^` of the annotator `pace`, where
    /// there is such a file.
    pub pacer_pulses: Vec<usize>,
}

/// One signal of a [`Record`].
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Its name; `signal 0`, `signal 1` and so on where the header has none.
    pub description: String,
    /// The physical unit, such as `mV`.
    pub units: String,
    /// Samples a second: the frame rate times [`Signal::samples_per_frame`].
    pub rate_hz: f64,
    /// Samples in each frame.
    pub samples_per_frame: usize,
    /// Digital units a physical unit.
    pub gain_per_unit: f64,
    /// The header states the gain. Otherwise the nominal 200 a unit stands in and amplitudes mean little.
    pub calibrated: bool,
    /// The digital value of 0 physical units.
    pub baseline: i32,
    /// Bits of the converter; 0 where the header does not say.
    pub adc_resolution_bits: u32,
    /// The digital value in the middle of the converter's range.
    pub adc_zero: i32,
    /// Digital values; [`INVALID_SAMPLE`] where there is none. With a skew, the end of the signal has none.
    pub samples: Vec<i32>,
}

impl Signal {
    /// The physical value of sample `index` in [`Signal::units`]; `None` where there is no sample.
    pub fn physical(&self, index: usize) -> Option<f64> {
        let digital = *self.samples.get(index)?;
        let above_zero = i64::from(digital) - i64::from(self.baseline);
        (digital != INVALID_SAMPLE).then(|| above_zero as f64 / self.gain_per_unit)
    }
}

impl Record {
    /// Reads the record at `path`: a WFDB record, given with or without `.hea`, an EDF or EDF+ file, or a DICOM waveform object.
    ///
    /// The extensions `.hea`, `.edf` and `.dcm` say what it is, in any case of letters. Without one of them it is a WFDB record
    /// if there is a header of that name; else the first bytes of the file decide.
    pub fn open(path: &Path) -> Result<Record, RecordError> {
        match Format::of(path) {
            Format::Wfdb => wfdb::open(path),
            Format::Edf => edf::open(path),
            Format::Dicom => dicom::open(path),
        }
    }

    /// Reads the annotations of this record by `annotator`, such as `atr`, with sample numbers at the record's rate.
    pub fn annotations(&self, annotator: &str) -> Result<AnnotationFile, RecordError> {
        Ok(read_annotations(&with_suffix(&self.path, annotator))?.to_rate(self.rate_hz))
    }
}

/// What kind of recording it is.
enum Format {
    Wfdb,
    Edf,
    Dicom,
}

impl Format {
    /// The format of what is at `path`. What cannot be read is taken for WFDB, whose error then says so.
    fn of(path: &Path) -> Format {
        let extension = path.extension().map(OsStr::to_ascii_lowercase);
        match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("hea") => return Format::Wfdb,
            Some("edf") => return Format::Edf,
            Some("dcm") => return Format::Dicom,
            _ => {}
        }
        if with_suffix(path, "hea").exists() {
            return Format::Wfdb;
        }
        let mut first = Vec::new();
        let read = open_file(path).map(|(file, _)| file.take(MARK_BYTES).read_to_end(&mut first));
        match read {
            Ok(Ok(_)) if dicom::is_marked(&first) => Format::Dicom,
            Ok(Ok(_)) if edf::is_marked(&first) => Format::Edf,
            _ => Format::Wfdb,
        }
    }
}

/// The pulses that the file at `path` marks, if there is one.
pub(super) fn pacer_pulses(path: &Path, rate_hz: f64, frames: usize) -> Result<Vec<usize>, RecordError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let file = read_annotations(path)?.to_rate(rate_hz);
    let pulses = file.annotations.iter().filter(|annotation| annotation.label == Label::PACER_PULSE);
    let mut pulses: Vec<usize> = pulses.filter_map(|pulse| usize::try_from(pulse.sample).ok()).collect();
    pulses.retain(|frame| *frame < frames);
    pulses.sort_unstable();
    pulses.dedup();
    Ok(pulses)
}

/// `path` with `.suffix` behind it; record names may have dots, so nothing is replaced.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Reads at most `limit` bytes of an ordinary file; a longer one is an error.
pub(super) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, RecordError> {
    let (file, bytes) = open_file(path)?;
    if bytes > limit {
        return Err(RecordError::FileTooLarge { path: path.to_owned(), bytes, limit });
    }
    let mut content = Vec::new();
    file.take(limit).read_to_end(&mut content).map_err(|source| read_error(path, source))?;
    Ok(content)
}

/// Opens an ordinary file and says how long it is.
pub(super) fn open_file(path: &Path) -> Result<(File, u64), RecordError> {
    // Asked before opening: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(|source| read_error(path, source))?;
    if !metadata.is_file() {
        return Err(RecordError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    Ok((file, metadata.len()))
}

/// The file system refused.
pub(super) fn read_error(path: &Path, source: std::io::Error) -> RecordError {
    RecordError::Read { path: path.to_owned(), source }
}

/// The name of a file without its extension; `record` where that is no text.
pub(super) fn name_of(path: &Path) -> String {
    path.file_stem().and_then(|name| name.to_str()).unwrap_or("record").to_owned()
}

/// At most 60 characters of a text from a file, for errors.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
