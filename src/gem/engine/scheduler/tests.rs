//! The rules one by one, then the promises under any sequence of calls.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const EOS: u32 = 2;

fn settings(slots: usize) -> Settings {
    Settings {
        slots,
        positions: 20,
        encoder_batch: 3,
        eos: vec![EOS],
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_mins(1),
    }
}

fn second(second: u64) -> Duration {
    Duration::from_secs(second)
}

fn request(ticket: u64, priority: Priority, max_new_tokens: usize) -> Request {
    let limits = Limits { max_new_tokens, stop_at_end_of_text: true };
    Request { ticket: Ticket(ticket), priority, deadline: None, limits }
}

/// The next step, done as if every prompt had four positions and every token were 7.
fn done(scheduler: &mut Scheduler, now: Duration) -> Step {
    let step = scheduler.next(now);
    succeed(scheduler, &step);
    step
}

fn succeed(scheduler: &mut Scheduler, step: &Step) {
    match step {
        Step::Rebuild => scheduler.rebuilt(),
        Step::Encode(tickets) => {
            for ticket in tickets {
                scheduler.encoded(*ticket, 4);
            }
        }
        Step::Prefill { slot, .. } => scheduler.prefilled(*slot, Some(7)),
        Step::Decode => {
            let tokens = vec![Some(7); scheduler.rows().count()];
            scheduler.decoded(&tokens);
        }
        Step::Wait { .. } => {}
    }
}

fn prefill(ticket: u64, slot: usize) -> Step {
    Step::Prefill { ticket: Ticket(ticket), slot }
}

fn encode<const N: usize>(tickets: [u64; N]) -> Step {
    Step::Encode(tickets.map(Ticket).to_vec())
}

fn answers(scheduler: &mut Scheduler) -> Vec<(u64, Result<Finish, Refusal>, usize)> {
    scheduler.answers().map(|answer| (answer.ticket.0, answer.outcome, answer.tokens.len())).collect()
}

#[test]
fn a_decode_step_follows_every_prefill_and_texts_join_and_leave_between_steps() {
    let mut scheduler = Scheduler::new(settings(2));
    for (ticket, tokens) in [(0, 3), (1, 5), (2, 2)] {
        scheduler.submit(request(ticket, Priority::Medium, tokens));
    }
    let steps: Vec<Step> = (0..10).map(|_| done(&mut scheduler, second(0))).collect();
    let wait = Step::Wait { until: None };
    let expected = [
        encode([0, 1]),
        prefill(0, 0),
        Step::Decode,
        prefill(1, 1),
        Step::Decode,
        // The first text has its three tokens, the third takes its slot.
        encode([2]),
        prefill(2, 0),
        Step::Decode,
        Step::Decode,
        Step::Decode,
    ];
    assert_eq!(steps, expected);
    assert_eq!(done(&mut scheduler, second(0)), wait);
    let length = |ticket, tokens| (ticket, Ok(Finish::Length), tokens);
    assert_eq!(answers(&mut scheduler), [length(0, 3), length(2, 2), length(1, 5)]);
}

#[test]
fn rows_say_where_the_next_token_goes() {
    let mut scheduler = Scheduler::new(settings(3));
    for ticket in 0..2 {
        scheduler.submit(request(ticket, Priority::Medium, 9));
    }
    for _ in 0..4 {
        done(&mut scheduler, second(0));
    }
    scheduler.cancel(Ticket(0));
    assert_eq!(answers(&mut scheduler), [(0, Ok(Finish::Stopped), 2)]);
    let rows: Vec<_> = scheduler.rows().collect();
    assert_eq!(rows, [(Ticket(1), Row { slot: 1, token: 7, length: 4 })]);
    scheduler.decoded(&[Some(EOS)]);
    assert_eq!(answers(&mut scheduler), [(1, Ok(Finish::EndOfText), 2)]);
}

#[test]
fn the_highest_priority_waits_for_a_prefill_and_a_decode_step_at_most() {
    let mut scheduler = Scheduler::new(settings(2));
    scheduler.submit(request(0, Priority::Low, 9));
    scheduler.submit(request(1, Priority::Medium, 9));
    while scheduler.rows().count() < 2 {
        done(&mut scheduler, second(0));
    }
    scheduler.submit(request(2, Priority::Medium, 9));
    scheduler.submit(request(3, Priority::High, 2));
    // The worst moment: a prefill has just ended.
    assert_eq!(done(&mut scheduler, second(0)), Step::Decode);
    assert_eq!(done(&mut scheduler, second(0)), encode([3]));
    assert_eq!(done(&mut scheduler, second(0)), prefill(3, 1));
    assert_eq!(done(&mut scheduler, second(0)), Step::Decode);
    assert_eq!(answers(&mut scheduler), [(3, Ok(Finish::Length), 2)]);
    // The text that gave way is last in line, and goes on with the tokens that it has.
    scheduler.cancel(Ticket(2));
    assert_eq!(scheduler.next(second(0)), prefill(0, 1));
    assert_eq!(scheduler.tokens(1), [7, 7]);
}

