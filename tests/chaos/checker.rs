//! What was published against what should have been: the alerts of each bed, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What is wrong with a stream of alerts, each in words; and how often something was said again.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Due and never said.
    pub lost: Vec<String>,
    /// Said of an alarm that was none.
    pub extra: Vec<String>,
    /// Said otherwise than it was due.
    pub different: Vec<String>,
    /// Said before what should come before it.
    pub out_of_order: Vec<String>,
    /// Wrong on the topic of what stands.
    pub state: Vec<String>,
    /// Messages that were there before, word for word.
    pub repeated: usize,
}

impl Verdict {
    /// Is everything as it should be? What is said twice is the same, and no fault.
    pub fn is_right(&self) -> bool {
        [&self.lost, &self.extra, &self.different, &self.out_of_order, &self.state]
            .iter()
            .all(|faults| faults.is_empty())
    }
}

/// How far apart two onsets of the same episode may lie where a bed was heard from the middle on.
const SAME_ONSET_S: f64 = 2.0;

/// The alarms of high priority that were due and of which nothing was said: neither under the id that was due nor, of the same
/// bed and code, with an onset close by.
pub fn never_said(expected: &[Value], seen: &[Value]) -> Vec<String> {
    let onset_s = |alert: &Value| {
        let onset: jiff::Timestamp = alert["onset"].as_str().unwrap_or_default().parse().expect("an onset is a time");
        onset.as_nanosecond() as f64 / 1e9
    };
    let is_said = |due: &Value| {
        let same = |alert: &&Value| alert["stream_id"] == due["stream_id"] && alert["code"] == due["code"];
        seen.iter()
            .filter(same)
            .any(|alert| alert["id"] == due["id"] || (onset_s(alert) - onset_s(due)).abs() <= SAME_ONSET_S)
    };
    let due = expected
        .iter()
        .filter(|alert| alert["priority"] == "high" && (alert["state"] == "raised" || alert["state"] == "escalated"));
    due.filter(|due| !is_said(due)).map(Value::to_string).collect()
}

/// Alert id and state.
pub type Key = (String, String);

pub fn key(alert: &Value) -> Key {
    let text = |name: &str| alert[name].as_str().unwrap_or_default().to_owned();
    (text("id"), text("state"))
}

/// Alarms about the equipment depend on when something came; what is restated depends on who took over when.
pub fn is_timeless(alert: &Value) -> bool {
    alert["priority"] != "technical" && alert["state"] != "continue"
}

/// `expected` and `seen` are the alerts of all beds in the order in which they are due, and were read.
pub fn check(expected: &[Value], seen: &[Value]) -> Verdict {
    let due: BTreeMap<Key, &Value> =
        expected.iter().filter(|alert| is_timeless(alert)).map(|alert| (key(alert), alert)).collect();
    let known: BTreeSet<Option<&str>> = expected.iter().map(|alert| alert["id"].as_str()).collect();
    let mut verdict = Verdict::default();
    let mut first: BTreeMap<Key, &Value> = BTreeMap::new();
    let mut order: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    for alert in seen {
        if alert["priority"] == "technical" {
            continue;
        }
        if !known.contains(&alert["id"].as_str()) {
            verdict.extra.push(alert.to_string());
            continue;
        }
        if !is_timeless(alert) {
            continue;
        }
        let key = key(alert);
        match first.get(&key) {
            Some(before) if *before == alert => verdict.repeated += 1,
            Some(before) => verdict.different.push(format!("said {before}, then {alert}")),
            None => {
                first.insert(key.clone(), alert);
                order.entry(alert["stream_id"].as_str().unwrap_or_default()).or_default().push(key.clone());
                match due.get(&key) {
                    None => verdict.extra.push(alert.to_string()),
                    Some(due) if *due != alert => verdict.different.push(format!("due {due}, said {alert}")),
                    Some(_) => {}
                }
            }
        }
    }
    verdict.lost =
        due.iter().filter(|(key, _)| !first.contains_key(*key)).map(|(_, alert)| alert.to_string()).collect();
    let mut due_order: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    for alert in expected.iter().filter(|alert| is_timeless(alert)) {
        due_order.entry(alert["stream_id"].as_str().unwrap_or_default()).or_default().push(key(alert));
    }
    for (stream_id, keys) in order {
        let due = due_order.get(stream_id).map_or(&[][..], Vec::as_slice);
        let said: Vec<&Key> = due.iter().filter(|key| keys.contains(key)).collect();
        if !said.iter().copied().eq(keys.iter().filter(|key| due.contains(key))) {
            verdict.out_of_order.push(format!("{stream_id}: due {said:?}, said {keys:?}"));
        }
    }
    verdict
}

