//! Simulated patients as WFDB records, so that programs that read recordings can be tried on a known truth.
//!
//! In: a [`Ward`], how much of its time, a folder. Out: for every bed a header (`.hea`), a signal file (`.dat`) and the
//! truth as reference annotations (`.atr`); where a pacemaker was at work, `.pace` has each of its pulses as `^`. All records of a ward begin when the ward does. What a monitor did not send
//! and what a lead that was off showed is "no sample".
//!
//! `header`, `signal` and `annotation` write the three files; `labels` says which annotations the truth makes, and
//! `waves` annotates begin, peak and end of every wave on demand. The
//! formats are those of the WFDB Applications Guide: `header(5)`, `signal(5)` and `annot(5)`
//! (<https://physionet.org/physiotools/wag/>).

mod annotation;
mod header;
mod labels;
mod signal;
mod waves;

use std::{
    collections::HashMap,
    io,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    monitor::{Monitor, MonitorError},
    patient::{Condition, Disturbance},
    scenario::{Bed, TrialBed, TrialEpisode, Ward},
};
use signal::SignalFile;
pub use waves::annotate_waves;

/// The longest record.
pub const MAX_DURATION: Duration = Duration::from_hours(24);

/// One record that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBed {
    /// Whose stream it would have been.
    pub stream_id: String,
    /// Where it lies, without `.hea`.
    pub path: PathBuf,
    /// Samples of each lead.
    pub samples: u64,
    /// Samples that lay beyond ±32.767 mV and were cut off there.
    pub clipped: u64,
}

