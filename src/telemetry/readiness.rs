//! Whether the service can do its work, as named conditions.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use opentelemetry::KeyValue;

use super::instruments::with;

/// Why a condition is not met of which nothing is known.
const UNKNOWN: &str = "not known yet";

/// Conditions under which the service is ready. Clones share the state: whoever knows about a condition sets it, and
/// `/readyz` tells all of them.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<RwLock<BTreeMap<&'static str, Result<(), String>>>>);

impl Readiness {
    /// Not ready until each of these conditions was set to `Ok`.
    pub fn new(conditions: impl IntoIterator<Item = &'static str>) -> Readiness {
        let readiness = Readiness(Arc::default());
        conditions.into_iter().for_each(|condition| readiness.set(condition, Err(UNKNOWN.to_owned())));
        readiness
    }

    /// Says whether a condition is met, and if not, why. Logs it when that changes.
    pub fn set(&self, condition: &'static str, state: Result<(), String>) {
        let attributes = [KeyValue::new("condition", condition)];
        with(|instruments| instruments.ready.record(u64::from(state.is_ok()), &attributes));
        // Each change is one insertion: a panic elsewhere cannot leave the map half changed.
        let before = self.0.write().unwrap_or_else(PoisonError::into_inner).insert(condition, state.clone());
        match (before, state) {
            (Some(Ok(())), Err(reason)) => tracing::warn!(condition, reason, "condition is not met any more"),
            (Some(Err(before)), Ok(())) if before != UNKNOWN => tracing::info!(condition, "condition is met again"),
            (_, Ok(())) => tracing::debug!(condition, "condition is met"),
            (_, Err(reason)) => tracing::debug!(condition, reason, "condition is not met"),
        }
    }

    /// The conditions that are not met, with the reason of each; empty means ready.
    pub fn unmet(&self) -> Vec<(&'static str, String)> {
        let states = self.0.read().unwrap_or_else(PoisonError::into_inner);
        states.iter().filter_map(|(condition, state)| Some((*condition, state.clone().err()?))).collect()
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unmet = self.unmet();
        if unmet.is_empty() {
            return f.write_str("ready");
        }
        f.write_str("not ready")?;
        unmet.iter().try_for_each(|(condition, reason)| write!(f, "\n{condition}: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_when_every_condition_is_met() {
        let readiness = Readiness::new(["kafka", "model"]);
        assert_eq!(readiness.to_string(), "not ready\nkafka: not known yet\nmodel: not known yet");
        readiness.clone().set("kafka", Ok(()));
        readiness.set("model", Err("weights are missing".into()));
        assert_eq!(readiness.unmet(), [("model", "weights are missing".to_owned())]);
        readiness.set("model", Ok(()));
        assert_eq!(readiness.to_string(), "ready");
        readiness.set("kafka", Err("no broker answers".into()));
        assert_eq!(readiness.to_string(), "not ready\nkafka: no broker answers");
    }
}
