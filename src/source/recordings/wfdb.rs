//! WFDB records: in goes the path of a header, out comes the record with the samples of its signal files.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::{
    error::RecordError,
    formats::Format,
    header::{self, Header, SignalLine},
    record::{MAX_SAMPLES, Record, Signal, open_file, pacer_pulses, read_bytes, read_error, with_suffix},
};
use crate::ecg::INVALID_SAMPLE;

/// The longest header read, in bytes.
const MAX_HEADER_BYTES: u64 = 1 << 20;

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
        left_out: Vec::new(),
        pacer_pulses,
    })
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

/// Reads a header. Old headers are in Latin-1 where they are not ASCII.
fn read_text(path: &Path) -> Result<String, RecordError> {
    let bytes = read_bytes(path, MAX_HEADER_BYTES)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect()))
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
