//! What an alert is in the words of Alert Communication Management: the one table, and what makes it.
//!
//! | alert | event phase | alarm state | inactivation state |
//! | --- | --- | --- | --- |
//! | `raised` | `start` | `active` | `enabled` |
//! | `escalated` | `escalate` | `active` | `enabled` |
//! | `continue` | `continue` | `active`, once the condition has ended `latched` | `enabled` |
//! | `interpreted` | `update` | `active`, once the condition has ended `inactive` | `enabled` |
//! | `acknowledged` | `update` | `active`, once the condition has ended `inactive` | `alert-acknowledged` |
//! | `latched` | `update` | `latched` | `enabled` |
//! | `cleared` | `end` | `inactive` | `enabled` |
//!
//! What was acknowledged is `alert-acknowledged` in every state that follows.
//!
//! | priority of the alert | alarm priority | alert type |
//! | --- | --- | --- |
//! | `high` | `PH` | `SP`, physiological |
//! | `medium` | `PM` | `SP` |
//! | `low` | `PL` | `SP` |
//! | `technical` | `PL` | `ST`, technical |

use crate::alarm::Priority;
use crate::wire::{Alert, AlertState};

/// The facets of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facets {
    /// What happened.
    pub event_phase: &'static str,
    /// Where it stands.
    pub alarm_state: &'static str,
    /// What is held back of it.
    pub inactivation_state: &'static str,
    /// How urgent.
    pub priority: &'static str,
    /// Is it about the patient or the equipment?
    pub alert_type: &'static str,
}

/// The row of an alert.
pub fn facets(alert: &Alert) -> Facets {
    let event_phase = match alert.state {
        AlertState::Raised => "start",
        AlertState::Escalated => "escalate",
        AlertState::Continue => "continue",
        AlertState::Interpreted | AlertState::Acknowledged | AlertState::Latched => "update",
        AlertState::Cleared => "end",
    };
    let alarm_state = match (alert.is_present(), alert.state) {
        (true, _) => "active",
        // Who comes later is told of what still stands: an alarm whose condition is over stands because it latched.
        (false, AlertState::Latched | AlertState::Continue) => "latched",
        (false, _) => "inactive",
    };
    let (priority, alert_type) = match alert.priority {
        Priority::High => ("PH", "SP"),
        Priority::Medium => ("PM", "SP"),
        Priority::Low => ("PL", "SP"),
        Priority::Technical => ("PL", "ST"),
    };
    let inactivation_state = if alert.acknowledged_by.is_some() { "alert-acknowledged" } else { "enabled" };
    Facets { event_phase, alarm_state, inactivation_state, priority, alert_type }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::alert;
    use super::*;

    #[test]
    fn each_row_of_states_holds() {
        for (state, is_over, event_phase, alarm_state, inactivation_state) in [
            (AlertState::Raised, false, "start", "active", "enabled"),
            (AlertState::Escalated, false, "escalate", "active", "enabled"),
            (AlertState::Continue, false, "continue", "active", "enabled"),
            (AlertState::Continue, true, "continue", "latched", "enabled"),
            (AlertState::Interpreted, false, "update", "active", "enabled"),
            (AlertState::Interpreted, true, "update", "inactive", "enabled"),
            (AlertState::Acknowledged, false, "update", "active", "alert-acknowledged"),
            (AlertState::Acknowledged, true, "update", "inactive", "alert-acknowledged"),
            (AlertState::Latched, true, "update", "latched", "enabled"),
            (AlertState::Cleared, true, "end", "inactive", "enabled"),
        ] {
            let mut alert = alert(state);
            alert.cleared_at = is_over.then(|| "1970-01-01T00:00:31Z".to_owned());
            let found = facets(&alert);
            assert_eq!(
                (found.event_phase, found.alarm_state, found.inactivation_state),
                (event_phase, alarm_state, inactivation_state),
                "{state:?} {is_over}"
            );
            alert.acknowledged_by = Some("A. Nurse".to_owned());
            assert_eq!(facets(&alert).inactivation_state, "alert-acknowledged");
        }
    }

    #[test]
    fn each_row_of_priorities_holds() {
        for (own, priority, alert_type) in [
            (Priority::High, "PH", "SP"),
            (Priority::Medium, "PM", "SP"),
            (Priority::Low, "PL", "SP"),
            (Priority::Technical, "PL", "ST"),
        ] {
            let alert = Alert { priority: own, ..alert(AlertState::Raised) };
            assert_eq!((facets(&alert).priority, facets(&alert).alert_type), (priority, alert_type));
        }
    }
}