/// What stands at the end: `state` is the latest message under each alert id.
pub fn check_state(expected: &[Value], state: &BTreeMap<String, Option<Value>>) -> Vec<String> {
    let mut open: BTreeMap<String, &Value> = BTreeMap::new();
    for alert in expected.iter().filter(|alert| alert["priority"] != "technical") {
        let (id, alert_state) = key(alert);
        if alert_state == "cleared" {
            open.remove(&id);
        } else {
            open.insert(id, alert);
        }
    }
    let patients = |alert: &Value| alert["priority"] != "technical";
    let standing: BTreeSet<&String> =
        state.iter().filter(|(_, alert)| alert.as_ref().is_some_and(patients)).map(|(id, _)| id).collect();
    let mut wrong: Vec<String> = open
        .iter()
        .filter(|(id, _)| !standing.contains(id))
        .map(|(_, alert)| format!("does not stand: {alert}"))
        .collect();
    wrong.extend(standing.iter().filter(|id| !open.contains_key(**id)).map(|id| format!("stands: {:?}", state[*id])));
    wrong
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert(bed: &str, id: &str, state: &str) -> Value {
        json!({ "stream_id": bed, "id": id, "state": state, "priority": "high", "onset": "1970-01-01T00:00:10Z" })
    }

    fn due() -> Vec<Value> {
        vec![
            alert("bed-1", "a", "raised"),
            alert("bed-2", "b", "raised"),
            alert("bed-1", "a", "cleared"),
            alert("bed-1", "c", "raised"),
        ]
    }

    #[test]
    fn the_same_stream_is_right_whatever_is_repeated_and_restated() {
        let mut seen = due();
        seen.insert(2, alert("bed-2", "b", "raised"));
        seen.push(alert("bed-1", "c", "continue"));
        seen.swap(0, 1);
        let verdict = check(&due(), &seen);
        assert!(verdict.is_right(), "{verdict:?}");
        assert_eq!(verdict.repeated, 1);
    }

    #[test]
    fn every_fault_is_found() {
        let without = |index: usize| {
            let mut seen = due();
            seen.remove(index);
            seen
        };
        assert_eq!((0..4).map(|index| check(&due(), &without(index)).lost.len()).collect::<Vec<_>>(), [1; 4]);
        let with = |alert: Value| [due(), vec![alert]].concat();
        assert_eq!(check(&due(), &with(alert("bed-1", "d", "raised"))).extra.len(), 1);
        assert_eq!(check(&due(), &with(alert("bed-1", "d", "continue"))).extra.len(), 1);
        assert_eq!(check(&due(), &with(alert("bed-1", "c", "cleared"))).extra.len(), 1);
        let mut later = alert("bed-1", "a", "raised");
        later["onset"] = json!("1970-01-01T00:00:11Z");
        assert_eq!(check(&due(), &with(later.clone())).different.len(), 1);
        assert_eq!(check(&due(), &[vec![later], without(0)].concat()).different.len(), 1);
        let mut swapped = due();
        swapped.swap(2, 3);
        assert_eq!(check(&due(), &swapped).out_of_order.len(), 1);
    }

    #[test]
    fn an_alarm_of_high_priority_is_said_under_its_id_or_close_by() {
        let due = [alert("bed-1", "a", "raised")];
        let at = |id: &str, bed: &str, onset: &str| {
            let mut alert = alert(bed, id, "raised");
            alert["onset"] = json!(onset);
            alert
        };
        assert_eq!(never_said(&due, &due), [""; 0]);
        assert_eq!(never_said(&due, &[at("b", "bed-1", "1970-01-01T00:00:11.5Z")]), [""; 0]);
        assert_eq!(never_said(&due, &[at("b", "bed-1", "1970-01-01T00:00:13Z")]).len(), 1);
        assert_eq!(never_said(&due, &[at("b", "bed-2", "1970-01-01T00:00:10Z")]).len(), 1);
        assert_eq!(never_said(&due, &[]).len(), 1);
    }

    #[test]
    fn what_stands_is_what_was_not_cleared() {
        let stands = |ids: &[&str]| -> BTreeMap<String, Option<Value>> {
            let alerts = ids.iter().map(|id| ((*id).to_owned(), Some(alert("bed", id, "raised"))));
            alerts.chain([("a".to_owned(), None)]).collect()
        };
        assert_eq!(check_state(&due(), &stands(&["b", "c"])), [""; 0]);
        assert_eq!(check_state(&due(), &stands(&["b"])).len(), 1);
        assert_eq!(check_state(&due(), &stands(&["b", "c", "d"])).len(), 1);
    }
}
