//! The score of the `PhysioNet/CinC` Challenge 2015, "Reducing False Arrhythmia Alarms in the ICU" (Clifford et al.,
//! Computing in Cardiology 2015;42:273-276): in go the label of each record and the alarms raised, out comes the score.
//!
//! A bedside monitor raised an alarm at 300 s; its cause began in the ten seconds before. The record's header says of
//! which type it was and whether it was true. It is confirmed when an alarm of ours of the same kind was on in those seconds.

use serde::Serialize;

use super::alarms::{RaisedAlarm, stands_for};

/// When the monitor's alarm was raised, in seconds from the record's start.
pub const ALARM_S: f64 = 300.0;
/// Its cause began at most so long before.
pub const BEFORE_S: f64 = 10.0;

/// What the header of a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChallengeLabel {
    /// Our code for the type of the monitor's alarm.
    pub code: &'static str,
    /// Was it true?
    pub is_true: bool,
}

impl ChallengeLabel {
    /// The label among the comments of a header; none if it is no record of the challenge.
    pub fn of(comments: &[String]) -> Option<ChallengeLabel> {
        let has = |text: &str| comments.iter().any(|comment| comment.trim().eq_ignore_ascii_case(text));
        let code = [
            ("Asystole", "ASYS"),
            ("Bradycardia", "XBRADY"),
            ("Tachycardia", "XTACHY"),
            ("Ventricular_Flutter_Fib", "VFIB"),
            ("Ventricular_Tachycardia", "VTAC"),
        ]
        .into_iter()
        .find_map(|(name, code)| has(name).then_some(code))?;
        match (has("True alarm"), has("False alarm")) {
            (true, false) => Some(ChallengeLabel { code, is_true: true }),
            (false, true) => Some(ChallengeLabel { code, is_true: false }),
            _ => None,
        }
    }

    /// Was the monitor's alarm confirmed by what was known when it was raised?
    pub fn is_confirmed_by(&self, alarms: &[RaisedAlarm]) -> bool {
        // Fibrillation is called so or not at all; for the others what stands for them will do.
        let is_for = |code: &str| code == self.code || (self.code != "VFIB" && stands_for(self.code).contains(&code));
        let in_time = |alarm: &RaisedAlarm| alarm.raised_s <= ALARM_S && alarm.ended_s > ALARM_S - BEFORE_S;
        alarms.iter().any(|alarm| is_for(&alarm.code) && in_time(alarm))
    }
}

/// Confirmed and rejected alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChallengeScore {
    /// True alarms that were confirmed.
    pub true_positives: u64,
    /// False alarms that were rejected.
    pub true_negatives: u64,
    /// False alarms that were confirmed.
    pub false_positives: u64,
    /// True alarms that were rejected.
    pub false_negatives: u64,
}

impl ChallengeScore {
    /// Adds one record.
    pub fn add(&mut self, label: &ChallengeLabel, confirmed: bool) {
        let count = match (label.is_true, confirmed) {
            (true, true) => &mut self.true_positives,
            (true, false) => &mut self.false_negatives,
            (false, true) => &mut self.false_positives,
            (false, false) => &mut self.true_negatives,
        };
        *count += 1;
    }

    /// The challenge's score in percent: a suppressed true alarm counts five times. None without records.
    pub fn percent(&self) -> Option<f64> {
        let right = self.true_positives + self.true_negatives;
        super::statistics::percent(right, right + self.false_positives + 5 * self.false_negatives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(lines: &[&str]) -> Option<ChallengeLabel> {
        ChallengeLabel::of(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_header_says_what_it_was() {
        assert_eq!(label(&["Asystole", "True alarm"]), Some(ChallengeLabel { code: "ASYS", is_true: true }));
        let fibrillation = label(&["Ventricular_Flutter_Fib", "False alarm"]);
        assert_eq!(fibrillation, Some(ChallengeLabel { code: "VFIB", is_true: false }));
        assert_eq!((label(&["Asystole"]), label(&["True alarm"])), (None, None));
    }

    #[test]
    fn an_alarm_confirms_when_it_is_on_in_the_last_ten_seconds() {
        let alarm = |code: &str, raised_s: f64, ended_s: f64| RaisedAlarm {
            code: code.to_owned(),
            priority: "high".to_owned(),
            onset_s: raised_s - 4.0,
            raised_s,
            ended_s,
        };
        let tachycardia = ChallengeLabel { code: "VTAC", is_true: true };
        assert!(tachycardia.is_confirmed_by(&[alarm("VFIB", 299.0, 330.0)]));
        assert!(tachycardia.is_confirmed_by(&[alarm("VTAC", 200.0, 291.0)]));
        assert!(!tachycardia.is_confirmed_by(&[alarm("VTAC", 301.0, 330.0), alarm("VTAC", 200.0, 289.0)]));
        let fibrillation = ChallengeLabel { code: "VFIB", is_true: true };
        assert!(!fibrillation.is_confirmed_by(&[alarm("VTAC", 299.0, 330.0)]));
    }

    #[test]
    fn a_suppressed_alarm_counts_five_times() {
        let mut score = ChallengeScore::default();
        assert_eq!(score.percent(), None);
        let (was_true, was_false) =
            (ChallengeLabel { code: "ASYS", is_true: true }, ChallengeLabel { code: "ASYS", is_true: false });
        score.add(&was_true, true);
        score.add(&was_true, false);
        score.add(&was_false, false);
        score.add(&was_false, true);
        assert_eq!(score.percent(), Some(25.0));
    }
}
