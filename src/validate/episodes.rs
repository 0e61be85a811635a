//! What the reference says happened to a patient: in go annotations, header comments or a table, out come episodes, each
//! with the alarm that it should have raised.
//!
//! Rhythm annotations are those of the MIT-BIH databases (`+` with a text, `[` and `]` around ventricular flutter and
//! fibrillation; WFDB Applications Guide, `annot(5)`). Comments are those of the simulated bedside (`alarm:`, `onset_s:`,
//! `end_s:`) and of the `PhysioNet/CinC` Challenge 2015 (the alarm's type and whether it was true).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rows::{Row, RowError};
use crate::source::recordings::{AnnotationFile, Label};

/// Something that should be alarmed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Episode {
    /// Code of the alarm that should be raised.
    pub code: String,
    /// When it began, in seconds from the record's start.
    pub from_s: f64,
    /// When it ended.
    pub to_s: f64,
}

/// The truth about a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    /// What should be alarmed, in the order of time.
    pub episodes: Vec<Episode>,
    /// What is true besides, but need not be alarmed: a tachycardia's high heart rate.
    pub besides: Vec<Episode>,
    /// The alarms that it can judge: one of them outside of every episode is false. Of others nothing is known.
    pub judged: BTreeSet<String>,
    /// Spans whose rhythm cannot be told, in seconds: an alarm there is neither true nor false.
    pub unknown: Vec<(f64, f64)>,
}

/// Alarm codes that rhythm annotations judge.
const RHYTHM_CODES: [&str; 4] = ["ASYS", "VFIB", "VTAC", "AFIB"];

/// The alarm that a rhythm should raise; none if it is none of the four.
fn code_of_rhythm(name: &str) -> Option<&'static str> {
    match name {
        "(VF" | "(VFIB" | "(VFL" => Some("VFIB"),
        "(VT" => Some("VTAC"),
        "(ASYS" => Some("ASYS"),
        "(AFIB" => Some("AFIB"),
        _ => None,
    }
}

impl Reference {
    /// The episodes that rhythm annotations mark; none if there are none. `end_s` is the end of the record.
    pub fn of_rhythms(file: &AnnotationFile, rate_hz: f64, end_s: f64) -> Option<Reference> {
        let mut reference =
            Reference { judged: RHYTHM_CODES.map(str::to_owned).into_iter().collect(), ..Reference::default() };
        let mut seen = false;
        let mut rhythm: Option<(&str, f64)> = None;
        let mut fibrillation_from_s = None;
        for annotation in &file.annotations {
            let at_s = annotation.sample as f64 / rate_hz;
            if annotation.label == Label::RHYTHM {
                let name = annotation.aux.as_deref().unwrap_or("").trim_end_matches('\0');
                if name.starts_with('(') {
                    seen = true;
                    if let Some((name, from_s)) = rhythm.replace((name, at_s)) {
                        reference.rhythm(name, from_s, at_s);
                    }
                }
            } else if annotation.label == Label::FIBRILLATION_START {
                seen = true;
                fibrillation_from_s.get_or_insert(at_s);
            } else if annotation.label == Label::FIBRILLATION_END
                && let Some(from_s) = fibrillation_from_s.take()
            {
                reference.episodes.push(Episode { code: "VFIB".to_owned(), from_s, to_s: at_s });
            }
        }
        if let Some((name, from_s)) = rhythm {
            reference.rhythm(name, from_s, end_s);
        }
        if let Some(from_s) = fibrillation_from_s {
            reference.episodes.push(Episode { code: "VFIB".to_owned(), from_s, to_s: end_s });
        }
        reference.episodes = joined(reference.episodes);
        seen.then_some(reference)
    }

    fn rhythm(&mut self, name: &str, from_s: f64, to_s: f64) {
        if let Some(code) = code_of_rhythm(name) {
            self.episodes.push(Episode { code: code.to_owned(), from_s, to_s });
        } else if name == "(NOISE" {
            self.unknown.push((from_s, to_s));
        }
    }

    /// The truth that the simulated bedside writes into a header: one episode and what else is true then, or `none`.
    pub fn of_simulation(comments: &[String]) -> Option<Reference> {
        let value = |key: &str| {
            comments.iter().find_map(|comment| {
                let (name, value) = comment.split_once(':')?;
                (name.trim() == key).then(|| value.trim())
            })
        };
        let code = value("alarm")?;
        let judged = BTreeSet::from([ANY_CODE.to_owned()]);
        if code == "none" {
            return Some(Reference { judged, ..Reference::default() });
        }
        let (from_s, to_s) = (value("onset_s")?.parse().ok()?, value("end_s")?.parse().ok()?);
        let episode = |code: &str| Episode { code: code.to_owned(), from_s, to_s };
        let besides = value("also_true").unwrap_or("").split_whitespace().map(episode).collect();
        Some(Reference { episodes: vec![episode(code)], besides, judged, ..Reference::default() })
    }

    /// A patient of the China Physiological Signal Challenge 2021 whose header says that there is no atrial fibrillation;
    /// such a record has no rhythm annotations.
    pub fn without_fibrillation(comments: &[String]) -> Option<Reference> {
        let says_so = comments.iter().any(|comment| comment.trim() == "non atrial fibrillation");
        says_so.then(|| Reference { judged: BTreeSet::from(["AFIB".to_owned()]), ..Reference::default() })
    }

    /// Can it tell whether an alarm of this code is true?
    pub fn judges(&self, code: &str) -> bool {
        self.judged.contains(code) || self.judged.contains(ANY_CODE)
    }
}

