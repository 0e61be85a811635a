//! The header of a record, `header(5)`: in goes the text of a `.hea` file, out come its fields.
//!
//! Everything a later stage relies on is checked here; fields that reading does not need (counter frequency, initial
//! value, block size) are left alone or only checked for form.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::{civil::DateTime, tz::TimeZone};

use super::{error::RecordError, formats::Format, record::shortened};
use crate::ecg::Time;

/// The sampling rate of a header that states none.
const DEFAULT_RATE_HZ: f64 = 250.0;
/// The gain of an uncalibrated signal, in digital units a physical unit.
const DEFAULT_GAIN: f64 = 200.0;
/// The most signals a record may have.
const MAX_SIGNALS: usize = 256;
/// The most samples a signal may have in a frame.
const MAX_SAMPLES_PER_FRAME: u32 = 100_000;
/// A date outside these years is a slip, and its nanoseconds might leave the range of [`Time`].
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2250;

/// A header, as far as reading needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Name of the record.
    pub name: String,
    /// The line that states it, counted from 1.
    pub line: usize,
    /// Frames a second.
    pub rate_hz: f64,
    /// Number of frames, where it is stated.
    pub frames: Option<u64>,
    /// Time of the first frame, where both the time and the date are stated.
    pub start: Option<Time>,
    /// The signals in order.
    pub signals: Vec<SignalLine>,
    /// Text of the comment lines, without the `#` and surrounding blanks.
    pub comments: Vec<String>,
}

/// The line of one signal.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalLine {
    /// Its number in the header, counted from 1.
    pub line: usize,
    /// The file that holds the samples; a plain relative path that does not leave the record's folder.
    pub file: String,
    /// How they are stored.
    pub format: Format,
    /// Samples of this signal in a frame.
    pub samples_per_frame: u32,
    /// Frames by which this signal is stored late.
    pub skew: u64,
    /// Bytes before the first sample.
    pub byte_offset: u64,
    /// Digital units a physical unit; never 0.
    pub gain: f64,
    /// The header states the gain; otherwise it is nominal.
    pub calibrated: bool,
    /// Digital value of 0 physical units.
    pub baseline: i32,
    /// The physical unit.
    pub units: String,
    /// Bits of the converter; 0 where it is not stated.
    pub adc_resolution_bits: u32,
    /// Digital value in the middle of the converter's range.
    pub adc_zero: i32,
    /// 16-bit sum of all samples, where it is stated.
    pub checksum: Option<i16>,
    /// Name of the signal; may be empty.
    pub description: String,
}

/// Reads the text of a header; `path` is only named in errors.
pub fn parse(path: &Path, text: &str) -> Result<Header, RecordError> {
    let mut header: Option<(Header, usize)> = None;
    let mut comments = Vec::new();
    let mut last_line = 0;
    for (index, text) in text.lines().enumerate() {
        let place = Place { path, line: index + 1 };
        last_line = place.line;
        let text = text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            comments.push(comment.trim().to_owned());
        } else if text.is_empty() {
        } else if let Some((header, stated)) = &mut header {
            // Lines beyond the stated number of signals are none of the record's.
            if header.signals.len() < *stated {
                header.signals.push(signal_line(place, text)?);
            }
        } else {
            header = Some(record_line(place, text)?);
        }
    }
    let Some((mut header, stated)) = header else {
        return Err(RecordError::NoRecordLine { path: path.to_owned() });
    };
    let found = header.signals.len();
    if found < stated {
        return Err(RecordError::MissingSignals { path: path.to_owned(), line: last_line, stated, found });
    }
    header.comments = comments;
    Ok(header)
}

