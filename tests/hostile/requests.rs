//! What may come on the topic of requests for readings.

use gemwatch::ecg::{Lead, StreamId, Strip, StripLead, Time};
use gemwatch::measure::measure;
use gemwatch::wire::Explanation;
use gemwatch::wire::reading_request::{Content, Message, Window, encode};

use super::kind::{Kind, Outcome, Sent};

/// Makes the messages of a kind.
pub type Make = fn() -> Vec<Sent>;

const KEY: &str = "bed 1";

/// The message of a window of a round that is as it should be but for one thing.
fn but(change: impl FnOnce(&mut Strip)) -> Sent {
    Sent::hostile(KEY, window(change))
}

fn window(change: impl FnOnce(&mut Strip)) -> Vec<u8> {
    let samples_mv = (0..5000).map(|n| if n % 500 < 10 { 1.0 } else { 0.0 }).collect();
    let leads = vec![StripLead { lead: Lead::II, derived: false, samples_mv }];
    let mut strip = Strip { start: Time::from_nanos(290_000_000_000), rate_hz: 500.0, leads };
    let measurements = Explanation::new(KEY, &strip, &measure(&strip), None);
    change(&mut strip);
    let window = Window { alert: None, strip, measurements, deadline: None };
    encode(&Message { stream_id: StreamId::new(KEY).unwrap(), content: Content::Window(Box::new(window)) })
}

fn kind(name: &'static str, outcome: Outcome, input: Make) -> Kind<Make> {
    Kind { name, outcome, input }
}

/// All kinds.
pub fn kinds() -> Vec<Kind<Make>> {
    vec![
        kind("bytes that are no request", Outcome::DeadLetter("message is no gemwatch.v1.ReadingRequest"), || {
            vec![Sent::hostile(KEY, b"\xff\xfe garbage"), Sent::hostile(KEY, vec![7 << 3 | 3; 100_000])]
        }),
        kind("no value, or nothing asked", Outcome::DeadLetter("message has n"), || {
            let nothing_asked = [&[1 << 3 | 2, KEY.len() as u8][..], KEY.as_bytes()].concat();
            vec![Sent { value: None, ..Sent::hostile(KEY, []) }, Sent::hostile(KEY, nothing_asked)]
        }),
        kind("a window cut off at every hundredth length", Outcome::DeadLetter("value is no usable request"), || {
            let whole = window(|_| {});
            (1..whole.len()).step_by(100).map(|length| Sent::hostile(KEY, &whole[..length])).collect()
        }),
        kind("a window under the key of another bed", Outcome::DeadLetter("is not the stream id"), || {
            vec![Sent::hostile("bed 2", window(|_| {})), Sent { key: None, ..but(|_| {}) }]
        }),
        kind(
            "a window of samples that are no numbers",
            Outcome::Used("there is nothing to read, which is the answer"),
            || vec![but(|strip| strip.leads[0].samples_mv.fill(f32::NAN))],
        ),
        kind("a window with an infinite sample", Outcome::DeadLetter("has an infinite value in II"), || {
            [f32::INFINITY, f32::NEG_INFINITY].map(|value| but(|strip| strip.leads[0].samples_mv[9] = value)).to_vec()
        }),
        kind("a window of 0 or 100 leads", Outcome::DeadLetter("not 1 to 44"), || {
            let many = |strip: &mut Strip| {
                let samples_mv = vec![0.0; 50];
                strip.leads = (0..100)
                    .map(|n| StripLead {
                        lead: Lead::Other(format!("L{n}").into()),
                        derived: false,
                        samples_mv: samples_mv.clone(),
                    })
                    .collect();
            };
            vec![but(|strip| strip.leads.clear()), but(many)]
        }),
        kind(
            "a window whose leads are the same, or differ in length",
            Outcome::DeadLetter("field window.leads"),
            || {
                let short = StripLead { lead: Lead::V1, derived: false, samples_mv: vec![0.0; 9] };
                vec![but(|strip| strip.leads.push(strip.leads[0].clone())), but(|strip| strip.leads.push(short))]
            },
        ),
        kind("a window without samples, or of 40 s", Outcome::DeadLetter("at most 10 s are allowed"), || {
            [0, 20_000].map(|length| but(|strip| strip.leads[0].samples_mv = vec![0.0; length])).to_vec()
        }),
        kind("a window at a rate that is none", Outcome::DeadLetter("field window.sampling_rate_hz"), || {
            [0.0, -1.0, 1e9, f64::NAN, f64::INFINITY].map(|rate_hz| but(|strip| strip.rate_hz = rate_hz)).to_vec()
        }),
        kind(
            "a window at the edge of 64 bits",
            Outcome::DeadLetter("field window.start_unix_ns is out of range"),
            || vec![but(|strip| strip.start = Time::from_nanos(i64::MAX))],
        ),
        kind("an end of an alert whose id or time is none", Outcome::DeadLetter("field cleared."), || {
            // stream_id, then cleared { alert_id, cleared_at }.
            let cleared = |alert_id: &str, cleared_at: &str| {
                let text = |field: u8, text: &str| [&[field << 3 | 2, text.len() as u8][..], text.as_bytes()].concat();
                let inner = [text(1, alert_id), text(2, cleared_at)].concat();
                Sent::hostile(KEY, [text(1, KEY), vec![3 << 3 | 2, inner.len() as u8], inner].concat())
            };
            vec![cleared("x", "1970-01-01T00:00:01Z"), cleared("9c19be70-bc83-5bc1-93cd-2786cdd0c1a6", "soon")]
        }),
    ]
}
