//! What may be committed, against the plainest bookkeeping of the same.

use proptest::prelude::*;

use super::*;

fn stream(number: usize) -> StreamId {
    StreamId::new(&format!("bed-{number}")).unwrap()
}

fn second(second: i64) -> Time {
    Time::from_nanos(second * 1_000_000_000)
}

/// Partition and offset of what may be committed.
fn offsets(progress: &mut Progress) -> Vec<(i32, i64)> {
    progress.committable().iter().map(|resume| (resume.partition, resume.offset)).collect()
}

#[test]
fn an_input_waits_for_all_it_caused() {
    let mut progress = Progress::new();
    let ticket = progress.arrived(0, 10, &stream(1), second(1));
    assert_eq!(offsets(&mut progress), [(0, 10)]);
    progress.hold(ticket);
    progress.release(ticket);
    assert_eq!(offsets(&mut progress), []);
    progress.release(ticket);
    assert_eq!(offsets(&mut progress), [(0, 11)]);
    progress.release(ticket);
    assert_eq!(offsets(&mut progress), []);
}

#[test]
fn a_bed_keeps_what_it_needs() {
    let mut progress = Progress::new();
    for (offset, bed) in [(0, 1), (1, 2), (2, 1), (3, 2), (4, 1)] {
        let ticket = progress.arrived(0, offset, &stream(bed), second(offset + 1));
        progress.needs(&stream(bed), second(offset + 1), second(2));
        progress.release(ticket);
    }
    // Bed 1 ended at 1 s, 3 s and 5 s, bed 2 at 2 s and 4 s.
    assert_eq!(offsets(&mut progress), [(0, 2)]);
    progress.needs_nothing(&stream(1));
    assert_eq!(offsets(&mut progress), [(0, 3)]);
    progress.needs(&stream(2), second(4), second(4));
    assert_eq!(offsets(&mut progress), [(0, 5)]);
}

#[test]
fn what_a_bed_needs_is_kept_to_the_second() {
    let mut progress = Progress::new();
    let tenths = |tenths: i64| Time::from_nanos(tenths * 100_000_000);
    for offset in 0..30 {
        let ticket = progress.arrived(0, offset, &stream(1), tenths(offset * 2));
        progress.release(ticket);
    }
    assert_eq!(progress.partitions[&0].kept[&stream(1)].len(), 6);
    progress.needs(&stream(1), tenths(58), tenths(37));
    // The second that began at 3 s.
    assert_eq!(offsets(&mut progress), [(0, 15)]);
    // What is only held is no reason to begin with its second.
    let held = progress.arrived(0, 30, &stream(1), tenths(60));
    progress.arrived(0, 31, &stream(1), tenths(62));
    progress.release(held);
    progress.needs_nothing(&stream(1));
    assert_eq!(offsets(&mut progress), [(0, 31)]);
}

#[test]
fn a_clock_set_back_does_not_call_for_what_came_before_it_for_ever() {
    let mut progress = Progress::new();
    let day_s = 86_400;
    for (offset, end_s) in [(0, day_s), (1, day_s + 2), (2, 10), (3, 12), (4, 14), (5, 16)] {
        let ticket = progress.arrived(0, offset, &stream(1), second(end_s));
        progress.needs(&stream(1), second(end_s), second(end_s - 5));
        progress.release(ticket);
        let needed = [0, 0, 0, 0, 0, 3][offset as usize];
        progress.committable();
        assert_eq!(progress.partitions[&0].committable.map(|resume| resume.offset), Some(needed), "at {end_s} s");
    }
}

#[test]
fn a_dead_letter_counts() {
    let mut progress = Progress::new();
    let letter = progress.arrived_alone(3, 7);
    let chunk = progress.arrived(3, 8, &stream(1), second(1));
    progress.release(chunk);
    assert_eq!(offsets(&mut progress), [(3, 7)]);
    progress.release(letter);
    assert_eq!(offsets(&mut progress), [(3, 9)]);
}

#[test]
fn a_ticket_of_a_revoked_partition_opens_nothing() {
    let mut progress = Progress::new();
    let old = progress.arrived(0, 5, &stream(1), second(1));
    progress.needs(&stream(1), second(1), second(0));
    progress.revoke(0);
    assert_eq!(offsets(&mut progress), []);
    let new = progress.arrived(0, 5, &stream(1), second(1));
    progress.release(old);
    assert_eq!(offsets(&mut progress), [(0, 5)]);
    progress.release(new);
    assert_eq!(offsets(&mut progress), [(0, 6)]);
}

