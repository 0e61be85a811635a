//! Chunks in any order with any content into a bed: no number that is none comes out, and time goes on within a stretch.
#![no_main]

use arbitrary::Arbitrary;
use gemwatch::{
    bed::{Bed, BedOutput, BedSettings},
    ecg::{Chunk, ChunkLead, Duration, INVALID_SAMPLE, STANDARD_LEADS, StreamId, Strip, Time},
    measure::measure,
};
use libfuzzer_sys::fuzz_target;

/// The most seconds of signal in one input: more would only be slow.
const MOST_SECONDS: f64 = 60.0;

#[derive(Arbitrary, Debug)]
struct Input {
    rate: Rate,
    leads: u8,
    points: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Rate {
    Usual(u8),
    Any(f32),
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// The next chunk as an honest monitor would send it.
    Next { wave: Wave, tenths: u8 },
    /// A chunk left out.
    Lost,
    /// The next chunk twice.
    Twice { wave: Wave },
    /// Earlier or later than its turn.
    Displaced { wave: Wave, by_ms: i32, sequence_by: i8 },
    /// Another rate or other leads.
    Format { rate: Rate, leads: u8 },
    /// Nothing comes for a while.
    Silence { ms: u16 },
    /// A chunk with any numbers.
    Wild { start_ns: i64, sequence: u64, gain_uv: f64, offset: i32, off: bool, samples: Vec<i32>, marks: Vec<u32> },
}

#[derive(Arbitrary, Debug)]
enum Wave {
    Flat(i16),
    /// Narrow complexes at this distance, this high.
    Beats {
        interval_ms: u16,
        height_uv: i16,
        width_ms: u8,
    },
    Noise {
        seed: u16,
        height_uv: i16,
    },
    Invalid,
    Off,
    Values(Vec<i32>),
}

impl Wave {
    fn sample(&self, at_s: f64, index: usize) -> i32 {
        match self {
            Wave::Flat(value) => i32::from(*value),
            Wave::Beats { interval_ms, height_uv, width_ms } => {
                let interval_s = f64::from((*interval_ms).max(100)) / 1000.0;
                let off_s = at_s.rem_euclid(interval_s) - interval_s / 2.0;
                let width_s = f64::from((*width_ms).max(4)) / 1000.0;
                (f64::from(*height_uv) * (-(off_s / width_s).powi(2)).exp()) as i32
            }
            Wave::Noise { seed, height_uv } => {
                let mixed = (index as u32).wrapping_add(u32::from(*seed)).wrapping_mul(2_654_435_761) >> 16;
                (i64::from(mixed) * i64::from(*height_uv) / 65_536) as i32
            }
            Wave::Invalid => INVALID_SAMPLE,
            Wave::Off => 0,
            Wave::Values(values) => values.get(index % values.len().max(1)).copied().unwrap_or_default(),
        }
    }
}

/// What an honest monitor knows of itself.
struct Monitor {
    rate_hz: f64,
    leads: usize,
    start: Time,
    sequence: u64,
    sent: usize,
}

impl Monitor {
    fn set(&mut self, rate: Rate, leads: u8) {
        self.rate_hz = match rate {
            Rate::Usual(which) => [125.0, 250.0, 360.0, 500.0, 1000.0][usize::from(which) % 5],
            Rate::Any(rate_hz) => f64::from(rate_hz),
        };
        self.leads = usize::from(leads) % 12 + 1;
    }