fn record_line(place: Place, text: &str) -> Result<(Header, usize), RecordError> {
    let mut fields = text.split_whitespace();
    let name = fields.next().unwrap_or_default();
    if let Some((_, segments)) = name.split_once('/') {
        return Err(RecordError::MultiSegment {
            path: place.path.to_owned(),
            line: place.line,
            segments: shortened(segments),
        });
    }
    let signals = fields.next().ok_or_else(|| place.missing("the number of signals"))?;
    let signals = place
        .parse::<usize>("the number of signals", signals, "a whole number up to 256")
        .and_then(|number| place.ensure(number <= MAX_SIGNALS, number, "the number of signals", "at most 256"))?;
    let rate_hz = match fields.next() {
        None => DEFAULT_RATE_HZ,
        Some(text) => {
            let rate = text.split_once('/').map_or(text, |(rate, _counter)| rate);
            let rate_hz = place.parse::<f64>("the sampling rate", rate, "a number")?;
            place.ensure(rate_hz.is_finite() && rate_hz > 0.0, rate_hz, "the sampling rate", "above 0")?
        }
    };
    let frames = match fields.next() {
        None => None,
        Some(text) => Some(place.parse::<u64>("the number of samples", text, "a whole number")?),
    };
    let start = fields.next().zip(fields.next()).and_then(|(time, date)| start(time, date));
    let header = Header {
        name: name.to_owned(),
        line: place.line,
        rate_hz,
        frames: frames.filter(|frames| *frames > 0),
        start,
        signals: Vec::new(),
        comments: Vec::new(),
    };
    Ok((header, signals))
}

/// `HH:MM:SS` and `DD/MM/YYYY` as a moment; the header knows no time zone, so UTC is taken. Other forms are met in
/// practice, as stamps of the conversion rather than of the recording; they count as no date.
fn start(time: &str, date: &str) -> Option<Time> {
    let moment = DateTime::strptime("%d/%m/%Y %H:%M:%S%.f", format!("{date} {time}")).ok()?;
    utc(moment)
}

/// The moment in UTC; `None` outside of the years that are taken.
pub fn utc(moment: DateTime) -> Option<Time> {
    if !YEARS.contains(&moment.year()) {
        return None;
    }
    let nanos = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond();
    i64::try_from(nanos).ok().map(Time::from_nanos)
}

