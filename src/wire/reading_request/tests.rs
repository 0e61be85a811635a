//! What was asked arrives as it was asked; what nobody honest asks is refused by name.

use proptest::prelude::*;

use super::*;
use crate::alarm::{AlarmCode, AlarmEvent, Change, Evidence};
use crate::measure::measure;

const BED: &str = "ward 7/bed 3";

fn at(seconds: i64) -> Time {
    Time::from_nanos(seconds * 1_000_000_000)
}

fn alert(change: Change) -> Alert {
    let evidence = Evidence {
        what: "time without QRS complex".into(),
        value: 4.068,
        unit: "s".into(),
        leads: vec![Lead::II],
        from: at(296),
        to: at(300),
    };
    let event = AlarmEvent {
        code: AlarmCode::Asystole,
        first_code: AlarmCode::Asystole,
        change,
        at: at(300),
        onset: at(296),
        raised_at: at(300),
        cleared_at: None,
        suppressed_by: None,
        acknowledged: None,
        message: "no QRS complex for 4.1 s".to_owned(),
        evidence: vec![evidence],
    };
    Alert::new(&StreamId::new(BED).unwrap(), &event)
}

fn message(strip: Strip, alert: Option<Alert>) -> Message {
    let measurements = Explanation::new(BED, &strip, &measure(&strip), None);
    let deadline = alert.is_none().then(|| strip.end());
    let content = Content::Window(Box::new(Window { alert, strip, measurements, deadline }));
    Message { stream_id: StreamId::new(BED).unwrap(), content }
}

fn strip(samples_mv: &[f32]) -> Strip {
    let lead = |lead, derived| StripLead { lead, derived, samples_mv: samples_mv.to_vec() };
    let leads = vec![lead(Lead::II, false), lead(Lead::Other("MCL".into()), true)];
    Strip { start: at(290), rate_hz: 500.0, leads }
}

fn as_sent(message: &Message) -> v1::ReadingRequest {
    v1::ReadingRequest::decode(&*encode(message)).unwrap()
}

/// Why it is refused, once the window was changed so.
fn refusal(change: impl FnOnce(&mut v1::WindowToRead)) -> String {
    let mut sent = as_sent(&message(strip(&[0.5, -0.25]), Some(alert(Change::Raised))));
    let Some(v1::reading_request::Content::Window(window)) = &mut sent.content else { panic!("it is a window") };
    change(window);
    decode(&sent.encode_to_vec()).unwrap_err().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: prop::test_runner::RngSeed::Fixed(5), ..ProptestConfig::with_cases(48) })]

    #[test]
    fn what_is_asked_arrives_bit_for_bit(
        samples_mv in prop::collection::vec(prop_oneof![9 => -5.0_f32..5.0, 1 => Just(f32::NAN)], 1..1500),
        escalated in any::<bool>(),
        round in any::<bool>(),
    ) {
        let change = if escalated { Change::Escalated } else { Change::Raised };
        let asked = message(strip(&samples_mv), (!round).then(|| alert(change)));
        let bytes = encode(&asked);
        let arrived = decode(&bytes).unwrap();
        // NaN is not itself: the bytes are compared, and all that is not samples.
        prop_assert_eq!(encode(&arrived), bytes);
        let (Content::Window(asked), Content::Window(arrived)) = (&asked.content, &arrived.content) else {
            panic!("both are windows");
        };
        prop_assert_eq!(&arrived.alert, &asked.alert);
        prop_assert_eq!(&arrived.measurements, &asked.measurements);
        prop_assert_eq!(arrived.deadline, asked.deadline);
    }

    #[test]
    fn damaged_messages_are_refused_or_honest(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode(&message(strip(&[0.5; 40]), Some(alert(Change::Raised))));
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(message) = decode(&bytes) {
            prop_assert!(decode(&encode(&message)).is_ok());
            if let Content::Window(window) = &message.content {
                prop_assert!(check::strip(&window.strip).is_ok());
                measure(&window.strip);
            }
        }
    }

    #[test]
    fn random_bytes_are_refused_or_end_an_alert(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(message) = decode(&bytes) {
            prop_assert!(matches!(message.content, Content::Cleared(_)), "{:?}", message);
        }
    }
}

