//! The desk with its threads: every window is answered, with and without a model.

use super::*;
use crate::ecg::{Lead, StripLead};

fn request(bed: usize, start_s: i64) -> ReadingRequest {
    let samples_mv = (0..5000).map(|n| if n % 400 < 20 { 1.0 } else { 0.0 }).collect();
    let leads = vec![StripLead { lead: Lead::II, derived: false, samples_mv }];
    let strip = Strip { start: Time::from_nanos(start_s * 1_000_000_000), rate_hz: 500.0, leads };
    ReadingRequest { stream_id: StreamId::new(&format!("bed-{bed}")).unwrap(), alert: None, strip }
}

fn open(package: Option<&str>, capacity: usize) -> (Desk, mpsc::Receiver<FromReader>) {
    let settings = InterpreterSettings {
        package: package.map(Into::into),
        max_new_tokens: Some(5),
        threads: 1,
        kv_budget_mib: 4,
        ..InterpreterSettings::default()
    };
    Desk::open(settings, NonZeroUsize::new(capacity).unwrap())
}

/// The streams that were answered, and what was remarked on each.
fn answers(said: Vec<Said>) -> Vec<(String, String)> {
    let answer = |said| match said {
        Said::Round { round, .. } => (round.stream_id.clone(), round.reading.remark.clone().unwrap_or_default()),
        other => panic!("{other:?} answers no round"),
    };
    said.into_iter().map(answer).collect()
}

#[test]
fn windows_that_waited_for_the_model_are_read_several_at_once() {
    let (mut desk, mut words) = open(None, 20);
    for bed in 0..12 {
        assert_eq!(desk.request(request(bed, 100)), [], "nothing is read before the model is there");
    }
    let bed = StreamId::new("bed-3").unwrap();
    assert_eq!(desk.needs_since(&bed), Some(Time::from_nanos(100_000_000_000)));
    let mut answered = Vec::new();
    while answered.len() < 12 {
        let said = match words.blocking_recv().unwrap() {
            FromReader::Loaded(Ok(model)) => {
                assert!(model.slots > 1, "{model:?}");
                let said = desk.loaded(Ok(model.clone()));
                assert_eq!(desk.under_way, model.slots.min(12));
                said
            }
            FromReader::Loaded(Err(error)) => panic!("{error}"),
            FromReader::Read(done) => desk.finished(done.0, done.1),
        };
        answered.extend(answers(said));
    }
    answered.sort();
    answered.dedup_by(|one, other| one.0 == other.0);
    assert_eq!(answered.len(), 12, "{answered:?}");
    assert!(answered.iter().all(|(_, remark)| !remark.contains("not available")), "{answered:?}");
    assert_eq!((desk.under_way, desk.needs_since(&bed)), (0, None));
}

#[test]
fn without_a_model_every_window_is_answered_with_the_reason() {
    let (mut desk, mut words) = open(Some("no/such/package"), 20);
    let early = desk.request(request(0, 100));
    let FromReader::Loaded(Err(error)) = words.blocking_recv().unwrap() else { panic!("there is no such package") };
    let mut said = desk.loaded(Err(error));
    said.extend(desk.request(request(1, 200)));
    assert_eq!(early, []);
    let answered = answers(said);
    assert_eq!(answered.iter().map(|(bed, _)| bed.as_str()).collect::<Vec<_>>(), ["bed-0", "bed-1"]);
    assert!(answered.iter().all(|(_, remark)| remark.contains("reading not available")), "{answered:?}");
    assert!(words.blocking_recv().is_none(), "the thread has ended");
}
