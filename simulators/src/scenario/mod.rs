//! Scenarios: who lies in which bed, what happens to them and to their monitors.
//!
//! In: a TOML file ([`Ward::from_toml`]), the built-in [`ward`], the plan of a [`trial()`] or the test [`bench()`]. Out: a [`Ward`] of checked
//! [`Bed`]s, ready for [`crate::monitor`].

mod bench;
mod builtin;
mod condition;
mod disturbance;
mod file;
mod line;
mod step;
mod trial;

use std::path::PathBuf;

pub use bench::bench;
pub use builtin::ward;
pub use trial::{Everyday, TrialBed, TrialCode, TrialEpisode, everyday, trial};

use crate::{
    lead::Lead,
    line::LineFaults,
    patient::{PatientError, PatientSettings},
    rhythm::ScriptError,
};

/// All beds of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Ward {
    /// How much signal a monitor puts into a chunk, in ms; [`Ward::MIN_CHUNK_MS`] to [`Ward::MAX_CHUNK_MS`].
    pub chunk_ms: u32,
    /// The beds; each has a stream id of its own.
    pub beds: Vec<Bed>,
}

impl Ward {
    /// What monitors send in a chunk unless told otherwise.
    pub const DEFAULT_CHUNK_MS: u32 = 100;
    /// The shortest chunk: two samples at the lowest sampling rate.
    pub const MIN_CHUNK_MS: u32 = 20;
    /// The longest chunk.
    pub const MAX_CHUNK_MS: u32 = 5000;
    /// The most beds a ward can have.
    pub const MAX_BEDS: usize = 2000;
    /// The longest stream id in bytes.
    pub const MAX_STREAM_ID_BYTES: usize = 200;
}

/// One bed: a patient and the monitor beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bed {
    /// Names the stream.
    pub stream_id: String,
    /// Who lies there.
    pub patient: PatientSettings,
    /// The leads the monitor records.
    pub leads: Vec<Lead>,
    /// The monitor is switched on so many seconds after the ward begins; the patient's time begins there.
    pub start_after_s: f64,
    /// When leads come off.
    pub lead_off: Vec<LeadOff>,
    /// When the monitor sends nothing; the sequence numbers go on without a gap.
    pub silence: Vec<Spell>,
    /// What goes wrong between the monitor and the broker. Records know nothing of it.
    pub line: LineFaults,
}

impl Bed {
    /// A bed with all twelve leads, on from the beginning, without trouble.
    pub fn new(stream_id: impl Into<String>, patient: PatientSettings) -> Bed {
        Bed {
            stream_id: stream_id.into(),
            patient,
            leads: Lead::ALL.to_vec(),
            start_after_s: 0.0,
            lead_off: Vec::new(),
            silence: Vec::new(),
            line: LineFaults::default(),
        }
    }
}

/// A stretch of time in seconds from the patient's first sample, the end not included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spell {
    /// Begin.
    pub from_s: f64,
    /// End.
    pub to_s: f64,
}

impl Spell {
    /// The longest spell: an hour.
    pub const MAX_S: f64 = 3600.0;

    /// Does `t_s` lie in it?
    pub fn contains(&self, t_s: f64) -> bool {
        (self.from_s..self.to_s).contains(&t_s)
    }
}

/// Leads that are off for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadOff {
    /// Which leads.
    pub leads: Vec<Lead>,
    /// When.
    pub spell: Spell,
}

