//! The file of `--points`: one row for each boundary and peak of a wave, in each lead.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use gemwatch::beats::delineation::{LeadMarks, Wave};
use gemwatch::bed::BeatPoints;
use gemwatch::ecg::{StreamId, Time};

/// CSV with the columns record, lead, point and `time_s`.
pub struct PointsFile(BufWriter<File>);

impl PointsFile {
    /// Creates the file and writes the header.
    pub fn open(path: &Path) -> anyhow::Result<PointsFile> {
        let what = || format!("cannot write {}", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(what)?);
        writeln!(file, "record,lead,point,time_s").with_context(what)?;
        Ok(PointsFile(file))
    }

    /// Writes the marks of one beat; `start` is the start of its record.
    pub fn write(&mut self, record: &StreamId, beat: &BeatPoints, start: Time) -> io::Result<()> {
        let record = quoted(record.as_str());
        for (lead, marks) in &beat.leads {
            let lead = quoted(lead.name());
            for (point, sample) in rows(marks) {
                let time_s = beat.time_of(sample).seconds_since(start);
                writeln!(self.0, "{record},{lead},{point},{time_s:.3}")?;
            }
        }
        Ok(())
    }

    /// Hands everything on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The points of one beat in one lead: the name and the sample that each mark counts.
pub fn rows(marks: &LeadMarks) -> impl Iterator<Item = (&'static str, usize)> {
    let wave = |names: [&'static str; 3], wave: Option<Wave>| {
        wave.map(|wave| names.into_iter().zip([wave.onset, wave.peak, wave.offset])).into_iter().flatten()
    };
    let complex = marks.qrs.ok().map(|complex| [("QRS_on", complex.onset), ("QRS_off", complex.offset)]);
    wave(["P_on", "P_peak", "P_off"], marks.p.ok())
        .chain(complex.into_iter().flatten())
        .chain(wave(["T_on", "T_peak", "T_off"], marks.t.ok()))
}

/// A field as RFC 4180 wants it: in quotes where it holds a comma, a quote or a line break.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_a_comma_is_quoted() {
        assert_eq!(quoted("V1"), "V1");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
