//! The rules one by one, then the promises under any order of calls.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ecg::Duration;

fn second(second: i64) -> Time {
    Time::from_nanos(second * 1_000_000_000)
}

fn triage(capacity: usize) -> Triage {
    Triage::new(NonZeroUsize::new(capacity).unwrap(), Duration::from_secs_f64(60.0))
}

fn request(bed: u8, reason: Reason, at_s: i64) -> Request {
    let strip = Strip { start: second(at_s - 10), rate_hz: 500.0, leads: Vec::new() };
    let stream_id = StreamId::new(&format!("bed-{bed}")).unwrap();
    Request { stream_id, reason, strip, at: second(at_s), deadline: None, number: 0 }
}

fn alarm(bed: u8, priority: Priority, at_s: i64) -> Request {
    request(bed, Reason::Alarm { id: Uuid::from_u128(u128::from(bed)), priority }, at_s)
}

fn round(bed: u8, at_s: i64) -> Request {
    request(bed, Reason::Round, at_s)
}

/// What comes out at second `now_s`, until nothing waits.
fn drain(triage: &mut Triage, now_s: i64) -> Vec<Request> {
    std::iter::from_fn(|| triage.next(second(now_s)).request).collect()
}

#[test]
fn the_most_urgent_comes_first_and_the_older_among_equals() {
    let mut triage = triage(10);
    let in_order = [
        alarm(1, Priority::High, 5),
        alarm(2, Priority::High, 6),
        alarm(3, Priority::Medium, 1),
        alarm(4, Priority::Low, 1),
        alarm(5, Priority::Technical, 1),
        round(6, 0),
        round(7, 1),
    ];
    for index in [6, 1, 4, 3, 0, 5, 2] {
        assert_eq!(triage.push(in_order[index].clone()), []);
    }
    assert_eq!(triage.len(), in_order.len());
    assert_eq!(triage.first(), Some(&in_order[0]));
    assert_eq!(drain(&mut triage, 10), in_order);
    assert!(triage.is_empty());
    assert_eq!(triage.next(second(10)), Next::default());
}

#[test]
fn a_newer_round_of_a_bed_replaces_the_older_one() {
    let mut triage = triage(10);
    triage.push(round(1, 0));
    triage.push(round(2, 5));
    triage.push(alarm(1, Priority::Low, 6));
    assert_eq!(triage.push(round(1, 30)), [Shed { request: round(1, 0), reason: ShedReason::Replaced }]);
    assert_eq!(triage.push(round(1, 20)), [Shed { request: round(1, 20), reason: ShedReason::Replaced }]);
    assert_eq!(drain(&mut triage, 30), [alarm(1, Priority::Low, 6), round(2, 5), round(1, 30)]);
    assert_eq!(triage.push(round(1, 31)), [], "a round that was handed out is not replaced");
}

#[test]
fn a_full_queue_sheds_rounds_then_the_least_urgent_and_oldest_alarm() {
    let full = |request: Request| vec![Shed { request, reason: ShedReason::Full }];
    let mut triage = triage(3);
    triage.push(round(1, 2));
    triage.push(round(2, 1));
    triage.push(alarm(3, Priority::Technical, 0));
    assert_eq!(triage.push(alarm(4, Priority::Medium, 3)), full(round(2, 1)));
    assert_eq!(triage.push(round(5, 4)), full(round(1, 2)));
    assert_eq!(triage.push(alarm(6, Priority::Medium, 5)), full(round(5, 4)));
    assert_eq!(triage.push(round(7, 6)), full(round(7, 6)), "no alarm reading goes for a round");
    assert_eq!(triage.push(alarm(8, Priority::High, 7)), full(alarm(3, Priority::Technical, 0)));
    assert_eq!(triage.push(alarm(9, Priority::High, 8)), full(alarm(4, Priority::Medium, 3)));
    assert_eq!(triage.push(alarm(10, Priority::Low, 9)), full(alarm(10, Priority::Low, 9)));
    assert_eq!(triage.len(), 3);
}

