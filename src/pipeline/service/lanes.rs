//! Messages that must not overtake one another: one of a lane is under way, the others wait for it.
//!
//! In go messages, each with its lane, out come those that may go. A broker keeps the order of what it takes; but what it
//! refuses and is sent again would come behind what it took meanwhile. No I/O, no clock.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// All lanes.
#[derive(Debug)]
pub(super) struct Lanes<K, M> {
    /// What waits in each lane in which a message is under way.
    lanes: HashMap<K, VecDeque<M>>,
    waiting: usize,
}

impl<K, M> Default for Lanes<K, M> {
    fn default() -> Lanes<K, M> {
        Lanes { lanes: HashMap::new(), waiting: 0 }
    }
}

impl<K: Eq + Hash, M> Lanes<K, M> {
    /// A message comes into a lane; gives it back if it may go now. It has to [leave](Lanes::leave) once it has arrived.
    pub(super) fn enter(&mut self, lane: K, message: M) -> Option<M> {
        if let Some(waiting) = self.lanes.get_mut(&lane) {
            waiting.push_back(message);
            self.waiting += 1;
            return None;
        }
        self.lanes.insert(lane, VecDeque::new());
        Some(message)
    }

    /// The message of this lane that was under way has arrived; gives the next one, which may go now.
    pub(super) fn leave(&mut self, lane: &K) -> Option<M> {
        let next = self.lanes.get_mut(lane)?.pop_front();
        match next {
            Some(_) => self.waiting -= 1,
            None => {
                self.lanes.remove(lane);
            }
        }
        next
    }

    /// Number of messages that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Enter(u8),
        /// The broker answers for one of those under way: it has it, or it is sent again.
        Answer(prop::sample::Index, bool),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3_u8).prop_map(Step::Enter),
            (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(index, has_it)| Step::Answer(index, has_it)),
        ]
    }

    proptest! {
        #[test]
        fn every_message_arrives_once_and_in_the_order_of_its_lane(steps in prop::collection::vec(any_step(), 0..200)) {
            let mut lanes = Lanes::default();
            let (mut under_way, mut entered, mut arrived) = (Vec::new(), Vec::new(), Vec::new());
            let mut answer = |lanes: &mut Lanes<u8, usize>, under_way: &mut Vec<(u8, usize)>, index: usize| {
                let (lane, message) = under_way.swap_remove(index);
                arrived.push((lane, message));
                under_way.extend(lanes.leave(&lane).map(|next| (lane, next)));
            };
            for step in steps {
                match step {
                    Step::Enter(lane) => {
                        entered.push((lane, entered.len()));
                        under_way.extend(lanes.enter(lane, entered.len() - 1).map(|message| (lane, message)));
                    }
                    Step::Answer(index, true) if !under_way.is_empty() => {
                        let index = index.index(under_way.len());
                        answer(&mut lanes, &mut under_way, index);
                    }
                    Step::Answer(..) => {}
                }
                let mut of_lanes: Vec<u8> = under_way.iter().map(|(lane, _)| *lane).collect();
                of_lanes.sort_unstable();
                of_lanes.dedup();
                prop_assert_eq!(of_lanes.len(), under_way.len(), "one of a lane at a time");
            }
            while !under_way.is_empty() {
                answer(&mut lanes, &mut under_way, 0);
            }
            prop_assert_eq!(lanes.waiting(), 0);
            prop_assert!(lanes.lanes.is_empty());
            arrived.sort_by_key(|(lane, _)| *lane);
            entered.sort_by_key(|(lane, _)| *lane);
            prop_assert_eq!(arrived, entered);
        }
    }
}
