//! What may come on the topic of waveforms.

use gemwatch::ecg::{INVALID_SAMPLE, StreamId};
use gemwatch::wire::reading_request::{self, Cleared, Content};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simulators::wire::lead_samples::Lead as LeadName;
use simulators::wire::{LeadSamples, WaveformChunk, deltas, encoded};

use super::kind::{Kind, Outcome, Sent};

/// What a kind is made from.
pub struct Given<'a> {
    /// A stream of its own.
    pub stream: &'a str,
    /// What the good bed sent last.
    pub good: &'a WaveformChunk,
}

/// Makes the messages of a kind.
pub type Make = fn(&Given<'_>) -> Vec<Sent>;

const RATE_HZ: usize = 500;
const LEAD_I: u32 = 131_073;
const LEAD_II: u32 = 131_074;
const CHUNK_SAMPLES: usize = RATE_HZ / 2;
const CHUNK_NS: i64 = 500_000_000;

/// A broker takes 1048588 bytes by default, headers and framing among them.
const MOST_BYTES: usize = 1_048_400;

fn lead(code: u32, samples: &[i32]) -> LeadSamples {
    LeadSamples {
        lead: Some(LeadName::MdcCode(code)),
        gain_uv_per_unit: 1.0,
        offset: 0,
        lead_off: false,
        deltas: deltas(samples),
    }
}

/// A complex a second on a line that moves a little.
fn sample(index: usize) -> i32 {
    let phase = index % RATE_HZ;
    let complex = if phase < 30 { 1000 - 60 * (phase as i32 - 15).abs() } else { 0 };
    complex + (index * 7 % 11) as i32 - 5
}

/// The half second with this number of a stream as it should be.
fn nth(stream: &str, number: usize) -> WaveformChunk {
    let samples: Vec<i32> = (number * CHUNK_SAMPLES..(number + 1) * CHUNK_SAMPLES).map(sample).collect();
    WaveformChunk {
        stream_id: stream.to_owned(),
        sequence: number as u64,
        start_unix_ns: number as i64 * CHUNK_NS,
        sampling_rate_hz: RATE_HZ as f64,
        leads: vec![lead(LEAD_II, &samples)],
        pacer_marks: vec![],
    }
}

/// A message as it should be but for one thing.
fn but(given: &Given<'_>, change: impl FnOnce(&mut WaveformChunk)) -> Vec<Sent> {
    let mut message = nth(given.stream, 0);
    change(&mut message);
    vec![hostile(&message)]
}

fn hostile(message: &WaveformChunk) -> Sent {
    Sent::hostile(&message.stream_id, encoded(message))
}

/// Honest chunks with these numbers.
fn honest(given: &Given<'_>, numbers: std::ops::Range<usize>) -> Vec<Sent> {
    numbers.map(|number| Sent::honest(given.stream, encoded(&nth(given.stream, number)))).collect()
}

/// Honest chunks, then hostile ones.
fn then(given: &Given<'_>, honest_chunks: usize, rest: impl IntoIterator<Item = WaveformChunk>) -> Vec<Sent> {
    let mut all = honest(given, 0..honest_chunks);
    all.extend(rest.into_iter().map(|message| hostile(&message)));
    all
}

/// Ten honest seconds, then ten in which every sample is this one.
fn stuck_at(given: &Given<'_>, value: i32) -> Vec<Sent> {
    let stuck =
        |number| WaveformChunk { leads: vec![lead(LEAD_II, &[value; CHUNK_SAMPLES])], ..nth(given.stream, number) };
    then(given, 20, (20..40).map(stuck))
}

/// The key of a Protobuf field, and a number.
fn varint(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encode_length_delimiter(value as usize, &mut bytes).unwrap();
    bytes
}

const NO_CHUNK: Outcome = Outcome::DeadLetter("message is no gemwatch.v1.WaveformChunk");
const NOT_THE_KEY: Outcome = Outcome::DeadLetter("is not the stream id");

fn kind(name: &'static str, outcome: Outcome, input: Make) -> Kind<Make> {
    Kind { name, outcome, input }
}

/// Keys and bytes.
fn bytes() -> Vec<Kind<Make>> {
    vec![
        kind("an empty value", Outcome::DeadLetter("stream id is empty"), |given| {
            vec![Sent::hostile(given.stream, [])]
        }),
        kind("no value", Outcome::DeadLetter("message has no value"), |given| {
            vec![Sent { value: None, ..Sent::hostile(given.stream, []) }]
        }),
        kind("no key", Outcome::DeadLetter("key (none) is not the stream id"), |given| {
            vec![Sent { key: None, ..hostile(&nth(given.stream, 0)) }]
        }),
        kind("a chunk of one stream under the key of another", NOT_THE_KEY, |given| {
            let of_the_good_bed = Sent::hostile(given.stream, encoded(given.good));
            vec![of_the_good_bed, Sent::hostile(&given.good.stream_id, encoded(&nth(given.stream, 0)))]
        }),
        kind("a key that is no UTF-8, or has 100 kB", NOT_THE_KEY, |given| {
            let value = Some(encoded(&nth(given.stream, 0)));
            [b"\xff\xfe".to_vec(), vec![b'k'; 100_000]]
                .map(|key| Sent { key: Some(key), value: value.clone(), is_honest: false })
                .to_vec()
        }),
        kind("random bytes", Outcome::DeadLetter("value is no usable chunk"), |given| {
            let mut random = ChaCha8Rng::seed_from_u64(1);
            let bytes = (0..20).map(|length| (0..=10 * length).map(|_| random.random()).collect::<Vec<u8>>());
            bytes.map(|bytes| Sent::hostile(given.stream, bytes)).collect()
        }),
        kind("as many bytes as a broker takes", Outcome::BareLetter("value is no usable chunk"), |given| {
            let mut random = ChaCha8Rng::seed_from_u64(2);
            vec![Sent::hostile(given.stream, (0..MOST_BYTES).map(|_| random.random()).collect::<Vec<u8>>())]
        }),
        kind("a chunk cut off at every length", Outcome::DeadLetter("value is no usable chunk"), |given| {
            let mut message = nth(given.stream, 0);
            message.leads[0].deltas.truncate(20);
            let whole = encoded(&message);
            (1..whole.len()).map(|length| Sent::hostile(given.stream, &whole[..length])).collect()
        }),
        kind("bytes behind a chunk", NO_CHUNK, |given| {
            vec![Sent::hostile(given.stream, [encoded(&nth(given.stream, 0)), vec![0xff; 9]].concat())]
        }),
        kind("a message of another schema", NO_CHUNK, |given| {
            let alert_id = "9c19be70-bc83-5bc1-93cd-2786cdd0c1a6".parse().unwrap();
            let content = Content::Cleared(Cleared { alert_id, cleared_at: "1970-01-01T00:00:01Z".to_owned() });
            let stream_id = StreamId::new(given.stream).unwrap();
            vec![Sent::hostile(given.stream, reading_request::encode(&reading_request::Message { stream_id, content }))]
        }),
        kind("a length-delimited field that claims 10 GB", NO_CHUNK, |given| {
            // Field 5 (leads), length-delimited.
            let claim = [vec![5 << 3 | 2], varint(10_000_000_000), vec![0; 100]].concat();
            vec![Sent::hostile(given.stream, [encoded(&nth(given.stream, 0)), claim].concat())]
        }),
        kind("groups nested 100 000 deep", NO_CHUNK, |given| {
            // Field 9, a group begins.
            vec![Sent::hostile(given.stream, vec![9 << 3 | 3; 100_000])]
        }),
        kind(
            "200 000 fields that nobody knows",
            Outcome::Used("unknown fields are passed over, as Protobuf wants it"),
            |given| {
                let mut value = encoded(&nth(given.stream, 0));
                for _ in 0..200_000 {
                    value.extend([9 << 3, 1]);
                }
                vec![Sent::hostile(given.stream, value)]
            },
        ),
    ]
}

/// Names, rates and gains that cannot be.
fn fields() -> Vec<Kind<Make>> {
    vec![
        kind("a stream id or a lead's name that is no UTF-8", NO_CHUNK, |given| {
            let value = encoded(&WaveformChunk {
                leads: vec![LeadSamples {
                    lead: Some(LeadName::Name("MLII".to_owned())),
                    ..nth(given.stream, 0).leads.remove(0)
                }],
                ..nth(given.stream, 0)
            });
            let broken = |text: &str| {
                let at = value.windows(text.len()).position(|bytes| bytes == text.as_bytes()).unwrap();
                let mut value = value.clone();
                value[at] = 0xff;
                Sent::hostile(given.stream, value)
            };
            vec![broken(given.stream), broken("MLII")]
        }),
        kind("an empty stream id", Outcome::DeadLetter("stream id is empty"), |given| {
            but(given, |m| m.stream_id.clear())
        }),
        kind("a stream id of 201 bytes", Outcome::DeadLetter("stream id has 201 bytes"), |given| {
            but(given, |m| m.stream_id = "s".repeat(201))
        }),
        kind(
            "a stream id with control characters",
            Outcome::DeadLetter("stream id holds the control character"),
            |given| {
                let with = |character: char| but(given, |m| m.stream_id.push(character));
                ['\n', '\0', '\u{1b}', '\u{9f}'].map(with).concat()
            },
        ),
        kind(
            "a sampling rate of 0, below 0, of a billion, infinite, or no number",
            Outcome::DeadLetter("is outside 50 to 4000 Hz"),
            |given| {
                let rates_hz = [0.0, -500.0, 1e9, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 49.9, 1e-300];
                rates_hz.map(|rate_hz| but(given, |m| m.sampling_rate_hz = rate_hz)).concat()
            },
        ),
        kind(
            "a gain of 0, below 0, infinite, or no number",
            Outcome::DeadLetter("which is no positive number"),
            |given| {
                let gains_uv = [0.0, -0.0, -5.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
                gains_uv.map(|gain_uv| but(given, |m| m.leads[0].gain_uv_per_unit = gain_uv)).concat()
            },
        ),
    ]
}

/// Leads, samples and times that cannot be.
fn contents() -> Vec<Kind<Make>> {
    vec![
        kind("no lead", Outcome::DeadLetter("chunk has no lead"), |given| but(given, |m| m.leads.clear())),
        kind("1000 leads", Outcome::DeadLetter("message has 1000 leads, at most 32 are allowed"), |given| {
            but(given, |m| {
                m.leads = (0..1000)
                    .map(|number| LeadSamples {
                        lead: Some(LeadName::Name(format!("L{number}"))),
                        ..m.leads[0].clone()
                    })
                    .collect();
            })
        }),
        kind("300 000 empty leads", Outcome::DeadLetter("message has 300000 leads, at most 32 are allowed"), |given| {
            but(given, |m| m.leads = vec![LeadSamples::default(); 300_000])
        }),
        kind("the same lead twice", Outcome::DeadLetter("lead II occurs twice"), |given| {
            but(given, |m| m.leads.push(m.leads[0].clone()))
        }),
        kind("a lead without a name", Outcome::DeadLetter("lead number 1 has neither mdc_code nor name"), |given| {
            but(given, |m| m.leads[0].lead = None)
        }),
        kind(
            "a lead's name that is empty, or has 500 kB",
            Outcome::DeadLetter("is empty or longer than 40 bytes"),
            |given| {
                let named = |name: String| but(given, |m| m.leads[0].lead = Some(LeadName::Name(name)));
                [named(String::new()), named("\u{1}".repeat(500_000))].concat()
            },
        ),
        kind("leads of different lengths", Outcome::DeadLetter("samples, the first lead has 250"), |given| {
            but(given, |m| m.leads.push(lead(LEAD_I, &[1, 2, 3])))
        }),
        kind("no samples", Outcome::DeadLetter("chunk has no samples"), |given| {
            but(given, |m| m.leads[0].deltas.clear())
        }),
        kind("a million samples", Outcome::DeadLetter("chunk lasts 2000.0 s, at most 10 s are allowed"), |given| {
            but(given, |m| m.leads[0].deltas = vec![0; 1_000_000])
        }),
        kind(
            "a pacer mark beyond the samples",
            Outcome::DeadLetter("pacer mark at sample 4294967295 of 250"),
            |given| but(given, |m| m.pacer_marks = vec![0, u32::MAX]),
        ),
        kind("a million pacer marks", Outcome::DeadLetter("chunk has 1000000 pacer marks for 250 samples"), |given| {
            but(given, |m| m.pacer_marks = vec![0; 1_000_000])
        }),
        kind("a start at the edges of 64 bits", Outcome::DeadLetter("is out of range"), |given| {
            [i64::MAX, i64::MIN].map(|start_unix_ns| but(given, |m| m.start_unix_ns = start_unix_ns)).concat()
        }),
        kind("a start before 1970, or in the year 2262", Outcome::Used("it is the bed's own time"), |given| {
            let second = format!("{} too", given.stream);
            let mut late = nth(&second, 0);
            late.start_unix_ns = i64::MAX - 20_000_000_000;
            [but(given, |m| m.start_unix_ns = -1_000_000_000_000_000), vec![hostile(&late)]].concat()
        }),
        kind("differences that add up beyond 32 bits", Outcome::Used("sums wrap, as the schema says"), |given| {
            but(given, |m| m.leads[0].deltas = vec![i32::MAX; CHUNK_SAMPLES])
        }),
    ]
}

/// Chunks that are well by themselves, and do not go together.
fn order() -> Vec<Kind<Make>> {
    vec![
        kind("the last chunk of the good bed once more", Outcome::Dropped("duplicate"), |given| {
            vec![hostile(given.good)]
        }),
        kind("an old number and time in the name of the good bed", Outcome::Dropped("late"), |given| {
            let (good, sequence) = (given.good, given.good.sequence.saturating_sub(5));
            let start_unix_ns = good.start_unix_ns - 5 * CHUNK_NS + 1;
            vec![hostile(&WaveformChunk { sequence, start_unix_ns, ..good.clone() })]
        }),
        kind("a chunk that comes when its time is over", Outcome::Dropped("late"), |given| {
            let mut all = honest(given, 1..6);
            all.push(hostile(&nth(given.stream, 0)));
            all
        }),
        kind("numbers that begin anew while time goes on", Outcome::Used("the monitor has restarted"), |given| {
            then(
                given,
                4,
                (4..8).map(|number| WaveformChunk { sequence: number as u64 - 4, ..nth(given.stream, number) }),
            )
        }),
        kind("numbers that end at 64 bits", Outcome::Used("what does not count on has restarted"), |given| {
            let sequences = [u64::MAX - 1, u64::MAX, 0, 1];
            let chunk = |(number, sequence)| WaveformChunk { sequence, ..nth(given.stream, number) };
            then(given, 0, sequences.into_iter().enumerate().map(chunk))
        }),
        kind("a clock that jumps into the far future", Outcome::Alarm("CLOCK"), |given| {
            let jump_ns = 7_000_000_000_000_000_000;
            let ahead = |number: usize| WaveformChunk {
                start_unix_ns: number as i64 * CHUNK_NS + jump_ns,
                ..nth(given.stream, number)
            };
            then(given, 20, (20..40).map(ahead))
        }),
        kind("a clock that is set back by a year", Outcome::Alarm("CLOCK"), |given| {
            let back = |number: usize| WaveformChunk {
                start_unix_ns: number as i64 * CHUNK_NS - 31_536_000_000_000_000,
                ..nth(given.stream, number)
            };
            then(given, 20, (20..40).map(back))
        }),
        kind("another sampling rate in each chunk", Outcome::Used("the time line starts anew each time"), |given| {
            let rates_hz = [500.0, 250.0, 4000.0, 50.0, 333.3, 500.0];
            let mut start_unix_ns = 0;
            let mut all = Vec::new();
            for (number, sampling_rate_hz) in rates_hz.into_iter().enumerate() {
                all.push(hostile(&WaveformChunk { start_unix_ns, sampling_rate_hz, ..nth(given.stream, number) }));
                start_unix_ns += (CHUNK_SAMPLES as f64 / sampling_rate_hz * 1e9) as i64;
            }
            all
        }),
        kind(
            "other leads, and leads in another order, in each chunk",
            Outcome::Used("the time line starts anew each time"),
            |given| {
                let codes: [&[u32]; 5] =
                    [&[LEAD_I, LEAD_II], &[LEAD_II, LEAD_I], &[LEAD_I], &[LEAD_II], &[LEAD_I, LEAD_II]];
                let chunk = |(number, codes): (usize, &[u32])| {
                    let of = |code: &u32| LeadSamples {
                        lead: Some(LeadName::MdcCode(*code)),
                        ..nth(given.stream, number).leads.remove(0)
                    };
                    WaveformChunk { leads: codes.iter().map(of).collect(), ..nth(given.stream, number) }
                };
                then(given, 0, codes.into_iter().enumerate().map(chunk))
            },
        ),
    ]
}

/// Signals that are none.
fn signals() -> Vec<Kind<Make>> {
    vec![
        kind("samples at the end of the converter's range", Outcome::Alarm("LEADS"), |given| stuck_at(given, i32::MAX)),
        kind("samples that are all “no sample”", Outcome::Alarm("LEADS"), |given| stuck_at(given, INVALID_SAMPLE)),
        kind("a flat line", Outcome::Alarm("ASYS"), |given| stuck_at(given, 0)),
        kind("a gain that makes every sample infinite", Outcome::Alarm("LEADS"), |given| {
            let infinite = |number| {
                let mut chunk = nth(given.stream, number);
                chunk.leads[0].gain_uv_per_unit = f64::MAX;
                chunk.leads[0].offset = -100_000;
                chunk
            };
            then(given, 20, (20..40).map(infinite))
        }),
    ]
}

/// All kinds.
pub fn kinds() -> Vec<Kind<Make>> {
    [bytes(), fields(), contents(), order(), signals()].into_iter().flatten().collect()
}
