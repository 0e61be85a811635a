//! The batcher and the thread around a model that counts: no session, but faults at any step.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use super::{
    backend::Backend,
    batcher::{Batcher, Job, Progress},
    queue::Queue,
    request::{EngineError, Event, Priority, Ticket, Written},
    scheduler::{Request, Row, Settings},
};
use crate::gem::{
    error::GemError,
    limits::{Finish, Limits},
    tokenizer::Piece,
};

const POSITIONS: usize = 100;

/// A model whose texts count up from the number that is its input. It keeps books of its slots, so that a row that is not
/// where its keys and values are is found.
struct Counter {
    slots: BTreeMap<usize, usize>,
    calls: usize,
    /// The calls that fail, counted from 0.
    faults: Vec<usize>,
    largest_batch: Arc<AtomicUsize>,
}

impl Counter {
    fn new(faults: Vec<usize>) -> Counter {
        Counter { slots: BTreeMap::new(), calls: 0, faults, largest_batch: Arc::default() }
    }

    fn call(&mut self) -> Result<(), GemError> {
        let fails = self.faults.contains(&self.calls);
        self.calls += 1;
        if fails { Err(GemError::Graph { graph: "counter", what: "it was told to fail".to_owned() }) } else { Ok(()) }
    }
}

impl Backend for Counter {
    type Input = u32;
    type Prompt = u32;

    fn encode(&mut self, inputs: &[&u32]) -> Result<Vec<u32>, GemError> {
        self.call()?;
        Ok(inputs.iter().map(|input| **input).collect())
    }

    fn positions(_: &u32) -> usize {
        4
    }

    fn prefill(&mut self, slot: usize, prompt: &u32, written: &[u32]) -> Result<Option<u32>, GemError> {
        self.call()?;
        self.slots.insert(slot, 4 + written.len());
        Ok(Some(written.last().unwrap_or(prompt) + 1))
    }

    fn decode(&mut self, rows: &[Row], next: &mut Vec<Option<u32>>) -> Result<(), GemError> {
        self.call()?;
        self.largest_batch.fetch_max(rows.len(), Ordering::Relaxed);
        for row in rows {
            let length = self.slots.get_mut(&row.slot).expect("a row without a prefill");
            assert_eq!(*length, row.length, "slot {}", row.slot);
            *length += 1;
            next.push(Some(row.token + 1));
        }
        Ok(())
    }

    fn rebuild(&mut self) -> Result<(), GemError> {
        self.slots.clear();
        self.call()
    }

    fn piece(&self, token: u32) -> Piece {
        Piece::Text(format!("▁{token}"))
    }
}

fn settings(slots: usize) -> Settings {
    Settings {
        slots,
        positions: POSITIONS,
        encoder_batch: 2,
        eos: vec![0],
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(8),
    }
}

fn limits(max_new_tokens: usize) -> Limits {
    Limits { max_new_tokens, stop_at_end_of_text: true }
}

/// What a counting text must be.
fn counted(from: u32, count: usize) -> Written {
    let tokens: Vec<u32> = (from + 1..=from + count as u32).collect();
    let text = tokens.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    Written { text, tokens, prompt_tokens: 4, finish: Finish::Length }
}

/// The pieces and the answers that a caller heard.
fn heard(events: &Receiver<Event>) -> (String, Vec<Result<Written, EngineError>>) {
    let (mut text, mut answers) = (String::new(), Vec::new());
    for event in events.try_iter() {
        match event {
            Event::Text(piece) => text.push_str(&piece),
            Event::Done(answer) => answers.push(answer),
        }
    }
    (text, answers)
}

/// Twenty requests that come one every third step; gives the calls it took and how many were not read.
fn twenty(faults: Vec<usize>) -> (usize, usize) {
    let mut batcher = Batcher::new(settings(4), Counter::new(faults));
    let mut callers = Vec::new();
    let mut now = Duration::ZERO;
    for step in 0.. {
        if step % 3 == 0 && callers.len() < 20 {
            let number = callers.len();
            let (events, inbox) = channel();
            let priority = [Priority::Background, Priority::Medium, Priority::High][number % 3];
            let request =
                Request { ticket: Ticket(number as u64), priority, deadline: None, limits: limits(1 + number) };
            batcher.submit(Job { request, input: 100 * number as u32, events });
            callers.push(inbox);
        }
        if let Progress::Idle { until: Some(until) } = batcher.step(now) {
            now = until;
        }
        if callers.len() == 20 && batcher.is_done() {
            break;
        }
        assert!(step < 5000, "no end");
    }
    let mut not_read = 0;
    for (number, events) in callers.iter().enumerate() {
        let (text, answers) = heard(events);
        match &answers[..] {
            [Ok(written)] => {
                assert_eq!(*written, counted(100 * number as u32, 1 + number));
                assert_eq!(text, written.text);
            }
            [Err(EngineError::Failed(_))] => not_read += 1,
            other => panic!("request {number} was answered by {other:?}"),
        }
    }
    (batcher.into_backend().calls, not_read)
}