#[test]
fn what_cannot_be_written_is_refused_with_the_reason() {
    let mut scheduler = Scheduler::new(settings(1));
    scheduler.submit(request(0, Priority::Medium, 0));
    scheduler.submit(request(1, Priority::Medium, 5));
    scheduler.submit(Request { deadline: Some(second(3)), ..request(2, Priority::Medium, 5) });
    assert_eq!(scheduler.next(second(0)), encode([1]));
    scheduler.encoded(Ticket(1), 21);
    assert_eq!(done(&mut scheduler, second(0)), encode([2]));
    assert_eq!(done(&mut scheduler, second(0)), prefill(2, 0));
    assert_eq!(scheduler.next(second(3)), Step::Wait { until: None });
    scheduler.submit(request(3, Priority::Medium, 5));
    scheduler.next(second(4));
    scheduler.encoded(Ticket(3), 20);
    assert_eq!(scheduler.next(second(4)), prefill(3, 0));
    scheduler.prefilled(0, None);
    let expected = [
        (0, Ok(Finish::Length), 0),
        (1, Err(Refusal::TooLong { positions: 21 }), 0),
        (2, Err(Refusal::Deadline), 1),
        (3, Err(Refusal::NotANumber { token: 0 }), 0),
    ];
    assert_eq!(answers(&mut scheduler), expected);
}

#[test]
fn broken_sessions_are_rebuilt_after_pauses_that_grow_and_texts_go_on_where_they_were() {
    let mut scheduler = Scheduler::new(settings(2));
    scheduler.submit(request(0, Priority::Medium, 4));
    scheduler.submit(request(1, Priority::Medium, 4));
    for _ in 0..3 {
        done(&mut scheduler, second(0));
    }
    // The first has two tokens. The prefill of the second fails, which is not the fault of the first.
    let step = scheduler.next(second(0));
    assert_eq!(step, prefill(1, 1));
    scheduler.failed(&step, second(0));
    assert_eq!(done(&mut scheduler, second(0)), Step::Wait { until: Some(second(1)) });
    assert_eq!(done(&mut scheduler, second(1)), Step::Rebuild);
    assert_eq!(scheduler.next(second(1)), prefill(0, 0));
    assert_eq!(scheduler.tokens(0), [7, 7]);
    scheduler.prefilled(0, Some(7));
    assert_eq!(done(&mut scheduler, second(1)), Step::Decode);
    assert_eq!(answers(&mut scheduler), [(0, Ok(Finish::Length), 4)]);
    let step = scheduler.next(second(1));
    assert_eq!(step, prefill(1, 0));
    scheduler.failed(&step, second(1));
    assert_eq!(answers(&mut scheduler), [(1, Err(Refusal::Failed), 0)]);
    // Sessions that cannot be made: nobody waits for them in vain.
    scheduler.submit(request(2, Priority::Medium, 4));
    for (now, pause) in [(2, 2), (4, 4), (8, 8), (16, 16), (32, 32), (64, 60), (124, 60)] {
        let step = scheduler.next(second(now));
        assert_eq!(step, Step::Rebuild);
        scheduler.failed(&step, second(now));
        assert_eq!(scheduler.next(second(now)), Step::Wait { until: Some(second(now + pause)) });
    }
    assert_eq!(answers(&mut scheduler), [(2, Err(Refusal::Failed), 0)]);
}

#[test]
fn an_input_that_breaks_the_encoders_takes_nobody_with_it() {
    let mut scheduler = Scheduler::new(settings(3));
    for ticket in 0..3 {
        scheduler.submit(request(ticket, Priority::Medium, 1));
    }
    for now in 0..40 {
        let step = scheduler.next(second(now));
        match &step {
            Step::Encode(tickets) if tickets.contains(&Ticket(1)) => scheduler.failed(&step, second(now)),
            step => succeed(&mut scheduler, step),
        }
    }
    let mut answers = answers(&mut scheduler);
    answers.sort_by_key(|(ticket, ..)| *ticket);
    let good = |ticket| (ticket, Ok(Finish::Length), 1);
    assert_eq!(answers, [good(0), (1, Err(Refusal::Failed), 0), good(2)]);
}