fn signal_line(place: Place, text: &str) -> Result<SignalLine, RecordError> {
    let mut rest = text;
    let mut field = || {
        let (field, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = after.trim_start();
        (!field.is_empty()).then_some(field)
    };
    let file = field().ok_or_else(|| place.missing("the signal file"))?;
    let storage = field().ok_or_else(|| place.missing("the signal format"))?;
    let gain = field();
    let adc_resolution_bits = match field() {
        None => 0,
        Some(text) => place.parse("the ADC resolution", text, "a whole number of bits")?,
    };
    let adc_zero = match field() {
        None => 0,
        Some(text) => place.parse("the ADC zero", text, "a whole number")?,
    };
    if let Some(text) = field() {
        place.parse::<i64>("the initial value", text, "a whole number")?;
    }
    let checksum = match field() {
        None => None,
        Some(text) => {
            let sum = place.parse::<i64>("the checksum", text, "a whole number")?;
            // Written as a signed number by some programs and as an unsigned one by others.
            let in_range = (i64::from(i16::MIN)..=i64::from(u16::MAX)).contains(&sum);
            Some(place.ensure(in_range, sum, "the checksum", "a 16-bit number")? as i16)
        }
    };
    if let Some(text) = field() {
        place.parse::<i64>("the block size", text, "a whole number")?;
    }
    let description = rest.trim().to_owned();
    let gain = gain_field(place, gain.unwrap_or("0"))?;
    let storage = storage_field(place, storage)?;
    Ok(SignalLine {
        line: place.line,
        file: file_name(place, file)?,
        format: storage.format,
        samples_per_frame: storage.samples_per_frame,
        skew: storage.skew,
        byte_offset: storage.byte_offset,
        gain: gain.per_unit,
        calibrated: gain.calibrated,
        baseline: gain.baseline.unwrap_or(adc_zero),
        units: gain.units,
        adc_resolution_bits,
        adc_zero,
        checksum,
        description,
    })
}

/// Checks that a signal file lies in or below the record's folder: a header must not open any file it likes.
fn file_name(place: Place, name: &str) -> Result<String, RecordError> {
    let inside = PathBuf::from(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    place.ensure(inside && name != "-" && name != "~", name, "the signal file", "a file in the record's folder")?;
    Ok(name.to_owned())
}

struct Storage {
    format: Format,
    samples_per_frame: u32,
    skew: u64,
    byte_offset: u64,
}

/// The format field: a number, then `xSAMPLES`, `:SKEW` and `+OFFSET`, each optional.
fn storage_field(place: Place, text: &str) -> Result<Storage, RecordError> {
    const WHOLE: &str = "a whole number";
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = place.parse::<u32>("the signal format", &text[..end], WHOLE)?;
    let format = Format::from_number(number).ok_or_else(|| RecordError::Format {
        path: place.path.to_owned(),
        line: place.line,
        format: number,
    })?;
    let mut storage = Storage { format, samples_per_frame: 1, skew: 0, byte_offset: 0 };
    let mut rest = &text[end..];
    while let Some(mark) = rest.chars().next() {
        let value = &rest[mark.len_utf8()..];
        let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        rest = &value[end..];
        let value = &value[..end];
        match mark {
            'x' => storage.samples_per_frame = place.parse("the number of samples a frame", value, WHOLE)?,
            ':' => storage.skew = place.parse("the skew", value, WHOLE)?,
            '+' => storage.byte_offset = place.parse("the byte offset", value, WHOLE)?,
            _ => return Err(place.bad("the signal format", text, "of the form 16x1:0+0")),
        }
    }
    let in_range = (1..=MAX_SAMPLES_PER_FRAME).contains(&storage.samples_per_frame);
    place.ensure(in_range, storage.samples_per_frame, "the number of samples a frame", "from 1 to 100000")?;
    Ok(storage)
}

struct Gain {
    per_unit: f64,
    calibrated: bool,
    baseline: Option<i32>,
    units: String,
}

/// The gain field: a number, then `(BASELINE)` and `/UNITS`, each optional.
fn gain_field(place: Place, text: &str) -> Result<Gain, RecordError> {
    let (number, units) = text.split_once('/').unwrap_or((text, ""));
    let (number, baseline) = match number.split_once('(') {
        None => (number, None),
        Some((number, baseline)) => {
            let baseline = baseline
                .strip_suffix(')')
                .ok_or_else(|| place.bad("the gain", text, "of the form 200(0)/mV"))
                .and_then(|inner| place.parse("the baseline", inner, "a whole number"))?;
            (number, Some(baseline))
        }
    };
    let gain = place.parse::<f64>("the gain", number, "of the form 200(0)/mV")?;
    place.ensure(gain.is_finite(), gain, "the gain", "a finite number")?;
    let calibrated = gain != 0.0;
    Ok(Gain {
        per_unit: if calibrated { gain } else { DEFAULT_GAIN },
        calibrated,
        baseline,
        units: if units.is_empty() { "mV".to_owned() } else { units.to_owned() },
    })
}

/// A line of a header, for errors.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    line: usize,
}

impl Place<'_> {
    fn bad(self, field: &'static str, value: &str, expected: &'static str) -> RecordError {
        RecordError::Header { path: self.path.to_owned(), line: self.line, field, value: shortened(value), expected }
    }

    fn missing(self, field: &'static str) -> RecordError {
        RecordError::MissingField { path: self.path.to_owned(), line: self.line, field }
    }

    fn parse<T: FromStr>(self, field: &'static str, text: &str, expected: &'static str) -> Result<T, RecordError> {
        text.parse().map_err(|_| self.bad(field, text, expected))
    }

    fn ensure<T: ToString>(
        self,
        holds: bool,
        value: T,
        field: &'static str,
        expected: &'static str,
    ) -> Result<T, RecordError> {
        if holds { Ok(value) } else { Err(self.bad(field, &value.to_string(), expected)) }
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