#[test]
fn stale_rounds_give_way_and_alarms_do_not() {
    let mut triage = triage(10);
    let late = |request: Request| Request { deadline: Some(second(5)), ..request };
    triage.push(alarm(1, Priority::Technical, 0));
    triage.push(late(alarm(2, Priority::Low, 0)));
    triage.push(round(3, 0));
    triage.push(late(round(4, 1)));
    triage.push(round(5, 1));
    let next = triage.next(second(60));
    assert_eq!(next.request, Some(late(alarm(2, Priority::Low, 0))));
    assert_eq!(next.shed, [Shed { request: late(round(4, 1)), reason: ShedReason::Stale }]);
    let next = triage.next(second(61));
    assert_eq!(next.request, Some(alarm(1, Priority::Technical, 0)));
    assert_eq!(next.shed, [Shed { request: round(3, 0), reason: ShedReason::Stale }]);
    assert_eq!(triage.next(second(61)).request, Some(round(5, 1)));
}

#[derive(Clone, Debug)]
enum Call {
    Push(Request),
    Next(Time),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let reason = prop_oneof![
        Just(None),
        Just(Some(Priority::Technical)),
        Just(Some(Priority::Low)),
        Just(Some(Priority::Medium)),
        Just(Some(Priority::High)),
    ];
    let push = (0_u8..5, reason, 0_i64..200, proptest::option::of(0_i64..200)).prop_map(
        |(bed, priority, at_s, deadline_s)| {
            let request = priority.map_or_else(|| round(bed, at_s), |priority| alarm(bed, priority, at_s));
            Call::Push(Request { deadline: deadline_s.map(second), ..request })
        },
    );
    let next = (0_i64..200).prop_map(|now_s| Call::Next(second(now_s)));
    proptest::collection::vec(prop_oneof![3 => push, 1 => next], 0..60)
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_once_and_the_urgent_never_goes_for_less(calls in calls(), capacity in 1_usize..8) {
        let mut triage = triage(capacity);
        let mut waiting: Vec<Request> = Vec::new();
        let mut number = 0;
        let take_out = |waiting: &mut Vec<Request>, request: &Request| {
            let number = request.strip.rate_hz.to_bits();
            let position = waiting.iter().position(|other| other.strip.rate_hz.to_bits() == number);
            waiting.swap_remove(position.expect("came out without waiting"))
        };
        for call in calls.into_iter().chain(vec![Call::Next(second(0)); 8]) {
            let shed = match call {
                Call::Push(mut request) => {
                    // A rate of its own tells each request from its likes.
                    number += 1;
                    request.strip.rate_hz = f64::from(number);
                    waiting.push(request.clone());
                    triage.push(request)
                }
                Call::Next(now) => {
                    let next = triage.next(now);
                    if let Some(request) = &next.request {
                        prop_assert_eq!(&take_out(&mut waiting, request), request);
                        let urgency = request.reason.urgency();
                        let gone = |other: &Request| next.shed.iter().any(|shed| shed.request == *other);
                        for other in waiting.iter().filter(|other| !gone(other)) {
                            let equal = other.reason.urgency() == urgency;
                            prop_assert!(other.reason.urgency() < urgency || (equal && request.at <= other.at));
                        }
                    }
                    next.shed
                }
            };
            for shed in &shed {
                prop_assert_eq!(&take_out(&mut waiting, &shed.request), &shed.request);
                if shed.request.reason == Reason::Round {
                    continue;
                }
                prop_assert_eq!(shed.reason, ShedReason::Full);
                for other in &waiting {
                    prop_assert!(other.reason.urgency() >= shed.request.reason.urgency());
                }
            }
            prop_assert!(triage.len() <= capacity);
            prop_assert_eq!(triage.len(), waiting.len());
            let alarms = waiting.iter().filter(|request| request.reason != Reason::Round).count();
            prop_assert_eq!(triage.alarms(), alarms);
        }
        prop_assert!(triage.is_empty());
    }
}
