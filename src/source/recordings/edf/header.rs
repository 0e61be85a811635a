//! The header of an EDF file: in go its bytes, out come its fields.
//!
//! 256 bytes for the file and 256 for each signal, all of them text. The format is that of Kemp et al. 1992,
//! <https://doi.org/10.1016/0013-4694(92)90009-7>, and of EDF+, <https://www.edfplus.info/specs/>. The name of the patient is
//! passed over. Text should be ASCII; what is not is taken for Latin-1, since units are written as `µV`.

use std::{ops::Range, path::Path, str::FromStr};

use jiff::civil::{Date, DateTime, Time as ClockTime};

use super::super::{error::RecordError, header::utc, record::shortened};
use crate::ecg::Time;

/// The bytes of the part that speaks of the file, and of that of each signal.
pub const PART_BYTES: usize = 256;
/// The most signals a file may have.
const MAX_SIGNALS: usize = 512;
/// The label of a signal that holds annotations.
const ANNOTATIONS: &str = "EDF Annotations";
/// Years of two digits from here on are of the 20th century, as EDF+ has it.
const FIRST_YEAR: i16 = 85;
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// How the data records of a file follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plain EDF: without a break.
    Plain,
    /// EDF+C: without a break, with annotations.
    Continuous,
    /// EDF+D: each says when it begins.
    Discontinuous,
}

/// A header, as far as reading needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// EDF or EDF+.
    pub kind: Kind,
    /// When the first data record begins, to the second; `None` if the file says that the date is not known.
    pub start: Option<Time>,
    /// Number of data records, where it is stated.
    pub records: Option<u64>,
    /// How long a data record is.
    pub record_s: f64,
    /// The signals in order, those with annotations among them.
    pub signals: Vec<SignalPart>,
}

/// The part of one signal.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalPart {
    /// Its label.
    pub label: String,
    /// Its physical unit.
    pub units: String,
    /// Samples in each data record.
    pub samples_per_record: u32,
    /// The number of the signal, counted from 0.
    index: usize,
    /// How many signals there are.
    signals: usize,
}

/// The range of a signal's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range16 {
    /// Lowest and highest digital value.
    pub digital: (i16, i16),
    /// The physical values they stand for.
    pub physical: (f64, f64),
}

impl SignalPart {
    /// Does it hold annotations instead of samples?
    pub fn holds_annotations(&self) -> bool {
        self.label == ANNOTATIONS
    }

    /// The byte at which a field of it begins; the fields of one kind stand together, signal after signal.
    fn field(&self, before: usize, bytes: usize) -> Range<usize> {
        let from = PART_BYTES + self.signals * before + self.index * bytes;
        from..from + bytes
    }

    /// Its range, from the bytes of the header. Signals that are not read are not asked: theirs may be anything.
    pub fn range(&self, path: &Path, bytes: &[u8]) -> Result<Range16, RecordError> {
        let text = Text { path, bytes };
        let physical = |before, name| text.number::<f64>(self.field(before, 8), name, "a number", f64::is_finite);
        let digital = |before, name| text.number::<i16>(self.field(before, 8), name, "a 16-bit number", |_| true);
        let (physical_min, digital_min) =
            (physical(104, "the physical minimum")?, digital(120, "the digital minimum")?);
        let (physical_max, digital_max) =
            (physical(112, "the physical maximum")?, digital(128, "the digital maximum")?);
        if digital_max <= digital_min {
            return Err(text.bad(self.field(128, 8), "the digital maximum", "above the digital minimum"));
        }
        if physical_max - physical_min == 0.0 {
            return Err(text.bad(
                self.field(112, 8),
                "the physical maximum",
                "another number than the physical minimum",
            ));
        }
        Ok(Range16 { digital: (digital_min, digital_max), physical: (physical_min, physical_max) })
    }

    /// An error that speaks of its range as a whole.
    pub fn bad_range(&self, path: &Path, bytes: &[u8], expected: &'static str) -> RecordError {
        Text { path, bytes }.bad(self.field(104, 8), "the physical minimum", expected)
    }
}

/// How many signals the first part states, and so how long the header is.
pub fn signals_stated(path: &Path, first_part: &[u8]) -> Result<usize, RecordError> {
    let text = Text { path, bytes: first_part };
    if text.raw(0..1) == [0xff] {
        return Err(text.bad(1..8, "the version", "0: this is a BDF file, of 24 bits, which is not read"));
    }
    text.number::<u8>(0..8, "the version", "0: is it an EDF file?", |version| version == 0)?;
    text.number(252..256, "the number of signals", "from 1 to 512", |signals| (1..=MAX_SIGNALS).contains(&signals))
}

