//! One record: in goes its path, out come its signals with every sample.
//!
//! A record is held in memory as a whole, at most 2^28 samples (a day of 12 leads at 250 Hz).

use std::{
    ffi::OsString,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::{
    annotations::{AnnotationFile, read_annotations},
    error::RecordError,
    formats::Format,
    header::{self, Header, SignalLine},
    labels::Label,
};
use crate::ecg::{INVALID_SAMPLE, Time};

/// The longest header read, in bytes.
const MAX_HEADER_BYTES: u64 = 1 << 20;
/// The most samples a record may have, over all its signals.
const MAX_SAMPLES: u64 = 1 << 28;

/// A record with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The name the header states.
    pub name: String,
    /// Where it lies, without `.hea`.
    pub path: PathBuf,
    /// Time of the first frame, taken as UTC; `None` unless the header states both a time and a date.
    pub start: Option<Time>,
    /// Frames a second: the sampling rate of every signal with one sample a frame, and the unit of annotation times.
    pub rate_hz: f64,
    /// Number of frames.
    pub samples: usize,
    /// The signals in the order of the header.
    pub signals: Vec<Signal>,
    /// The comments of the header, without `#`.
    pub comments: Vec<String>,
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
    /// Reads the record at `path`, given with or without `.hea`.
    ///
    /// Checksums are verified where the header states them together with the number of samples.
    pub fn open(path: &Path) -> Result<Record, RecordError> {
        let path = match path.extension() {
            Some(extension) if extension == "hea" => path.with_extension(""),
            _ => path.to_owned(),
        };
        let header_path = with_suffix(&path, "hea");
        let text = read_text(&header_path)?;
        let header = header::parse(&header_path, &text)?;
        let mut files = SignalFile::all_of(&header_path, &header)?;
        let frames = number_of_frames(&header_path, &header, &files)?;
        let mut samples: Vec<Vec<i32>> = vec![Vec::new(); header.signals.len()];
        for file in &mut files {
            file.read_into(&mut samples, &header, frames)?;
        }
        let rate_hz = header.rate_hz;
        let pacer_pulses = pacer_pulses(&with_suffix(&path, "pace"), rate_hz, frames as usize)?;
        let signals = header.signals.into_iter().zip(samples).enumerate();
        Ok(Record {
            name: header.name,
            path,
            start: header.start,
            rate_hz,
            samples: frames as usize,
            signals: signals.map(|(index, (line, samples))| signal(index, line, samples, rate_hz)).collect(),
            comments: header.comments,
            pacer_pulses,
        })
    }

    /// Reads the annotations of this record by `annotator`, such as `atr`, with sample numbers at the record's rate.
    pub fn annotations(&self, annotator: &str) -> Result<AnnotationFile, RecordError> {
        Ok(read_annotations(&with_suffix(&self.path, annotator))?.to_rate(self.rate_hz))
    }
}

fn pacer_pulses(path: &Path, rate_hz: f64, frames: usize) -> Result<Vec<usize>, RecordError> {
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

fn signal(index: usize, line: SignalLine, samples: Vec<i32>, frame_rate_hz: f64) -> Signal {
    let description = if line.description.is_empty() { format!("signal {index}") } else { line.description };
    Signal {
        description,
        units: line.units,
        rate_hz: frame_rate_hz * f64::from(line.samples_per_frame),
        samples_per_frame: line.samples_per_frame as usize,
        gain_per_unit: line.gain,
        calibrated: line.calibrated,
        baseline: line.baseline,
        adc_resolution_bits: line.adc_resolution_bits,
        adc_zero: line.adc_zero,
        samples,
    }
}

/// `path` with `.suffix` behind it; record names may have dots, so nothing is replaced.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
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

/// Reads a header. Old headers are in Latin-1 where they are not ASCII.
fn read_text(path: &Path) -> Result<String, RecordError> {
    let bytes = read_bytes(path, MAX_HEADER_BYTES)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect()))
}

