//! A thousand beds at once: what is said of each is, byte for byte, what is said of it alone.
//!
//! Alone, each bed has a monitor of its own and hears chunks of 100 ms. Together, the beds are spread over four monitors as
//! instances would share them, take turns, and hear every chunk in two pieces. The patients are simulated ones of every
//! trial, with everyday disturbances, from ten seconds before their episode to ten after its onset.

#[path = "program/bedside.rs"]
mod bedside;

use bedside::chunk;
use gemwatch::bed::BedSettings;
use gemwatch::ecg::{Chunk, ChunkLead, Time};
use gemwatch::pipeline::{Monitor, Said};
use rayon::prelude::*;
use simulators::monitor::Monitor as Bedside;
use simulators::scenario::{TrialBed, TrialCode, trial};

const BEDS: usize = 1000;
const SHARDS: usize = 4;
const SEED: u64 = 7;
const DISTURBANCES_PER_HOUR: f64 = 60.0;
const BEFORE_S: f64 = 10.0;
const AFTER_S: f64 = 10.0;

/// What the bedside monitor sends about the episode.
fn sent(bed: &TrialBed, number: usize) -> Vec<Chunk> {
    let mut bed = bed.clone();
    bed.bed.stream_id = format!("bed-{number}");
    let mut bedside = Bedside::new(&bed.bed, 100).unwrap();
    let onset_s = bed.episode.map_or(BEFORE_S, |episode| episode.onset_s);
    let from = Time::from_nanos(((onset_s - BEFORE_S).max(0.0) * 1e9) as i64);
    let to = Time::from_nanos(((onset_s + AFTER_S) * 1e9) as i64);
    std::iter::repeat_with(|| chunk(&bedside.next_chunk()))
        .skip_while(|chunk| chunk.start < from)
        .take_while(|chunk| chunk.start < to)
        .collect()
}

/// A chunk in two pieces, if it has samples for two.
fn in_pieces(chunk: &Chunk) -> Vec<Chunk> {
    let cut = chunk.len() / 3;
    let piece = |from: usize, to: usize, sequence: u64| Chunk {
        sequence,
        start: chunk.start.plus_samples(from as i64, chunk.rate_hz),
        leads: chunk
            .leads
            .iter()
            .map(|lead| ChunkLead { samples: lead.samples[from..to].to_vec(), ..lead.clone() })
            .collect(),
        pacer_marks: chunk
            .pacer_marks
            .iter()
            .filter(|mark| (from..to).contains(&(**mark as usize)))
            .map(|mark| mark - from as u32)
            .collect(),
        ..chunk.clone()
    };
    if cut == 0 {
        return vec![Chunk { sequence: 2 * chunk.sequence, ..chunk.clone() }];
    }
    vec![piece(0, cut, 2 * chunk.sequence), piece(cut, chunk.len(), 2 * chunk.sequence + 1)]
}

fn monitor() -> Monitor {
    Monitor::new(BedSettings { round_s: 0.0, ..BedSettings::default() })
}

/// The alerts and vitals as they would be published, a line each.
fn lines(said: Vec<Said>, lines: &mut Vec<String>) {
    lines.extend(said.into_iter().filter_map(|said| match said {
        Said::Alert { alert, .. } => Some(serde_json::to_string(&alert).unwrap()),
        Said::Vitals { vitals, .. } => Some(serde_json::to_string(&vitals).unwrap()),
        _ => None,
    }));
}

fn alone(chunks: &[Chunk]) -> Vec<String> {
    let mut monitor = monitor();
    let mut said = Vec::new();
    for chunk in chunks {
        lines(monitor.push(chunk), &mut said);
    }
    said
}

fn together(beds: &[&Vec<Chunk>]) -> Vec<Vec<String>> {
    let mut monitor = monitor();
    let mut said = vec![Vec::new(); beds.len()];
    let longest = beds.iter().map(|chunks| chunks.len()).max().unwrap_or(0);
    for turn in 0..longest {
        for (chunks, said) in beds.iter().zip(&mut said) {
            for piece in chunks.get(turn).into_iter().flat_map(in_pieces) {
                lines(monitor.push(&piece), said);
            }
        }
    }
    said
}

#[test]
fn a_thousand_beds_at_once_are_told_as_each_alone() {
    let codes = TrialCode::ALL.len();
    let each = BEDS.div_ceil(codes);
    let trials: Vec<TrialBed> =
        TrialCode::ALL.into_iter().flat_map(|code| trial(code, each, SEED, DISTURBANCES_PER_HOUR)).take(BEDS).collect();
    assert_eq!(trials.len(), BEDS);
    let beds: Vec<Vec<Chunk>> = trials.par_iter().enumerate().map(|(number, bed)| sent(bed, number)).collect();
    let alone: Vec<Vec<String>> = beds.par_iter().map(|chunks| alone(chunks)).collect();
    let shards: Vec<Vec<Vec<String>>> = (0..SHARDS)
        .into_par_iter()
        .map(|shard| together(&beds.iter().skip(shard).step_by(SHARDS).collect::<Vec<_>>()))
        .collect();
    for (number, expected) in alone.iter().enumerate() {
        let found = &shards[number % SHARDS][number / SHARDS];
        let other = found.iter().zip(expected).find(|(found, expected)| found != expected);
        assert_eq!(other, None, "bed-{number}, seed {SEED}");
        assert_eq!(found.len(), expected.len(), "bed-{number}, seed {SEED}");
    }
    let alerts = alone.iter().flatten().filter(|line| line.contains("\"priority\"")).count();
    assert!(alerts > BEDS, "only {alerts} alerts: the beds do not show what is to be compared");
}