/// Reads the whole header; `path` is only named in errors.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Header, RecordError> {
    let text = Text { path, bytes };
    let signals = signals_stated(path, bytes)?;
    let stated: usize = text.number(184..192, "the number of bytes of the header", "a whole number", |_| true)?;
    if stated != PART_BYTES * (signals + 1) {
        return Err(text.bad(184..192, "the number of bytes of the header", "256 and 256 more for each signal"));
    }
    let kind = match text.field(192..197).as_str() {
        "EDF+C" => Kind::Continuous,
        "EDF+D" => Kind::Discontinuous,
        _ => Kind::Plain,
    };
    let records: i64 = text.number(236..244, "the number of data records", "a whole number, or -1", |n| n >= -1)?;
    let part = |index| {
        let part = SignalPart { label: String::new(), units: String::new(), samples_per_record: 0, index, signals };
        let samples_per_record =
            text.number(part.field(216, 8), "the number of samples a data record", "a whole number", |_| true)?;
        let (label, units) = (text.field(part.field(0, 16)), text.field(part.field(96, 8)));
        Ok(SignalPart { label, units, samples_per_record, ..part })
    };
    Ok(Header {
        kind,
        start: text.start(kind),
        records: u64::try_from(records).ok(),
        record_s: text.number(
            244..252,
            "the duration of a data record",
            "a number of seconds above 0",
            |seconds: f64| seconds.is_finite() && seconds > 0.0,
        )?,
        signals: (0..signals).map(part).collect::<Result<_, RecordError>>()?,
    })
}

/// The text of a header, with the path for errors.
#[derive(Clone, Copy)]
struct Text<'a> {
    path: &'a Path,
    bytes: &'a [u8],
}

impl Text<'_> {
    fn raw(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// A field without the blanks around it.
    fn field(&self, range: Range<usize>) -> String {
        let text: String = self.raw(range).iter().map(|byte| char::from(*byte)).collect();
        text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
    }

    fn bad(&self, range: Range<usize>, field: &'static str, expected: &'static str) -> RecordError {
        let value = shortened(&self.field(range.clone()));
        RecordError::Field { path: self.path.to_owned(), byte: range.start as u64, field, value, expected }
    }

    fn number<T: FromStr + Copy>(
        &self,
        range: Range<usize>,
        field: &'static str,
        expected: &'static str,
        holds: impl Fn(T) -> bool,
    ) -> Result<T, RecordError> {
        let number = self.field(range.clone()).parse().ok().filter(|number| holds(*number));
        number.ok_or_else(|| self.bad(range, field, expected))
    }

    /// `dd.mm.yy` and `hh.mm.ss`, in UTC since no zone is stated. EDF+ has the whole year in the recording's name, as
    /// `Startdate 02-MAR-2002`, or `Startdate X` where nobody may know.
    fn start(&self, kind: Kind) -> Option<Time> {
        let recording = self.field(88..168);
        let mut words = recording.split_whitespace();
        let stated = words.next().filter(|word| *word == "Startdate" && kind != Kind::Plain).and(words.next());
        let date = match stated {
            Some("X") => return None,
            Some(text) => whole_date(text).or_else(|| self.short_date()),
            None => self.short_date(),
        };
        let time = self.field(176..184);
        let mut parts = time.split('.').map(|part| part.trim().parse::<i8>().ok());
        let time = ClockTime::new(parts.next()??, parts.next()??, parts.next()??, 0).ok()?;
        utc(DateTime::from_parts(date?, time))
    }

    fn short_date(&self) -> Option<Date> {
        let date = self.field(168..176);
        let mut parts = date.split('.').map(|part| part.trim().parse::<i16>().ok());
        let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
        let century = if year >= FIRST_YEAR { 1900 } else { 2000 };
        let whole = (0..100).contains(&year).then_some(century + year)?;
        Date::new(whole, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }
}

/// `02-MAR-2002`.
fn whole_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (day, month, year) =
        (parts.next()?.parse().ok()?, parts.next()?.to_ascii_uppercase(), parts.next()?.parse().ok()?);
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    Date::new(year, month as i8, day).ok()
}