    fn next(&mut self, wave: &Wave, tenths: u8) -> Chunk {
        let length = (f64::from(tenths % 20 + 1) * self.rate_hz / 10.0).clamp(0.0, 8000.0) as usize;
        let samples: Vec<i32> =
            (self.sent..self.sent + length).map(|index| wave.sample(index as f64 / self.rate_hz, index)).collect();
        let lead = |number: usize| ChunkLead {
            lead: STANDARD_LEADS[number].clone(),
            gain_uv: 1.0 + number as f64,
            offset: 0,
            off: matches!(wave, Wave::Off),
            samples: samples.clone(),
        };
        let chunk = Chunk {
            stream_id: StreamId::new("bed-1").expect("a short name"),
            sequence: self.sequence,
            start: self.start,
            rate_hz: self.rate_hz,
            leads: (0..self.leads).map(lead).collect(),
            pacer_marks: vec![],
        };
        self.sent += length;
        self.sequence = self.sequence.wrapping_add(1);
        if length > 0 && self.rate_hz > 0.0 {
            self.start = chunk.end();
        }
        chunk
    }
}

/// What came out last in this stretch.
#[derive(Default)]
struct Seen {
    beat: Option<Time>,
    second: Option<Time>,
}

impl Seen {
    fn check(&mut self, outputs: &[BedOutput]) {
        for output in outputs {
            match output {
                BedOutput::Started(_) => *self = Seen::default(),
                BedOutput::Beat(beat) => {
                    assert!(self.beat.is_none_or(|before| beat.at > before), "beat {beat:?} after {:?}", self.beat);
                    self.beat = Some(beat.at);
                }
                BedOutput::Vitals(second) => {
                    assert!(self.second.is_none_or(|before| second.at > before));
                    self.second = Some(second.at);
                    assert!(second.heart_rate_bpm.is_none_or(|bpm| bpm.is_finite() && bpm > 0.0), "{second:?}");
                }
                BedOutput::Alarm { event, window } => {
                    assert!(event.onset <= event.raised_at, "{event:?}");
                    assert!(event.evidence.iter().all(|evidence| evidence.value.is_finite()), "{event:?}");
                    window.iter().for_each(check_window);
                }
                BedOutput::Round(window) => check_window(window),
                BedOutput::Points(points) => assert!(points.start <= points.at),
                BedOutput::Dropped(_) => {}
            }
        }
    }
}

fn check_window(strip: &Strip) {
    assert!(strip.leads.iter().all(|lead| lead.samples_mv.len() == strip.len()));
    assert!(strip.leads.iter().flat_map(|lead| &lead.samples_mv).all(|value| !value.is_infinite()));
    let measured = measure(strip);
    assert!(measured.beats_s.is_sorted());
    assert!(measured.named().iter().all(|(_, measured)| measured.value.is_none_or(f64::is_finite)), "{measured:?}");
}

fuzz_target!(|input: Input| {
    let mut bed = Bed::new(BedSettings { round_s: 10.0, points: input.points, ..BedSettings::default() });
    let mut monitor = Monitor { rate_hz: 0.0, leads: 0, start: Time::default(), sequence: 0, sent: 0 };
    monitor.set(input.rate, input.leads);
    let mut seen = Seen::default();
    let mut seconds = 0.0;
    let mut now = Time::default();
    for step in &input.steps {
        let mut chunks = vec![];
        match step {
            Step::Next { wave, tenths } => chunks.push(monitor.next(wave, *tenths)),
            Step::Lost => {
                monitor.next(&Wave::Flat(0), 9);
            }
            Step::Twice { wave } => {
                chunks.push(monitor.next(wave, 9));
                chunks.push(chunks[0].clone());
            }
            Step::Displaced { wave, by_ms, sequence_by } => {
                let mut chunk = monitor.next(wave, 9);
                chunk.start = chunk.start + Duration::from_nanos(i64::from(*by_ms) * 1_000_000);
                chunk.sequence = chunk.sequence.wrapping_add_signed(i64::from(*sequence_by));
                chunks.push(chunk);
            }
            Step::Format { rate, leads } => monitor.set(*rate, *leads),
            Step::Silence { ms } => {
                now = now.max(monitor.start) + Duration::from_nanos(i64::from(*ms) * 1_000_000);
                seen.check(&bed.silent_until(now));
            }
            Step::Wild { start_ns, sequence, gain_uv, offset, off, samples, marks } => chunks.push(Chunk {
                stream_id: StreamId::new("bed-1").expect("a short name"),
                sequence: *sequence,
                start: Time::from_nanos(*start_ns),
                rate_hz: monitor.rate_hz,
                leads: vec![ChunkLead {
                    lead: STANDARD_LEADS[1].clone(),
                    gain_uv: *gain_uv,
                    offset: *offset,
                    off: *off,
                    samples: samples.clone(),
                }],
                pacer_marks: marks.clone(),
            }),
        }
        for chunk in chunks.iter().filter(|chunk| chunk.check().is_ok()) {
            seconds += chunk.len() as f64 / chunk.rate_hz;
            seen.check(&bed.push(chunk));
        }
        if seconds > MOST_SECONDS {
            break;
        }
    }
    let _ = bed.window();
    let _ = bed.heard_until();
    seen.check(&bed.close(now));
});