/// Every alarm is judged.
const ANY_CODE: &str = "*";

/// Episodes by record from a table: `record`, `from_s` (or `t_start_s`), `to_s` (or `t_end_s`) and `code`, or `vf` with 0
/// or 1. Episodes of a code that touch each other are one. A record whose rows are all 0 has none, and is judged.
pub fn of_table(rows: &[Row]) -> Result<BTreeMap<String, Reference>, RowError> {
    const FROM: &[&str] = &["from_s", "t_start_s"];
    const TO: &[&str] = &["to_s", "t_end_s"];
    let mut references: BTreeMap<String, Reference> = BTreeMap::new();
    for row in rows {
        let reference = references.entry(row.record()?.to_owned()).or_default();
        let code = match (row.text(&["code"]), row.text(&["vf"])) {
            (Some(code), _) => Some(code),
            (None, Some("0")) => None,
            (None, Some(_)) => Some("VFIB"),
            (None, None) => return Err(RowError::Missing { row: row.number(), keys: &["code", "vf"] }),
        };
        reference.judged.insert(code.unwrap_or("VFIB").to_owned());
        if let Some(code) = code {
            let (from_s, to_s) = (row.seconds(FROM)?, row.seconds(TO)?);
            reference.episodes.push(Episode { code: code.to_owned(), from_s, to_s });
        }
    }
    for reference in references.values_mut() {
        reference.episodes = joined(std::mem::take(&mut reference.episodes));
    }
    Ok(references)
}

/// In the order of time; episodes of one code that touch or overlap are one.
fn joined(mut episodes: Vec<Episode>) -> Vec<Episode> {
    episodes.sort_by(|one, other| one.from_s.total_cmp(&other.from_s));
    let mut all: Vec<Episode> = Vec::new();
    for episode in episodes {
        let same = all.iter_mut().rev().find(|before| before.code == episode.code);
        match same.filter(|before| episode.from_s <= before.to_s) {
            Some(before) => before.to_s = before.to_s.max(episode.to_s),
            None => all.push(episode),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::rows::read_rows;
    use super::*;
    use crate::source::recordings::Annotation;

    fn annotation(sample: i64, label: Label, aux: Option<&str>) -> Annotation {
        Annotation { sample, label, subtype: 0, channel: 0, number: 0, aux: aux.map(str::to_owned) }
    }

    fn episode(code: &str, from_s: f64, to_s: f64) -> Episode {
        Episode { code: code.to_owned(), from_s, to_s }
    }

    #[test]
    fn a_rhythm_lasts_until_the_next_one_or_the_end() {
        let annotations = vec![
            annotation(0, Label::RHYTHM, Some("(N")),
            annotation(1000, Label::RHYTHM, Some("(VT\0")),
            annotation(1500, Label::RHYTHM, Some("(NOISE")),
            annotation(2000, Label::FIBRILLATION_START, None),
            annotation(2100, Label::RHYTHM, Some("(VFL")),
            annotation(2500, Label::FIBRILLATION_END, None),
        ];
        let file = AnnotationFile { annotations, ..AnnotationFile::default() };
        let reference = Reference::of_rhythms(&file, 100.0, 30.0).unwrap();
        assert_eq!(reference.episodes, [episode("VTAC", 10.0, 15.0), episode("VFIB", 20.0, 30.0)]);
        assert_eq!(reference.unknown, [(15.0, 21.0)]);
        assert!(reference.judges("ASYS") && !reference.judges("HRHI"));
        assert_eq!(Reference::of_rhythms(&AnnotationFile::default(), 100.0, 30.0), None);
    }

    #[test]
    fn the_simulated_bedside_says_one_episode_or_none() {
        let comments = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let one = Reference::of_simulation(&comments(&[" alarm: VTAC", "onset_s: 37.2", "end_s: 50"])).unwrap();
        assert_eq!(one.episodes, [episode("VTAC", 37.2, 50.0)]);
        assert!(one.besides.is_empty());
        let lines = ["alarm: VTAC", "onset_s: 37.2", "end_s: 50", "also_true: HRHI PVCM"];
        let besides = [episode("HRHI", 37.2, 50.0), episode("PVCM", 37.2, 50.0)];
        assert_eq!(Reference::of_simulation(&comments(&lines)).unwrap().besides, besides);
        let none = Reference::of_simulation(&comments(&["alarm: none"])).unwrap();
        assert!(none.episodes.is_empty() && none.judges("HRHI"));
        assert_eq!(Reference::of_simulation(&comments(&["age: 51"])), None);
    }

    #[test]
    fn a_header_may_say_that_there_is_no_fibrillation() {
        let none = Reference::without_fibrillation(&[" non atrial fibrillation".to_owned()]).unwrap();
        assert!(none.episodes.is_empty() && none.judges("AFIB") && !none.judges("VTAC"));
        assert_eq!(Reference::without_fibrillation(&["persistent atrial fibrillation".to_owned()]), None);
    }

    #[test]
    fn windows_of_a_table_that_touch_are_one_episode() {
        let text = "record,t_start_s,t_end_s,vf\na,0,5,0\na,5,10,1\na,10,15,1\na,20,25,1\nb,0,5,0\n";
        let all = of_table(&read_rows(text).unwrap()).unwrap();
        assert_eq!(all["a"].episodes, [episode("VFIB", 5.0, 15.0), episode("VFIB", 20.0, 25.0)]);
        assert!(all["b"].episodes.is_empty() && all["b"].judges("VFIB"));
        assert!(of_table(&read_rows("record,from_s,to_s\na,0,5\n").unwrap()).is_err());
    }
}