/// Opens an ordinary file and says how long it is.
fn open_file(path: &Path) -> Result<(File, u64), RecordError> {
    // Asked before opening: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(|source| read_error(path, source))?;
    if !metadata.is_file() {
        return Err(RecordError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    Ok((file, metadata.len()))
}

fn read_error(path: &Path, source: std::io::Error) -> RecordError {
    RecordError::Read { path: path.to_owned(), source }
}

/// The frames the header states, or else as many as all signal files hold.
fn number_of_frames(path: &Path, header: &Header, files: &[SignalFile]) -> Result<u64, RecordError> {
    let held = files.iter().map(SignalFile::frames).min();
    let frames = header.frames.or(held).unwrap_or(0);
    let in_frame: u64 = files.iter().map(|file| file.samples_in_frame).sum();
    if frames.checked_mul(in_frame.max(1)).is_none_or(|samples| samples > MAX_SAMPLES) {
        // A stated number beyond what the files hold is the more telling error.
        for file in files {
            file.check_length(frames)?;
        }
        return Err(RecordError::TooManySamples { path: path.to_owned(), line: header.line, limit: MAX_SAMPLES });
    }
    Ok(frames)
}

/// A file with the samples of some signals of a record, frame after frame.
struct SignalFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    format: Format,
    byte_offset: u64,
    /// Indices of its signals in the header.
    signals: Vec<usize>,
    /// Samples of all its signals in a frame.
    samples_in_frame: u64,
}

impl SignalFile {
    /// Opens every signal file of a record.
    fn all_of(header_path: &Path, header: &Header) -> Result<Vec<SignalFile>, RecordError> {
        let mut files: Vec<SignalFile> = Vec::new();
        for (index, line) in header.signals.iter().enumerate() {
            let path = header_path.with_file_name(&line.file);
            let known = files.iter().position(|file| file.path == path);
            let file = if let Some(known) = known {
                &mut files[known]
            } else {
                let (file, bytes) = open_file(&path)?;
                let (format, byte_offset) = (line.format, line.byte_offset);
                let signals = Vec::new();
                files.push(SignalFile { path, file, bytes, format, byte_offset, signals, samples_in_frame: 0 });
                files.last_mut().expect("a file was just pushed (this is a bug)")
            };
            if (file.format, file.byte_offset) != (line.format, line.byte_offset) {
                return Err(RecordError::UnlikeSignals {
                    path: header_path.to_owned(),
                    line: line.line,
                    signal_file: line.file.clone(),
                });
            }
            file.signals.push(index);
            file.samples_in_frame += u64::from(line.samples_per_frame);
        }
        Ok(files)
    }

    /// Whole frames in the file.
    fn frames(&self) -> u64 {
        self.format.samples_in(self.bytes.saturating_sub(self.byte_offset)) / self.samples_in_frame.max(1)
    }

    /// Bytes of samples that `frames` frames take, if the file is long enough.
    fn check_length(&self, frames: u64) -> Result<u64, RecordError> {
        let sample_bytes = frames.checked_mul(self.samples_in_frame).and_then(|samples| self.format.bytes_for(samples));
        let expected = sample_bytes.and_then(|bytes| bytes.checked_add(self.byte_offset));
        match (sample_bytes, expected) {
            (Some(sample_bytes), Some(expected)) if expected <= self.bytes => Ok(sample_bytes),
            _ => Err(self.truncated(expected.unwrap_or(u64::MAX), self.bytes)),
        }
    }

    fn truncated(&self, expected_bytes: u64, found_bytes: u64) -> RecordError {
        RecordError::Truncated { path: self.path.clone(), expected_bytes, found_bytes }
    }

    /// Reads `frames` frames and puts each signal's samples at its place in `samples`.
    fn read_into(&mut self, samples: &mut [Vec<i32>], header: &Header, frames: u64) -> Result<(), RecordError> {
        let sample_bytes = self.check_length(frames)?;
        let mut content = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.byte_offset))
            .and_then(|_| (&self.file).take(sample_bytes).read_to_end(&mut content))
            .map_err(|source| read_error(&self.path, source))?;
        let mut position = 0;
        let mut sums = vec![0_i16; self.signals.len()];
        for signal in &self.signals {
            let per_frame = u64::from(header.signals[*signal].samples_per_frame);
            samples[*signal].reserve_exact((frames * per_frame) as usize);
        }
        for _ in 0..frames {
            for (signal, sum) in self.signals.iter().zip(&mut sums) {
                for _ in 0..header.signals[*signal].samples_per_frame {
                    let Some(stored) = self.format.stored(&content, position) else {
                        // The file was cut while it was read.
                        return Err(self.truncated(self.byte_offset + sample_bytes, content.len() as u64));
                    };
                    position += 1;
                    *sum = sum.wrapping_add(stored);
                    samples[*signal].push(self.format.digital(stored));
                }
            }
        }
        for (signal, computed) in self.signals.iter().zip(sums) {
            let line = &header.signals[*signal];
            if let (Some(stated), Some(_)) = (line.checksum, header.frames)
                && stated != computed
            {
                let signal = format!("{signal} {:?}", line.description);
                return Err(RecordError::Checksum { path: self.path.clone(), signal, stated, computed });
            }
            shift_earlier(&mut samples[*signal], line.skew.saturating_mul(u64::from(line.samples_per_frame)));
        }
        Ok(())
    }
}

/// Undoes a skew: drops the first samples and has no sample at the end instead.
fn shift_earlier(samples: &mut Vec<i32>, by: u64) {
    let length = samples.len();
    samples.drain(..by.min(length as u64) as usize);
    samples.resize(length, INVALID_SAMPLE);
}