#[test]
fn a_reading_holds_the_offset_and_not_what_was_said() {
    let mut progress = Progress::new();
    let ticket = progress.arrived(0, 5, &stream(1), second(1));
    progress.hold(ticket.reading());
    progress.release(ticket);
    let next = progress.arrived(0, 6, &stream(1), second(2));
    progress.release(next);
    let resume = |offset, said_until, read_until| [Resume { partition: 0, offset, said_until, read_until }];
    assert_eq!(progress.committable(), resume(5, 7, 5));
    // Its answer is sent, and then acknowledged.
    progress.hold(ticket.reading());
    progress.release(ticket.reading());
    assert_eq!(progress.committable(), []);
    progress.release(ticket.reading());
    assert_eq!(progress.committable(), resume(7, 7, 7));
}

#[derive(Clone, Debug)]
enum Step {
    Arrive { partition: i32, gap: i64, bed: Option<usize> },
    Hold(prop::sample::Index),
    Release(prop::sample::Index),
    Needs { bed: usize, back: Option<i64> },
    Commit,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2_i32, 1..3_i64, prop::option::weighted(0.9, 0..3_usize))
            .prop_map(|(partition, gap, bed)| Step::Arrive { partition, gap, bed }),
        1 => any::<prop::sample::Index>().prop_map(Step::Hold),
        4 => any::<prop::sample::Index>().prop_map(Step::Release),
        2 => (0..3_usize, prop::option::of(0..8_i64)).prop_map(|(bed, back)| Step::Needs { bed, back }),
        2 => Just(Step::Commit),
    ]
}

/// What the bookkeeping should know, kept in the plainest way: every message that ever arrived.
struct Message {
    ticket: Ticket,
    bed: Option<usize>,
    end: Time,
    holds: u32,
    gone: bool,
}

proptest! {
    #[test]
    fn never_beyond_what_is_wanted_never_back_and_in_the_end_at_the_end(
        steps in prop::collection::vec(any_step(), 1..200),
    ) {
        let mut progress = Progress::new();
        let mut messages: Vec<Message> = Vec::new();
        let mut needs: HashMap<usize, Time> = HashMap::new();
        let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
        let mut committed: BTreeMap<i32, i64> = BTreeMap::new();
        // More than one chunk a second.
        let at = |step: i64| Time::from_nanos(step * 300_000_000);
        let mut now = 0;
        for step in steps {
            match step {
                Step::Arrive { partition, gap, bed } => {
                    now += 1;
                    let end = ends.entry(partition).or_insert(0);
                    let offset = *end + gap;
                    *end = offset + 1;
                    // A bed stays on its partition, as its key does.
                    let bed = bed.map(|bed| bed * 2 + partition as usize);
                    let ticket = match bed {
                        Some(bed) => progress.arrived(partition, offset, &stream(bed), at(now)),
                        None => progress.arrived_alone(partition, offset),
                    };
                    messages.push(Message { ticket, bed, end: at(now), holds: 1, gone: false });
                }
                Step::Hold(index) if !messages.is_empty() => {
                    let position = index.index(messages.len());
                    if messages[position].holds > 0 {
                        messages[position].holds += 1;
                        progress.hold(messages[position].ticket);
                    }
                }
                Step::Release(index) if !messages.is_empty() => {
                    let position = index.index(messages.len());
                    messages[position].holds = messages[position].holds.saturating_sub(1);
                    progress.release(messages[position].ticket);
                }
                Step::Hold(_) | Step::Release(_) => {}
                Step::Needs { bed, back } => {
                    if let Some(back) = back {
                        progress.needs(&stream(bed), at(now), at(now - back));
                        needs.insert(bed, at(now - back));
                    } else {
                        progress.needs_nothing(&stream(bed));
                        needs.remove(&bed);
                    }
                }
                Step::Commit => {
                    for message in &mut messages {
                        let need = message.bed.and_then(|bed| needs.get(&bed));
                        // What nobody wanted when it was asked for is gone for good.
                        message.gone |= message.holds == 0 && need.is_none_or(|since| message.end <= *since);
                    }
                    for Resume { partition, offset, said_until, read_until } in progress.committable() {
                        let before = committed.insert(partition, offset);
                        prop_assert!(before.is_none_or(|before| before <= offset), "went back");
                        prop_assert!(offset <= read_until.min(said_until) && read_until <= said_until);
                        let held = messages.iter().find(|m| m.ticket.partition == partition && m.holds > 0);
                        prop_assert_eq!(said_until, held.map_or(ends[&partition], |m| m.ticket.offset));
                        let mut wanted = messages.iter().filter(|m| m.ticket.partition == partition && !m.gone);
                        let oldest = wanted.next().map(|message| message.ticket.offset);
                        prop_assert!(oldest.is_none_or(|oldest| offset <= oldest), "{offset} is beyond {oldest:?}");
                    }
                }
            }
        }
        for message in &messages {
            for _ in 0..message.holds {
                progress.release(message.ticket);
            }
        }
        for bed in 0..6 {
            progress.needs_nothing(&stream(bed));
        }
        committed.extend(offsets(&mut progress));
        prop_assert_eq!(committed, ends);
    }
}
