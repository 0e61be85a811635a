//! Begin, peak and end of every wave as annotations, in the manner of the Lobachevsky University Database (LUDB): an
//! annotator for each lead, named as the lead in lower case, with `(`, the peak (`p`, the code of the beat, `t`) and `)`.
//!
//! In: a bed and a record of it. Out: the annotation files beside the record.

use std::{path::Path, time::Duration};

use super::{
    RecordError,
    annotation::{Annotation, P_WAVE, T_WAVE, WAVE_END, WAVE_ONSET, encoded},
    labels::beat_code,
};
use crate::{
    monitor::MonitorError,
    patient::{Patient, WaveKind, WaveMark},
    scenario::Bed,
};

/// Annotates the waves of the first `duration` of a bed beside its record, whose path has no suffix. What a lead did not
/// record is not annotated.
pub fn annotate_waves(bed: &Bed, duration: Duration, record: &Path) -> Result<(), RecordError> {
    let patient = Patient::new(bed.patient.clone())
        .map_err(|source| MonitorError::Patient { stream_id: bed.stream_id.clone(), source })?;
    let (rate_hz, start_s) = (bed.patient.rate_hz, bed.start_after_s);
    let seconds = duration.as_secs_f64() - start_s;
    let first = (start_s * rate_hz).round() as u64;
    let sample_of = |patient_s: f64| first + (patient_s.max(0.0) * rate_hz).round() as u64;
    let marks = patient.marks_until(seconds);
    for &lead in &bed.leads {
        let is_shown = |mark: &&WaveMark| {
            let off = bed.lead_off.iter().filter(|off| off.leads.contains(&lead)).map(|off| off.spell);
            let whole = mark.onset_s >= 0.0 && mark.end_s < seconds;
            let mut missing = off.chain(bed.silence.iter().copied());
            whole && !missing.any(|spell| mark.end_s > spell.from_s && mark.onset_s < spell.to_s)
        };
        let shown = marks[lead as usize].iter().filter(is_shown);
        let annotations: Vec<Annotation> = shown.flat_map(|mark| annotations(mark, sample_of)).collect();
        let path = record.with_extension(lead.name().to_lowercase());
        std::fs::write(&path, encoded(&annotations)).map_err(|source| RecordError::Write { path, source })?;
    }
    Ok(())
}

fn annotations(mark: &WaveMark, sample_of: impl Fn(f64) -> u64) -> [Annotation; 3] {
    let code = match mark.kind {
        WaveKind::P => P_WAVE,
        WaveKind::Qrs(class) => beat_code(class),
        WaveKind::T => T_WAVE,
    };
    [(mark.onset_s, WAVE_ONSET), (mark.peak_s, code), (mark.end_s, WAVE_END)].map(|(at_s, code)| Annotation {
        sample: sample_of(at_s),
        code,
        text: "",
    })
}
