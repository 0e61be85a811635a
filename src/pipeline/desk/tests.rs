//! The desk with its threads: every window is answered, with and without a model.

use super::*;
use crate::alarm::{AlarmCode, AlarmEvent, Change};
use crate::ecg::Strip;
use crate::ecg::{Lead, StripLead};
use crate::source::kafka::Progress;

fn request(bed: usize, start_s: i64) -> ReadingRequest {
    let samples_mv = (0..5000).map(|n| if n % 400 < 20 { 1.0 } else { 0.0 }).collect();
    let leads = vec![StripLead { lead: Lead::II, derived: false, samples_mv }];
    let strip = Strip { start: Time::from_nanos(start_s * 1_000_000_000), rate_hz: 500.0, leads };
    ReadingRequest { stream_id: StreamId::new(&format!("bed-{bed}")).unwrap(), alert: None, strip, deadline: None }
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
fn rounds(answers: Vec<Answer>) -> Vec<(String, String)> {
    let answer = |answer: Answer| match answer.said.unwrap() {
        Said::Round { round, .. } => (round.stream_id.clone(), round.reading.remark.clone().unwrap_or_default()),
        other => panic!("{other:?} answers no round"),
    };
    answers.into_iter().map(answer).collect()
}

#[test]
fn windows_that_waited_for_the_model_are_read_several_at_once() {
    let (mut desk, mut words) = open(Some(concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package")), 20);
    for bed in 0..12 {
        assert_eq!(
            desk.request(request(bed, 100), None, TraceContext::default()),
            [],
            "nothing is read before the model is there"
        );
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
        answered.extend(rounds(said));
    }
    answered.sort();
    answered.dedup_by(|one, other| one.0 == other.0);
    assert_eq!(answered.len(), 12, "{answered:?}");
    assert!(answered.iter().all(|(_, remark)| !remark.contains("not available")), "{answered:?}");
    assert_eq!((desk.under_way, desk.needs_since(&bed)), (0, None));
}

#[test]
fn while_alarms_are_late_the_model_is_given_nothing() {
    let (mut desk, mut words) = open(Some(concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package")), 2);
    let FromReader::Loaded(loaded) = words.blocking_recv().unwrap() else { panic!("nothing was asked yet") };
    assert_eq!(desk.loaded(loaded), []);
    assert_eq!(desk.hold(true), []);
    for bed in 0..2 {
        assert_eq!(desk.request(request(bed, 100), None, TraceContext::default()), []);
    }
    assert_eq!(
        desk.request(alarm(2, 100, Change::Raised), None, TraceContext::default()).len(),
        1,
        "a round makes room"
    );
    assert_eq!(desk.under_way, 0);
    assert_eq!(desk.hold(false), []);
    assert_eq!(desk.under_way, 2);
}

#[test]
fn without_a_model_every_window_is_answered_with_the_reason() {
    let (mut desk, mut words) = open(Some("no/such/package"), 20);
    let early = desk.request(request(0, 100), None, TraceContext::default());
    let FromReader::Loaded(Err(error)) = words.blocking_recv().unwrap() else { panic!("there is no such package") };
    let mut said = desk.loaded(Err(error));
    said.extend(desk.request(request(1, 200), None, TraceContext::default()));
    assert_eq!(early, []);
    let answered = rounds(said);
    assert_eq!(answered.iter().map(|(bed, _)| bed.as_str()).collect::<Vec<_>>(), ["bed-0", "bed-1"]);
    assert!(answered.iter().all(|(_, remark)| remark.contains("reading not available")), "{answered:?}");
    assert!(words.blocking_recv().is_none(), "the thread has ended");
}

/// An alert of this bed that was raised at the end of its window.
fn alarm(bed: usize, start_s: i64, change: Change) -> ReadingRequest {
    let request = request(bed, start_s);
    let (onset, raised_at) = (request.strip.start, request.strip.end());
    let code = if change == Change::Escalated { AlarmCode::VentricularFibrillation } else { AlarmCode::Asystole };
    let event = AlarmEvent {
        code,
        first_code: AlarmCode::Asystole,
        change,
        at: raised_at,
        onset: if change == Change::Escalated { onset - Duration::from_secs_f64(2.0) } else { onset },
        raised_at,
        cleared_at: None,
        suppressed_by: None,
        acknowledged: None,
        message: String::new(),
        evidence: Vec::new(),
    };
    ReadingRequest { alert: Some(Alert::new(&request.stream_id, &event)), ..request }
}

/// The interpreted alerts: onset, window and end.
fn interpreted(answers: Vec<Answer>) -> Vec<(AlarmCode, String, Option<String>)> {
    let alert = |answer: Answer| match answer.said.unwrap() {
        Said::Alert { alert, .. } => (alert.code, alert.raised_at, alert.cleared_at),
        other => panic!("{other:?} answers no alarm"),
    };
    answers.into_iter().map(alert).collect()
}

#[test]
fn who_has_no_model_says_so_at_once_and_every_request_gives_its_ticket_back() {
    let mut progress = Progress::new();
    let mut desk = Desk::without_model(NonZeroUsize::new(3).unwrap(), InterpreterError::NotWanted);
    for offset in 0..5 {
        let ticket = progress.arrived_alone(0, offset);
        let answers = desk.request(alarm(1, 100 + offset, Change::Raised), Some(ticket), TraceContext::default());
        assert_eq!(answers.iter().map(|answer| answer.ticket).collect::<Vec<_>>(), [Some(ticket)]);
        let Some(Said::Alert { alert, .. }) = &answers[0].said else { panic!("{answers:?}") };
        let remark = alert.reading.as_ref().unwrap().remark.as_deref();
        assert_eq!(remark, Some("reading not available: no model is set (readings.model is \"none\")"));
    }
    assert_eq!((desk.waiting.len(), desk.is_full()), (0, false));
}

#[test]
fn a_desk_is_full_of_alarms_only_and_every_round_that_goes_gives_its_ticket_back() {
    let mut progress = Progress::new();
    let (mut desk, _words) = open(Some("no/such/package"), 2);
    let mut ticket = |offset| Some(progress.arrived_alone(0, offset));
    let tickets: Vec<_> = (0..4).map(&mut ticket).collect();
    assert_eq!(desk.request(request(1, 100), tickets[0], TraceContext::default()), []);
    assert_eq!(desk.request(request(2, 101), tickets[1], TraceContext::default()), []);
    assert!(!desk.is_full(), "rounds give way");
    for (number, ticket) in [(0, tickets[2]), (1, tickets[3])] {
        let gone = desk.request(alarm(3, 102 + number, Change::Raised), ticket, TraceContext::default());
        assert_eq!(gone, [Answer { said: None, ticket: tickets[number as usize], trace: TraceContext::default() }]);
    }
    assert!(desk.is_full());
}

#[test]
fn an_alarm_that_got_worse_and_ended_meanwhile_is_answered_for_each_window() {
    let (mut desk, mut words) = open(Some("no/such/package"), 5);
    let (raised, escalated) = (alarm(1, 100, Change::Raised), alarm(1, 102, Change::Escalated));
    let id = raised.alert.as_ref().unwrap().id;
    assert_eq!(escalated.alert.as_ref().unwrap().id, id);
    assert_eq!(
        [desk.request(raised, None, TraceContext::default()), desk.request(escalated, None, TraceContext::default())],
        [vec![], vec![]]
    );
    desk.cleared(id, "1970-01-01T00:02:00Z");
    let FromReader::Loaded(Err(error)) = words.blocking_recv().unwrap() else { panic!("there is no such package") };
    let ended = Some("1970-01-01T00:02:00Z".to_owned());
    let expected = [
        (AlarmCode::Asystole, "1970-01-01T00:01:50Z".to_owned(), ended.clone()),
        (AlarmCode::VentricularFibrillation, "1970-01-01T00:01:52Z".to_owned(), ended),
    ];
    assert_eq!(interpreted(desk.loaded(Err(error))), expected);
}

#[test]
fn a_desk_that_catches_up_answers_once_it_has_or_is_full() {
    let mut desk = Desk::without_model(NonZeroUsize::new(2).unwrap(), InterpreterError::NotWanted);
    assert_eq!(desk.catch_up(true), []);
    let first = alarm(1, 100, Change::Raised);
    let id = first.alert.as_ref().unwrap().id;
    assert_eq!(desk.request(first, None, TraceContext::default()), []);
    desk.cleared(id, "1970-01-01T00:02:00Z");
    let full = interpreted(desk.request(alarm(2, 101, Change::Raised), None, TraceContext::default()));
    let ended = Some("1970-01-01T00:02:00Z".to_owned());
    assert_eq!(full, [(AlarmCode::Asystole, "1970-01-01T00:01:50Z".to_owned(), ended)], "there is room again");
    let rest = interpreted(desk.catch_up(false));
    assert_eq!(rest, [(AlarmCode::Asystole, "1970-01-01T00:01:51Z".to_owned(), None)]);
}

#[test]
fn a_round_past_its_deadline_is_left_out_and_an_alarm_is_not() {
    let mut progress = Progress::new();
    let mut desk = Desk::without_model(NonZeroUsize::new(5).unwrap(), InterpreterError::NotWanted);
    desk.catch_up(true);
    let ticket = Some(progress.arrived_alone(0, 0));
    let deadline = Some(Time::from_nanos(115_000_000_000));
    desk.request(ReadingRequest { deadline, ..request(1, 100) }, ticket, TraceContext::default());
    desk.request(alarm(2, 100, Change::Raised), None, TraceContext::default());
    desk.request(request(3, 106), None, TraceContext::default());
    let answers = desk.catch_up(false);
    assert_eq!(answers.iter().filter(|answer| answer.said.is_some()).count(), 2, "{answers:?}");
    assert!(answers.contains(&Answer { said: None, ticket, trace: TraceContext::default() }), "{answers:?}");
}

#[test]
fn a_model_that_fails_at_every_window_is_no_accident_until_it_reads_again() {
    let strip = request(1, 100).strip;
    let failed = unavailable("m", &NotRead::Panicked, &strip);
    let read = Reading { text: "Sinus rhythm.".to_owned(), remark: None, ..failed.clone() };
    let mut desk = Desk::without_model(NonZeroUsize::new(3).unwrap(), InterpreterError::NotWanted);
    for (reading, is_failing) in
        [(&failed, false), (&read, false), (&failed, false), (&failed, true), (&failed, true), (&read, false)]
    {
        desk.failures.note(reading);
        assert_eq!(desk.failing().is_some(), is_failing);
    }
    desk.failures.note(&failed);
    desk.failures.note(&failed);
    assert_eq!(desk.failing(), Some("the reading broke off: this is a bug"));
}