#[test]
fn a_fault_at_any_step_of_twenty_requests_costs_nobody_the_reading() {
    let (calls, not_read) = twenty(Vec::new());
    assert_eq!(not_read, 0);
    assert!(calls > 60, "{calls}");
    for fault in 0..calls {
        assert_eq!(twenty(vec![fault]).1, 0, "a fault at step {fault}");
    }
}

#[test]
fn faults_one_after_the_other_leave_every_request_answered_once() {
    for fault in 0..120 {
        // The second one hits the rebuilding, the others what is tried again.
        for faults in [vec![fault, fault + 1], vec![fault, fault + 2], vec![fault, fault + 2, fault + 4, fault + 6]] {
            twenty(faults);
        }
    }
    assert_eq!(twenty((0..10_000).collect()).1, 20);
}

#[test]
fn callers_share_the_steps_of_one_thread() {
    let model = Counter::new(Vec::new());
    let largest_batch = Arc::clone(&model.largest_batch);
    let (queue, ()) = Queue::start(20, move || Ok((model, settings(4), ()))).unwrap();
    let waiting: Vec<_> =
        (0..20).map(|number| queue.submit(100 * number, limits(30), Priority::Medium, None).unwrap()).collect();
    for (number, pending) in (0..).zip(waiting) {
        let mut text = String::new();
        let written = pending.wait(&|| false, &mut |piece| text.push_str(piece)).unwrap();
        assert_eq!(written, counted(100 * number, 30));
        assert_eq!(text, written.text);
    }
    assert!(largest_batch.load(Ordering::Relaxed) > 1);
}

#[test]
fn the_queue_is_bounded_and_a_request_that_nobody_wants_makes_room() {
    let (queue, ()) = Queue::start(1, || Ok((Counter::new(Vec::new()), settings(1), ()))).unwrap();
    let stopped = queue.submit(0, limits(POSITIONS), Priority::Medium, None).unwrap();
    let dropped = queue.submit(0, limits(POSITIONS), Priority::Medium, None).unwrap();
    let refused = queue.submit(0, limits(1), Priority::High, None).err();
    assert!(matches!(refused, Some(EngineError::Busy { most: 2 })), "{refused:?}");
    drop(dropped);
    let late = queue.submit(0, limits(1), Priority::Medium, Some(Duration::ZERO)).unwrap();
    let late = late.wait(&|| false, &mut |_| {});
    assert!(matches!(late, Err(EngineError::Late)), "{late:?}");
    let written = stopped.wait(&|| true, &mut |_| {}).unwrap();
    assert!(matches!(written.finish, Finish::Stopped | Finish::Length));
    let last = queue.submit(0, limits(1), Priority::Medium, None).unwrap();
    assert_eq!(last.wait(&|| false, &mut |_| {}).unwrap(), counted(0, 1));
}

/// A model that panics: the callers are told all the same.
struct Broken(Arc<Mutex<()>>);

impl Backend for Broken {
    type Input = ();
    type Prompt = ();

    fn encode(&mut self, _: &[&()]) -> Result<Vec<()>, GemError> {
        let _held = self.0.lock();
        panic!("this model panics when it is used");
    }

    fn positions((): &()) -> usize {
        1
    }

    fn prefill(&mut self, _: usize, (): &(), _: &[u32]) -> Result<Option<u32>, GemError> {
        Ok(None)
    }

    fn decode(&mut self, _: &[Row], _: &mut Vec<Option<u32>>) -> Result<(), GemError> {
        Ok(())
    }

    fn rebuild(&mut self) -> Result<(), GemError> {
        Ok(())
    }

    fn piece(&self, _: u32) -> Piece {
        Piece::Nothing
    }
}

#[test]
fn when_the_thread_is_gone_everybody_is_told() {
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().unwrap();
    let model = Broken(Arc::clone(&lock));
    let (queue, ()) = Queue::start(8, move || Ok((model, settings(1), ()))).unwrap();
    let waiting: Vec<_> = (0..3).map(|_| queue.submit((), limits(1), Priority::Medium, None).unwrap()).collect();
    drop(held);
    for pending in waiting {
        let answer = pending.wait(&|| false, &mut |_| {});
        assert!(matches!(answer, Err(EngineError::Ended)), "{answer:?}");
    }
    let pending = queue.submit((), limits(1), Priority::Medium, None);
    let refused = pending.and_then(|pending| pending.wait(&|| false, &mut |_| {}));
    assert!(matches!(refused, Err(EngineError::Ended)), "{refused:?}");
}
