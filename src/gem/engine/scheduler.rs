//! Which step of the model comes next, and for whom.
//!
//! A plain state machine without sessions, thread or clock: in go requests, cancellations, the results of steps and the
//! time; out come [`Step`]s and one [`Answer`] for every request, whatever happens. The batch is continuous (Yu et al., Orca,
//! OSDI 2022): a request joins it and leaves it between any two steps, here in fixed slots.
//!
//! The rules:
//!
//! - Higher priority first, the older among equals.
//! - At most one prefill between two decode steps, so that texts under way go on.
//! - A request of [`Priority::High`] waits for nobody's text: when no slot is free, the youngest text of the lowest priority
//!   gives way. It keeps its tokens and goes on later, after a prefill of them.
//! - After a failed step the sessions count as broken: all texts go back to the queue with their tokens, and the sessions are
//!   rebuilt, after a pause that doubles with each failure in a row. Who took part in a second failed step is answered
//!   that there is no reading. If the sessions cannot be rebuilt, everybody who waits is.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use super::request::{Priority, Ticket};
use crate::gem::limits::{Finish, Limits};

/// How often a request may take part in a failed step and still be tried again.
const RETRIES: u32 = 1;

/// What the scheduler has to know about the model and the machine.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Texts that are decoded together.
    pub(super) slots: usize,
    /// Positions of a slot.
    pub(super) positions: usize,
    /// Inputs that are encoded together.
    pub(super) encoder_batch: usize,
    /// The tokens that end a text.
    pub(super) eos: Vec<u32>,
    /// The pause before broken sessions are rebuilt for the first time.
    pub(super) first_pause: Duration,
    /// The longest such pause.
    pub(super) longest_pause: Duration,
}

/// A request as the scheduler sees it. Times are since a moment of the caller's choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Its name; a lower one is older.
    pub(super) ticket: Ticket,
    pub(super) priority: Priority,
    /// After this moment nobody wants the text any more.
    pub(super) deadline: Option<Duration>,
    pub(super) limits: Limits,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make new sessions.
    Rebuild,
    /// Make prompts of these inputs.
    Encode(Vec<Ticket>),
    /// Put the prompt of a request, and the tokens that it has already, into a slot.
    Prefill { ticket: Ticket, slot: usize },
    /// Give every text in a slot its next token.
    Decode,
    /// Nothing, until something comes in or this moment is there.
    Wait { until: Option<Duration> },
}

/// A text that is to get its next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gem) struct Row {
    /// Where its keys and values are.
    pub(in crate::gem) slot: usize,
    /// Its last token, which has no position yet.
    pub(in crate::gem) token: u32,
    /// Positions before that token.
    pub(in crate::gem) length: usize,
}

/// Why there is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody wants it any more.
    Deadline,
    /// The prompt is longer than a slot.
    TooLong { positions: usize },
    /// The model gave no numbers for this token.
    NotANumber { token: usize },
    /// The sessions failed.
    Failed,
}

/// The end of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) ticket: Ticket,
    pub(super) outcome: Result<Finish, Refusal>,
    pub(super) tokens: Vec<u32>,
    /// Positions of the prompt; 0 if it was never made.
    pub(super) prompt: usize,
}

/// A request on its way.
#[derive(Debug)]
struct Sequence {
    request: Request,
    /// Positions of the prompt, once it is made.
    prompt: Option<usize>,
    tokens: Vec<u32>,
    /// Failed steps it took part in.
    failures: u32,
}

impl Sequence {
    fn answer(self, outcome: Result<Finish, Refusal>) -> Answer {
        let prompt = self.prompt.unwrap_or(0);
        Answer { ticket: self.request.ticket, outcome, tokens: self.tokens, prompt }
    }

    fn place(&self) -> Place {
        (Reverse(self.request.priority), self.request.ticket)
    }
}

/// The place in the queue, first in line first.
type Place = (Reverse<Priority>, Ticket);

/// The state machine. See the [module](self) for its rules.
#[derive(Debug)]
pub(super) struct Scheduler {
    settings: Settings,
    waiting: BTreeMap<Place, Sequence>,
    slots: Vec<Option<Sequence>>,
    /// A prefill was the last step: the texts in the slots are next.
    owes_decode: bool,
    /// The sessions are broken and are to be rebuilt at this moment.
    rebuild_at: Option<Duration>,
    failures_in_a_row: u32,
    answers: Vec<Answer>,
}

