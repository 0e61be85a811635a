//! A window as a WFDB record: a header and a signal file in format 16 (`header(5)` and `signal(5)` of the WFDB Applications
//! Guide, <https://physionet.org/physiotools/wag/>), as it is given to others.
//!
//! In: a strip, its leads and a name. Out: the bytes of both files. Digital units are microvolts; what was not recorded is "no sample".

use std::fmt::Write;

use crate::ecg::{Lead, Strip};

/// The stored value that means "no sample".
const NO_SAMPLE: i16 = i16::MIN;
const UNITS_PER_MV: f32 = 1000.0;

/// The files of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFiles {
    /// The text of the `.hea` file.
    pub header: String,
    /// The content of the `.dat` file.
    pub signal: Vec<u8>,
}

/// These leads of a strip, in their order, as the record `name`; each of the `notes` is a comment. A lead that was not recorded has
/// no samples.
pub fn record(name: &str, strip: &Strip, leads: &[Lead], notes: &[String]) -> RecordFiles {
    let samples = strip.len();
    let rows: Vec<Vec<i16>> = leads
        .iter()
        .map(|lead| {
            let lead = strip.lead(lead).filter(|lead| !lead.derived).map_or(&[][..], |lead| &lead.samples_mv);
            (0..samples).map(|n| lead.get(n).map_or(NO_SAMPLE, |mv| stored(*mv))).collect()
        })
        .collect();
    let mut header = format!("{name} {} {} {samples}\n", leads.len(), strip.rate_hz);
    for (lead, row) in leads.iter().zip(&rows) {
        let first = row.first().copied().unwrap_or(0);
        let checksum = row.iter().fold(0_i16, |sum, value| sum.wrapping_add(*value));
        writeln!(header, "{name}.dat 16 {UNITS_PER_MV}(0)/mV 16 0 {first} {checksum} 0 {lead}")
            .expect("a string takes any text (this is a bug)");
    }
    header.extend(notes.iter().map(|note| format!("# {note}\n")));
    let signal = (0..samples).flat_map(|n| rows.iter().flat_map(move |row| row[n].to_le_bytes())).collect();
    RecordFiles { header, signal }
}

/// The stored value of a sample, at most ±32.767 mV.
fn stored(mv: f32) -> i16 {
    if mv.is_finite() { ((mv * UNITS_PER_MV).round() as i16).max(-i16::MAX) } else { NO_SAMPLE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{STANDARD_LEADS, StripLead, Time};
    use crate::source::recordings::Record;

    #[test]
    fn a_record_is_read_back_as_it_was() {
        let lead = |lead: Lead, samples_mv: Vec<f32>| StripLead { lead, derived: false, samples_mv };
        let leads = vec![lead(Lead::V6, vec![0.5, f32::NAN, -40.0]), lead(Lead::I, vec![-0.001, 0.25, 40.0])];
        let strip = Strip { start: Time::default(), rate_hz: 500.0, leads };
        let files = record("one", &strip, &STANDARD_LEADS, &["stream: x".to_owned()]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.hea"), files.header).unwrap();
        std::fs::write(folder.path().join("one.dat"), files.signal).unwrap();
        let read = Record::open(&folder.path().join("one")).unwrap();
        assert_eq!((read.rate_hz, read.samples, read.signals.len()), (500.0, 3, 12));
        assert_eq!(read.comments, ["stream: x"]);
        let values = |signal: usize| [0, 1, 2].map(|n| read.signals[signal].physical(n));
        assert_eq!(values(0), [Some(-0.001), Some(0.25), Some(32.767)]);
        assert_eq!(values(11), [Some(0.5), None, Some(-32.767)]);
        assert_eq!(values(1), [None; 3]);
        assert_eq!(read.signals[11].description, "V6");
    }
}
