//! What a bed asks of the allocator once it runs: nothing for a sample, and no more memory than a bed may have.
//!
//! Beats, vitals, alarms and windows are sent, so they are made anew; a chunk that causes none of them must not allocate.

use allocation_counter::measure;
use gemwatch::{
    bed::{Bed, BedOutput, BedSettings},
    ecg::{Chunk, ChunkLead, Lead, STANDARD_LEADS, StreamId, Time},
};

/// In bytes, for twelve leads at 500 Hz.
const MOST_MEMORY: i64 = 512 * 1024;

/// Chunks of 100 ms of a heart at 75 bpm, each lead with another size.
fn chunks(leads: &[Lead], rate_hz: f64, seconds: f64) -> Vec<Chunk> {
    let length = (rate_hz / 10.0) as usize;
    let mut noise = 1_u32;
    let mut sample = |n: usize, scale: f64| {
        let since_r_s = (n as f64 / rate_hz).rem_euclid(0.8) - 0.4;
        let wave = |at_s: f64, width_s: f64, uv: f64| uv * (-((since_r_s - at_s) / width_s).powi(2) / 2.0).exp();
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise_uv = f64::from(noise >> 8) / f64::from(1 << 24) * 20.0;
        (scale * (wave(-0.16, 0.02, 120.0) + wave(0.0, 0.01, 1200.0) + wave(0.25, 0.04, 300.0)) + noise_uv) as i32
    };
    let mut chunk = |index: usize| Chunk {
        stream_id: StreamId::new("bed-1").unwrap(),
        sequence: index as u64,
        start: Time::default().plus_samples((index * length) as i64, rate_hz),
        rate_hz,
        leads: leads
            .iter()
            .enumerate()
            .map(|(number, lead)| ChunkLead {
                lead: lead.clone(),
                gain_uv: 1.0,
                offset: 0,
                off: false,
                samples: (0..length).map(|n| sample(index * length + n, 1.0 - 0.06 * number as f64)).collect(),
            })
            .collect(),
        pacer_marks: vec![],
    };
    (0..(seconds * 10.0) as usize).map(&mut chunk).collect()
}

/// Allocations of a minute after a minute: those of chunks without any output, and all of them.
fn allocations(leads: &[Lead], rate_hz: f64, points: bool) -> (u64, u64) {
    let chunks = chunks(leads, rate_hz, 120.0);
    let mut bed = Bed::new(BedSettings { points, ..BedSettings::default() });
    let (mut silent, mut all) = (0, 0);
    for (index, chunk) in chunks.iter().enumerate() {
        let mut outputs = vec![];
        let info = measure(|| outputs = bed.push(chunk));
        if index < 600 {
            continue;
        }
        all += info.count_total;
        if outputs.is_empty() {
            silent += info.count_total;
        }
    }
    println!("{} leads at {rate_hz} Hz, points {points}: {silent} silent, {} a second", leads.len(), all as f64 / 60.0);
    (silent, all)
}

#[test]
fn a_chunk_that_says_nothing_allocates_nothing() {
    for (leads, rate_hz) in [(&STANDARD_LEADS[..], 500.0), (&STANDARD_LEADS[..], 250.0), (&STANDARD_LEADS[..2], 360.0)]
    {
        let (silent, all) = allocations(leads, rate_hz, false);
        assert_eq!(silent, 0, "{} leads at {rate_hz} Hz", leads.len());
        // Once a second the vitals, once in ten seconds the average cycle.
        assert!(all as f64 / 60.0 <= 60.0, "{} a second", all as f64 / 60.0);
    }
}

#[test]
fn a_bed_has_its_memory_and_no_more() {
    // Waves are marked in replays only.
    for (points, most_bytes) in [(false, MOST_MEMORY), (true, MOST_MEMORY + 128 * 1024)] {
        let chunks = chunks(&STANDARD_LEADS, 500.0, 60.0);
        let mut kept = None;
        let info = measure(|| {
            let mut bed = Bed::new(BedSettings { points, round_s: 15.0, ..BedSettings::default() });
            let beats = chunks.iter().flat_map(|chunk| bed.push(chunk)).filter(|out| matches!(out, BedOutput::Beat(_)));
            assert!(beats.count() > 60);
            kept = Some(bed);
        });
        let bytes = info.bytes_current;
        println!("points {points}: {} KiB after 60 s, at most {} KiB on the way", bytes / 1024, info.bytes_max / 1024);
        assert!((0..=most_bytes).contains(&bytes), "{bytes} bytes");
        drop(kept);
    }
}