#[test]
fn the_end_of_an_alert_arrives() {
    let cleared = Cleared { alert_id: Uuid::from_u128(7), cleared_at: "1970-01-01T00:05:10Z".to_owned() };
    let message = Message { stream_id: StreamId::new(BED).unwrap(), content: Content::Cleared(cleared) };
    assert_eq!(decode(&encode(&message)).unwrap(), message);
}

#[test]
fn the_bytes_are_those_of_the_published_schema() {
    let round = encode(&message(strip(&[0.5, -0.25]), None));
    let cleared = Cleared { alert_id: Uuid::from_u128(7), cleared_at: "1970-01-01T00:05:10Z".to_owned() };
    let cleared = Message { stream_id: StreamId::new(BED).unwrap(), content: Content::Cleared(cleared) };
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    insta::assert_snapshot!(format!("{}\n{}", shown(&round), shown(&encode(&cleared))));
}

#[test]
fn all_leads_that_a_window_can_have_fit_into_a_message() {
    let lead = |number: usize| StripLead {
        lead: Lead::from_name(&format!("{number:040}")),
        derived: false,
        samples_mv: (0..5000).map(|n| if n % 400 < 20 { 1.0 + number as f32 } else { 0.0 }).collect(),
    };
    let strip = Strip { start: at(290), rate_hz: 500.0, leads: (0..MAX_LEADS).map(lead).collect() };
    let bytes = encode(&message(strip, Some(alert(Change::Raised)))).len();
    // What librdkafka sends by default.
    assert!(bytes < 1_000_000, "{bytes}");
}

#[test]
fn each_lie_is_named() {
    type Lie = fn(&mut v1::WindowToRead);
    let lies: [(&str, Lie); 14] = [
        ("field window.alert_json does not fit its schema", |w| w.alert_json = "{}".to_owned()),
        ("field window.alert_json is of another stream", |w| w.alert_json = w.alert_json.replace(BED, "bed 4")),
        ("field window.alert_json is of no alert that was just raised", |w| {
            w.alert_json = w.alert_json.replace("raised\"", "cleared\"");
        }),
        ("field window.alert_json has a time that is none", |w| w.alert_json = w.alert_json.replace("1970-", "70-")),
        ("field window.urgency is not that of its alert", |w| w.urgency = 1),
        ("field window.urgency is not that of its alert", |w| w.alert_json.clear()),
        ("field window.measurements_json does not fit its schema", |w| w.measurements_json = "[]".to_owned()),
        ("field window.sampling_rate_hz is NaN", |w| w.sampling_rate_hz = f64::NAN),
        ("field window.start_unix_ns is out of range: 9223372036854775807", |w| w.start_unix_ns = i64::MAX),
        ("field window.leads has 0, not 1 to 44", |w| w.leads.clear()),
        ("field window.leads last 10.002 s, at most 10 s are allowed", |w| {
            w.leads.iter_mut().for_each(|lead| lead.samples_mv = vec![0.0; 5001]);
        }),
        ("field window.leads has lead II twice", |w| w.leads[1] = w.leads[0].clone()),
        ("field window.leads differ in length at MCL", |w| w.leads[1].samples_mv.push(0.0)),
        ("field window.leads has an infinite value in II", |w| w.leads[0].samples_mv[1] = f32::INFINITY),
    ];
    for (expected, lie) in lies {
        assert_eq!(refusal(lie), expected);
    }
    assert_eq!(refusal(|w| w.leads[1].lead = None), "field window.leads has one with neither mdc_code nor name");
    let empty = v1::ReadingRequest { stream_id: BED.to_owned(), content: None }.encode_to_vec();
    assert_eq!(decode(&empty).unwrap_err().to_string(), "message has neither window nor cleared");
    assert_eq!(decode(b"").unwrap_err().to_string(), "field stream_id is wrong");
    assert_eq!(decode(b"\xff").unwrap_err().to_string(), "message is no gemwatch.v1.ReadingRequest");
    let huge = decode(&vec![0; MAX_MESSAGE_BYTES + 1]).unwrap_err().to_string();
    assert!(huge.starts_with("message has 1048577 bytes"), "{huge}");
}