#[derive(Clone, Debug)]
enum Call {
    Submit { priority: Priority, max_new_tokens: usize, deadline_s: Option<u64> },
    Cancel(u64),
    Step { fails: bool, positions: usize, token: Option<u32> },
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let priority =
        prop_oneof![Just(Priority::Background), Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)];
    let submit = (priority, 0_usize..9, proptest::option::weighted(0.2, 0_u64..60))
        .prop_map(|(priority, max_new_tokens, deadline_s)| Call::Submit { priority, max_new_tokens, deadline_s });
    let token = prop_oneof![20 => Just(Some(7)), 2 => Just(Some(EOS)), 1 => Just(None)];
    let step = (proptest::bool::weighted(0.1), 1_usize..22, token).prop_map(|(fails, positions, token)| Call::Step {
        fails,
        positions,
        token,
    });
    let call = prop_oneof![4 => submit, 1 => (0_u64..20).prop_map(Call::Cancel), 12 => step];
    proptest::collection::vec(call, 0..150)
}

/// A scheduler and what is promised about it.
struct Watched {
    scheduler: Scheduler,
    now: Duration,
    open: BTreeMap<u64, Priority>,
    in_slots: BTreeSet<u64>,
    was_prefill: bool,
}

impl Watched {
    fn take_answers(&mut self) {
        for answer in self.scheduler.answers() {
            assert!(self.open.remove(&answer.ticket.0).is_some(), "answered twice: {answer:?}");
            assert!(answer.tokens.len() + answer.prompt <= 21, "more than fits: {answer:?}");
            self.in_slots.remove(&answer.ticket.0);
        }
        let in_slots: BTreeSet<u64> = self.scheduler.rows().map(|(ticket, _)| ticket.0).collect();
        assert!(in_slots.is_subset(&self.open.keys().copied().collect()), "a slot holds what was answered");
        self.in_slots = in_slots;
    }

    /// One step; true if there was nothing to do for ever.
    fn step(&mut self, fails: bool, positions: usize, token: Option<u32>) -> bool {
        let before = self.in_slots.clone();
        let step = self.scheduler.next(self.now);
        self.take_answers();
        self.now += Duration::from_millis(300);
        if self.was_prefill && before.iter().any(|ticket| self.open.contains_key(ticket)) {
            assert_eq!(step, Step::Decode, "two prefills in a row");
        }
        self.was_prefill = false;
        match &step {
            Step::Wait { until } => return until.is_none(),
            _ if fails => self.scheduler.failed(&step, self.now),
            Step::Rebuild => self.scheduler.rebuilt(),
            Step::Encode(tickets) => {
                assert!((1..=3).contains(&tickets.len()));
                for ticket in tickets {
                    self.scheduler.encoded(*ticket, positions);
                }
            }
            Step::Prefill { ticket, slot } => {
                let waiting = self.open.iter().filter(|(other, _)| !self.in_slots.contains(other));
                let first = waiting.map(|(ticket, priority)| (Reverse(*priority), *ticket)).min();
                // One that has tokens already counts as in its slot by now.
                let is_first = first.is_none_or(|(_, first)| first == ticket.0) || self.in_slots.contains(&ticket.0);
                assert!(is_first, "out of turn");
                self.scheduler.prefilled(*slot, token);
                self.was_prefill = true;
            }
            Step::Decode => {
                let tokens = vec![token; self.scheduler.rows().count()];
                assert!(!tokens.is_empty() && tokens.len() <= self.scheduler.slots.len());
                self.scheduler.decoded(&tokens);
            }
        }
        self.take_answers();
        false
    }
}

proptest! {
    #[test]
    fn every_request_is_answered_once_whatever_happens(calls in calls(), slots in 1_usize..5) {
        let scheduler = Scheduler::new(settings(slots));
        let open = BTreeMap::new();
        let mut watched =
            Watched { scheduler, now: second(0), open, in_slots: BTreeSet::new(), was_prefill: false };
        let mut tickets = 0;
        for call in calls {
            match call {
                Call::Submit { priority, max_new_tokens, deadline_s } => {
                    let deadline = deadline_s.map(second);
                    watched.open.insert(tickets, priority);
                    watched.scheduler.submit(Request { deadline, ..request(tickets, priority, max_new_tokens) });
                    tickets += 1;
                }
                Call::Cancel(ticket) => watched.scheduler.cancel(Ticket(ticket)),
                Call::Step { fails, positions, token } => drop(watched.step(fails, positions, token)),
            }
            watched.take_answers();
        }
        // From here on all goes well, so that it comes to an end.
        let mut steps = 0;
        while !watched.step(false, 4, Some(7)) {
            steps += 1;
            prop_assert!(steps < 5000, "no end: {:?}", watched.open);
        }
        prop_assert!(watched.open.is_empty(), "never answered: {:?}", watched.open);
    }
}
