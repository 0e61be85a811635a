//! The patients of a run, and what a monitor that nothing disturbs says of them.

use gemwatch::alarm::Limits;
use gemwatch::bed::BedSettings;
use gemwatch::config::Config;
use gemwatch::ecg::{Chunk, Time};
use gemwatch::pipeline::{Monitor, Said};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use simulators::monitor::Monitor as Bedside;
use simulators::scenario::{TrialCode, trial};

use crate::bedside::chunk;

/// Milliseconds in a chunk.
const CHUNK_MS: u32 = 200;

/// Longer than any disturbance: what is due does not depend on how long the line was silent.
pub const NO_DATA_S: f64 = 30.0;

/// So long a patient is watched.
pub const SECONDS: f64 = 100.0;

/// Episodes that come to an end, and some that do not.
const CODES: [TrialCode; 10] = [
    TrialCode::Asys,
    TrialCode::Vtac,
    TrialCode::Vfib,
    TrialCode::Xbrady,
    TrialCode::Xtachy,
    TrialCode::Vbrady,
    TrialCode::Pause,
    TrialCode::Cplt,
    TrialCode::Nsvt,
    TrialCode::Hrhi,
];

/// A patient.
pub struct Patient {
    /// What the bedside monitor sends.
    pub chunks: Vec<Chunk>,
    /// The alerts that are due, each with the chunk that decides it.
    pub due: Vec<(usize, Value)>,
}

/// The limits that every monitor of a run has.
pub fn limits() -> Limits {
    let config = Config::load(None).expect("the settings that are built in can be read");
    Limits { no_data_s: NO_DATA_S, ..config.alarms }
}

/// As many patients with ids of their own.
pub fn patients(count: usize, seed: u64) -> Vec<Patient> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|number| patient(number, &mut random)).collect()
}

fn patient(number: usize, random: &mut impl Rng) -> Patient {
    let code = *CODES.choose(random).expect("there are some");
    let bed = trial(code, 1, random.random(), 30.0).remove(0);
    let mut bed = bed.bed;
    bed.stream_id = format!("bed-{number:02}");
    let mut bedside = Bedside::new(&bed, CHUNK_MS).expect("a bed of a trial is one");
    let from_s = random.random_range(0.0..15.0);
    let from = Time::from_nanos((from_s * 1e9) as i64);
    let to = Time::from_nanos(((from_s + SECONDS) * 1e9) as i64);
    let chunks: Vec<Chunk> = std::iter::repeat_with(|| chunk(&bedside.next_chunk()))
        .skip_while(|chunk| chunk.start < from)
        .take_while(|chunk| chunk.start < to)
        .collect();
    let mut monitor = Monitor::new(BedSettings { limits: limits(), round_s: 0.0, ..BedSettings::default() });
    let mut due = Vec::new();
    for (index, chunk) in chunks.iter().enumerate() {
        for said in monitor.push(chunk) {
            if let Said::Alert { alert, .. } = said {
                due.push((index, serde_json::to_value(alert).expect("alerts are JSON")));
            }
        }
    }
    Patient { chunks, due }
}