/// Why there is no such scenario. Every message says where to look.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is there but no scenario.
    #[error("scenario {} cannot be used", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<ScenarioError>,
    },
    /// The text is too large to be a scenario.
    #[error("it has more than {max_bytes} bytes")]
    TooLarge {
        /// What is allowed.
        max_bytes: u64,
    },
    /// Not TOML, an unknown key, a missing key or a value of the wrong kind; the source shows the line.
    #[error("it is not the TOML of a scenario")]
    Toml(#[source] Box<toml::de::Error>),
    /// No bed, or too many.
    #[error("scenario has {beds} beds; give 1 to {max} tables [[bed]]", max = Ward::MAX_BEDS)]
    Beds {
        /// How many it has.
        beds: usize,
    },
    /// The chunk length is out of range.
    #[error("chunk_ms is {chunk_ms}; give {min} to {max}", min = Ward::MIN_CHUNK_MS, max = Ward::MAX_CHUNK_MS)]
    ChunkLength {
        /// What was asked for.
        chunk_ms: u32,
    },
    /// Something is wrong with one bed.
    #[error("bed {bed} ({stream_id:?})")]
    Bed {
        /// Which one, from 1.
        bed: usize,
        /// The stream id it was given.
        stream_id: String,
        /// What is wrong.
        #[source]
        source: BedError,
    },
}

/// What can be wrong with a bed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BedError {
    /// The stream id cannot be a key.
    #[error("stream_id must be 1 to {max} bytes without control characters", max = Ward::MAX_STREAM_ID_BYTES)]
    StreamId,
    /// Two beds would be one stream.
    #[error("stream_id is also that of bed {other}; every bed needs its own")]
    StreamIdTwice {
        /// The first one.
        other: usize,
    },
    /// A step lacks a number that its rhythm needs.
    #[error("script step {step}: {rhythm} needs {key}")]
    MissingKey {
        /// Which step, from 1.
        step: usize,
        /// Its rhythm.
        rhythm: String,
        /// What to add.
        key: &'static str,
    },
    /// A step has a number that its rhythm does not know.
    #[error("script step {step}: {rhythm} takes no {key}")]
    UnusedKey {
        /// Which step, from 1.
        step: usize,
        /// Its rhythm.
        rhythm: String,
        /// What to remove.
        key: &'static str,
    },
    /// The steps make no script.
    #[error("script")]
    Script(#[source] ScriptError),
    /// There is no such patient.
    #[error("patient")]
    Patient(#[source] PatientError),
    /// Not one of the twelve leads.
    #[error("{key} names the lead {name:?}; the leads are I, II, III, aVR, aVL, aVF and V1 to V6")]
    UnknownLead {
        /// In which list.
        key: &'static str,
        /// The name there.
        name: String,
    },
    /// Not an electrode.
    #[error("disturbance names the electrode {name:?}; the electrodes are RA, LA, LL and V1 to V6, or all")]
    UnknownElectrode {
        /// The name there.
        name: String,
    },
    /// A condition lacks a key that its kind needs.
    #[error("condition: this kind needs {key}")]
    ConditionNeeds {
        /// What to add.
        key: &'static str,
    },
    /// A condition has a key that its kind does not know.
    #[error("condition: this kind takes no {key}")]
    ConditionTakesNo {
        /// What to remove.
        key: &'static str,
    },
    /// A lead list without leads, or with one twice.
    #[error("{key} is empty or names a lead twice")]
    LeadList {
        /// Which list.
        key: &'static str,
    },
    /// A time that cannot be.
    #[error("{key}: from {from_s} s to {to_s} s is not a spell; from_s must be 0 or later, to_s after it by at most {max} s", max = Spell::MAX_S)]
    Spell {
        /// Which list.
        key: &'static str,
        /// Its begin.
        from_s: f64,
        /// Its end.
        to_s: f64,
    },
    /// A number of the line is out of range.
    #[error("line: {key} is {value}; give {min} to {max}")]
    Line {
        /// Which number.
        key: &'static str,
        /// What was asked for.
        value: f64,
        /// The least allowed.
        min: f64,
        /// The most allowed.
        max: f64,
    },
    /// The start is out of range.
    #[error("start_after_s is {start_after_s}; give 0 to {max}", max = Spell::MAX_S)]
    Start {
        /// What was asked for.
        start_after_s: f64,
    },
}