/// Why a ward was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Longer than [`MAX_DURATION`].
    #[error("cannot record {} s; a record has at most {} s", duration.as_secs_f64(), MAX_DURATION.as_secs())]
    TooLong {
        /// What was asked for.
        duration: Duration,
    },
    /// Two beds would be one record.
    #[error(
        "the streams {first:?} and {second:?} would both be the record {name:?}: a record name has only letters, digits, - and _, and upper and lower case are one; rename one of them"
    )]
    SameName {
        /// The record.
        name: String,
        /// The stream it would hold.
        first: String,
        /// The other stream.
        second: String,
    },
    /// A bed that cannot be.
    #[error("the ward cannot be monitored")]
    Monitor(#[from] MonitorError),
    /// The disk refused.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Records the first `duration` of a ward into `folder`, which is made if need be; records of the same names are
/// replaced. Beds come back in the order of the ward.
pub fn record(ward: &Ward, duration: Duration, folder: &Path) -> Result<Vec<RecordedBed>, RecordError> {
    if duration > MAX_DURATION {
        return Err(RecordError::TooLong { duration });
    }
    let names = record_names(ward)?;
    make_folder(folder)?;
    let beds = ward.beds.iter().zip(&names);
    beds.map(|(bed, name)| record_bed(bed, ward.chunk_ms, duration, folder, name, &[])).collect()
}

/// Records one bed of a trial into `folder`, which is made if need be. Comments in the header say which alarm is due and
/// when: `alarm: VTAC`, `onset_s: 37.200`, `end_s: 52.000`, and which others are true at that time, `also_true: HRHI`;
/// `alarm: none` for a stable patient.
pub fn record_trial(trial: &TrialBed, folder: &Path) -> Result<RecordedBed, RecordError> {
    make_folder(folder)?;
    let mut notes = Vec::new();
    match trial.episode {
        Some(TrialEpisode { onset_s, end_s }) => {
            notes.push(format!("alarm: {}", trial.code));
            notes.push(format!("onset_s: {onset_s:.3}"));
            notes.push(format!("end_s: {end_s:.3}"));
            if !trial.also_true.is_empty() {
                notes.push(format!("also_true: {}", trial.also_true.join(" ")));
            }
            notes.extend(trial.limits.map(|limits| format!("limits: {limits}")));
        }
        None => notes.push("alarm: none".to_owned()),
    }
    notes.push(format!("conduction: {:?}", trial.bed.patient.conduction));
    let conditions = trial.bed.patient.conditions.iter().map(|condition| {
        let Condition { kind, from_s, to_s, ramp_s } = condition;
        let territory = kind.territory().map(|territory| format!(" {}", territory.name())).unwrap_or_default();
        let number = kind.number().map(|(key, value, _)| format!(" {key} {value:.2}")).unwrap_or_default();
        format!("condition: {}{territory}{number} {from_s:.1} {to_s:.1} s, ramp {ramp_s:.1} s", kind.name())
    });
    notes.extend(conditions);
    let disturbances = trial.bed.patient.disturbances.iter().map(|disturbance| {
        let Disturbance { kind, electrode, from_s, to_s, level_mv } = disturbance;
        format!("disturbance: {} {} {from_s:.1} {to_s:.1} s {level_mv:.2} mV", kind.name(), electrode.name())
    });
    notes.extend(disturbances);
    notes.extend(trial.snr_db.map(|snr_db| format!("snr_db: {snr_db:.1}")));
    let duration = Duration::from_secs_f64(trial.seconds);
    record_bed(&trial.bed, Ward::DEFAULT_CHUNK_MS, duration, folder, &trial.bed.stream_id, &notes)
}

fn make_folder(folder: &Path) -> Result<(), RecordError> {
    std::fs::create_dir_all(folder).map_err(|source| RecordError::Write { path: folder.to_owned(), source })
}

/// Removes what an earlier record of the same name left.
fn remove(path: &Path) -> Result<(), RecordError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(RecordError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// The name of each bed's record: its stream id, with `_` for what a file or a header could not hold.
fn record_names(ward: &Ward) -> Result<Vec<String>, RecordError> {
    let mut taken: HashMap<String, &str> = HashMap::new();
    let name = |bed: &Bed| {
        bed.stream_id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
    };
    let names = ward.beds.iter().map(|bed| {
        let name: String = name(bed);
        match taken.insert(name.to_ascii_lowercase(), &bed.stream_id) {
            Some(first) => Err(RecordError::SameName { name, first: first.to_owned(), second: bed.stream_id.clone() }),
            None => Ok(name),
        }
    });
    names.collect()
}

fn record_bed(
    bed: &Bed,
    chunk_ms: u32,
    duration: Duration,
    folder: &Path,
    name: &str,
    notes: &[String],
) -> Result<RecordedBed, RecordError> {
    let path_of = |suffix: &str| folder.join(format!("{name}.{suffix}"));
    let write_error = |path: &Path| {
        let path = path.to_owned();
        |source| RecordError::Write { path, source }
    };
    let mut monitor = Monitor::new(bed, chunk_ms)?;
    let rate_hz = bed.patient.rate_hz;
    let samples = (duration.as_secs_f64() * rate_hz).round() as u64;
    // Rounded once for all, so that the patient's samples follow one another without a step.
    let first = (bed.start_after_s * rate_hz).round() as u64;
    let sample_of = |patient_s: f64| first + (patient_s * rate_hz).round() as u64;

    let signal_path = path_of("dat");
    let mut file = SignalFile::create(&signal_path, bed.leads.len()).map_err(write_error(&signal_path))?;
    // Stretches without a sample of any lead, none touching the next.
    let mut unrecorded: Vec<Range<u64>> = Vec::new();
    while file.frames() < samples {
        let chunk = monitor.next_chunk();
        let from = sample_of(chunk.start_offset_ns as f64 / 1e9 - bed.start_after_s).min(samples);
        let length = chunk.leads.first().map_or(0, |lead| lead.samples.len());
        let to = (from + length as u64).min(samples);
        let shown_from = if chunk.leads.iter().all(|lead| lead.off) { to } else { from };
        match unrecorded.last_mut() {
            Some(before) if before.end == file.frames() => before.end = shown_from,
            _ if shown_from > file.frames() => unrecorded.push(file.frames()..shown_from),
            _ => {}
        }
        let silence = (file.frames()..from).map(|_| vec![None; bed.leads.len()]);
        let sent = (0..(to - from) as usize)
            .map(|sample| chunk.leads.iter().map(|lead| (!lead.off).then(|| lead.samples[sample])).collect());
        for frame in silence.chain(sent) {
            file.push(&frame).map_err(write_error(&signal_path))?;
        }
    }
    let signals = file.finish().map_err(write_error(&signal_path))?;

    let seen = |sample: u64| sample < samples && !unrecorded.iter().any(|range| range.contains(&sample));
    let truth = monitor.truth();
    let annotations = labels::annotations(&truth, sample_of, samples, seen);
    let write = |suffix: &str, content: &[u8]| {
        let path = path_of(suffix);
        std::fs::write(&path, content).map_err(write_error(&path))
    };
    write("atr", &annotation::encoded(&annotations))?;
    let pulses = labels::pulses(&truth, sample_of, seen);
    if pulses.is_empty() {
        remove(&path_of("pace"))?;
    } else {
        write("pace", &annotation::encoded(&pulses))?;
    }
    // Last, so that a record that was broken off has no header of its own.
    write("hea", header::text(name, bed, samples, &signals, notes).as_bytes())?;
    let clipped = signals.iter().map(|signal| signal.clipped).sum();
    Ok(RecordedBed { stream_id: bed.stream_id.clone(), path: folder.join(name), samples, clipped })
}

#[cfg(test)]
mod tests;
