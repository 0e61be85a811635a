//! Tables that detectors write: in goes the text of a CSV file with a heading or of JSON Lines, out come its rows.
//!
//! Keys are taken in any letter case, and more of them than needed do no harm.

use std::collections::BTreeMap;

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum RowError {
    /// Not CSV.
    #[error("the table is no CSV with a heading")]
    Csv(#[source] csv::Error),
    /// Not JSON Lines.
    #[error("line {line} is no JSON object")]
    Json {
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    /// A value is missing.
    #[error("row {row} has none of these: {}", keys.join(", "))]
    Missing { row: usize, keys: &'static [&'static str] },
    /// A value is no number.
    #[error("row {row} has {value:?} where a number of {key} must stand")]
    NoNumber { row: usize, key: &'static str, value: String },
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    number: usize,
    values: BTreeMap<String, String>,
}

impl Row {
    /// Its number, counted from 1 without the heading.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The first of these that is there and not empty.
    pub fn text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().filter_map(|key| self.values.get(*key)).map(String::as_str).find(|value| !value.is_empty())
    }

    /// The name of the record: without its folder, and without the extension of a header or signal file.
    pub fn record(&self) -> Result<&str, RowError> {
        const KEYS: &[&str] = &["record", "record_id", "stream_id", "stream", "file", "name"];
        let name = self.text(KEYS).ok_or(RowError::Missing { row: self.number, keys: KEYS })?;
        let name = name.rsplit('/').next().unwrap_or(name);
        let bare = [".hea", ".dat", ".edf"].iter().find_map(|extension| name.strip_suffix(extension));
        Ok(bare.unwrap_or(name))
    }

    /// The sample, at the rate of its record, that a time in seconds or else a sample number states.
    pub fn sample(&self, rate_hz: f64) -> Result<i64, RowError> {
        const TIMES: &[&str] = &["time_s", "t_s", "seconds", "time", "t", "r_s"];
        const SAMPLES: &[&str] = &["sample", "index"];
        let missing = RowError::Missing { row: self.number, keys: &["time_s", "sample"] };
        let (place, key) = match self.text(TIMES) {
            Some(time) => (self.number_of("seconds", time)? * rate_hz, "seconds"),
            None => (self.number_of("samples", self.text(SAMPLES).ok_or(missing)?)?, "samples"),
        };
        // Beyond that no recording goes, and sums of two stay exact.
        if place.abs() > 1e15 {
            return Err(RowError::NoNumber { row: self.number, key, value: place.to_string() });
        }
        Ok(place.round_ties_even() as i64)
    }

    /// Seconds from the record's start, under the first of these keys that is there.
    pub fn seconds(&self, keys: &'static [&'static str]) -> Result<f64, RowError> {
        self.number_of("seconds", self.text(keys).ok_or(RowError::Missing { row: self.number, keys })?)
    }

    fn number_of(&self, key: &'static str, value: &str) -> Result<f64, RowError> {
        let number = value.trim().parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| RowError::NoNumber { row: self.number, key, value: value.to_owned() })
    }
}

/// The rows of a CSV table with a heading, or of JSON Lines: whichever it is shows in its first letter.
pub fn read_rows(text: &str) -> Result<Vec<Row>, RowError> {
    if text.trim_start().starts_with('{') { json_lines(text) } else { comma_separated(text) }
}

fn json_lines(text: &str) -> Result<Vec<Row>, RowError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let row = |(number, (line, text)): (usize, (usize, &str))| {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|source| RowError::Json { line: line + 1, source })?;
        let value = |value| match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        let values = object.into_iter().map(|(key, other)| (key.trim().to_lowercase(), value(other))).collect();
        Ok(Row { number: number + 1, values })
    };
    lines.enumerate().map(row).collect()
}

fn comma_separated(text: &str) -> Result<Vec<Row>, RowError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let heading: Vec<String> =
        reader.headers().map_err(RowError::Csv)?.iter().map(|key| key.trim().to_lowercase()).collect();
    let row = |(number, record): (usize, csv::Result<csv::StringRecord>)| {
        let record = record.map_err(RowError::Csv)?;
        let values = heading.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        Ok(Row { number: number + 1, values })
    };
    reader.records().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_give_the_same_rows() {
        let csv = read_rows("Record,time_s,label\nmitdb/100.hea,1.0,N\n100,2.5,V\n").unwrap();
        let json = read_rows(
            "{\"stream_id\": \"100\", \"time_s\": 1.0, \"label\": \"N\"}\n\n{\"record\": \"100\", \"sample\": 900, \"label\": \"V\"}\n",
        )
        .unwrap();
        for rows in [&csv, &json] {
            let read: Vec<_> = rows
                .iter()
                .map(|row| (row.record().unwrap(), row.sample(360.0).unwrap(), row.text(&["label"])))
                .collect();
            assert_eq!(read, [("100", 360, Some("N")), ("100", 900, Some("V"))]);
        }
    }

    #[test]
    fn halves_of_a_sample_are_rounded_to_even() {
        let rows = read_rows("record,time_s\na,0.005\na,0.015\na,0.025\n").unwrap();
        let samples: Vec<_> = rows.iter().map(|row| row.sample(100.0).unwrap()).collect();
        assert_eq!(samples, [0, 2, 2]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| read_rows(text).unwrap().first().unwrap().sample(1.0).unwrap_err().to_string();
        assert_eq!(error("record,label\na,N\n"), "row 1 has none of these: time_s, sample");
        assert_eq!(error("record,time_s\na,soon\n"), "row 1 has \"soon\" where a number of seconds must stand");
        assert!(error("record,sample\na,1e300\n").starts_with("row 1"));
        assert_eq!(read_rows("{\"a\": 1}\n{\n").unwrap_err().to_string(), "line 2 is no JSON object");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", json in prop::bool::ANY) {
            let text = if json { format!("{{{text}") } else { text };
            for row in read_rows(&text).unwrap_or_default() {
                let _ = (row.record().is_ok(), row.sample(250.0).is_ok());
            }
        }
    }
}