impl Scheduler {
    pub(super) fn new(settings: Settings) -> Scheduler {
        Scheduler {
            waiting: BTreeMap::new(),
            slots: (0..settings.slots).map(|_| None).collect(),
            owes_decode: false,
            rebuild_at: None,
            failures_in_a_row: 0,
            answers: Vec::new(),
            settings,
        }
    }

    /// Takes a request, whose ticket must be new.
    pub(super) fn submit(&mut self, request: Request) {
        // Room for the whole text, so that no step has to make any.
        let tokens = Vec::with_capacity(request.limits.max_new_tokens.min(self.settings.positions + 1));
        let sequence = Sequence { request, prompt: None, tokens, failures: 0 };
        if request.limits.max_new_tokens == 0 {
            self.answers.push(sequence.answer(Ok(Finish::Length)));
        } else {
            self.waiting.insert(sequence.place(), sequence);
        }
    }

    /// Ends a request with what it has. One that is answered already, or unknown, changes nothing.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        let is_it = |sequence: &Sequence| sequence.request.ticket == ticket;
        self.take_out(is_it, Ok(Finish::Stopped));
    }

    /// The next step. What it is must be told by `encoded`, `prefilled`, `decoded`, `rebuilt` or `failed` before the next call.
    pub(super) fn next(&mut self, now: Duration) -> Step {
        let is_late = |sequence: &Sequence| sequence.request.deadline.is_some_and(|deadline| now >= deadline);
        self.take_out(is_late, Err(Refusal::Deadline));
        if let Some(rebuild_at) = self.rebuild_at {
            let until = self.next_deadline().map_or(rebuild_at, |deadline| deadline.min(rebuild_at));
            return if now >= rebuild_at { Step::Rebuild } else { Step::Wait { until: Some(until) } };
        }
        let has_texts = self.slots.iter().any(Option::is_some);
        if has_texts && self.owes_decode {
            return Step::Decode;
        }
        match self.admit() {
            Some(step) => step,
            None if has_texts => Step::Decode,
            None => Step::Wait { until: self.next_deadline() },
        }
    }

    /// The prompt of a request was made and has so many positions.
    pub(super) fn encoded(&mut self, ticket: Ticket, positions: usize) {
        let Some(sequence) = self.waiting.values_mut().find(|sequence| sequence.request.ticket == ticket) else {
            return;
        };
        sequence.prompt = Some(positions);
        if positions > self.settings.positions {
            self.take_out(|sequence| sequence.request.ticket == ticket, Err(Refusal::TooLong { positions }));
        }
    }

    /// A prefill gave the next token of a slot; `None` if it gave no numbers.
    pub(super) fn prefilled(&mut self, slot: usize, token: Option<u32>) {
        self.failures_in_a_row = 0;
        self.owes_decode = true;
        self.write(slot, token);
    }

    /// A decode step gave these tokens, in the order of [`rows`](Scheduler::rows).
    pub(super) fn decoded(&mut self, tokens: &[Option<u32>]) {
        self.failures_in_a_row = 0;
        self.owes_decode = false;
        let mut tokens = tokens.iter();
        for slot in 0..self.slots.len() {
            if self.slots[slot].is_some() {
                self.write(slot, tokens.next().copied().flatten());
            }
        }
    }

    /// There are new sessions.
    pub(super) fn rebuilt(&mut self) {
        self.rebuild_at = None;
    }

    /// A step failed, and with it the sessions.
    pub(super) fn failed(&mut self, step: &Step, now: Duration) {
        let pause = self.settings.first_pause.saturating_mul(1 << self.failures_in_a_row.min(20));
        self.rebuild_at = Some(now + pause.min(self.settings.longest_pause));
        self.failures_in_a_row += 1;
        self.owes_decode = false;
        if *step == Step::Rebuild {
            self.take_out(|_| true, Err(Refusal::Failed));
            return;
        }
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if let Some(mut sequence) = slot.take() {
                let took_part = match step {
                    Step::Decode => true,
                    Step::Prefill { slot, .. } => *slot == index,
                    Step::Rebuild | Step::Encode(_) | Step::Wait { .. } => false,
                };
                sequence.failures += u32::from(took_part);
                self.waiting.insert(sequence.place(), sequence);
            }
        }
        if let Step::Encode(tickets) = step {
            for sequence in self.waiting.values_mut().filter(|sequence| tickets.contains(&sequence.request.ticket)) {
                sequence.failures += 1;
            }
        }
        self.take_out(|sequence| sequence.failures > RETRIES, Err(Refusal::Failed));
    }

    /// The texts in the slots, in the order of the slots.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Ticket, Row)> + '_ {
        self.slots.iter().enumerate().filter_map(|(slot, sequence)| {
            let sequence = sequence.as_ref()?;
            let token = *sequence.tokens.last()?;
            let length = sequence.prompt? + sequence.tokens.len() - 1;
            Some((sequence.request.ticket, Row { slot, token, length }))
        })
    }

    /// The tokens that the text in a slot has already.
    pub(super) fn tokens(&self, slot: usize) -> &[u32] {
        self.slots[slot].as_ref().map_or(&[], |sequence| &sequence.tokens)
    }

    /// The answers since the last call.
    pub(super) fn answers(&mut self) -> impl Iterator<Item = Answer> + '_ {
        self.answers.drain(..)
    }

    /// The step that brings the first in line nearer to a slot, if there is one for it.
    fn admit(&mut self) -> Option<Step> {
        let free = self.slots.iter().filter(|slot| slot.is_none()).count();
        let slot = self.slot_for(self.waiting.values().next()?.request.priority)?;
        let (_, first) = self.waiting.first_key_value()?;
        if first.prompt.is_none() {
            return Some(Step::Encode(self.to_encode(free)));
        }
        if let Some(sequence) = self.slots[slot].take() {
            self.waiting.insert(sequence.place(), sequence);
        }
        // The one that gave way is of lower priority, so the first in line still is the first.
        let (_, first) = self.waiting.pop_first()?;
        let ticket = first.request.ticket;
        self.slots[slot] = Some(first);
        Some(Step::Prefill { ticket, slot })
    }

    /// The first free slot, or for the highest priority the one whose text gives way.
    fn slot_for(&self, priority: Priority) -> Option<usize> {
        if let Some(free) = self.slots.iter().position(Option::is_none) {
            return Some(free);
        }
        let texts = self.slots.iter().enumerate().filter_map(|(slot, text)| Some((text.as_ref()?, slot)));
        let (last, slot) = texts.max_by_key(|(text, _)| text.place())?;
        (priority == Priority::High && last.request.priority < Priority::High).then_some(slot)
    }

    /// The first in line and those of its priority that can follow it into the free slots. Who failed before goes alone, so
    /// that an input on which the encoders fail takes nobody with it a second time.
    fn to_encode(&self, free: usize) -> Vec<Ticket> {
        let mut waiting = self.waiting.values().filter(|sequence| sequence.prompt.is_none());
        let Some(first) = waiting.next() else { return Vec::new() };
        let most = if first.failures > 0 { 1 } else { self.settings.encoder_batch.min(free).max(1) };
        let alike = |other: &&Sequence| other.request.priority == first.request.priority && other.failures == 0;
        std::iter::once(first).chain(waiting.filter(alike)).take(most).map(|sequence| sequence.request.ticket).collect()
    }

    /// Adds a token to the text in a slot, and ends it if it is over.
    fn write(&mut self, slot: usize, token: Option<u32>) {
        let Some(sequence) = &mut self.slots[slot] else { return };
        let outcome = match token {
            None => Some(Err(Refusal::NotANumber { token: sequence.tokens.len() })),
            Some(token) => {
                sequence.tokens.push(token);
                let (limits, prompt) = (sequence.request.limits, sequence.prompt.unwrap_or(0));
                limits.finish(&self.settings.eos, &sequence.tokens, prompt, self.settings.positions).map(Ok)
            }
        };
        if let Some(outcome) = outcome {
            self.answers.extend(self.slots[slot].take().map(|sequence| sequence.answer(outcome)));
        }
    }

    /// Answers all of a kind.
    fn take_out(&mut self, of_kind: impl Fn(&Sequence) -> bool, outcome: Result<Finish, Refusal>) {
        let gone = self.waiting.extract_if(.., |_, sequence| of_kind(sequence)).map(|(_, sequence)| sequence);
        self.answers.extend(gone.map(|sequence| sequence.answer(outcome)));
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(&of_kind) {
                self.answers.extend(slot.take().map(|sequence| sequence.answer(outcome)));
            }
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.waiting.values().filter_map(|sequence| sequence.request.deadline).min()
    }
}

#[cfg(test)]
mod tests;
