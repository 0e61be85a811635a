//! The header of a record, `header(5)`.
//!
//! In: a bed and what was stored of it. Out: the text of the `.hea` file. Without a time of day: a ward begins whenever
//! it is played.

use std::fmt::Write;

use super::signal::StoredSignal;
use crate::{monitor::GAIN_UV_PER_UNIT, scenario::Bed};

/// Digital units in a millivolt.
const GAIN_PER_MV: f64 = 1000.0 / GAIN_UV_PER_UNIT;

/// The header of the record `name`, which has `samples` samples of every signal; each of the `notes` is a comment of its own.
pub(super) fn text(name: &str, bed: &Bed, samples: u64, signals: &[StoredSignal], notes: &[String]) -> String {
    let mut text = format!("{name} {} {} {samples}\n", bed.leads.len(), bed.patient.rate_hz);
    for (lead, StoredSignal { initial, checksum, .. }) in bed.leads.iter().zip(signals) {
        writeln!(text, "{name}.dat 16 {GAIN_PER_MV}(0)/mV 16 0 {initial} {checksum} 0 {lead}")
            .expect("a string takes any text (this is a bug)");
    }
    let bed_notes = [format!("stream: {}", bed.stream_id), format!("simulated patient, seed {}", bed.patient.seed)];
    text.extend(bed_notes.iter().chain(notes).map(|note| format!("# {note}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lead::Lead, scenario::ward};

    #[test]
    fn a_header_states_every_field() {
        let mut bed = ward(1, 1).beds.remove(0);
        bed.leads = vec![Lead::II, Lead::AVR];
        bed.patient.seed = 7;
        bed.patient.rate_hz = 128.5;
        let signals =
            [(-12, 345), (7, -32_768)].map(|(initial, checksum)| StoredSignal { initial, checksum, clipped: 1 });
        assert_eq!(
            text("bed_1", &bed, 1285, &signals, &["alarm: none".to_owned()]),
            "bed_1 2 128.5 1285\n\
             bed_1.dat 16 1000(0)/mV 16 0 -12 345 0 II\n\
             bed_1.dat 16 1000(0)/mV 16 0 7 -32768 0 aVR\n\
             # stream: bed-01\n# simulated patient, seed 7\n\
             # alarm: none\n"
        );
    }
}
