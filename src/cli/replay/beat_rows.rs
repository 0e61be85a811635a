//! Beats as they are written: in goes what the alarm path says, out come the rows of `--beats` and what is made of them.

use serde::Serialize;

use gemwatch::ecg::Time;
use gemwatch::pipeline::Said;

/// A row of `--beats`.
#[derive(Debug, Serialize)]
pub struct BeatRow<'a> {
    /// Whose.
    pub stream_id: &'a str,
    /// Seconds from the record's start to the R peak, in whole milliseconds.
    pub time_s: f64,
    /// WFDB code.
    pub label: char,
}

impl<'a> BeatRow<'a> {
    /// The row of a beat of a record that starts at `start`; none if something else was said.
    pub fn of(said: &'a Said, start: Time) -> Option<BeatRow<'a>> {
        match said {
            Said::Beat { stream_id, at, class } => Some(BeatRow {
                stream_id: stream_id.as_str(),
                time_s: (at.seconds_since(start) * 1000.0).round() / 1000.0,
                label: class.wfdb_code(),
            }),
            _ => None,
        }
    }

    /// The sample of the R peak in a record of this rate.
    pub fn sample(&self, rate_hz: f64) -> i64 {
        (self.time_s * rate_hz).round_ties_even() as i64
    }
}
