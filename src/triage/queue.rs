//! The bounded queue of readings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;

use super::{Next, Reason, Request, Shed, ShedReason};
use crate::alarm::Priority;
use crate::ecg::{Duration, StreamId, Time};

/// The place of a request in the queue, first in line first: urgency, age, arrival.
type Place = (Reverse<Option<Priority>>, Time, u64);

/// A bounded queue of readings, the most urgent first. See the [module](super) for its rules.
#[derive(Debug)]
pub struct Triage {
    capacity: usize,
    stale_after: Duration,
    queue: BTreeMap<Place, Request>,
    /// Where the one round of a bed waits.
    rounds: HashMap<StreamId, Place>,
    arrivals: u64,
}

impl Triage {
    /// A queue of at most `capacity` requests, in which a round is stale once it is more than `stale_after` old.
    pub fn new(capacity: NonZeroUsize, stale_after: Duration) -> Triage {
        Triage { capacity: capacity.get(), stale_after, queue: BTreeMap::new(), rounds: HashMap::new(), arrivals: 0 }
    }

    /// Takes a request and gives back what has to go for it, which may be the request itself.
    pub fn push(&mut self, request: Request) -> Vec<Shed> {
        let mut shed = Vec::new();
        if let Some(&place) = self.round_of(&request) {
            let (_, waiting_since, _) = place;
            if request.at < waiting_since {
                return vec![Shed { request, reason: ShedReason::Replaced }];
            }
            shed.extend(self.shed(place, ShedReason::Replaced));
        }
        let place = (Reverse(request.reason.urgency()), request.at, self.arrivals);
        self.arrivals += 1;
        if request.reason == Reason::Round {
            self.rounds.insert(request.stream_id.clone(), place);
        }
        self.queue.insert(place, request);
        if self.queue.len() > self.capacity {
            let place = self.first_to_go();
            shed.extend(place.and_then(|place| self.shed(place, ShedReason::Full)));
        }
        shed
    }

    /// Takes out what is to be read next, and what went stale until `now` (data time).
    pub fn next(&mut self, now: Time) -> Next {
        let stale: Vec<Place> = self
            .queue
            .range((Reverse(None), Time::from_nanos(i64::MIN), 0)..)
            .filter(|(_, round)| now > round.at + self.stale_after || round.deadline.is_some_and(|end| now > end))
            .map(|(place, _)| *place)
            .collect();
        let shed = stale.into_iter().filter_map(|place| self.shed(place, ShedReason::Stale)).collect();
        let first = self.queue.keys().next().copied();
        Next { request: first.and_then(|place| self.take(place)), shed }
    }

    /// What is first in line, unless it goes stale before it is asked for.
    pub fn first(&self) -> Option<&Request> {
        self.queue.values().next()
    }

    /// Number of requests that wait.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Number of alarm readings among them.
    pub fn alarms(&self) -> usize {
        self.queue.len() - self.rounds.len()
    }

    /// Does nothing wait?
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The place of the round that a new round of the same bed would replace.
    fn round_of(&self, request: &Request) -> Option<&Place> {
        self.rounds.get(&request.stream_id).filter(|_| request.reason == Reason::Round)
    }

    /// The oldest of the least urgent.
    fn first_to_go(&self) -> Option<Place> {
        let (least_urgent, ..) = *self.queue.keys().next_back()?;
        self.queue.range((least_urgent, Time::from_nanos(i64::MIN), 0)..).next().map(|(place, _)| *place)
    }

    fn shed(&mut self, place: Place, reason: ShedReason) -> Option<Shed> {
        self.take(place).map(|request| Shed { request, reason })
    }

    fn take(&mut self, place: Place) -> Option<Request> {
        let request = self.queue.remove(&place)?;
        if request.reason == Reason::Round {
            self.rounds.remove(&request.stream_id);
        }
        Some(request)
    }
}
